"""The shop's VAT table: which row a percentage is booked on, and whether SnelStart will take that row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from webshop.domain.booking import DomesticRate, Issue, MappingRow, Scope, ShopRules, VatKind
from webshop.domain.issues import issue
from webshop.domain.territories import legal_rates

_FUNCTIONS = {VatKind.NONE: 10, VatKind.LOW: 11, VatKind.HIGH: 12, VatKind.OTHER: 13}
"""SnelStart's ledger functions for revenue with Dutch VAT, per kind of VAT."""


@dataclass(frozen=True)
class VatPlace:
    """Where an order's VAT is looked up.

    `country` names the rows of the VAT table (where the goods go), `vat_country` the country whose
    VAT is due and whose percentages are legal.
    """

    scope: Scope
    country: str
    vat_country: str
    on: date


def rows_in_force(rules: ShopRules, place: VatPlace) -> tuple[MappingRow, ...]:
    """Give the filled rows of a country on a date, for each percentage the one that started last.

    A percentage that is no longer legal there loses to those that are; when none is legal (a rate we
    do not know) all of them count.
    """
    latest: dict[Decimal, MappingRow] = {}
    for row in sorted(rules.mapping, key=lambda row: row.valid_from):
        if row.ledger_id and row.valid_from <= place.on and _is_of_place(row, place):
            latest[row.percentage] = row
    rows = tuple(latest.values())
    legal = legal_rates(place.vat_country, place.on)
    return tuple(row for row in rows if row.percentage in legal) or rows


def find_row(rules: ShopRules, place: VatPlace, percentage: Decimal) -> MappingRow | None:
    """Give the row on which a percentage is booked; None when the shop did not fill it in."""
    fitting = [
        row
        for row in rules.mapping
        if row.ledger_id and row.percentage == percentage and row.valid_from <= place.on and _is_of_place(row, place)
    ]
    return max(fitting, key=lambda row: row.valid_from, default=None)


def missing_row(place: VatPlace, percentage: Decimal | None) -> Issue:
    shown = "?" if percentage is None else percentage_text(percentage)
    return issue("VAT_MAPPING_MISSING", country=place.country, percentage=shown)


def check_row(rules: ShopRules, place: VatPlace, row: MappingRow) -> Iterator[Issue]:
    """Find what SnelStart would refuse about booking Dutch VAT on this row."""
    yield from _check_rate(rules, place, row)
    ledger = rules.ledgers.get(row.ledger_id)
    shown = percentage_text(row.percentage)
    if ledger is None:
        yield issue("LEDGER_NOT_FOUND", country=place.country, percentage=shown)
        return
    number = str(ledger.number)
    if not ledger.is_active:
        yield issue("LEDGER_INACTIVE", ledger=number, ledger_name=ledger.name)
    expected = _FUNCTIONS[row.vat_kind]
    if ledger.function != expected:
        facts = {"function": str(ledger.function), "expected": str(expected), "percentage": shown}
        yield issue("LEDGER_FUNCTION_MISMATCH", ledger=number, ledger_name=ledger.name, **facts)
    if ledger.is_cost_centre_required and not row.cost_centre_id:
        yield issue("COST_CENTRE_REQUIRED", ledger=number, ledger_name=ledger.name)


def _check_rate(rules: ShopRules, place: VatPlace, row: MappingRow) -> Iterator[Issue]:
    shown = percentage_text(row.percentage)
    legal = legal_rates(place.vat_country, place.on)
    if legal and row.percentage not in legal:
        facts = {"country": place.vat_country, "percentage": shown, "date": place.on.isoformat()}
        yield issue("VAT_RATE_UNKNOWN_FOR_DATE", **facts)
    known = [rate for rate in rules.domestic_rates if _is_in_force(rate, row.percentage, place.on)]
    if not known:
        yield issue("VAT_RATE_NOT_IN_SNELSTART", percentage=shown, date=place.on.isoformat())
    elif row.vat_kind not in {rate.vat_kind for rate in known} or _hides_vat(row):
        yield issue("VAT_TYPE_MISMATCH", country=place.country, percentage=shown)


def _hides_vat(row: MappingRow) -> bool:
    return row.vat_kind is VatKind.NONE and row.percentage != 0


def _is_in_force(rate: DomesticRate, percentage: Decimal, on: date) -> bool:
    return rate.percentage == percentage and rate.valid_from <= on <= rate.valid_until


def _is_of_place(row: MappingRow, place: VatPlace) -> bool:
    """Only the rows of the EU are kept per country; the other scopes are one place each."""
    return row.scope is place.scope and (row.scope is not Scope.EU or row.country == place.country)


def percentage_text(percentage: Decimal) -> str:
    """Write a percentage without needless zeros: 21, 25.5."""
    return f"{percentage.normalize():f}"
