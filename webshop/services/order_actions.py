"""What a user can set in motion: process orders again, fetch now.

These only say what is to be done; the next sweep does the work.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select, update

from webshop.domain.booking import Issue
from webshop.exceptions import ConflictError
from webshop.extensions import clock, transaction
from webshop.models import Order, OrderState, Shop, User
from webshop.services import audit, payments, scheduling
from webshop.services.issue_catalogue import describe
from webshop.services.order_errors import NO_CODE, PROCESSED_AT_ONCE
from webshop.services.overview import PICKED_UP_WITHIN, is_recent, issues_of


def process_again(order: Order, user: User) -> None:
    """Make an order due that stopped for a reason that may be gone, or its refused payment; twice is once.

    :raise ConflictError: when neither stopped, or when sending it again is not safe.
    """
    if order.state == OrderState.POSTED.value:
        _pay_again(order, user)
        return
    issues = issues_of(order)
    if not issues or not describe(issues[0]).is_retry_safe:
        raise ConflictError("this order cannot be processed again")
    if order.state == OrderState.ERROR.value and is_recent(order.due_at):
        return
    now = clock.now()
    with transaction() as session:
        # The schedule first, as a run does it: the other way round they could wait for each other.
        scheduling.make_due(order.shop_id)
        changed = session.execute(
            update(Order)
            .where(Order.id == order.id, Order.state == OrderState.ERROR.value)
            .values(due_at=now, attempts=0)
            .returning(Order.id)
        ).first()
        if changed is None:
            raise ConflictError("this order is not in error any more")
        audit.record("process_requested", shop_id=order.shop_id, order_id=order.id, user_id=user.id)


def _pay_again(order: Order, user: User) -> None:
    with transaction():
        scheduling.make_due(order.shop_id)
        if not payments.retry_payment(order):
            raise ConflictError("the payment of this order cannot be processed again")
        audit.record("process_requested", shop_id=order.shop_id, order_id=order.id, user_id=user.id)


def process_all(shop: Shop, code: str, user: User) -> int:
    """Make the orders due that stopped for one reason, the oldest first; return how many.

    Those that were asked for moments ago stay as they are, so that twice is once.

    :raise ConflictError: when sending them again is not safe.
    """
    if code == NO_CODE or not describe(Issue(code)).is_retry_safe:
        raise ConflictError("these orders cannot be processed again")
    now = clock.now()
    waiting = (
        select(Order.id)
        .where(
            Order.shop_id == shop.id,
            Order.state == OrderState.ERROR.value,
            Order.issue_code == code,
            _is_not_asked_for(),
        )
        .order_by(Order.purchased_at, Order.id)
        .limit(PROCESSED_AT_ONCE)
    )
    with transaction() as session:
        scheduling.make_due(shop.id)
        due = session.execute(
            update(Order).where(Order.id.in_(waiting)).values(due_at=now, attempts=0).returning(Order.id)
        ).all()
        if due:
            facts = {"code": code, "orders": len(due)}
            audit.record("process_all_requested", shop_id=shop.id, user_id=user.id, facts=facts)
    return len(due)


def _is_not_asked_for() -> ColumnElement[bool]:
    return or_(Order.due_at.is_(None), Order.due_at <= clock.now() - PICKED_UP_WITHIN)


def fetch_now(shop: Shop, user: User) -> None:
    """Let the next sweep fetch the shop's orders, whenever the last time was."""
    with transaction():
        scheduling.ask_fetch(shop.id)
        audit.record("fetch_requested", shop_id=shop.id, user_id=user.id)
