"""Exact arithmetic with money: whole cents and rationals inside, Decimal at the edges, never a float."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor

LARGEST_AMOUNT = Decimal("9999999.99")
"""Beyond this an amount is a fault of the source, not the price of something in a web shop."""

_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?")


def parse_amount(text: str) -> Decimal:
    """Read a plain decimal string ("5980", "34.99", "-5.00").

    Raises ValueError for anything else: exponents, NaN, thousands separators, a third decimal,
    other digits than ASCII, an amount beyond LARGEST_AMOUNT.
    """
    if not _AMOUNT.fullmatch(text):
        raise ValueError("not a plain amount with at most two decimals")
    amount = Decimal(text)
    if abs(amount) > LARGEST_AMOUNT:
        raise ValueError("the amount is too large to be true")
    return amount


def is_amount(amount: Decimal) -> bool:
    """Say whether this is a finite number of whole cents of a believable size."""
    if not amount.is_finite() or abs(amount) > LARGEST_AMOUNT:
        return False
    numerator, denominator = amount.as_integer_ratio()
    return numerator * 100 % denominator == 0


def to_cents(amount: Decimal) -> int:
    """Turn an amount into whole cents. Raises ValueError when it is not a whole number of cents."""
    if not is_amount(amount):
        raise ValueError("not an amount in whole cents")
    return int(amount * 100)


def from_cents(cents: int) -> Decimal:
    """Turn whole cents into an amount with two decimals."""
    return Decimal(cents).scaleb(-2)


def half_up(value: Fraction) -> int:
    """Round to a whole number, halves away from zero, so that a credit mirrors its invoice."""
    rounded = floor(abs(value) + Fraction(1, 2))
    return rounded if value >= 0 else -rounded


def vat_included(gross: int, percentage: Decimal) -> int:
    """Give the VAT in cents inside a gross amount in cents; the net amount is the rest."""
    rate = Fraction(percentage)
    return half_up(gross * rate / (100 + rate))


def largest_remainder(target: int, quotas: Sequence[Fraction]) -> list[int]:
    """Round the quotas to whole numbers that add up to `target`, each less than 1 off.

    The spare cents go to the largest fractional parts, ties to the first. Raises ValueError when
    `target` cannot be reached that way, which means that the quotas do not add up to it.
    """
    rounded = [floor(quota) for quota in quotas]
    spare = target - sum(rounded)
    if not 0 <= spare <= len(rounded):
        raise ValueError("the quotas do not add up to the target")
    by_remainder = sorted(range(len(rounded)), key=lambda index: (rounded[index] - quotas[index], index))
    for index in by_remainder[:spare]:
        rounded[index] += 1
    return rounded


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Divide `total` in proportion to the weights, to the cent; without any weight the first gets all.

    Raises ValueError when there is nothing to divide over.
    """
    if not weights:
        raise ValueError("nothing to allocate to")
    weight = sum(weights)
    if weight == 0:
        return [total] + [0] * (len(weights) - 1)
    return largest_remainder(total, [Fraction(total * part, weight) for part in weights])


def split_units(total: int, quantity: int) -> list[tuple[int, int]]:
    """Give (pieces, unit price in cents) that make exactly `total`: at most two prices, a cent apart.

    Raises ZeroDivisionError for a quantity of 0, which has no price.
    """
    unit, rest = divmod(total, quantity)
    return [(pieces, price) for pieces, price in ((quantity - rest, unit), (rest, unit + 1)) if pieces]


def without_negative_price(quantity: int, unit: int) -> tuple[int, int]:
    """Turn a negative unit price into a negative quantity: both times -1, so that the amount stays."""
    return (-quantity, -unit) if unit < 0 else (quantity, unit)
