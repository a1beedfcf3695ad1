"""Which VAT treatment an order gets: one total function, in one fixed order of questions.

Dispatch country, destination and buyer decide; the marketplace never does. A treatment that is
recognised is not yet one that can be booked: that is for translate.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from webshop.domain import vat_numbers
from webshop.domain.booking import Issue, ShopRules, Treatment
from webshop.domain.eligibility import active_items
from webshop.domain.issues import issue
from webshop.domain.orders import Destination, FulfilledBy, Order
from webshop.domain.territories import vat_country

HOME = "NL"
_KNOWN_SCHEMES = frozenset(
    {"UOSS", "IOSS", "GB_VOEC", "NO_VOEC", "JE_VOEC", "CH_SUPPLIER_IMPORT"}
    | {"AU_VOEC", "NZ_VOEC", "SG_VOEC", "MY_VOEC", "KZ_VOEC", "CA_MPF"}
)
_DUTCH_VAT = frozenset({Treatment.NL_DOMESTIC, Treatment.EU_B2C_BELOW_THRESHOLD})


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
    kor = (issue("KOR_ACTIVE"),) if rules.is_small_business_scheme and found.treatment in _DUTCH_VAT else ()
    return found._replace(issues=(*issues, *found.issues, *kor))


def dispatch_country(order: Order, rules: ShopRules) -> str | None:
    """Give the country the goods leave from; never assumed for stock at Amazon."""
    if order.ship_from_country:
        return order.ship_from_country
    if order.fulfilled_by is FulfilledBy.MERCHANT:
        return rules.dispatch_country
    if order.fulfilled_by is FulfilledBy.AMAZON:
        return rules.fba_dispatch_country
    return None


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
        issues.append(issue("TERRITORY_UNDECIDED", country=destination.country))
    if departure is None or destination.country is None:
        return None, tuple(issues)
    area = vat_country(Destination(departure)) or departure
    return _Route(area, vat_country(destination), destination), tuple(issues)


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
    is_charged = is_tax_charged(order)
    number = vat_numbers.read(order.buyer_vat_number) if order.buyer_vat_number else None
    if number is not None and number.is_well_formed:
        found = tuple(_numbered_issues(route, number, is_charged))
        return Classification(Treatment.ICP, (*notes, *found), route.arrival)
    if number is not None:
        code = "VAT_NUMBER_IGNORED" if is_charged else "VAT_NUMBER_INVALID_FORMAT"
        notes = (*notes, issue(code, vat_number=number.masked, country=route.name))
    elif order.is_business:
        is_zero_rated = rules.is_vcs_active and not is_charged
        code = "B2B_ZERO_RATED_WITHOUT_VAT_NUMBER" if is_zero_rated else "B2B_WITHOUT_VAT_NUMBER"
        notes = (*notes, issue(code, country=route.name))
    consumer = _classify_consumer(rules, route)
    return consumer._replace(issues=(*notes, *consumer.issues))


def _numbered_issues(route: _Route, number: vat_numbers.VatNumber, is_charged: bool) -> Iterator[Issue]:
    yield from _foreign_dispatch(route)
    if is_charged:
        yield issue("VAT_REPORTED_ON_ZERO_RATED", treatment=Treatment.ICP)
    if number.country == route.departure:
        yield issue("VAT_NUMBER_OF_DISPATCH_COUNTRY", vat_number=number.masked, dispatch_country=route.departure)
    elif number.country != route.arrival:
        yield issue("VAT_NUMBER_COUNTRY_MISMATCH", number_country=number.country, country=route.name)
    yield issue("VAT_NUMBER_NOT_CHECKED", vat_number=number.masked)


def _classify_consumer(rules: ShopRules, route: _Route) -> Classification:
    if route.departure != HOME:
        treatment = Treatment.EU_B2C_OSS_FROM_FOREIGN_STOCK
        return Classification(treatment, tuple(_foreign_dispatch(route)), route.arrival)
    if rules.is_oss_registered:
        return Classification(Treatment.EU_B2C_OSS, (), route.arrival)
    conflict = (issue("OSS_FLAG_CONFLICT", country=route.name),) if rules.is_foreign_vat_invoiced else ()
    return Classification(Treatment.EU_B2C_BELOW_THRESHOLD, conflict, HOME)


def is_tax_charged(order: Order) -> bool:
    """Say whether Amazon stated any tax on the order."""
    return any(item.tax_total for item in active_items(order))
