"""What is known about the VAT number a buyer gave. Who checks it, and how, is none of the core's business."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_LONGEST_TEXT = 40
_PREFIXES = frozenset(
    "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".split()  # noqa: SIM905
)


class VatNumberStatus(StrEnum):
    """How far a number is proved; the format includes the check digit where its country has one."""

    VALID_FORMAT = "VALID_FORMAT"
    INVALID_FORMAT = "INVALID_FORMAT"
    BAD_CHECKDIGIT = "BAD_CHECKDIGIT"
    CONFIRMED_BY_VIES = "CONFIRMED_BY_VIES"
    REFUSED_BY_VIES = "REFUSED_BY_VIES"
    VIES_UNAVAILABLE = "VIES_UNAVAILABLE"


@dataclass(frozen=True)
class VatNumberCheck:
    """The outcome of a check; `country` is the ISO code (GR for the prefix EL), "" when it has none."""

    country: str
    status: VatNumberStatus
    masked: str
    checked_on: date | None = None


def compact(text: str) -> str:
    """Write a number as it is stored and sent: without the signs people put in between, Greece as EL."""
    written = re.sub(r"[^0-9A-Z+*]", "", text[:_LONGEST_TEXT].upper())
    return f"EL{written[2:]}" if written.startswith("GR") else written


def country_of(text: str) -> str:
    """Give the country of a number by its prefix, "" when that is none of the EU's."""
    prefix = compact(text)[:2]
    if prefix not in _PREFIXES:
        return ""
    return "GR" if prefix == "EL" else prefix


def mask(text: str) -> str:
    """Give a number as it may be shown and logged: its country and its last three characters."""
    country, digits = country_of(text), compact(text)[2:]
    return f"{country}*****{digits[-3:] if len(digits) > 6 else ''}" if country else "??*****"
