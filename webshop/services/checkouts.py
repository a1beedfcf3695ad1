"""Attempts to buy something from us."""

from __future__ import annotations

from webshop.extensions import clock, db
from webshop.models import Checkout, Product, Shop
from webshop.services.invoice_amounts import amounts_for


def open_checkout(
    shop: Shop, product: Product, *, units: int = 1, subject_id: str | None = None, user_id: int | None = None
) -> Checkout:
    amounts = amounts_for(shop, product, units)
    checkout = Checkout(
        shop_id=shop.id,
        user_id=user_id,
        product=product.value,
        units=units,
        subject_id=subject_id,
        net=amounts.net,
        vat=amounts.vat,
        total=amounts.total,
        created_at=clock.now(),
    )
    db.session.add(checkout)
    db.session.commit()
    return checkout


def start_payment(checkout: Checkout) -> str:
    return f"/betalen/{checkout.public_id}"
