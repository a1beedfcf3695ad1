"""What a product costs one shop: net, VAT and total."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from webshop.models import Product, Shop, VatTreatment
from webshop.services.prices import price_of

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Amounts:
    net: Decimal
    vat: Decimal
    total: Decimal
    treatment: VatTreatment
    percentage: Decimal


def amounts_for(shop: Shop, product: Product, units: int = 1) -> Amounts:
    """Return what so many units cost this shop."""
    percentage = Decimal(21)
    net = price_of(product) * units
    vat = (net * percentage / 100).quantize(CENT, ROUND_HALF_UP)
    return Amounts(net, vat, net + vat, VatTreatment.DOMESTIC, percentage)
