"""Work on a shop's migration with what its run has left: count the orders, or fetch, look up and post them.

The daily work goes first, and keeps searches of Amazon's budget and the whole of SnelStart's. A page is
fetched only when the page before is posted, so that little is ever on its way. The orders are posted by
the same hands as all others (posting.py), each after a look in SnelStart.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update

from webshop.clients.amazon.client import OrdersPage
from webshop.domain.orders import Status
from webshop.domain.periods import local_date, read_from
from webshop.exceptions import BudgetEmptyError, RejectedError, RemoteError
from webshop.extensions import clock, db, transaction
from webshop.models import (
    DocumentReading,
    MigrationState,
    Order,
    OrderState,
    Posting,
    PostingState,
    Product,
    Purpose,
    Remote,
    SaleMigration,
    Shop,
)
from webshop.services import audit, notifications, prices, remote_troubles
from webshop.services.bugs import BUGS
from webshop.services.connections import AmazonAccess, SnelStartAccess, active_connection, open_amazon
from webshop.services.due_orders import due_orders
from webshop.services.invoice_amounts import amounts_for
from webshop.services.leases import Lease
from webshop.services.migration_report import count_orders
from webshop.services.migration_search import Position, may_begin_at, search_page
from webshop.services.past_orders import store_past_orders
from webshop.services.reading import read_what_is_missing
from webshop.services.sale_migrations import is_for

logger = logging.getLogger(__name__)

SEARCHES_LEFT = 6
"""Searches that stay for the hourly round and for a person who fetches by hand, and three for the nightly check."""
CRASHES_ALLOWED = 5
AFTER_A_CRASH = timedelta(minutes=5)
OTHER_SELLER = "OTHER_SELLER"
_UNDER_WAY = (PostingState.SENDING.value, PostingState.UNKNOWN.value)


@dataclass(frozen=True)
class _Work:
    shop: Shop
    lease: Lease
    is_over: Callable[[], bool]


def is_at_work(shop_id: int) -> ColumnElement[bool]:
    """Say whether a migration of this shop has something to be done: most runs need not look any further."""
    is_left = and_(SaleMigration.state == MigrationState.CANCELLED.value, SaleMigration.due_at.is_not(None))
    is_open = SaleMigration.state.in_([MigrationState.COUNTING.value, MigrationState.RUNNING.value])
    return exists().where(SaleMigration.shop_id == shop_id, or_(is_open, is_left))


def count_sales(shop: Shop, lease: Lease, *, is_over: Callable[[], bool]) -> bool:
    """Count the orders of a period that was asked for; return whether more can be counted at once.

    :raise LeaseLostError: when another run has taken over.
    """
    work = _Work(shop, lease, is_over)
    while (migration := _at_work(shop.id, MigrationState.COUNTING)) is not None:
        if is_over():
            return True
        if not _next_page(work, migration, _store_count):
            return False
    return False


def migrate_sales(
    shop: Shop, access: SnelStartAccess, lease: Lease, *, post: Callable[..., bool], is_over: Callable[[], bool]
) -> bool:
    """Fetch and post the orders of a paid migration; return whether more can be done at once.

    `post` posts the due orders of a migration and returns False when the time was up.

    :raise RemoteError: when SnelStart does not answer.
    :raise BudgetEmptyError: when SnelStart's budget is used up.
    :raise PostingStoppedError: when the shop may no longer post.
    :raise LeaseLostError: when another run has taken over.
    """
    work = _Work(shop, lease, is_over)
    while (migration := _at_work(shop.id, MigrationState.RUNNING)) is not None:
        if is_over() or not _read_documents(migration, access, lease, is_over):
            return True
        if due_orders(shop.id, migration_id=migration.id):
            try:
                is_complete = post(migration_id=migration.id)
            finally:
                db.session.rollback()
                _note_progress(migration, lease)
            if not is_complete:
                return True
            if due_orders(shop.id, migration_id=migration.id):
                # Their turn comes again in another run.
                return False
        elif migration.position is None:
            _finish(shop, migration, lease)
            return False
        elif not _next_page(work, migration, _store_orders):
            return False
    return False


def release_cancelled(shop_id: int, lease: Lease) -> None:
    """Let go of what cancelled migrations brought in and is not booked: it is of before the start date again.

    What may have been booked is let go of when that is known.
    """
    with transaction() as session:
        cancelled = session.scalars(
            select(SaleMigration).where(
                SaleMigration.shop_id == shop_id,
                SaleMigration.state == MigrationState.CANCELLED.value,
                SaleMigration.due_at.is_not(None),
            )
        ).all()
        for migration in cancelled:
            lease.check()
            _write_counts(migration)
            mine = Order.sale_migration_id == migration.id
            is_under_way = exists().where(
                Posting.order_id == Order.id, Posting.purpose == Purpose.SALE.value, Posting.state.in_(_UNDER_WAY)
            )
            is_left = (mine, Order.state != OrderState.POSTED.value, ~is_under_way)
            is_held = Order.state != OrderState.SKIPPED.value
            session.execute(update(Order).where(*is_left, is_held).values(due_at=clock.now()))
            session.execute(update(Order).where(*is_left).values(sale_migration_id=None))
            if session.scalar(select(Order.id).where(mine, Order.state != OrderState.POSTED.value).limit(1)) is None:
                migration.due_at = None


def _at_work(shop_id: int, state: MigrationState) -> SaleMigration | None:
    with transaction() as session:
        return session.scalar(
            select(SaleMigration)
            .where(SaleMigration.shop_id == shop_id, SaleMigration.state == state.value)
            .execution_options(populate_existing=True)
        )


def _next_page(work: _Work, migration: SaleMigration, store: Callable[..., None]) -> bool:
    """Ask Amazon for the next page and store it; return False when that has to wait."""
    now = clock.now()
    if migration.position is None or (migration.due_at is not None and migration.due_at > now):
        return False
    position = Position.read(migration.position)
    begins_at = may_begin_at(position, migration.until_on)
    if begins_at > now:
        _change(migration, work.lease, due_at=begins_at)
        return False
    access = _open(work, migration)
    if access is None:
        return False
    is_counting = migration.state == MigrationState.COUNTING.value
    try:
        position, page = search_page(work.shop, migration, position, access, is_counting=is_counting)
        with transaction() as session:
            work.lease.check()
            current = session.get_one(SaleMigration, migration.id, populate_existing=True, with_for_update=True)
            if current.state == migration.state:
                store(work.shop, current, position, page)
                current.error_code, current.crashes = None, 0
    except (RemoteError, BudgetEmptyError) as trouble:
        _note_trouble(work, migration, access, trouble)
        return False
    except BUGS as bug:
        logger.exception("migration_crashed", extra={"shop_id": work.shop.id, "bug": type(bug).__name__})
        _note_crash(migration, work.lease)
        return False
    return True


def _open(work: _Work, migration: SaleMigration) -> AmazonAccess | None:
    """Return a client for Amazon; None when it is not connected, or as another seller than was paid for."""
    with transaction():
        connection = active_connection(work.shop.id, Remote.AMAZON)
    if connection is None:
        return None
    if is_for(migration, work.shop, connection.account_id):
        return open_amazon(connection, searches_left=SEARCHES_LEFT)
    is_counting = migration.state == MigrationState.COUNTING.value
    state = MigrationState.FAILED if is_counting else MigrationState.PAUSED
    _change(migration, work.lease, state=state.value, error_code=OTHER_SELLER)
    return None


def _store_count(shop: Shop, migration: SaleMigration, position: Position, page: OrdersPage) -> None:
    counted = sum(order.channel_name == "AMAZON" and order.status != Status.CANCELLED for order in page.orders)
    following = position.after(page, migration.until_on, counted)
    migration.counted = position.counted + counted
    migration.position = None if following is None else following.stored()
    if following is not None:
        return
    now = clock.now()
    migration.units, migration.due_at, migration.quoted_at = prices.migration_units(migration.counted), None, now
    if migration.counted:
        migration.state = MigrationState.QUOTED.value
        migration.price = amounts_for(shop, Product.MIGRATION, migration.units).net
    else:
        migration.state, migration.ended_at = MigrationState.FINISHED.value, now
    audit.record("migration_quoted", shop_id=shop.id, facts={"orders": migration.counted})
    notifications.migration_counted(shop, migration)


def _store_orders(shop: Shop, migration: SaleMigration, position: Position, page: OrdersPage) -> None:
    store_past_orders(shop, page, migration.id)
    following = position.after(page, migration.until_on, len(page.orders))
    migration.position = None if following is None else following.stored()
    migration.found += len(page.orders)


def _read_documents(
    migration: SaleMigration, access: SnelStartAccess, lease: Lease, is_over: Callable[[], bool]
) -> bool:
    """Read SnelStart back to the beginning of the period before anything of it is made; return whether it is."""
    since = read_from(migration.from_on)
    with transaction() as session:
        reading = session.get(DocumentReading, access.administration_id, populate_existing=True)
        if reading is not None and reading.reach_at is not None and reading.reach_at <= since:
            return True
    return read_what_is_missing(since, access, lease, is_over=is_over)


def _note_progress(migration: SaleMigration, lease: Lease) -> None:
    """Count what became of the orders, and forget the buyers of those that are done."""
    done = (OrderState.POSTED.value, OrderState.SKIPPED.value)
    tomorrow = local_date(clock.now()) + timedelta(days=1)
    is_known = or_(
        Order.sealed_email.is_not(None), Order.sealed_address.is_not(None), Order.sealed_vat_number.is_not(None)
    )
    with transaction() as session:
        lease.check()
        session.execute(
            update(Order)
            .where(Order.sale_migration_id == migration.id, Order.state.in_(done), Order.purge_on <= tomorrow, is_known)
            .values(sealed_email=None, sealed_address=None, sealed_vat_number=None)
        )
        _write_counts(session.get_one(SaleMigration, migration.id, populate_existing=True, with_for_update=True))


def _write_counts(migration: SaleMigration) -> None:
    counts = count_orders(migration)
    migration.found = counts.found
    migration.posted, migration.already = counts.posted, counts.already
    migration.skipped, migration.errors = counts.skipped, counts.errors


def _finish(shop: Shop, migration: SaleMigration, lease: Lease) -> None:
    """End a migration of which no order waits for us any more, and tell its owners."""
    with transaction() as session:
        lease.check()
        current = session.get_one(SaleMigration, migration.id, populate_existing=True, with_for_update=True)
        if current.state != MigrationState.RUNNING.value or current.position is not None:
            return
        current.due_at = None
        waits = or_(Order.due_at.is_not(None), Order.state == OrderState.UNKNOWN.value)
        waiting = select(Order.id).where(Order.sale_migration_id == current.id, Order.skipped_at.is_(None), waits)
        if session.scalar(waiting.limit(1)) is not None:
            return
        _write_counts(current)
        current.state, current.ended_at = MigrationState.FINISHED.value, clock.now()
        facts = {name: getattr(current, name) for name in ("found", "posted", "already", "skipped", "errors")}
        audit.record("migration_finished", shop_id=shop.id, facts=facts)
        notifications.migration_finished(shop, current)


def _note_trouble(
    work: _Work,
    migration: SaleMigration,
    access: AmazonAccess,
    trouble: RemoteError | BudgetEmptyError,
) -> None:
    """Wait as long as Amazon asks for; a count that Amazon refuses is over."""
    code, retry_at = remote_troubles.note(access.connection, Remote.AMAZON, trouble)
    if isinstance(trouble, RejectedError) and migration.state == MigrationState.COUNTING.value:
        _change(migration, work.lease, state=MigrationState.FAILED.value, error_code=code, ended_at=clock.now())
    else:
        _change(migration, work.lease, due_at=retry_at, error_code=code)


def _note_crash(migration: SaleMigration, lease: Lease) -> None:
    """Try a page that our own code trips over again later; after a few times it waits for a person."""
    db.session.rollback()
    crashes = migration.crashes + 1
    values: dict[str, object] = {"crashes": crashes, "due_at": clock.now() + AFTER_A_CRASH, "error_code": "CRASHED"}
    if crashes >= CRASHES_ALLOWED:
        is_counting = migration.state == MigrationState.COUNTING.value
        values["state"] = (MigrationState.FAILED if is_counting else MigrationState.PAUSED).value
    _change(migration, lease, **values)


def _change(migration: SaleMigration, lease: Lease, **values: object) -> None:
    """Write what became of a step, unless a person changed the migration meanwhile."""
    with transaction() as session:
        lease.check()
        session.execute(
            update(SaleMigration)
            .where(SaleMigration.id == migration.id, SaleMigration.state == migration.state)
            .values(**values)
        )
