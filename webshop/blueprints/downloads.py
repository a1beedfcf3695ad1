"""Answers that are saved as a file: streamed CSV, and workbooks written to disk first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from flask import Flask, Response, g, request, stream_with_context
from flask_babel import gettext as _

from webshop.blueprints.auth import sessions
from webshop.domain.periods import local_date
from webshop.extensions import clock
from webshop.security_headers import SAFE_METHODS
from webshop.services import exports
from webshop.services.spreadsheets import Row, csv_chunks, write_workbook

IN_MEMORY = 2 * 1024 * 1024
CHUNK = 64 * 1024
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


NOT_NOTED = ("configuration.rates_template", "profile.export_file")
"""One holds nothing of the shop; the other is recorded by itself, with the password that it took."""


def init_app(app: Flask) -> None:
    app.after_request(_note)


def _note(response: Response) -> Response:
    """Record every file of a shop that leaves us, whichever view made it."""
    shop_id = (request.view_args or {}).get("shop_id")
    is_file = response.headers.get("Content-Disposition", "").startswith("attachment")
    user = sessions.known_user()
    if is_file and shop_id and user and response.status_code == 200 and request.endpoint not in NOT_NOTED:
        is_reading = request.method in SAFE_METHODS and not g.get("writes_on_get")
        exports.note(str(shop_id), user, request.path.rpartition("/")[2], is_reading=is_reading)
    return response


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
