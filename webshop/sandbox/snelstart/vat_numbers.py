"""Check VAT numbers the way SnelStart does: form per country, check digits where they are well known."""

from __future__ import annotations

import re
from collections.abc import Callable

# the part behind the two letters of the country
FORMS = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-Z0-9]{2}\d{9}",
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
    "XI": r"\d{9}|\d{12}",
}


def _dutch(number: str) -> bool:
    weighted = sum(int(digit) * weight for digit, weight in zip(number[:8], range(9, 1, -1), strict=True))
    if weighted % 11 == int(number[8]):
        return True
    # Sole traders have a number of which the whole text passes the test of an IBAN.
    digits = "".join(str(int(letter, 36)) for letter in f"NL{number}")
    return int(digits) % 97 == 1


def _german(number: str) -> bool:
    product = 10
    for digit in number[:8]:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == int(number[8])


def _belgian(number: str) -> bool:
    return 97 - int(number[:8]) % 97 == int(number[8:])


CHECK_DIGITS: dict[str, Callable[[str], bool]] = {"NL": _dutch, "DE": _german, "BE": _belgian}


def country_of(vat_number: str) -> str:
    """Return the country as an address names it: Greece writes EL before its numbers."""
    prefix = vat_number[:2].upper()
    return "GR" if prefix == "EL" else prefix


def is_valid(vat_number: str) -> bool:
    prefix, number = vat_number[:2].upper(), vat_number[2:].upper()
    form = FORMS.get(prefix)
    if form is None or not re.fullmatch(form, number):
        return False
    return prefix not in CHECK_DIGITS or CHECK_DIGITS[prefix](number)
