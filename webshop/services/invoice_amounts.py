"""What a product costs one shop: net, VAT and total, and how our invoice is taxed.

We sell to businesses. One in the Netherlands pays Dutch VAT; one in another EU country accounts for
the VAT itself when it gave its VAT number there, and pays Dutch VAT as long as it did not; one
outside the EU's VAT area pays none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from webshop.domain.money import from_cents, half_up, to_cents, vat_included
from webshop.domain.periods import local_date
from webshop.domain.territories import resolve_destination, standard_rate, vat_country
from webshop.domain.vat_numbers import VatNumberStatus
from webshop.extensions import clock
from webshop.models import Checkout, Product, Shop, VatTreatment
from webshop.services.prices import price_of
from webshop.services.vat_numbers import check_vat_number

HOME = "NL"
NORTHERN_IRELAND = "XI"
"""Inside the EU's VAT area for goods, outside it for what we sell."""


@dataclass(frozen=True)
class Amounts:
    net: Decimal
    vat: Decimal
    total: Decimal
    treatment: VatTreatment
    percentage: Decimal


def amounts_for(shop: Shop, product: Product, units: int = 1) -> Amounts:
    """Return what so many units cost this shop today."""
    net = to_cents(price_of(product)) * units
    treatment = treatment_of(shop)
    percentage = _percentage(treatment, local_date(clock.now()))
    return _amounts(net, half_up(net * Fraction(percentage) / 100), treatment, percentage)


def amounts_paid(shop: Shop, checkout: Checkout) -> Amounts:
    """Return how a checkout that was paid is taxed; its total is what was paid and stays so.

    The details of a shop may have changed since the checkout was made. VAT that was charged is owed;
    when none was charged and now it is due, it is in the total.
    """
    net, vat, total = (to_cents(amount) for amount in (checkout.net, checkout.vat, checkout.total))
    treatment = VatTreatment.DOMESTIC if vat else treatment_of(shop)
    percentage = _percentage(treatment, local_date(checkout.created_at))
    if not vat:
        vat = vat_included(total, percentage)
        net = total - vat
    return _amounts(net, vat, treatment, percentage)


def treatment_of(shop: Shop) -> VatTreatment:
    """Return how an invoice to this shop is taxed, by its country and its VAT number."""
    destination = resolve_destination(shop.billing_country, shop.billing_postal_code, shop.billing_city)
    area = vat_country(destination)
    if destination.country is not None and area in (None, NORTHERN_IRELAND):
        return VatTreatment.OUTSIDE_EU
    if area not in (None, HOME) and _is_number_of(shop.vat_number, area):
        return VatTreatment.REVERSE_CHARGE
    return VatTreatment.DOMESTIC


def _is_number_of(number: str, country: str | None) -> bool:
    check = check_vat_number(number)
    return check.status is VatNumberStatus.VALID_FORMAT and check.country == country


def _percentage(treatment: VatTreatment, on: date) -> Decimal:
    if treatment is not VatTreatment.DOMESTIC:
        return Decimal(0)
    rate = standard_rate(HOME, on)
    if rate is None:
        raise LookupError(f"no Dutch VAT rate is known on {on}")
    return rate


def _amounts(net: int, vat: int, treatment: VatTreatment, percentage: Decimal) -> Amounts:
    return Amounts(from_cents(net), from_cents(vat), from_cents(net + vat), treatment, percentage)
