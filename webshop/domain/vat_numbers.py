"""The shape of the EU's VAT numbers. Whether a number exists is for a check digit and VIES to say."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SHAPES = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}",
    "GR": r"\d{9}",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}",
    "IT": r"\d{11}",
    "LT": r"\d{9}|\d{12}",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{12}",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"\d{9}|\d{12}|(GD|HA)\d{3}",
}
_PATTERNS = {country: re.compile(shape, re.ASCII) for country, shape in _SHAPES.items()}
_LONGEST_TEXT = 40


@dataclass(frozen=True)
class VatNumber:
    """A VAT number as read; `country` is the ISO code (GR for the prefix EL)."""

    country: str
    digits: str
    is_well_formed: bool

    @property
    def masked(self) -> str:
        """The number as it may be shown and logged: its country and its last three characters."""
        country = self.country if self.country in _PATTERNS else "??"
        return f"{country}*****{self.digits[-3:] if len(self.digits) > 6 else ''}"


def read(text: str) -> VatNumber:
    """Read a VAT number with its country prefix; numbers of the OSS and IOSS schemes are not well formed."""
    compact = re.sub(r"[\s.\-]", "", text[:_LONGEST_TEXT]).upper()
    prefix, digits = compact[:2], compact[2:]
    country = "GR" if prefix == "EL" else prefix
    pattern = _PATTERNS.get(country)
    return VatNumber(country, digits, pattern is not None and pattern.fullmatch(digits) is not None)
