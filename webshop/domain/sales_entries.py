"""Build a sales entry (verkoopboeking): revenue per ledger and VAT beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from webshop.domain.booking import EntryLine, Issue, MappingRow, SalesEntry, ShopRules, VatKind, VatLine
from webshop.domain.checks import DOCUMENT_KINDS, check_entry
from webshop.domain.issues import issue
from webshop.domain.mapping import VatPlace, line_kind
from webshop.domain.money import from_cents, half_up
from webshop.domain.orders import Order
from webshop.domain.rate_groups import Group
from webshop.domain.rates import RatedItem
from webshop.domain.texts import LONGEST_DESCRIPTION, fitted, group_text, heading, is_cut, item_text

_CENTS_PER_LINE = 1
_CENTS_PER_DUTCH_KIND = 5
"""How far VAT may be off what SnelStart reckons: a cent per line with OSS, as its portal states. For Dutch
VAT nothing is stated; a difference of a few cents is refused by SnelStart itself when it is too much."""


class _Place(NamedTuple):
    """Where a line goes; `position` keeps the lines of items apart when each has its own."""

    ledger_id: str
    cost_centre_id: str | None
    vat_kind: VatKind
    position: int


def build_entry(
    order: Order, rules: ShopRules, place: VatPlace, groups: Sequence[Group], *, is_from_amazon: bool
) -> tuple[SalesEntry | None, tuple[Issue, ...]]:
    """Give the entry, or why there is none."""
    # More lines of OSS leave more room for cents that Amazon rounded per piece.
    is_line_per_item = rules.is_line_per_item or (is_from_amazon and place.is_foreign)
    lines = tuple(_revenue_lines(order, rules, place, groups, is_line_per_item=is_line_per_item))
    vat = tuple(_vat_rows(groups, place))
    kinds = {line.vat_kind for line in lines}
    if not lines or any(amount and kind not in kinds for kind, amount in vat):
        return None, (issue("LINES_CANCEL_OUT"),)
    description = heading(order)
    entry = SalesEntry(
        invoice_number=order.amazon_order_id,
        booked_on=place.on,
        description=fitted(description),
        payment_days=rules.payment_days,
        total_incl_vat=from_cents(sum(group.gross for group in groups)),
        lines=(*lines, *_foreign_vat_lines(order, rules, place, groups)),
        vat=tuple(VatLine(DOCUMENT_KINDS[kind], from_cents(amount)) for kind, amount in vat if kind in kinds),
    )
    check_entry(entry)
    issues = list(_check_rounding(entry, groups, place)) if is_from_amazon else []
    if is_cut(description, LONGEST_DESCRIPTION):
        issues.append(issue("DESCRIPTION_TRUNCATED", longest=str(LONGEST_DESCRIPTION)))
    return entry, tuple(issues)


def _revenue_lines(
    order: Order, rules: ShopRules, place: VatPlace, groups: Sequence[Group], *, is_line_per_item: bool
) -> Iterator[EntryLine]:
    """Give one line per ledger and kind of VAT, or one per item; lines of 0.00 are left out."""
    nets: dict[_Place, int] = {}
    described: dict[_Place, str] = {}
    position = 0
    for group in groups:
        for item, net in zip(group.items, group.nets, strict=True):
            position += 1
            row = _row(item)
            where = _Place(
                row.ledger_id, row.cost_centre_id, line_kind(place, row), position if is_line_per_item else 0
            )
            nets[where] = nets.get(where, 0) + net
            country = place.vat_country if place.is_foreign else ""
            text = item_text(item.priced.item) if is_line_per_item else group_text(order, group.percentage, country)
            described.setdefault(where, text)
    for where, net in nets.items():
        if net:
            number = rules.ledgers[where.ledger_id].number
            yield EntryLine(
                described[where], where.ledger_id, number, where.cost_centre_id, where.vat_kind, from_cents(net)
            )


def _row(item: RatedItem) -> MappingRow:
    # rate_items gives no item without a row to an entry.
    assert item.row is not None  # noqa: S101
    return item.row


def _foreign_vat_lines(order: Order, rules: ShopRules, place: VatPlace, groups: Sequence[Group]) -> Iterator[EntryLine]:
    """Give the VAT of another country as lines of its ledger: SnelStart has no kind of VAT for it."""
    if not place.is_foreign:
        return
    ledger = rules.ledgers[rules.foreign_vat_ledger_id or ""]
    for group in groups:
        if group.vat:
            text = group_text(order, group.percentage, place.vat_country)
            amount = from_cents(group.vat)
            yield EntryLine(text, ledger.ledger_id, ledger.number, None, VatKind.NONE, amount, is_vat=True)


def _vat_rows(groups: Sequence[Group], place: VatPlace) -> Iterator[tuple[VatKind, int]]:
    """Give the VAT per kind of Dutch VAT; a row of 0.00 stays, because there are lines of its kind."""
    totals: dict[VatKind, int] = {}
    for group in groups:
        kind = line_kind(place, _row(group.items[0]))
        totals[kind] = totals.get(kind, 0) + group.vat
    yield from ((kind, vat) for kind, vat in totals.items() if kind in DOCUMENT_KINDS)


def _check_rounding(entry: SalesEntry, groups: Sequence[Group], place: VatPlace) -> Iterator[Issue]:
    """Find VAT of Amazon that SnelStart would not take for what is due over the lines."""
    revenue = [line for line in entry.lines if not line.is_vat]
    if place.is_foreign:
        differences = [(sum(map(_off, groups), Fraction(0)), _CENTS_PER_LINE * len(revenue))]
    else:
        differences = [
            (
                _off(group),
                max(_CENTS_PER_DUTCH_KIND, sum(line.vat_kind is _row(group.items[0]).vat_kind for line in revenue)),
            )
            for group in groups
        ]
    for difference, allowed in differences:
        if abs(difference) > allowed:
            yield issue("ROUNDING_DIFF_TOO_LARGE", difference=str(from_cents(half_up(difference))))


def _off(group: Group) -> Fraction:
    """Give how many cents the VAT of a group is off its percentage of the net amount."""
    return group.vat - group.net * Fraction(group.percentage) / 100
