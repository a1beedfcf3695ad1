"""What our own products cost."""

from __future__ import annotations

from decimal import Decimal

from webshop.extensions import settings
from webshop.models import Product

PER_MIGRATION_UNIT = 1000
"""A migration is paid per started thousand orders."""


def price_of(product: Product) -> Decimal:
    """Return the price of one unit without VAT, in euros."""
    current = settings()
    return {
        Product.SUBSCRIPTION: current.subscription_price_excl_vat,
        Product.INSTALLATION: current.installation_price_excl_vat,
        Product.MIGRATION: current.migration_price_excl_vat,
    }[product]


def migration_units(orders: int) -> int:
    """Return for how many started thousands a migration of so many orders is paid."""
    return -(-orders // PER_MIGRATION_UNIT)
