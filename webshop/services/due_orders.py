"""Which of a shop's orders are worked on next, and what becomes of one that our own code trips over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select, true, update

from webshop.domain.booking import Issue
from webshop.extensions import clock, db, detached, transaction
from webshop.models import MigrationState, Order, OrderState, SaleMigration
from webshop.services.order_states import set_state

BATCH = 50
RETRY_FIRST = timedelta(minutes=5)
CRASHES_ALLOWED = 3


def is_in_migration(*states: MigrationState) -> ColumnElement[bool]:
    """Match the orders that no migration brought in, and those of migrations in one of these states."""
    migrated = exists().where(
        SaleMigration.id == Order.sale_migration_id, SaleMigration.state.in_([state.value for state in states])
    )
    return or_(Order.sale_migration_id.is_(None), migrated)


def each_due(
    shop_id: int,
    prepare: Callable[[list[Order]], None],
    only: int | None = None,
    migration_id: int | None = None,
) -> Iterator[Order]:
    """Yield the orders as due_orders gives them; each one once, also when its handling left it due."""
    seen: set[int] = set()
    while fresh := [order for order in due_orders(shop_id, only, migration_id) if order.id not in seen]:
        prepare(fresh)
        for order in fresh:
            seen.add(order.id)
            yield order


def due_orders(shop_id: int, only: int | None = None, migration_id: int | None = None) -> list[Order]:
    """Return the orders that come next, or `only` one of them, detached: the oldest due ones first.

    Without `migration_id` they are those of the daily work, to which a migration's belong once it is finished.
    """
    chosen = true() if only is None else Order.id == only
    if migration_id is None:
        belongs = is_in_migration(MigrationState.FINISHED)
    else:
        belongs = Order.sale_migration_id == migration_id
    with transaction() as session:
        return detached(
            session,
            session.scalars(
                select(Order)
                .where(
                    Order.shop_id == shop_id,
                    Order.due_at <= clock.now(),
                    Order.state != OrderState.POSTED.value,
                    # A person decided that it is not booked.
                    Order.skipped_at.is_(None),
                    Order.content_purged_at.is_(None),
                    chosen,
                    belongs,
                )
                .order_by(Order.due_at, Order.id)
                .limit(BATCH)
                .execution_options(populate_existing=True)
            ),
        )


def note_attempts(order: Order, attempts: int) -> None:
    """Write how often work on an order was started and not finished."""
    with transaction() as session:
        session.execute(update(Order).where(Order.id == order.id).values(attempts=attempts))


def put_off(order: Order, due_at: datetime, **values: int) -> None:
    """Let an order wait, as it stands; part of the caller's transaction."""
    db.session.execute(update(Order).where(Order.id == order.id).values(due_at=due_at, **values))


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


def park(order: Order, attempts: int) -> str:
    """Show an order that crashed too often as an error, and leave it alone."""
    with transaction():
        set_state(order, OrderState.ERROR, [Issue("ORDER_CRASHED", {"attempts": str(attempts)})])
    return OrderState.ERROR.value
