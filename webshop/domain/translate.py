"""Turn an order into the booking it must become, or into every reason why it cannot be one yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webshop.domain.booking import (
    CustomerWish,
    Issue,
    Outcome,
    PostingKind,
    SalesEntry,
    SalesOrder,
    ShopRules,
    Translation,
    Treatment,
)
from webshop.domain.booking_dates import check_booking_day
from webshop.domain.components import price_items, without_collected_tax
from webshop.domain.customers import check_customer, wish_customer
from webshop.domain.eligibility import gate
from webshop.domain.issues import distinct, issue, outcome_of
from webshop.domain.mapping import VatPlace, check_row, place_of
from webshop.domain.orders import Order
from webshop.domain.rate_groups import Group, group_items, show_group
from webshop.domain.rates import is_booked_from_amazon, rate_items
from webshop.domain.sales_entries import build_entry
from webshop.domain.sales_orders import build_order
from webshop.domain.vat import classify

_READY = frozenset({Outcome.READY, Outcome.READY_WITH_WARNING})


@dataclass(frozen=True)
class _Calculation:
    """An order's amounts: where its VAT was looked up, its VAT per percentage, and what is wrong."""

    place: VatPlace | None
    groups: tuple[Group, ...]
    is_from_amazon: bool
    issues: tuple[Issue, ...]


def translate(order: Order, rules: ShopRules) -> Translation:
    """Decide what an order becomes. Total: every order ends in exactly one outcome.

    All checks that can be made are made, so that a person sees every reason at once. `rules.posting_kind`
    says whether it becomes a sales entry or a sales order.
    """
    closed = gate(order, rules)
    if closed:
        return _unbooked(closed)
    classification = classify(order, rules)
    customer = wish_customer(order, rules, classification.treatment)
    calculation = _calculate(order, rules, classification.treatment)
    issues = [*classification.issues, *_check_order(order, rules, classification.treatment, customer)]
    issues.extend(check_booking_day(order, rules, classification.vat_country))
    issues.extend(calculation.issues)
    entry, sales_order = None, None
    if outcome_of(issues) in _READY:
        entry, sales_order, found = _build(order, rules, calculation, customer)
        issues.extend(found)
    is_ready = outcome_of(issues) in _READY
    return Translation(
        outcome=outcome_of(issues),
        treatment=classification.treatment,
        issues=distinct(issues),
        groups=tuple(show_group(group, classification.vat_country or "") for group in calculation.groups),
        entry=entry if is_ready else None,
        sales_order=sales_order if is_ready else None,
        customer=customer,
        vat_country=classification.vat_country,
    )


def _unbooked(issues: Sequence[Issue]) -> Translation:
    outcome = outcome_of(issues)
    treatment = Treatment.NONE if outcome is Outcome.SKIPPED else Treatment.UNKNOWN
    return Translation(outcome=outcome, treatment=treatment, issues=distinct(issues))


def _check_order(
    order: Order, rules: ShopRules, treatment: Treatment, customer: CustomerWish | None
) -> Iterator[Issue]:
    if order.currency != rules.currency:
        yield issue("CURRENCY_UNSUPPORTED", currency=(order.currency or "?")[:10])
    if customer is not None:
        yield from check_customer(order, rules, treatment, customer)


def _calculate(order: Order, rules: ShopRules, treatment: Treatment) -> _Calculation:
    """Calculate the VAT per percentage; no groups when the order cannot be booked whatever its amounts."""
    items, issues = price_items(order)
    place = place_of(order, rules, treatment)
    if place is None:
        return _Calculation(None, (), False, issues)
    if treatment is Treatment.EXPORT_AMAZON_COLLECTS_DESTINATION_VAT:
        items = without_collected_tax(items)
    rated, found = rate_items(items, rules, place)
    refused: list[Issue] = []
    if rules.posting_kind is PostingKind.SALES_ENTRY:
        rows = {item.row for item in rated if item.row is not None}
        for row in sorted(rows, key=lambda row: row.percentage):
            refused.extend(check_row(rules, place, row))
    is_from_amazon = is_booked_from_amazon(items, rules)
    groups = tuple(group_items(rated, is_from_amazon=is_from_amazon))
    return _Calculation(place, groups, is_from_amazon, (*issues, *found, *refused))


def _build(
    order: Order, rules: ShopRules, calculation: _Calculation, customer: CustomerWish | None
) -> tuple[SalesEntry | None, SalesOrder | None, tuple[Issue, ...]]:
    place = calculation.place
    if place is None or customer is None or not calculation.groups:
        return None, None, (issue("LINES_CANCEL_OUT"),)
    if rules.posting_kind is PostingKind.SALES_ORDER:
        sales_order, found = build_order(order, rules, place, calculation.groups, customer)
        return None, sales_order, found
    entry, found = build_entry(order, rules, place, calculation.groups, is_from_amazon=calculation.is_from_amazon)
    return entry, None, found
