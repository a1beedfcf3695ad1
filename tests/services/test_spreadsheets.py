"""Files for Excel: what is text stays text, what is a number can be added up."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from webshop.services.spreadsheets import BOM, Row, csv_chunks, write_workbook

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FORMULAS = ("=1+1", "+31", "-2", "@SUM(A1)", "\t=1", "\r=1", " =HYPERLINK(1)", "\uff1d1", "\n=1")


def read_workbook(data: bytes) -> list[list[Any]]:
    """Read the cells back: texts as text, numbers as Decimal, empty cells as None."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            _parse(archive.read(name))
        sheet = _parse(archive.read("xl/worksheets/sheet1.xml"))
    return [[_value(cell) for cell in row] for row in sheet.iter(f"{MAIN}row")]


def _parse(document: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(document)  # noqa: S314 - we wrote it ourselves


def _value(cell: ElementTree.Element) -> Any:
    if cell.get("t") == "inlineStr":
        return "".join(cell.itertext())
    number = cell.findtext(f"{MAIN}v")
    return None if number is None else Decimal(number)


def workbook(rows: list[Row]) -> list[list[Any]]:
    target = io.BytesIO()
    write_workbook(target, ("Kop",), rows)
    return read_workbook(target.getvalue())


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula(text: str) -> None:
    chunk = "".join(csv_chunks(("Kop",), [(text,)]))
    ((_heading,), (cell,)) = csv.reader(io.StringIO(chunk.removeprefix(BOM), newline=""), delimiter=";")
    assert cell == f"'{text}"
    assert workbook([(text,)])[1][0].startswith("'")


def test_csv_opens_in_dutch_excel() -> None:
    at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    row = ("404-1", 'Bel "60"; goud', Decimal("-1234.50"), date(2026, 11, 23), at, None, 3)
    text = "".join(csv_chunks(("A",), [row]))
    assert text.startswith("\ufeffA\r\n")
    assert text.endswith('404-1;"Bel ""60""; goud";-1234,50;2026-11-23;2026-11-23 00:30;;3\r\n')


def test_a_long_csv_comes_in_pieces() -> None:
    chunks = list(csv_chunks(("A",), (("x" * 100,) for _ in range(2000))))
    assert len(chunks) > 2
    assert "".join(chunks).count("\r\n") == 2001


def test_a_workbook_holds_numbers_dates_and_any_text() -> None:
    at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    rows = workbook([("<b> & \x00 \x1b", Decimal("-1234.50"), date(2026, 11, 23), at, None, 7)])
    assert rows[0] == ["Kop"]
    text, amount, day, moment, empty, number = rows[1]
    assert (text, amount, empty, number) == ("<b> &  ", Decimal("-1234.50"), None, 7)
    assert day == (date(2026, 11, 23) - date(1899, 12, 30)).days
    assert moment == day + Decimal("0.020833")  # half past midnight in Amsterdam
