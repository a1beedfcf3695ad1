"""Answers that are saved as a file: streamed CSV, and workbooks written to disk first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from flask import Response, stream_with_context
from flask_babel import gettext as _

from webshop.domain.periods import local_date
from webshop.extensions import clock
from webshop.services.spreadsheets import Row, csv_chunks, write_workbook

IN_MEMORY = 2 * 1024 * 1024
CHUNK = 64 * 1024
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(name: str, extension: str, heading: Row, rows: Iterable[Row]) -> Response:
    """Answer rows as a file; `name` is one of our own words, never what somebody typed."""
    file_name = f"{name}-{local_date(clock.now()):%Y-%m-%d}.{extension}"
    if extension == "csv":
        response = Response(stream_with_context(csv_chunks(heading, rows)), mimetype="text/csv")
    else:
        target = cast(IO[bytes], SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - _chunks closes it
        write_workbook(target, heading, rows)
        response = Response(_chunks(target), mimetype=WORKBOOK)
        response.content_length = target.tell()
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    return response


def _chunks(target: IO[bytes]) -> Iterator[bytes]:
    with target:
        target.seek(0)
        while chunk := target.read(CHUNK):
            yield chunk


def with_limit(rows: Iterable[Row], limit: int) -> Iterable[Row]:
    """Yield the rows and, when there were as many as we give at once, a last line that says so."""
    number = 0
    for row in rows:
        number += 1
        yield row
    if number >= limit:
        yield (_("Na %(number)s regels afgebroken: kies een kortere periode.", number=limit),)
