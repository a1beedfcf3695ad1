"""Cents are never lost, invented or read wrongly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webshop.domain.money import (
    allocate,
    from_cents,
    half_up,
    largest_remainder,
    parse_amount,
    split_units,
    to_cents,
    vat_included,
    without_negative_price,
)

QUICK = settings(deadline=None, database=None)


@pytest.mark.parametrize("text", ["0", "5980", "34.99", "-5.00", "0.1", "9999999.99"])
def test_an_amount_is_read_exactly(text: str) -> None:
    assert parse_amount(text) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "12,50", "1.234", "1e3", "1E309", "NaN", "Infinity", "-", "+1", ".5", "5.", "1_000", "0x10", "--1"]
    + ["10000000", "1000000000", "9" * 5000, "١٢", "1\n", "1.00€"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        parse_amount(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2012.4", 2012), ("2012.5", 2013), ("170.5", 171), ("171.5", 172), ("-170.5", -171), ("-0.5", -1), ("0.49", 0)],
)
def test_half_a_cent_goes_away_from_zero(value: str, expected: int) -> None:
    assert half_up(Fraction(value)) == expected


@QUICK
@given(st.integers(-(10**9) + 1, 10**9 - 1))
def test_cents_survive_the_trip(cents: int) -> None:
    assert to_cents(from_cents(cents)) == cents
    assert str(from_cents(cents)).count(".") == 1


@QUICK
@given(st.integers(-(10**7), 10**7), st.decimals(0, 30, places=1))
def test_a_credit_mirrors_its_invoice(gross: int, percentage: Decimal) -> None:
    assert vat_included(-gross, percentage) == -vat_included(gross, percentage)


@QUICK
@given(st.integers(-(10**7), 10**7), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_an_allocation_adds_up_and_is_fair(total: int, weights: list[int]) -> None:
    shares = allocate(total, weights)

    assert sum(shares) == total
    weight = sum(weights)
    if weight:
        exact = [Fraction(total * one, weight) for one in weights]
        assert all(abs(share - one) < 1 for share, one in zip(shares, exact, strict=True))


def test_without_weights_the_first_gets_all() -> None:
    assert allocate(499, [0, 0]) == [499, 0]


def test_the_shipping_costs_of_a_mixed_order() -> None:
    assert allocate(499, [6000, 4000]) == [299, 200]


def test_half_a_cent_is_no_amount() -> None:
    with pytest.raises(ValueError, match="whole cents"):
        to_cents(Decimal("0.005"))


def test_there_must_be_something_to_allocate_to() -> None:
    with pytest.raises(ValueError, match="nothing"):
        allocate(1, [])


def test_quotas_that_do_not_add_up_are_a_bug() -> None:
    with pytest.raises(ValueError, match="add up"):
        largest_remainder(10, [Fraction(3), Fraction(3)])


@pytest.mark.parametrize(
    ("total", "quantity", "split"),
    [
        (1000, 3, [(2, 333), (1, 334)]),
        (999, 3, [(3, 333)]),
        (1, 3, [(2, 0), (1, 1)]),
        (0, 2, [(2, 0)]),
        (-500, 1, [(1, -500)]),
    ],
)
def test_unit_prices_are_at_most_a_cent_apart(total: int, quantity: int, split: list[tuple[int, int]]) -> None:
    assert split_units(total, quantity) == split


def test_a_discount_is_a_negative_quantity() -> None:
    assert without_negative_price(1, -500) == (-1, 500)
    assert without_negative_price(2, 0) == (2, 0)
    assert without_negative_price(-1, 500) == (-1, 500)
