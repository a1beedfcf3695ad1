"""The parts of an order as amounts that include VAT, once they are proved to add up to its total.

Amazon states parts without VAT when it states the VAT beside them, and with VAT when it does not.
Which of the two it is, only the sum of the item tells; when neither fits, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    return _with_shared(order, tuple(priced)), ()


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
    added = sum(totals) + sum(_shared(order).values())
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


def _shared(order: Order) -> Mapping[Part, int]:
    """Give what belongs to the order as a whole, in cents and signed; a tip for the delivery is among it."""
    cents = {part: _signed(part, order.shared_amounts) for part in Part}
    cents[Part.OTHER] += to_cents(order.delivery_tip)
    return {part: amount for part, amount in cents.items() if amount}


def _with_shared(order: Order, items: tuple[PricedItem, ...]) -> tuple[PricedItem, ...]:
    """Divide what belongs to the order as a whole over its items by their value, before any VAT."""
    shared = _shared(order)
    if not shared or not items:
        return items
    added: list[list[Component]] = [[] for _ in items]
    weights = _weights(items)
    for part, amount in shared.items():
        for index, share in enumerate(allocate(amount, weights)):
            if share:
                added[index].append(Component(part, share, 0))
    return tuple(
        replace(item, components=(*item.components, *more)) if more else item
        for item, more in zip(items, added, strict=True)
    )


def _weights(items: tuple[PricedItem, ...]) -> list[int]:
    """Give the value of each item, or its price before discounts when all of them are free."""
    values = [max(item.gross, 0) for item in items]
    if any(values):
        return values
    return [sum(component.gross for component in item.components if component.part is Part.ITEM) for item in items]


def without_collected_tax(items: Iterable[PricedItem]) -> tuple[PricedItem, ...]:
    """Take off the tax that Amazon keeps and pays itself: the seller never receives it."""
    return tuple(
        replace(
            item,
            components=tuple(
                Component(component.part, component.gross - component.tax, 0) for component in item.components
            ),
        )
        for item in items
    )
