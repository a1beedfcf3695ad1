"""Turn an order into euros by a given exchange rate, so that its parts still add up to its total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from webshop.domain.money import allocate, from_cents, half_up, to_cents
from webshop.domain.orders import DISCOUNTS, Item, Order, Part

EURO = "EUR"


def convert_order(order: Order, rate: Decimal) -> Order:
    """Give the order in euros; `rate` is how much of its currency one euro is.

    The total is converted once and divided over the items and their parts, so that nothing is rounded
    twice. The VAT is then reckoned from the euros. Raises ValueError when the order has no total, or
    when the rate is not a positive number.
    """
    if order.grand_total is None or not rate.is_finite() or rate <= 0:
        raise ValueError("an order is converted by its total and a rate above 0")
    total = half_up(to_cents(order.grand_total) / Fraction(rate))
    shared = [part for part in Part if order.shared_amounts.get(part)]
    weights = [to_cents(order.delivery_tip)]
    weights += [_signed(part, order.shared_amounts) for part in shared]
    weights += [to_cents(item.total or Decimal(0)) for item in order.items]
    tip, *shares = allocate(total, weights)
    return replace(
        order,
        currency=EURO,
        grand_total=from_cents(total),
        delivery_tip=from_cents(tip),
        shared_amounts={part: from_cents(abs(share)) for part, share in zip(shared, shares, strict=False)},
        items=tuple(
            _convert_item(item, share, rate) for item, share in zip(order.items, shares[len(shared) :], strict=True)
        ),
    )


def _convert_item(item: Item, total: int, rate: Decimal) -> Item:
    """Convert an item's parts to amounts that come to its total; they stay without VAT where they were."""
    if item.total is None:
        return item
    tax = half_up(to_cents(item.tax_total) / Fraction(rate))
    names = [part for part in Part if item.amounts.get(part)]
    signed = [_signed(part, item.amounts) for part in names]
    amounts = allocate(total - tax, signed) if names else []
    taxed = [part for part in Part if item.taxes.get(part)]
    taxes = allocate(tax, [_signed(part, item.taxes) for part in taxed]) if taxed else []
    return replace(
        item,
        total=from_cents(total),
        tax_total=from_cents(tax),
        amounts={part: from_cents(abs(amount)) for part, amount in zip(names, amounts, strict=True)},
        taxes={part: from_cents(abs(amount)) for part, amount in zip(taxed, taxes, strict=True)},
    )


def _signed(part: Part, amounts: Mapping[Part, Decimal]) -> int:
    cents = to_cents(amounts[part])
    return -abs(cents) if part in DISCOUNTS else cents
