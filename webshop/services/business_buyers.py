"""The VAT number of a business buyer: Amazon seldom gives it, so a person may."""

from __future__ import annotations

from sqlalchemy import update

from webshop.domain.vat_numbers import VatNumberCheck, compact
from webshop.exceptions import ConflictError
from webshop.extensions import clock, db, vault
from webshop.models import Order, OrderState
from webshop.services import audit, buyers, scheduling
from webshop.services.translation import stored_check
from webshop.services.vat_numbers import check_vat_number


def give_vat_number(order: Order, number: str, *, user_id: int | None = None) -> VatNumberCheck:
    """Store the number of an order's buyer and let the order be tried again; part of the caller's transaction.

    :raise ConflictError: when the order is booked, or may be: its VAT stands. Also when a person set it aside.
    """
    if order.state in (OrderState.POSTED.value, OrderState.UNKNOWN.value) or order.skipped_at is not None:
        raise ConflictError("the order is booked already, or may be")
    check = check_vat_number(number)
    place = buyers.place_of(order.shop_id, order.amazon_order_id, "vat")
    db.session.execute(
        update(Order)
        .where(Order.id == order.id)
        .values(
            sealed_vat_number=vault().seal(compact(number), bound_to=place),
            vat_number_check=stored_check(check),
            due_at=clock.now(),
        )
    )
    scheduling.make_due(order.shop_id)
    facts = {"number": check.masked, "status": check.status.value}
    audit.record("vat_number_given", shop_id=order.shop_id, order_id=order.id, user_id=user_id, facts=facts)
    return check
