"""What a user can set in motion: process an order again, fetch now. The next sweep does the work."""

from __future__ import annotations

from sqlalchemy import update

from webshop.exceptions import ConflictError
from webshop.extensions import clock, transaction
from webshop.models import Order, OrderState, Remote, Schedule, Shop, User
from webshop.services import audit, leases, scheduling
from webshop.services.connections import active_connection, open_amazon
from webshop.services.fetching import fetch_one
from webshop.services.issue_catalogue import describe
from webshop.services.overview import is_recent, issues_of


def process_again(order: Order, user: User) -> None:
    """Make an order due that stopped for a reason that may be gone; twice is once.

    :raise ConflictError: when the order is not in error, or when sending it again is not safe.
    """
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


def fetch_by_number(shop: Shop, amazon_order_id: str, user: User | None = None) -> bool:
    """Fetch one order from Amazon now; return whether it belongs to the shop's marketplace and was stored.

    :raise ConflictError: when Amazon is not connected, or a run is working on the shop.
    :raise RemoteError: when Amazon does not know it or does not answer.
    :raise BudgetEmptyError: when Amazon allows no call now.
    """
    with transaction():
        connection = active_connection(shop.id, Remote.AMAZON)
    if connection is None:
        raise ConflictError("Amazon is not connected")
    lease = leases.acquire(shop.id)
    if lease is None:
        raise ConflictError("the shop's orders are being worked on; try again in a minute")
    try:
        is_stored = fetch_one(shop, open_amazon(connection), lease, amazon_order_id)
        if is_stored:
            with transaction():
                scheduling.make_due(shop.id)
                facts = {"order": amazon_order_id}
                audit.record("order_fetched", shop_id=shop.id, user_id=user.id if user else None, facts=facts)
    finally:
        leases.release(lease)
    return is_stored


def fetch_now(shop: Shop, user: User) -> None:
    """Let the next sweep fetch the shop's orders, whenever the last time was."""
    now = clock.now()
    with transaction() as session:
        session.execute(update(Schedule).where(Schedule.shop_id == shop.id).values(due_at=now, slot_at=now))
        audit.record("fetch_requested", shop_id=shop.id, user_id=user.id)
