"""Migrations of past sales: ask for a period, agree to its price, pause, go on, cancel.

These say what is to be done; the shop's runs count, fetch and post (migration_work.py). Whoever changes
a migration holds the shop's schedule first, as a run does before it sends anything: what is stopped
here sends nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, update

from webshop.domain.periods import local_date
from webshop.exceptions import ConflictError, NotFoundError
from webshop.extensions import clock, db, transaction
from webshop.models import ConnectionState, MigrationState, Product, SaleMigration, Shop, User
from webshop.models.base import insert, new_public_id
from webshop.models.sale_migration import IS_UNFINISHED, UNFINISHED
from webshop.services import audit, checkouts, scheduling
from webshop.services.access import Tenant
from webshop.services.invoice_amounts import Amounts, amounts_for
from webshop.services.migration_search import Position
from webshop.services.prices import price_of

SHOWN = 20


class PeriodError(ConflictError):
    """The period cannot be migrated; `field` is the one to change and `code` says why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


def earliest_day() -> date:
    """Return the first day that Amazon still has orders of: two years ago."""
    today = local_date(clock.now())
    # The 29th of February has no day two years before.
    return today.replace(year=today.year - 2, day=min(today.day, 28 if today.month == 2 else 31))


def latest_day(shop: Shop) -> date | None:
    """Return the last day of a period: before the start date and before today; None without a start date."""
    yesterday = local_date(clock.now()) - timedelta(days=1)
    return None if shop.start_on is None else min(shop.start_on - timedelta(days=1), yesterday)


def obstacle(tenant: Tenant) -> str | None:
    """Return why the shop cannot ask for a migration now, None when it can."""
    if tenant.shop.start_on is None:
        return "no_start_date"
    amazon = tenant.amazon
    if amazon is None or amazon.state != ConnectionState.ACTIVE.value:
        return "not_connected"
    return None


def ask(tenant: Tenant, user: User, from_on: date, until_on: date) -> SaleMigration:
    """Let the orders of a period be counted; asked while one is unfinished, that one is the answer.

    :raise PeriodError: when the period cannot be.
    :raise ConflictError: when the shop cannot ask for one now.
    """
    shop, amazon = tenant.shop, tenant.amazon
    if obstacle(tenant) is not None or amazon is None:
        raise ConflictError("the shop has no start date, or Amazon is not connected")
    with transaction() as session:
        scheduling.make_due(shop.id)
        _check_period(shop, from_on, until_on)
        now = clock.now()
        made = session.scalar(
            insert(SaleMigration)
            .values(
                public_id=new_public_id(),
                shop_id=shop.id,
                requested_by=user.id,
                seller_id=amazon.account_id,
                marketplace_id=shop.marketplace_id,
                from_on=from_on,
                until_on=until_on,
                state=MigrationState.COUNTING.value,
                position=Position(from_on).stored(),
                due_at=now,
                created_at=now,
            )
            .on_conflict_do_nothing(index_elements=["shop_id"], index_where=IS_UNFINISHED)
            .returning(SaleMigration.id)
        )
        if made is not None:
            facts = {"from": from_on.isoformat(), "until": until_on.isoformat()}
            audit.record("migration_requested", shop_id=shop.id, user_id=user.id, facts=facts)
        return session.scalars(
            select(SaleMigration).where(SaleMigration.shop_id == shop.id, SaleMigration.state.in_(UNFINISHED))
        ).one()


def _check_period(shop: Shop, from_on: date, until_on: date) -> None:
    last = latest_day(shop)
    if from_on < earliest_day():
        raise PeriodError("from_on", "too_old")
    if until_on < from_on:
        raise PeriodError("until_on", "reversed")
    if last is None or until_on > last:
        raise PeriodError("until_on", "after_start")
    overlapping = select(SaleMigration.id).where(
        SaleMigration.shop_id == shop.id,
        SaleMigration.state == MigrationState.FINISHED.value,
        SaleMigration.counted > 0,
        SaleMigration.from_on <= until_on,
        SaleMigration.until_on >= from_on,
    )
    if db.session.scalar(overlapping.limit(1)) is not None:
        raise PeriodError("from_on", "done_before")


def find(shop: Shop, public_id: UUID) -> SaleMigration:
    """Return a migration of this shop.

    :raise NotFoundError: when it has no such one.
    """
    found = db.session.scalar(
        select(SaleMigration).where(SaleMigration.shop_id == shop.id, SaleMigration.public_id == str(public_id))
    )
    if found is None:
        raise NotFoundError("migration")
    return found


def migrations_of(shop: Shop) -> Sequence[SaleMigration]:
    """Return the shop's migrations, the newest first."""
    return db.session.scalars(
        select(SaleMigration)
        .where(SaleMigration.shop_id == shop.id)
        .order_by(SaleMigration.created_at.desc(), SaleMigration.id.desc())
        .limit(SHOWN)
    ).all()


def unit_price() -> Decimal:
    """Return what a started thousand orders costs, without VAT."""
    return price_of(Product.MIGRATION)


def percentage_done(migration: SaleMigration) -> int:
    """Return how far the counting or the booking is, roughly: counting knows months, booking knows orders."""
    if migration.state == MigrationState.COUNTING.value:
        if migration.position is None:
            return 100
        days = (migration.until_on - migration.from_on).days + 1
        return (Position.read(migration.position).on - migration.from_on).days * 100 // days
    done = migration.posted + migration.already + migration.skipped + migration.errors
    return min(done * 100 // migration.counted, 100) if migration.counted else 100


def quote(shop: Shop, migration: SaleMigration) -> Amounts:
    """Return what a counted migration costs today."""
    return amounts_for(shop, Product.MIGRATION, migration.units)


def approve(shop: Shop, migration: SaleMigration, user: User, *, price: str) -> str | None:
    """Agree to the price and return the address of the payment page; None when there is nothing to pay.

    `price` is the total that the owner saw. Agreeing again begins another payment of the same.

    :raise ConflictError: when the price is another by now, or there is nothing to agree to.
    """
    amounts = quote(shop, migration)
    if price != str(amounts.total):
        raise ConflictError("the price has changed")
    with transaction():
        scheduling.make_due(shop.id)
        agreed = _move(
            migration,
            (MigrationState.QUOTED, MigrationState.APPROVED),
            state=MigrationState.APPROVED.value,
            approved_at=clock.now(),
            price=amounts.net,
        )
        if not agreed:
            raise ConflictError("there is no price to agree to")
        facts = {"orders": migration.counted, "total": str(amounts.total)}
        audit.record("migration_approved", shop_id=shop.id, user_id=user.id, facts=facts)
        if not amounts.total:
            mark_paid(migration.public_id)
            return None
    checkout = checkouts.open_checkout(
        shop, Product.MIGRATION, units=migration.units, subject_id=migration.public_id, user_id=user.id
    )
    with transaction():
        _move(migration, (MigrationState.APPROVED,), checkout_id=checkout.public_id)
    return checkouts.start_payment(checkout)


def mark_paid(public_id: str) -> None:
    """Let a paid migration begin; part of the caller's transaction, and twice is once.

    One that was cancelled meanwhile stays so; that it was paid is kept, so that the money goes back.
    """
    migration = db.session.scalars(
        select(SaleMigration).where(SaleMigration.public_id == public_id).execution_options(populate_existing=True)
    ).one()
    scheduling.make_due(migration.shop_id)
    now = clock.now()
    begun = _move(
        migration,
        (MigrationState.QUOTED, MigrationState.APPROVED),
        state=MigrationState.RUNNING.value,
        paid_at=now,
        due_at=now,
        position=Position(migration.from_on).stored(),
    )
    if begun:
        audit.record("migration_paid", shop_id=migration.shop_id)
    elif migration.paid_at is None:
        _move(migration, (MigrationState.CANCELLED,), paid_at=now)
        audit.record("migration_paid_late", shop_id=migration.shop_id)


def pause(migration: SaleMigration, user: User) -> bool:
    """Stop posting after the order at hand; return whether it was running."""
    with transaction():
        scheduling.make_due(migration.shop_id)
        changed = _move(migration, (MigrationState.RUNNING,), state=MigrationState.PAUSED.value)
        if changed:
            audit.record("migration_paused", shop_id=migration.shop_id, user_id=user.id)
    return changed


def resume(tenant: Tenant, migration: SaleMigration, user: User) -> bool:
    """Go on where it was; return whether it was paused.

    :raise ConflictError: when the shop has another seller or marketplace than was paid for.
    """
    if not is_for(migration, tenant.shop, tenant.amazon.account_id if tenant.amazon else ""):
        raise ConflictError("the migration is for another seller or marketplace")
    with transaction():
        scheduling.make_due(migration.shop_id)
        values = {"state": MigrationState.RUNNING.value, "due_at": clock.now(), "crashes": 0, "error_code": None}
        changed = _move(migration, (MigrationState.PAUSED,), **values)
        if changed:
            audit.record("migration_resumed", shop_id=migration.shop_id, user_id=user.id)
    return changed


def cancel(migration: SaleMigration, user: User) -> bool:
    """Stop for good: what is booked stays, the rest is of before the start date again; return whether it did."""
    with transaction():
        scheduling.make_due(migration.shop_id)
        now = clock.now()
        states = tuple(MigrationState(state) for state in UNFINISHED)
        # Due: the next run lets go of the orders that are not booked.
        values = {"state": MigrationState.CANCELLED.value, "due_at": now, "ended_at": now, "position": None}
        changed = _move(migration, states, **values)
        if changed:
            audit.record("migration_cancelled", shop_id=migration.shop_id, user_id=user.id)
    return changed


def is_for(migration: SaleMigration, shop: Shop, seller_id: str) -> bool:
    """Say whether it is about the orders of this seller in the shop's marketplace."""
    return (migration.seller_id, migration.marketplace_id) == (seller_id, shop.marketplace_id)


def _move(migration: SaleMigration, states: tuple[MigrationState, ...], **values: object) -> bool:
    """Change a migration that is in one of these states; part of the caller's transaction."""
    changed = db.session.scalar(
        update(SaleMigration)
        .where(SaleMigration.id == migration.id, SaleMigration.state.in_([state.value for state in states]))
        .values(**values)
        .returning(SaleMigration.id)
    )
    return changed is not None
