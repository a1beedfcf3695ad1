"""Which VAT treatment an order gets: one total function, in one fixed order of questions.

Dispatch country, destination and buyer decide; the marketplace never does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from webshop.domain import vat_numbers
from webshop.domain.booking import Issue, ShopRules, Treatment
from webshop.domain.booking_dates import booking_day
from webshop.domain.eligibility import active_items
from webshop.domain.foreign_vat import can_book_foreign_vat, is_foreign_vat_invoiced
from webshop.domain.issues import issue
from webshop.domain.orders import Destination, FulfilledBy, Order
from webshop.domain.territories import standard_rate, vat_country
from webshop.domain.vat_numbers import VatNumberCheck, VatNumberStatus

HOME = "NL"
_KNOWN_SCHEMES = frozenset(
    {"UOSS", "IOSS", "GB_VOEC", "NO_VOEC", "JE_VOEC", "CH_SUPPLIER_IMPORT"}
    | {"AU_VOEC", "NZ_VOEC", "SG_VOEC", "MY_VOEC", "KZ_VOEC", "CA_MPF"}
)
DUTCH_VAT = frozenset({Treatment.NL_DOMESTIC, Treatment.EU_B2C_BELOW_THRESHOLD})
"""The treatments with Dutch VAT, or without any under the small business scheme."""
_REFUSED_NUMBERS = {
    VatNumberStatus.INVALID_FORMAT: "VAT_NUMBER_INVALID_FORMAT",
    VatNumberStatus.BAD_CHECKDIGIT: "VAT_NUMBER_CHECKDIGIT",
    VatNumberStatus.REFUSED_BY_VIES: "VAT_NUMBER_NOT_IN_VIES",
}


class Classification(NamedTuple):
    """A treatment, what there is to say about it, and the country whose VAT is due.

    The country of an export is the code of the special territory, or None.
    """

    treatment: Treatment
    issues: tuple[Issue, ...]
    vat_country: str | None


@dataclass(frozen=True)
class _Route:
    """From where to where the goods go, as VAT areas; `arrival` None is outside the EU."""

    departure: str
    arrival: str | None
    destination: Destination
    on: date

    @property
    def name(self) -> str:
        return self.arrival or self.destination.country or ""


def classify(order: Order, rules: ShopRules) -> Classification:
    """Decide how an order is taxed. The order has passed the gate (eligibility.py)."""
    sold = _classify_sale_by_amazon(order)
    if sold is not None:
        return sold
    route, issues = _route(order, rules)
    collected = _classify_collected(order, route, issues)
    if collected is not None:
        return collected
    if route is None:
        return Classification(Treatment.UNKNOWN, issues, None)
    found = _classify_route(order, rules, route)
    scheme = _small_business_issues(order, rules, found.treatment)
    return found._replace(issues=(*issues, *found.issues, *scheme))


def dispatch_country(order: Order, rules: ShopRules) -> str | None:
    """Give the country the goods leave from; never assumed for stock at Amazon."""
    if order.ship_from_country:
        return order.ship_from_country
    if order.fulfilled_by is FulfilledBy.MERCHANT:
        return rules.dispatch_country
    if order.fulfilled_by is FulfilledBy.AMAZON:
        return rules.fba_dispatch_country
    return None


def _small_business_issues(order: Order, rules: ShopRules, treatment: Treatment) -> Iterator[Issue]:
    if not rules.is_small_business_scheme or treatment not in DUTCH_VAT:
        return
    yield issue("KOR_ACTIVE")
    if is_tax_charged(order):
        # VAT on the buyer's invoice is due, scheme or not.
        yield issue("VAT_REPORTED_ON_ZERO_RATED", treatment="SMALL_BUSINESS_SCHEME")


def _classify_sale_by_amazon(order: Order) -> Classification | None:
    """Recognise what someone else than the seller sold, or collected tax on in a way nobody can book."""
    if order.is_invoiced_by_amazon:
        return Classification(Treatment.UNKNOWN, (issue("SOLD_TO_ABEU"),), None)
    items = active_items(order)
    unknown = sorted({item.reporting_scheme for item in items if item.reporting_scheme} - _KNOWN_SCHEMES)
    if unknown:
        found = tuple(issue("UNKNOWN_DEEMED_CATEGORY", scheme=scheme[:40]) for scheme in unknown)
        return Classification(Treatment.UNKNOWN, found, None)
    if len({item.collected_by_amazon for item in items}) > 1:
        return Classification(Treatment.UNKNOWN, (issue("DEEMED_SUPPLIER_MIXED"),), None)
    return None


def _route(order: Order, rules: ShopRules) -> tuple[_Route | None, tuple[Issue, ...]]:
    issues: list[Issue] = []
    departure = dispatch_country(order, rules)
    destination = order.destination
    if departure is None:
        issues.append(issue("DISPATCH_COUNTRY_UNKNOWN"))
    if destination.country is None:
        issues.append(issue("COUNTRY_MISSING"))
    elif destination.is_undecided:
        # The mainland is the guess that never gives too little VAT, unless the mainland is no part of the EU.
        code = "TERRITORY_UNDECIDED" if vat_country(destination) else "NORTHERN_IRELAND_UNDECIDED"
        issues.append(issue(code, country=destination.country))
    if departure is None or destination.country is None:
        return None, tuple(issues)
    area = vat_country(Destination(departure)) or departure
    on = booking_day(order, rules)
    return _Route(area, vat_country(destination), destination, on), tuple(issues)


def _classify_collected(order: Order, route: _Route | None, issues: tuple[Issue, ...]) -> Classification | None:
    """Recognise a sale on which Amazon keeps the destination's tax; the sellers are all Dutch."""
    if not any(item.collected_by_amazon for item in active_items(order)):
        return None
    if route is None:
        return Classification(Treatment.UNKNOWN, issues, None)
    if route.arrival is not None:
        unexpected = issue("DEEMED_SUPPLIER_UNEXPECTED", country=route.name)
        return Classification(Treatment.UNKNOWN, (*issues, unexpected), route.arrival)
    found = (*issues, issue("DEEMED_SUPPLIER", country=route.name), *_foreign_dispatch(route))
    treatment = Treatment.EXPORT_AMAZON_COLLECTS_DESTINATION_VAT
    return Classification(treatment, found, route.destination.territory)


def _classify_route(order: Order, rules: ShopRules, route: _Route) -> Classification:
    if route.arrival is None:
        return Classification(Treatment.EXPORT, tuple(_export_issues(order, route)), route.destination.territory)
    if route.departure == route.arrival:
        if route.departure == HOME:
            return Classification(Treatment.NL_DOMESTIC, (), HOME)
        return Classification(Treatment.LOCAL_FOREIGN, tuple(_foreign_dispatch(route)), route.arrival)
    if vat_country(Destination(route.departure)) is None:
        # Goods that enter the EU on their way to the buyer are imported: nothing we know how to book.
        return Classification(Treatment.UNKNOWN, tuple(_foreign_dispatch(route)), route.arrival)
    return _classify_intra_eu(order, rules, route)


def _export_issues(order: Order, route: _Route) -> Iterator[Issue]:
    yield from _foreign_dispatch(route)
    if route.destination.territory is not None:
        yield issue("SPECIAL_TERRITORY", territory=route.destination.territory)
    if is_tax_charged(order):
        yield issue("VAT_REPORTED_ON_ZERO_RATED", treatment=Treatment.EXPORT)


def _foreign_dispatch(route: _Route) -> Iterator[Issue]:
    if route.departure != HOME:
        yield issue("DISPATCH_COUNTRY_FOREIGN", dispatch_country=route.departure, country=route.name)


def _classify_intra_eu(order: Order, rules: ShopRules, route: _Route) -> Classification:
    notes = (issue("NI_CHECK_REQUIRED"),) if route.arrival == "XI" else ()
    if _has_usable_number(order):
        return Classification(Treatment.ICP, (*notes, *_numbered_issues(order, rules, route)), route.arrival)
    consumer = _classify_consumer(rules, route)
    buyer = _consumer_issues(order, rules, route)
    return consumer._replace(issues=(*notes, *buyer, *consumer.issues))


def _has_usable_number(order: Order) -> bool:
    """Say whether there is a VAT number that was not refused; one that was not checked yet counts."""
    if order.vat_number_check is None:
        return bool(order.buyer_vat_number)
    return order.vat_number_check.status not in _REFUSED_NUMBERS


def _numbered_issues(order: Order, rules: ShopRules, route: _Route) -> Iterator[Issue]:
    check = order.vat_number_check
    text = order.buyer_vat_number or ""
    country = check.country if check else vat_numbers.country_of(text)
    masked = check.masked if check else vat_numbers.mask(text)
    yield from _foreign_dispatch(route)
    if is_tax_charged(order):
        yield issue("VAT_REPORTED_ON_ZERO_RATED", treatment=Treatment.ICP)
    if country == route.departure:
        yield issue("VAT_NUMBER_OF_DISPATCH_COUNTRY", vat_number=masked, dispatch_country=route.departure)
    elif country != route.arrival:
        yield issue("VAT_NUMBER_COUNTRY_MISMATCH", number_country=country or "?", country=route.name)
    if check is None:
        yield issue("VAT_NUMBER_NOT_CHECKED", vat_number=masked)
    elif rules.is_vies_used and check.status is not VatNumberStatus.CONFIRMED_BY_VIES:
        is_asked = check.status is VatNumberStatus.VIES_UNAVAILABLE
        yield issue("VIES_UNAVAILABLE" if is_asked else "VIES_PENDING", vat_number=masked)


def _consumer_issues(order: Order, rules: ShopRules, route: _Route) -> Iterator[Issue]:
    """Say why a buyer who may be a business is treated as a consumer."""
    is_charged = is_tax_charged(order)
    if order.vat_number_check is not None:
        yield _refused_number(order.vat_number_check, route, is_charged)
    elif order.is_business:
        is_zero_rated = rules.is_vcs_active and not is_charged
        code = "B2B_ZERO_RATED_WITHOUT_VAT_NUMBER" if is_zero_rated else "B2B_WITHOUT_VAT_NUMBER"
        yield issue(code, country=route.name)


def _refused_number(check: VatNumberCheck, route: _Route, is_charged: bool) -> Issue:
    code = "VAT_NUMBER_IGNORED" if is_charged else _REFUSED_NUMBERS[check.status]
    date_text = (check.checked_on or route.on).isoformat()
    return issue(code, vat_number=check.masked, country=route.name, date=date_text)


def _classify_consumer(rules: ShopRules, route: _Route) -> Classification:
    if route.departure != HOME:
        treatment = Treatment.EU_B2C_OSS_FROM_FOREIGN_STOCK
        return Classification(treatment, tuple(_foreign_dispatch(route)), route.arrival)
    if rules.is_oss_registered:
        return Classification(Treatment.EU_B2C_OSS, tuple(_oss_issues(rules, route)), route.arrival)
    is_conflict = is_foreign_vat_invoiced(rules, route.on)
    conflict = (issue("OSS_FLAG_CONFLICT", country=route.name),) if is_conflict else ()
    return Classification(Treatment.EU_B2C_BELOW_THRESHOLD, conflict, HOME)


def _oss_issues(rules: ShopRules, route: _Route) -> Iterator[Issue]:
    if not can_book_foreign_vat(rules, route.on):
        yield issue("OSS_NOT_ENABLED_IN_SNELSTART", country=route.name, date=route.on.isoformat())
    territory = route.destination.territory
    percentage = standard_rate(route.name, route.on, territory)
    if percentage is not None and percentage != standard_rate(route.name, route.on):
        # SnelStart has one set of percentages per country, so this place's own cannot be booked.
        yield issue("TERRITORY_RATE_NOT_IN_SNELSTART", territory=territory or "", percentage=f"{percentage:f}")


def is_tax_charged(order: Order) -> bool:
    """Say whether Amazon stated any tax on the order."""
    return any(item.tax_total for item in active_items(order))
