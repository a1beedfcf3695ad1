"""Orders that crash the code, or the process, that works on them: tried again later, then parked for a person."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from webshop.domain.booking import Issue
from webshop.extensions import clock, db, transaction
from webshop.models import Order, OrderState
from webshop.services.order_states import set_state

RETRY_FIRST = timedelta(minutes=5)
CRASHES_ALLOWED = 3


def note_attempts(order: Order, attempts: int) -> None:
    """Write how often work on an order was started and not finished."""
    with transaction() as session:
        session.execute(update(Order).where(Order.id == order.id).values(attempts=attempts))


def set_aside(order: Order) -> str:
    """Try a crashed order again later; after a few times it is parked as an error."""
    db.session.rollback()
    attempts = order.attempts + 1
    if attempts >= CRASHES_ALLOWED:
        return park(order, attempts)
    with transaction() as session:
        session.execute(
            update(Order).where(Order.id == order.id).values(attempts=attempts, due_at=clock.now() + RETRY_FIRST)
        )
    return order.state


def park(order: Order, attempts: int | None = None) -> str:
    """Leave an order that crashed too often to a person."""
    facts = {"attempts": str(attempts or order.attempts)}
    with transaction():
        set_state(order, OrderState.ERROR, [Issue("ORDER_CRASHED", facts)])
    return OrderState.ERROR.value
