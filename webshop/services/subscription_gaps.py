"""The time between the end of a subscription and its renewal.

What was sold then may have been booked by hand. So it is fetched after the renewal and shown in Open, and
it is booked only when the owner says so. The choice stays: an order of that time that changes at Amazon a
month later is still one of that time.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update

from webshop.domain.periods import start_of_day
from webshop.extensions import clock, db, transaction
from webshop.models import GapChoice, Order, OrderState, Schedule, Shop, SubscriptionGap, User
from webshop.services import audit, scheduling

UNDECIDED = "GAP_UNDECIDED"
COUNTED_AT_MOST = 1000


def begin(shop: Shop) -> None:
    """Note that a shop starts again after its end; part of the caller's transaction, before the end is moved.

    A shop that never booked by itself has no gap: its start date decides.
    """
    if shop.active_until is None or shop.start_on is None:
        return
    now = clock.now()
    # Not only from the end on: what was open then, or not fetched yet, was not booked either.
    oldest_open = db.session.scalar(
        select(func.min(Order.purchased_at)).where(Order.shop_id == shop.id, Order.state == OrderState.OPEN.value)
    )
    watermark = db.session.scalar(select(Schedule.watermark_at).where(Schedule.shop_id == shop.id))
    ended_at = start_of_day(shop.active_until + timedelta(days=1))
    starts_at = min(at for at in (ended_at, oldest_open, watermark, now) if at is not None)
    shop.has_gaps = True
    undecided = _undecided(shop.id)
    if undecided is not None:
        undecided.starts_at, undecided.ends_at = min(undecided.starts_at, starts_at), now
    else:
        db.session.add(SubscriptionGap(shop_id=shop.id, starts_at=starts_at, ends_at=now))


def decide(shop: Shop, user: User, choice: GapChoice) -> bool:
    """Keep the owner's choice and let the runs act on it; False when there was nothing left to choose."""
    with transaction() as session:
        decided = session.execute(
            update(SubscriptionGap)
            .where(SubscriptionGap.shop_id == shop.id, SubscriptionGap.choice.is_(None))
            .values(choice=choice.value, decided_at=clock.now(), decided_by=user.id)
            .returning(SubscriptionGap.id)
        ).first()
        if decided is None:
            return False
        scheduling.ask_review(shop.id)
        audit.record("gap_decided", shop_id=shop.id, user_id=user.id, facts={"choice": choice.value})
    return True


def undecided_gap(shop_id: int) -> SubscriptionGap | None:
    """Return the time whose orders wait for a choice."""
    return _undecided(shop_id)


def count_waiting(shop_id: int) -> int:
    """Return how many orders wait for the choice, counted to a little above COUNTED_AT_MOST."""
    waiting = (
        select(Order.id)
        .where(
            Order.shop_id == shop_id,
            Order.state == OrderState.OPEN.value,
            Order.issue_code == UNDECIDED,
        )
        .limit(COUNTED_AT_MOST + 1)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(waiting)) or 0


def _undecided(shop_id: int) -> SubscriptionGap | None:
    return db.session.scalars(
        select(SubscriptionGap).where(SubscriptionGap.shop_id == shop_id, SubscriptionGap.choice.is_(None))
    ).first()
