"""Whether an order can be booked at all yet: the gates before any question about VAT."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from webshop.domain.booking import Issue, ShopRules
from webshop.domain.issues import issue
from webshop.domain.money import is_amount
from webshop.domain.orders import DISCOUNTS, Item, Order, Status
from webshop.domain.periods import local_date

_PROGRESS = (
    Status.PENDING_AVAILABILITY,
    Status.PENDING,
    Status.UNSHIPPED,
    Status.PARTIALLY_SHIPPED,
    Status.SHIPPED,
)
_UNPAID = frozenset({Status.PENDING_AVAILABILITY, Status.PENDING})
_ORDER_ID = re.compile(r"[0-9]{3}-[0-9]{7}-[0-9]{7}")
_MOST_PIECES = 1_000_000
_FIRST_YEAR, _LAST_YEAR = 2000, 2999


def has_reached(status: Status, chosen: frozenset[Status]) -> bool:
    """Say whether a status equals or has passed the lowest of the chosen ones."""
    steps = [_PROGRESS.index(one) for one in chosen if one in _PROGRESS]
    return bool(steps) and status in _PROGRESS and _PROGRESS.index(status) >= min(steps)


def active_items(order: Order) -> tuple[Item, ...]:
    """Give the lines that were not cancelled; a cancelled line stays in the order with quantity 0."""
    return tuple(item for item in order.items if item.quantity != 0)


def gate(order: Order, rules: ShopRules) -> tuple[Issue, ...]:
    """Give what keeps an order from being booked now; empty when it can be translated.

    The gates stand one behind the other: an order that is cancelled or still waits for its status
    is not asked for amounts. Behind the last one every amount is a sound number of cents.
    """
    for check in (_closed, _dated, _reached, _subscribed, _readable, _priced, _worth_booking):
        issues = tuple(check(order, rules))
        if issues:
            return issues
    return ()


def unreadable(fields: Iterable[str]) -> Issue:
    """Give the issue of fields that could not be read: their names, never their values."""
    return issue("ORDER_UNREADABLE", fields=", ".join(dict.fromkeys(fields))[:200])


def _closed(order: Order, rules: ShopRules) -> Iterator[Issue]:
    if not order.is_amazon_sale:
        yield issue("MCF_ORDER")
    elif order.marketplace_id != rules.marketplace_id:
        yield issue("OTHER_MARKETPLACE", marketplace=order.marketplace_id[:40])
    elif order.status is Status.CANCELLED:
        yield issue("ORDER_CANCELLED")


def _dated(order: Order, rules: ShopRules) -> Iterator[Issue]:
    at = order.purchased_at
    if at.utcoffset() is None or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        yield unreadable(["purchased_at"])
    elif not order.is_migrated and rules.start_on is not None and local_date(at) < rules.start_on:
        yield issue("BEFORE_START_DATE", ordered_on=local_date(at).isoformat(), start_on=rules.start_on.isoformat())


def _reached(order: Order, rules: ShopRules) -> Iterator[Issue]:
    if not has_reached(order.status, rules.statuses):
        chosen = ", ".join(status for status in _PROGRESS if status in rules.statuses)
        yield issue("ORDER_STATUS_NOT_ELIGIBLE", status=order.status, statuses=chosen)


def _subscribed(order: Order, rules: ShopRules) -> Iterator[Issue]:
    for gap in rules.gaps:
        if gap.holds(order.purchased_at):
            code = "GAP_NOT_BOOKED" if gap.is_decided else "GAP_UNDECIDED"
            yield issue(code, ordered_on=local_date(order.purchased_at).isoformat())
            return


def _readable(order: Order, rules: ShopRules) -> Iterator[Issue]:
    items = active_items(order)
    fields = [*order.problems, *_unreadable_fields(order)]
    for item in items:
        fields.extend(_unreadable_item_fields(item))
        if not 0 < item.quantity <= _MOST_PIECES:
            yield issue("QUANTITY_INVALID", quantity=str(item.quantity)[:20], sku=item.code)
    if fields:
        yield unreadable(fields)


def _unreadable_fields(order: Order) -> Iterator[str]:
    if not _ORDER_ID.fullmatch(order.amazon_order_id):
        yield "order_id"
    if not _is_positive_or_absent(order.delivery_tip):
        yield "delivery_tip"
    if not all(is_amount(amount) for amount in order.shared_amounts.values()):
        yield "shared_amounts"
    if order.grand_total is not None and not is_amount(order.grand_total):
        yield "grand_total"
    if order.grand_total is not None and order.currency is None:
        yield "currency"


def _unreadable_item_fields(item: Item) -> Iterator[str]:
    totals = (item.tax_total,) if item.total is None else (item.tax_total, item.total)
    if not all(is_amount(amount) for amount in totals):
        yield "item_total"
    for part, amount in (*item.amounts.items(), *item.taxes.items()):
        # A discount is taken off whatever its sign; any other part can't cost less than nothing.
        is_sound = is_amount(amount) if part in DISCOUNTS else _is_positive_or_absent(amount)
        if not is_sound:
            yield part.lower()


def _priced(order: Order, rules: ShopRules) -> Iterator[Issue]:
    items = active_items(order)
    has_amounts = order.grand_total is not None and all(item.total is not None for item in items)
    if order.status in _UNPAID and (not has_amounts or not order.grand_total):
        yield issue("PRICE_PENDING")
    elif not order.items:
        yield issue("NO_ORDER_LINES")
    elif not has_amounts:
        yield issue("AMOUNTS_MISSING")


def _worth_booking(order: Order, rules: ShopRules) -> Iterator[Issue]:
    total = order.grand_total or Decimal(0)
    if total < 0:
        yield issue("NEGATIVE_TOTAL", total=f"{total:.2f}")
    elif total == 0 and not order.delivery_tip and not order.shared_amounts:
        has_value = any(item.total for item in active_items(order))
        yield issue("LINES_CANCEL_OUT" if has_value else "ZERO_TOTAL")


def _is_positive_or_absent(amount: Decimal) -> bool:
    return is_amount(amount) and amount >= 0
