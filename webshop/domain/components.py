"""The parts of an order as amounts that include VAT, once they are proved to add up to its total.

Amazon states parts without VAT when it states the VAT beside them, and with VAT when it does not.
Which of the two it is, only the sum of the item tells; when neither fits, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from webshop.domain.booking import Issue
from webshop.domain.eligibility import active_items
from webshop.domain.issues import issue
from webshop.domain.money import allocate, from_cents, to_cents
from webshop.domain.orders import DISCOUNTS, Item, Order, Part


@dataclass(frozen=True)
class Component:
    """One part of an item in cents: `gross` includes VAT, `tax` is what Amazon stated; discounts are negative."""

    part: Part
    gross: int
    tax: int


@dataclass(frozen=True)
class PricedItem:
    item: Item
    components: tuple[Component, ...]

    @property
    def gross(self) -> int:
        return sum(component.gross for component in self.components)

    @property
    def is_tax_stated(self) -> bool:
        return any(component.tax for component in self.components)


def price_items(order: Order) -> tuple[tuple[PricedItem, ...], tuple[Issue, ...]]:
    """Give the items with their parts including VAT, or none and a TOTAL_MISMATCH per sum that is wrong.

    The order has passed the gate (eligibility.py): its amounts are there and are whole cents.
    """
    priced: list[PricedItem] = []
    issues: list[Issue] = []
    for item in active_items(order):
        components = tuple(_components(item))
        stated = to_cents(item.total) if item.total is not None else 0
        added = sum(component.gross for component in components)
        if added == stated:
            priced.append(PricedItem(item, components))
        else:
            issues.append(_mismatch(item.item_id[:40], added, stated))
    issues.extend(_check_order(order))
    if issues:
        return (), tuple(issues)
    return _with_tip(tuple(priced), to_cents(order.delivery_tip)), ()


def _components(item: Item) -> Iterator[Component]:
    parts = [part for part in Part if item.amounts.get(part) or item.taxes.get(part)]
    amounts = [_signed(part, item.amounts) for part in parts]
    taxes = [_signed(part, item.taxes) for part in parts]
    tax_total = to_cents(item.tax_total)
    if parts and sum(taxes) != tax_total:
        # Amazon gave no tax per part, or not of all. An item's parts share one rate, so the tax of
        # the item follows their size.
        taxes = allocate(tax_total, amounts)
    for part, amount, tax in zip(parts, amounts, taxes, strict=True):
        yield Component(part, amount + tax, tax)


def _signed(part: Part, amounts: Mapping[Part, Decimal]) -> int:
    cents = to_cents(amounts.get(part, Decimal(0)))
    return -abs(cents) if part in DISCOUNTS else cents


def _check_order(order: Order) -> Iterator[Issue]:
    totals = (to_cents(item.total) for item in active_items(order) if item.total is not None)
    added = sum(totals) + to_cents(order.delivery_tip)
    stated = to_cents(order.grand_total) if order.grand_total is not None else 0
    if added != stated:
        yield _mismatch("", added, stated)


def _mismatch(line: str, added: int, stated: int) -> Issue:
    return issue(
        "TOTAL_MISMATCH",
        line=line,
        parts=str(from_cents(added)),
        total=str(from_cents(stated)),
        difference=str(from_cents(stated - added)),
    )


def _with_tip(items: tuple[PricedItem, ...], tip: int) -> tuple[PricedItem, ...]:
    """Divide the tip for the delivery, which belongs to the whole order, over the items by value."""
    if not tip or not items:
        return items
    shares = allocate(tip, [max(item.gross, 0) for item in items])
    return tuple(
        replace(item, components=(*item.components, Component(Part.OTHER, share, 0))) if share else item
        for item, share in zip(items, shares, strict=True)
    )
