"""Rows as a file for Excel: CSV as Dutch Excel opens it, and the smallest workbook that holds numbers and dates.

A text that a spreadsheet would take for a formula gets an apostrophe in front (ASVS 1.2.10): titles and
reasons come from people outside.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

Cell = str | int | Decimal | date | datetime | None
Row = Sequence[Cell]

BOM = "\ufeff"
"""Tells Excel that the file is UTF-8."""
CSV_CHUNK = 64 * 1024
_AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n\0]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EXCEL_EPOCH = date(1899, 12, 30)
_STYLES = {"plain": 0, "amount": 1, "day": 2, "moment": 3, "heading": 4}

_CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument\
.spreadsheetml.sheet.main+xml"/>\
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument\
.spreadsheetml.worksheet+xml"/>\
<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument\
.spreadsheetml.styles+xml"/></Types>"""
_RELATIONSHIPS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>"""
_RELATIONSHIP = (
    '<Relationship Id="{0}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{1}" '
    'Target="{2}"/>'
)
_WORKBOOK = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" \
xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">\
<sheets><sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>"""
_STYLE_SHEET = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">\
<numFmts count="2"><numFmt numFmtId="164" formatCode="dd-mm-yyyy"/>\
<numFmt numFmtId="165" formatCode="dd-mm-yyyy hh:mm"/></numFmts>\
<fonts count="2"><font/><font><b/></font></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>\
<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf/><xf numFmtId="4" applyNumberFormat="1"/>\
<xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/>\
<xf fontId="1" applyFont="1"/></cellXfs></styleSheet>"""
_SHEET_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
_SHEET_TAIL = "</sheetData></worksheet>"


def neutral(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def csv_chunks(heading: Row, rows: Iterable[Row]) -> Iterator[str]:
    """Yield a CSV file in pieces: semicolons, decimal commas, RFC 4180 quoting."""
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow([_csv_cell(cell) for cell in heading])
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in row])
        if buffer.tell() > CSV_CHUNK:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return neutral(cell.replace("\0", ""))
    if isinstance(cell, datetime):
        return f"{cell.astimezone(_AMSTERDAM):%Y-%m-%d %H:%M}"
    return format(cell, "f").replace(".", ",") if isinstance(cell, Decimal) else str(cell)


def write_workbook(target: IO[bytes], heading: Row, rows: Iterable[Row]) -> None:
    """Write a workbook of one sheet, row by row."""
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELATIONSHIPS.format(_RELATIONSHIP.format("rId1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": _WORKBOOK,
        "xl/_rels/workbook.xml.rels": _RELATIONSHIPS.format(
            _RELATIONSHIP.format("rId1", "worksheet", "worksheets/sheet1.xml")
            + _RELATIONSHIP.format("rId2", "styles", "styles.xml")
        ),
        "xl/styles.xml": _STYLE_SHEET,
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(_SHEET_HEAD.encode())
            sheet.write(_sheet_row(heading, "heading").encode())
            for row in rows:
                sheet.write(_sheet_row(row, "plain").encode())
            sheet.write(_SHEET_TAIL.encode())


def _sheet_row(row: Row, text_style: str) -> str:
    return f"<row>{''.join(_sheet_cell(cell, text_style) for cell in row)}</row>"


def _sheet_cell(cell: Cell, text_style: str) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, str):
        text = escape(_NOT_IN_XML.sub("", neutral(cell)))
        return f'<c t="inlineStr" s="{_STYLES[text_style]}"><is><t xml:space="preserve">{text}</t></is></c>'
    number, style = _number(cell)
    return f'<c s="{_STYLES[style]}"><v>{number}</v></c>'


def _number(cell: int | Decimal | date | datetime) -> tuple[str, str]:
    """Return a value as Excel counts it: days since 1900 for dates, in Dutch local time."""
    if isinstance(cell, datetime):
        local = cell.astimezone(_AMSTERDAM)
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        return f"{(local.date() - _EXCEL_EPOCH).days + Decimal(seconds) / 86400:.6f}", "moment"
    if isinstance(cell, date):
        return str((cell - _EXCEL_EPOCH).days), "day"
    return (format(cell, "f"), "amount") if isinstance(cell, Decimal) else (str(cell), "plain")
