"""Turn an order into the sales entry it must become, or into every reason why it cannot be one yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from webshop.domain.booking import (
    EntryLine,
    Issue,
    MappingRow,
    Outcome,
    RateGroup,
    SalesEntry,
    Scope,
    ShopRules,
    Translation,
    Treatment,
    VatKind,
    VatLine,
)
from webshop.domain.checks import DOCUMENT_KINDS, LONGEST_DESCRIPTION, check_entry
from webshop.domain.components import price_items
from webshop.domain.eligibility import gate
from webshop.domain.issues import distinct, issue, outcome_of
from webshop.domain.mapping import VatPlace, check_row, percentage_text
from webshop.domain.money import from_cents, largest_remainder, to_cents, vat_included
from webshop.domain.orders import Item, Order
from webshop.domain.periods import local_date
from webshop.domain.rates import RatedItem, is_booked_from_amazon, rate_items
from webshop.domain.territories import vat_country
from webshop.domain.vat import HOME, Classification, classify

_NOT_YET_BOOKABLE = frozenset(
    {
        Treatment.EU_B2C_OSS,
        Treatment.ICP,
        Treatment.EXPORT,
        Treatment.EXPORT_AMAZON_COLLECTS_DESTINATION_VAT,
    }
)
_SCOPES = {Treatment.NL_DOMESTIC: Scope.NL, Treatment.EU_B2C_BELOW_THRESHOLD: Scope.EU}
_READY = frozenset({Outcome.READY, Outcome.READY_WITH_WARNING})


@dataclass(frozen=True)
class _Group:
    """The items of one percentage with the net amount of each, in cents."""

    items: tuple[RatedItem, ...]
    gross: int
    vat: int
    nets: tuple[int, ...]

    @property
    def row(self) -> MappingRow:
        return self.items[0].row


def translate(order: Order, rules: ShopRules) -> Translation:
    """Decide what an order becomes. Total: every order ends in exactly one outcome.

    All checks that can be made are made, so that a person sees every reason at once.
    """
    closed = gate(order, rules)
    if closed:
        return _unbooked(closed)
    classification = classify(order, rules)
    customer_country = _customer_country(order, rules)
    issues = [*classification.issues, *_check_order(order, rules, customer_country)]
    groups, found = _calculate(order, rules, classification)
    issues.extend(found)
    entry = None
    if outcome_of(issues) in _READY:
        entry = _entry(order, rules, groups)
        if entry is None:
            issues.append(issue("LINES_CANCEL_OUT"))
    return Translation(
        outcome=outcome_of(issues),
        treatment=classification.treatment,
        issues=distinct(issues),
        groups=tuple(_shown(group, classification.vat_country or "") for group in groups),
        entry=entry,
        vat_country=classification.vat_country,
        customer_country=customer_country,
    )


def _unbooked(issues: Sequence[Issue]) -> Translation:
    outcome = outcome_of(issues)
    treatment = Treatment.NONE if outcome is Outcome.SKIPPED else Treatment.UNKNOWN
    return Translation(outcome=outcome, treatment=treatment, issues=distinct(issues))


def _customer_country(order: Order, rules: ShopRules) -> str | None:
    area = vat_country(order.destination) or order.destination.country
    # SnelStart may know Northern Ireland only as a part of Britain.
    return "GB" if area == "XI" and "XI" not in rules.countries else area


def _check_order(order: Order, rules: ShopRules, customer_country: str | None) -> Iterator[Issue]:
    if order.currency != rules.currency:
        yield issue("CURRENCY_UNSUPPORTED", currency=(order.currency or "?")[:10])
    if customer_country is not None and customer_country not in rules.countries:
        yield issue("COUNTRY_UNKNOWN_IN_SNELSTART", country=customer_country)
    if not order.has_buyer_email and not rules.is_collective_debtor_used:
        yield issue("EMAIL_REQUIRED", country=customer_country or "?")


def _calculate(
    order: Order, rules: ShopRules, classification: Classification
) -> tuple[tuple[_Group, ...], tuple[Issue, ...]]:
    """Calculate the VAT per percentage; no groups when the order cannot be booked whatever its amounts."""
    items, issues = price_items(order)
    place = _place(order, classification)
    if place is None or rules.is_small_business_scheme:
        return (), (*issues, *_not_available(rules, classification))
    rated, found = rate_items(items, rules, place)
    rows = {item.row for item in rated}
    refused = [one for row in sorted(rows, key=lambda row: row.percentage) for one in check_row(rules, place, row)]
    is_from_amazon = is_booked_from_amazon(items, rules)
    return tuple(_groups(rated, is_from_amazon)), (*issues, *found, *refused)


def _place(order: Order, classification: Classification) -> VatPlace | None:
    scope = _SCOPES.get(classification.treatment)
    arrival = vat_country(order.destination)
    if scope is None or arrival is None:
        return None
    return VatPlace(scope, arrival, HOME, local_date(order.purchased_at))


def _not_available(rules: ShopRules, classification: Classification) -> Iterator[Issue]:
    if classification.treatment in _NOT_YET_BOOKABLE:
        yield issue("TREATMENT_NOT_AVAILABLE", treatment=classification.treatment)
    elif rules.is_small_business_scheme and classification.treatment in _SCOPES:
        yield issue("TREATMENT_NOT_AVAILABLE", treatment="SMALL_BUSINESS_SCHEME")


def _groups(rated: Sequence[RatedItem], is_from_amazon: bool) -> Iterator[_Group]:
    by_percentage: dict[Decimal, list[RatedItem]] = {}
    for item in rated:
        by_percentage.setdefault(item.percentage, []).append(item)
    for percentage, items in by_percentage.items():
        gross = [item.priced.gross for item in items]
        if is_from_amazon:
            taxes = [sum(component.tax for component in item.priced.components) for item in items]
            nets = [amount - tax for amount, tax in zip(gross, taxes, strict=True)]
            vat = sum(taxes)
        else:
            vat = vat_included(sum(gross), percentage)
            nets = _nets(gross, sum(gross) - vat, percentage)
        yield _Group(tuple(items), sum(gross), vat, tuple(nets))


def _nets(gross: list[int], net: int, percentage: Decimal) -> list[int]:
    rate = Fraction(percentage)
    return largest_remainder(net, [amount * 100 / (100 + rate) for amount in gross])


def _shown(group: _Group, country: str) -> RateGroup:
    return RateGroup(
        country=country,
        percentage=group.row.percentage,
        gross=from_cents(group.gross),
        net=from_cents(group.gross - group.vat),
        vat=from_cents(group.vat),
        rate_source="+".join(sorted({item.source for item in group.items})),
    )


def _entry(order: Order, rules: ShopRules, groups: Sequence[_Group]) -> SalesEntry | None:
    """Build the entry; None when not one line has an amount."""
    lines = tuple(_lines(order, rules, groups))
    if not lines:
        return None
    entry = SalesEntry(
        invoice_number=order.amazon_order_id,
        booked_on=local_date(order.purchased_at),
        description=_description(order),
        payment_days=rules.payment_days,
        total_incl_vat=from_cents(to_cents(order.grand_total or Decimal(0))),
        lines=lines,
        vat=tuple(_vat_lines(groups, {line.vat_kind for line in lines})),
    )
    check_entry(entry)
    return entry


def _lines(order: Order, rules: ShopRules, groups: Sequence[_Group]) -> Iterator[EntryLine]:
    """Give one line per ledger and kind of VAT, or one per item; lines of 0.00 are left out."""
    nets: dict[tuple[str, str | None, VatKind, int], int] = {}
    described: dict[tuple[str, str | None, VatKind, int], str] = {}
    position = 0
    for group in groups:
        row = group.row
        for item, net in zip(group.items, group.nets, strict=True):
            position += 1
            key = (row.ledger_id, row.cost_centre_id, row.vat_kind, position if rules.is_line_per_item else 0)
            nets[key] = nets.get(key, 0) + net
            text = _item_text(item.priced.item) if rules.is_line_per_item else _group_text(order, row)
            described.setdefault(key, text)
    for key, net in nets.items():
        ledger_id, cost_centre_id, vat_kind, _ = key
        if net:
            number = rules.ledgers[ledger_id].number
            yield EntryLine(described[key], ledger_id, number, cost_centre_id, vat_kind, from_cents(net))


def _vat_lines(groups: Sequence[_Group], kinds: set[VatKind]) -> Iterator[VatLine]:
    """Give one row per kind of VAT; a row of 0.00 stays when there are lines of its kind."""
    totals: dict[VatKind, int] = {}
    for group in groups:
        totals[group.row.vat_kind] = totals.get(group.row.vat_kind, 0) + group.vat
    for kind, vat in totals.items():
        if kind in DOCUMENT_KINDS and (vat or kind in kinds):
            yield VatLine(DOCUMENT_KINDS[kind], from_cents(vat))


def _description(order: Order) -> str:
    payment = f" / {order.payment_method}" if order.payment_method else ""
    return _fitted(f"Amazon {order.amazon_order_id}{payment}")


def _group_text(order: Order, row: MappingRow) -> str:
    return f"Amazon {order.amazon_order_id} btw {percentage_text(row.percentage).replace('.', ',')}%"


def _item_text(item: Item) -> str:
    return _fitted(f"{item.quantity} x {item.title or item.code}")


def _fitted(text: str) -> str:
    """Make a text fit for SnelStart: one line, printable, cut at a character."""
    words = " ".join(text[: 4 * LONGEST_DESCRIPTION].split())
    return "".join(character for character in words if character.isprintable())[:LONGEST_DESCRIPTION].rstrip()
