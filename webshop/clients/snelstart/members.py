"""Read the members of SnelStart's JSON: what is missing or of another kind is empty, only an id is never."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from webshop.clients.text import clean_text

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")

VAT_KINDS = {"Geen": "NONE", "Laag": "LOW", "Hoog": "HIGH", "Overig": "OTHER"}
"""SnelStart's words for the kinds of VAT of lines, ledgers and revenue groups, in ours."""

Row = Mapping[str, Any]


class UnreadableError(ValueError):
    """The answer is not the document it should be; the text names the member."""


def read_id(row: Row, name: str) -> str:
    value = row.get(name)
    identifier = value.lower() if isinstance(value, str) else ""
    if not ID.fullmatch(identifier):
        raise UnreadableError(name)
    return identifier


def read_reference(row: Row, name: str) -> str | None:
    value = row.get(name)
    identifier = value.get("id") if isinstance(value, dict) else None
    identifier = identifier.lower() if isinstance(identifier, str) else ""
    return identifier if ID.fullmatch(identifier) else None


def read_text(row: Row, name: str) -> str:
    value = row.get(name)
    return clean_text(value, 250) if isinstance(value, str) else ""


def read_integer(row: Row, name: str) -> int | None:
    value = row.get(name)
    return value if type(value) is int else None


def read_decimal(row: Row, name: str) -> Decimal | None:
    value = row.get(name)
    if isinstance(value, Decimal):
        return value
    return Decimal(value) if type(value) is int else None


def _local_time(row: Row, name: str) -> datetime | None:
    value = row.get(name)
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=AMSTERDAM)
    except ValueError:
        return None


def read_date(row: Row, name: str) -> date | None:
    moment = _local_time(row, name)
    return moment.date() if moment else None


def read_moment(row: Row, name: str) -> datetime | None:
    moment = _local_time(row, name)
    return moment.astimezone(UTC) if moment else None


def read_code(row: Row, name: str) -> str:
    """Give a text exactly as it is: codes are compared, and a space makes another code."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def read_objects(row: Row, name: str) -> tuple[Row, ...]:
    """Give the objects of a list member; a list with anything else in it is unreadable."""
    value = row.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise UnreadableError(name)
    return tuple(value)
