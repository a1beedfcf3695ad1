"""Which shop is due: derived from the tables, so that losing Redis delays and never loses."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from webshop.domain.periods import local_date, next_slot
from webshop.extensions import clock, db, settings, transaction
from webshop.models import (
    Connection,
    ConnectionState,
    Heartbeat,
    MigrationState,
    Order,
    Posting,
    PostingState,
    Remote,
    SaleMigration,
    Schedule,
    Shop,
)
from webshop.models.base import insert
from webshop.services import leases
from webshop.services.due_orders import is_in_migration

SWEEP_LIMIT = 1000
_UNSETTLED = (PostingState.UNKNOWN.value, PostingState.SENDING.value)


def due_shops(now: datetime) -> list[int]:
    """Return the shops that have work to do and that no living run holds, longest due first.

    What may have been booked is looked up also while Amazon needs to be connected again.
    """
    is_due = or_(Schedule.due_at <= now, Schedule.slot_at > now + _interval())
    with transaction() as session:
        return list(
            session.scalars(
                select(Schedule.shop_id)
                .where(is_due, leases.is_free(now), or_(may_fetch(now), _has_lookup_due(now)))
                .order_by(Schedule.due_at)
                .limit(SWEEP_LIMIT)
            )
        )


def due_nights(now: datetime) -> list[int]:
    """Return the shops whose nightly check is due and that no living run holds."""
    with transaction() as session:
        return list(
            session.scalars(
                select(Schedule.shop_id)
                .where(
                    or_(Schedule.night_at.is_(None), Schedule.night_at <= now),
                    leases.is_free(now),
                    may_fetch(now),
                )
                .order_by(Schedule.night_at, Schedule.shop_id)
                .limit(SWEEP_LIMIT)
            )
        )


def may_fetch(now: datetime) -> ColumnElement[bool]:
    """Say whether there are orders to fetch: after the end of a subscription there is no ground for it."""
    return and_(
        _is_active(Remote.AMAZON),
        exists().where(
            Shop.id == Schedule.shop_id, or_(Shop.active_until.is_(None), Shop.active_until >= local_date(now))
        ),
    )


def _is_active(remote: Remote) -> ColumnElement[bool]:
    return exists().where(
        Connection.shop_id == Schedule.shop_id,
        Connection.remote == remote.value,
        Connection.state == ConnectionState.ACTIVE.value,
    )


def _has_lookup_due(now: datetime) -> ColumnElement[bool]:
    return exists().where(
        Connection.shop_id == Schedule.shop_id,
        Connection.remote == Remote.SNELSTART.value,
        Connection.state == ConnectionState.ACTIVE.value,
        Posting.shop_id == Schedule.shop_id,
        Posting.administration_id == Connection.account_id,
        Posting.state.in_(_UNSETTLED),
        Posting.lookup_at <= now,
    )


def believable_slot(slot_at: datetime, now: datetime) -> datetime:
    """Return the slot, or now when it lies further ahead than any: the clock was ahead when it was set."""
    return now if slot_at > now + _interval() else slot_at


def _interval() -> timedelta:
    return timedelta(minutes=settings().sync_interval_minutes)


def add_schedule(shop_id: int) -> None:
    """Give a new shop its place in the schedule: due at once. Part of the caller's transaction."""
    now = clock.now()
    db.session.add(Schedule(shop_id=shop_id, due_at=now, slot_at=now))


def make_due(shop_id: int) -> None:
    """Let a shop be worked on with the next sweep; part of the caller's transaction."""
    db.session.execute(update(Schedule).where(Schedule.shop_id == shop_id).values(due_at=clock.now()))


def ask_fetch(shop_id: int) -> None:
    """Let the next sweep fetch a shop's orders, whenever the last time was; part of the caller's transaction."""
    now = clock.now()
    db.session.execute(update(Schedule).where(Schedule.shop_id == shop_id).values(due_at=now, slot_at=now))


def ask_review(shop_id: int) -> None:
    """Let every held order be looked at again, because a setting changed; part of the caller's transaction.

    The runs do the work, a piece at a time (held_orders.py).
    """
    db.session.execute(
        update(Schedule)
        .where(Schedule.shop_id == shop_id)
        .values(due_at=clock.now(), reviews_asked=Schedule.reviews_asked + 1)
    )


def after_fetch(slot_at: datetime, now: datetime) -> datetime:
    """Return when the next fetch is due, counted from start to start; one on request takes its round's place."""
    return next_slot(min(slot_at, now), _interval(), now)


def next_due(shop_id: int, slot_at: datetime, *, may_post: bool) -> datetime:
    """Return when the shop needs work again: its next slot, or an order, a look-up or a migration before that.

    Orders wait for the slot while the shop may not post; what may have been booked is looked up all the same.
    """
    order_due = None
    if may_post:
        may_be_sent = is_in_migration(MigrationState.RUNNING, MigrationState.FINISHED)
        order_due = db.session.scalar(select(func.min(Order.due_at)).where(Order.shop_id == shop_id, may_be_sent))
    # Not those of an administration the shop had before: nobody can look there any more.
    lookup_due = db.session.scalar(
        select(func.min(Posting.lookup_at))
        .join(Connection, (Connection.shop_id == Posting.shop_id) & (Connection.remote == Remote.SNELSTART.value))
        .where(
            Posting.shop_id == shop_id,
            Posting.administration_id == Connection.account_id,
            Connection.state == ConnectionState.ACTIVE.value,
            Posting.state.in_(_UNSETTLED),
        )
    )
    at_work = [MigrationState.COUNTING.value, *([MigrationState.RUNNING.value] if may_post else [])]
    migration_due = db.session.scalar(
        select(func.min(SaleMigration.due_at)).where(SaleMigration.shop_id == shop_id, SaleMigration.state.in_(at_work))
    )
    return min(at for at in (slot_at, order_due, lookup_due, migration_due) if at is not None)


def record_heartbeat(name: str) -> None:
    """Note that a process is alive."""
    with transaction() as session:
        statement = insert(Heartbeat).values(name=name, beat_at=clock.now())
        session.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={"beat_at": statement.excluded.beat_at})
        )
