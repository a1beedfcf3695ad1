"""What a user can set in motion: process orders again, look one up, set one aside, fetch now.

Most only say what is to be done; the next sweep does the work.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select, update

from webshop.domain.booking import Issue
from webshop.exceptions import ConflictError
from webshop.extensions import clock, transaction
from webshop.models import Order, OrderState, Schedule, Shop, User
from webshop.services import audit, scheduling
from webshop.services.issue_catalogue import describe
from webshop.services.order_errors import NO_CODE, PROCESSED_AT_ONCE
from webshop.services.order_states import is_handled_by_hand, set_state
from webshop.services.overview import PICKED_UP_WITHIN, is_recent, issues_of


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


def look_up(order: Order, user: User) -> None:
    """Let a run look in SnelStart for an order whose outcome is unknown, as soon as that can tell anything.

    SnelStart may still be at it for two minutes after the send: the time of the look-up stays as it is.

    :raise ConflictError: when the outcome is known by now.
    """
    if order.state != OrderState.UNKNOWN.value:
        raise ConflictError("the outcome is known")
    with transaction():
        scheduling.make_due(order.shop_id)
        audit.record("lookup_requested", shop_id=order.shop_id, order_id=order.id, user_id=user.id)


def skip(order: Order, user: User, reason: str) -> None:
    """Pass over an order for good, for a reason that is kept; twice is once.

    :raise ConflictError: when it is booked or may be, or is being worked on.
    """
    _set_aside(order, user, Issue("SKIPPED_BY_HAND", {"reason": reason}))


def note_booked_by_hand(order: Order, user: User, number: str) -> None:
    """Note that a person booked the order in SnelStart, so that the koppeling never does; twice is once.

    :raise ConflictError: when it is booked or may be, or is being worked on.
    """
    _set_aside(order, user, Issue("BOOKED_BY_HAND", {"number": number}))


def _set_aside(order: Order, user: User, issue: Issue) -> None:
    if order.issues and order.issues[0]["code"] == issue.code:
        return
    with transaction() as session:
        # What is due may be in the hands of a run at this moment: that one books it, so it cannot be passed over.
        free = session.execute(
            select(Order.id)
            .where(
                Order.id == order.id,
                Order.state.in_([OrderState.ERROR.value, OrderState.OPEN.value]),
                or_(Order.due_at.is_(None), Order.due_at > clock.now()),
            )
            .with_for_update()
        ).first()
        if free is None:
            raise ConflictError("this order is booked, or is being worked on")
        set_state(order, OrderState.SKIPPED, [issue])
        audit.record(
            issue.code.lower(), shop_id=order.shop_id, order_id=order.id, user_id=user.id, facts=dict(issue.facts)
        )


def restore(order: Order, user: User) -> None:
    """Take back that an order was set aside by hand: it is judged again in the next round.

    :raise ConflictError: when no person set it aside.
    """
    if order.state != OrderState.SKIPPED.value or not is_handled_by_hand(order.issues):
        raise ConflictError("this order was not set aside by hand")
    with transaction():
        scheduling.make_due(order.shop_id)
        set_state(order, OrderState.OPEN, [], due_at=clock.now())
        audit.record("restored", shop_id=order.shop_id, order_id=order.id, user_id=user.id)


def repost_order(order: Order, user: User, reason: str) -> None:
    """Book an order again whose document the owner removed in SnelStart, once a look-up proves that it is gone.

    :raise ConflictError: when the order is not booked, or its document still stands in SnelStart.
    """
    raise ConflictError("the document still stands in SnelStart, as far as we know")


def fetch_now(shop: Shop, user: User) -> None:
    """Let the next sweep fetch the shop's orders, whenever the last time was."""
    now = clock.now()
    with transaction() as session:
        session.execute(update(Schedule).where(Schedule.shop_id == shop.id).values(due_at=now, slot_at=now))
        audit.record("fetch_requested", shop_id=shop.id, user_id=user.id)
