"""On which day a sale is booked: the VAT return it is in and the percentages that count go with it.

The day of the order is the choice the product comes with. Strictly the VAT is due when the goods go
out, so a shop may choose that day instead. Amazon tells it for packages the seller sends; without it
the day of the order stands in, which is never later: no VAT is declared too late because of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from webshop.domain.booking import BookingDate, Issue, ShopRules
from webshop.domain.issues import issue
from webshop.domain.orders import Order, Status
from webshop.domain.periods import local_date
from webshop.domain.territories import legal_rates

_LAST_YEAR = 2999


def booking_day(order: Order, rules: ShopRules) -> date:
    """Give the day on which the sale is booked, in the Netherlands."""
    shipped_at = _shipped_at(order) if rules.booking_date is BookingDate.SHIP else None
    return local_date(shipped_at or order.purchased_at)


def check_booking_day(order: Order, rules: ShopRules, vat_country: str | None) -> Iterator[Issue]:
    """Find what there is to say about the day: it is not known yet, or not at all, or the VAT changed on the way."""
    shipped_at = _shipped_at(order)
    if rules.booking_date is BookingDate.SHIP and shipped_at is None:
        yield _missing(order)
    if shipped_at is None or vat_country is None:
        return
    ordered_on, shipped_on = local_date(order.purchased_at), local_date(shipped_at)
    if legal_rates(vat_country, ordered_on) != legal_rates(vat_country, shipped_on):
        dates = {"ordered_on": ordered_on.isoformat(), "shipped_on": shipped_on.isoformat()}
        yield issue("VAT_RATES_CHANGED_BEFORE_SHIPMENT", country=vat_country, **dates)


def _shipped_at(order: Order) -> datetime | None:
    """Give when the last package left; what is still on its way out has no such time yet."""
    at = order.shipped_at
    if at is None or order.status is not Status.SHIPPED or at.utcoffset() is None:
        return None
    # A parcel cannot leave before it is ordered: such a time says nothing.
    return at if order.purchased_at <= at and at.year <= _LAST_YEAR else None


def _missing(order: Order) -> Issue:
    if order.status is not Status.SHIPPED:
        return issue("SHIP_DATE_PENDING")
    return issue("SHIP_DATE_MISSING", ordered_on=local_date(order.purchased_at).isoformat())
