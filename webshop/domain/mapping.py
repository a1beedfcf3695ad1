"""The shop's VAT table: which row a percentage is booked on, and whether SnelStart will take that row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from webshop.domain.booking import DomesticRate, Issue, Ledger, MappingRow, Scope, ShopRules, Treatment, VatKind
from webshop.domain.booking_dates import booking_day
from webshop.domain.foreign_vat import rates_in_force
from webshop.domain.issues import issue
from webshop.domain.orders import Order
from webshop.domain.territories import legal_rates, vat_country
from webshop.domain.vat import DUTCH_VAT, HOME

DOMESTIC_FUNCTIONS = {VatKind.NONE: 10, VatKind.LOW: 11, VatKind.HIGH: 12, VatKind.OTHER: 13}
"""SnelStart's ledger functions for revenue with Dutch VAT, per kind of VAT."""
OSS_FUNCTION = 84
ZERO_RATED_FUNCTIONS = {Scope.NL: 10, Scope.ICP: 80, Scope.INTERNATIONAL: 81}
"""SnelStart's ledger functions for revenue without VAT: small business scheme, ICP and export."""
ZERO = Decimal(0)

_SCOPES = {
    Treatment.NL_DOMESTIC: Scope.NL,
    Treatment.EU_B2C_BELOW_THRESHOLD: Scope.EU,
    Treatment.EU_B2C_OSS: Scope.EU,
    Treatment.ICP: Scope.ICP,
    Treatment.EXPORT: Scope.INTERNATIONAL,
    Treatment.EXPORT_AMAZON_COLLECTS_DESTINATION_VAT: Scope.INTERNATIONAL,
}


@dataclass(frozen=True)
class VatPlace:
    """Where an order's VAT is looked up.

    `country` names the rows of the VAT table (where the goods go), `vat_country` the country whose
    VAT is due and whose percentages are legal. `is_zero_rated` says that no VAT is due whatever is sold.
    """

    scope: Scope
    country: str
    vat_country: str
    on: date
    is_zero_rated: bool = False

    @property
    def is_foreign(self) -> bool:
        """Whether another country's VAT is due: OSS."""
        return self.scope is Scope.EU and self.vat_country != HOME


def place_of(order: Order, rules: ShopRules, treatment: Treatment) -> VatPlace | None:
    """Give where the VAT of an order is looked up; None for what cannot be booked at all."""
    scope = _SCOPES.get(treatment)
    arrival = vat_country(order.destination) or order.destination.country
    if scope is None or arrival is None:
        return None
    on = booking_day(order, rules)
    if treatment in DUTCH_VAT:
        if rules.is_small_business_scheme:
            return VatPlace(Scope.NL, HOME, HOME, on, is_zero_rated=True)
        return VatPlace(scope, arrival, HOME, on)
    return VatPlace(scope, arrival, arrival, on, is_zero_rated=scope is not Scope.EU)


def rows_in_force(rules: ShopRules, place: VatPlace) -> tuple[MappingRow, ...]:
    """Give the filled rows of a country on a date, for each percentage the one that started last.

    A percentage that is no longer legal there loses to those that are; when none is legal (a rate we
    do not know) all of them count.
    """
    started = sorted(_started_rows(rules, place), key=lambda row: row.valid_from)
    rows = tuple({row.percentage: row for row in started}.values())
    legal = legal_rates(place.vat_country, place.on)
    return tuple(row for row in rows if row.percentage in legal) or rows


def find_row(rules: ShopRules, place: VatPlace, percentage: Decimal) -> MappingRow | None:
    """Give the row on which a percentage is booked; None when the shop did not fill it in."""
    fitting = (row for row in _started_rows(rules, place) if row.percentage == percentage)
    return max(fitting, key=lambda row: row.valid_from, default=None)


def missing_row(place: VatPlace, percentage: Decimal | None) -> Issue:
    """Give the issue of a row that is not filled in; ICP and export have one row for all countries."""
    shown = "?" if percentage is None else percentage_text(percentage)
    is_general = place.scope in (Scope.ICP, Scope.INTERNATIONAL)
    return issue("VAT_MAPPING_MISSING", country=place.scope if is_general else place.country, percentage=shown)


def check_mapping_row(row: MappingRow, rules: ShopRules, on: date) -> tuple[Issue, ...]:
    """Find what SnelStart would refuse about a row of the VAT table on a date; nothing means it fits."""
    if row.scope in (Scope.ICP, Scope.INTERNATIONAL):
        place = VatPlace(row.scope, row.country, row.country, on, is_zero_rated=True)
    elif row.scope is Scope.EU:
        place = VatPlace(row.scope, row.country, row.country if rules.is_oss_registered else HOME, on)
    else:
        place = VatPlace(row.scope, HOME, HOME, on, is_zero_rated=rules.is_small_business_scheme)
    return tuple(check_row(rules, place, row))


def check_row(rules: ShopRules, place: VatPlace, row: MappingRow) -> Iterator[Issue]:
    """Find what SnelStart would refuse about booking on this row."""
    shown = percentage_text(row.percentage)
    ledger = rules.ledgers.get(row.ledger_id)
    yield from _check_percentage(rules, place, row, ledger)
    if ledger is None:
        yield issue("LEDGER_NOT_FOUND", country=place.country, percentage=shown)
        return
    number = str(ledger.number)
    if not ledger.is_active:
        yield issue("LEDGER_INACTIVE", ledger=number, ledger_name=ledger.name)
    expected = _function(place, row)
    if ledger.function != expected:
        facts = {"function": str(ledger.function), "expected": str(expected), "percentage": shown}
        yield issue("LEDGER_FUNCTION_MISMATCH", ledger=number, ledger_name=ledger.name, **facts)
    if ledger.is_cost_centre_required and not row.cost_centre_id:
        yield issue("COST_CENTRE_REQUIRED", ledger=number, ledger_name=ledger.name)
    known = rules.cost_centre_ids
    if row.cost_centre_id and known is not None and row.cost_centre_id not in known:
        yield issue("COST_CENTRE_NOT_FOUND", ledger=number, ledger_name=ledger.name)


def line_kind(place: VatPlace, row: MappingRow) -> VatKind:
    """Give the kind of VAT of a line on a row; foreign VAT and no VAT have none."""
    return VatKind.NONE if place.is_foreign or place.is_zero_rated else row.vat_kind


def _function(place: VatPlace, row: MappingRow) -> int:
    if place.is_zero_rated:
        return ZERO_RATED_FUNCTIONS[place.scope]
    return OSS_FUNCTION if place.is_foreign else DOMESTIC_FUNCTIONS[row.vat_kind]


def _check_percentage(rules: ShopRules, place: VatPlace, row: MappingRow, ledger: Ledger | None) -> Iterator[Issue]:
    if place.is_zero_rated:
        if row.percentage:
            yield issue("VAT_TYPE_MISMATCH", country=place.country, percentage=percentage_text(row.percentage))
        return
    legal = legal_rates(place.vat_country, place.on)
    if legal and row.percentage not in legal:
        facts = {"percentage": percentage_text(row.percentage), "date": place.on.isoformat()}
        yield issue("VAT_RATE_UNKNOWN_FOR_DATE", country=place.vat_country, **facts)
    if place.is_foreign:
        yield from _check_foreign_rate(rules, place, row, ledger)
    else:
        yield from _check_domestic_rate(rules, place, row)


def _check_domestic_rate(rules: ShopRules, place: VatPlace, row: MappingRow) -> Iterator[Issue]:
    shown = percentage_text(row.percentage)
    known = [rate for rate in rules.domestic_rates if _is_in_force(rate, row.percentage, place.on)]
    if not known:
        yield issue("VAT_RATE_NOT_IN_SNELSTART", percentage=shown, date=place.on.isoformat())
    elif row.vat_kind not in {rate.vat_kind for rate in known} or _hides_vat(row):
        yield issue("VAT_TYPE_MISMATCH", country=place.country, percentage=shown)


def _check_foreign_rate(rules: ShopRules, place: VatPlace, row: MappingRow, ledger: Ledger | None) -> Iterator[Issue]:
    """Compare the row with the percentage SnelStart reckons with: that of the ledger's rate code."""
    known = rates_in_force(rules.foreign_rates, place.vat_country, place.on)
    shown = percentage_text(row.percentage)
    codes = sorted(code for code, percentage in known.items() if percentage == row.percentage)
    if not codes:
        facts = {"percentage": shown, "date": place.on.isoformat()}
        yield issue("FOREIGN_RATE_NOT_IN_SNELSTART", country=place.vat_country, **facts)
    elif ledger is not None and ledger.function == OSS_FUNCTION and ledger.rate_code not in codes:
        code = "LEDGER_VATRATECODE_MISMATCH" if ledger.rate_code else "LEDGER_VATRATECODE_MISSING"
        facts = {"ledger": str(ledger.number), "ledger_name": ledger.name, "country": place.vat_country}
        yield issue(code, percentage=shown, rate_code=ledger.rate_code or "", expected_code=", ".join(codes), **facts)


def _hides_vat(row: MappingRow) -> bool:
    return row.vat_kind is VatKind.NONE and row.percentage != 0


def _is_in_force(rate: DomesticRate, percentage: Decimal, on: date) -> bool:
    return rate.percentage == percentage and rate.valid_from <= on <= rate.valid_until


def _started_rows(rules: ShopRules, place: VatPlace) -> Iterator[MappingRow]:
    """Give the filled rows of a place; only those of the EU are kept per country, the other scopes are one."""
    is_per_country = place.scope is Scope.EU
    for row in rules.mapping:
        is_of_place = row.scope is place.scope and (not is_per_country or row.country == place.country)
        if is_of_place and row.ledger_id and row.valid_from <= place.on:
            yield row


def percentage_text(percentage: Decimal) -> str:
    """Write a percentage without needless zeros: 21, 25.5."""
    return f"{percentage.normalize():f}"
