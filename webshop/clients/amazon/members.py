"""Read members of a document that may hold anything.

What is absent is None or empty; what is unusable is that as well, and is named in `problems`. Names
only: a value may be personal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from webshop.clients.text import clean_text

COUNTRY = re.compile(r"[A-Z]{2}")

_WORD = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,11})?")
_AMOUNT_DIGITS = 12
_QUANTITY_LIMIT = 1_000_000
_ROW_LIMIT = 100
_LAST_YEAR = 9999
_NOTHING: Mapping[str, Any] = {}


def parse_moment(value: Any) -> datetime | None:
    """Return the moment in UTC, None unless the text names exactly one between the years 1 and 9999.

    Nothing can be reckoned with in those two years: a day further there is no date any more.
    """
    if not isinstance(value, str) or not 20 <= len(value) <= 40 or value[10] != "T":
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None or not 1 < moment.year < _LAST_YEAR:
        return None
    return moment.astimezone(UTC)


class Reader:
    """Read members of one order; what is absent is None, what is unusable is None and a problem."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.currency: str | None = None

    def mapping(self, parent: Mapping[str, Any], name: str, path: str = "") -> Mapping[str, Any]:
        value = parent.get(name)
        if value is None:
            return _NOTHING
        if not isinstance(value, dict):
            self.problems.append(path + name)
            return _NOTHING
        return value

    def rows(
        self, parent: Mapping[str, Any], name: str, path: str = "", limit: int = _ROW_LIMIT
    ) -> list[Mapping[str, Any]]:
        value = parent.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > limit or not all(isinstance(row, dict) for row in value):
            self.problems.append(path + name)
            return []
        return value

    def text(self, parent: Mapping[str, Any], name: str, limit: int, path: str = "") -> str | None:
        """Return the cleaned text; one that is too long is a problem."""
        value = parent.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > limit:
            self.problems.append(path + name)
            return None
        return clean_text(value, limit) or None

    def cut_text(self, parent: Mapping[str, Any], name: str, limit: int, path: str = "") -> str | None:
        """Return the cleaned text up to `limit` code points."""
        value = parent.get(name)
        if isinstance(value, str):
            return clean_text(value, limit) or None
        if value is not None:
            self.problems.append(path + name)
        return None

    def word(self, parent: Mapping[str, Any], name: str, path: str = "", shape: re.Pattern[str] = _WORD) -> str | None:
        """Return a code such as a status: any that has the shape of one, known to us or not."""
        value = parent.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str) or not shape.fullmatch(value):
            self.problems.append(path + name)
            return None
        return value

    def words(self, parent: Mapping[str, Any], name: str) -> tuple[str, ...]:
        value = parent.get(name)
        if value is None:
            return ()
        is_usable = isinstance(value, list) and len(value) <= _ROW_LIMIT
        if not is_usable or not all(isinstance(word, str) and _WORD.fullmatch(word) for word in value):
            self.problems.append(name)
            return ()
        return tuple(value)

    def moment(self, parent: Mapping[str, Any], name: str, path: str) -> datetime | None:
        value = parent.get(name)
        moment = parse_moment(value)
        if moment is None and value is not None:
            self.problems.append(path + name)
        return moment

    def quantity(self, parent: Mapping[str, Any], name: str, path: str) -> int:
        value = parent.get(name)
        if type(value) is not int or not 0 <= value < _QUANTITY_LIMIT:
            self.problems.append(path + name)
            return 0
        return value

    def money(self, parent: Mapping[str, Any], name: str, path: str) -> Decimal | None:
        """Return the amount; all amounts of an order have to be in one currency."""
        value = parent.get(name)
        if value is None:
            return None
        amount = _parse_amount(value.get("amount")) if isinstance(value, dict) else None
        currency = value.get("currencyCode") if isinstance(value, dict) else None
        if amount is None or not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
            self.problems.append(path + name)
            return None
        if currency != self.currency:
            if self.currency is not None:
                self.problems.append(f"{path}{name}.currencyCode")
                return None
            self.currency = currency
        return amount


def _parse_amount(value: Any) -> Decimal | None:
    if isinstance(value, Decimal):
        value = format(value, "f") if value.is_finite() and abs(value.adjusted()) <= _AMOUNT_DIGITS else None
    elif type(value) is int:
        value = str(value)
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        return None
    if len(value) - value.count("-") - value.count(".") > _AMOUNT_DIGITS:
        return None
    return Decimal(value)
