"""What became of the orders of a migration: how many, and which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, exists, func, not_, select
from sqlalchemy.orm import aliased

from webshop.extensions import db
from webshop.models import Order, OrderState, Posting, PostingState, Purpose, SaleMigration
from webshop.services.overview import PAGE_SIZE, Page, Position, orders_in, read_page
from webshop.services.report import EXPORT_BATCH, EXPORT_LIMIT, ReportRow, report_row

POSTED, ALREADY, SKIPPED, ERRORS, WAITING = OUTCOMES = ("posted", "already", "skipped", "errors", "waiting")
_STATES = {
    POSTED: (OrderState.POSTED.value,),
    ALREADY: (OrderState.POSTED.value,),
    SKIPPED: (OrderState.SKIPPED.value,),
    ERRORS: (OrderState.ERROR.value,),
    WAITING: (OrderState.OPEN.value, OrderState.UNKNOWN.value),
}
_ALL = tuple(state.value for state in OrderState)


@dataclass(frozen=True)
class Counts:
    posted: int = 0
    already: int = 0
    """Booked before: by us, by another connector or by a person."""
    skipped: int = 0
    errors: int = 0
    waiting: int = 0

    @property
    def found(self) -> int:
        return self.posted + self.already + self.skipped + self.errors + self.waiting


def count_orders(migration: SaleMigration) -> Counts:
    """Count what became of the orders that were found, as it is now; in the caller's transaction."""
    if migration.paid_at is None:
        return Counts()
    is_ours = case((_was_posted_by(migration), 1), else_=0)
    rows = db.session.execute(
        select(Order.state, is_ours.label("is_ours"), func.count())
        .where(Order.sale_migration_id == migration.id)
        .group_by(Order.state, is_ours)
    )
    numbers = dict.fromkeys(OUTCOMES, 0)
    for state, ours, number in rows:
        numbers[_outcome(state, bool(ours))] += number
    return Counts(**numbers)


def _outcome(state: str, is_ours: bool) -> str:
    if state == OrderState.POSTED.value:
        return POSTED if is_ours else ALREADY
    return next(outcome for outcome, states in _STATES.items() if state in states)


def _was_posted_by(migration: SaleMigration) -> ColumnElement[bool]:
    """Match the orders that were sent to SnelStart since the migration began."""
    sent = aliased(Posting)
    return exists().where(
        sent.order_id == Order.id,
        sent.purpose == Purpose.SALE.value,
        sent.state == PostingState.POSTED.value,
        # A document that stood there already was taken over without sending anything.
        sent.attempt > 0,
        sent.posted_at >= migration.paid_at,
    )


@dataclass(frozen=True)
class OutcomeRow:
    outcome: str
    order: ReportRow


def outcome_page(migration: SaleMigration, outcome: str | None, after: Position | None) -> Page[OutcomeRow]:
    """Return a page of the orders with this outcome, newest first; of all of them with None."""
    return _page(migration, outcome, after, PAGE_SIZE)


def export(migration: SaleMigration) -> Iterator[OutcomeRow]:
    """Yield every order with its outcome, newest first, in batches; no more than EXPORT_LIMIT."""
    after: Position | None = None
    left = EXPORT_LIMIT
    while left:
        page = _page(migration, None, after, min(EXPORT_BATCH, left))
        yield from page.rows
        left -= len(page.rows)
        after = page.next
        if after is None:
            return


def _page(migration: SaleMigration, outcome: str | None, after: Position | None, size: int) -> Page[OutcomeRow]:
    query = orders_in(migration.shop_id, _STATES[outcome] if outcome else _ALL)
    query = query.where(Order.sale_migration_id == migration.id)
    if outcome in (POSTED, ALREADY):
        is_ours = _was_posted_by(migration)
        query = query.where(is_ours if outcome == POSTED else not_(is_ours))
    paid_at = migration.paid_at

    def row(order: Order, posting: Posting | None) -> OutcomeRow:
        is_sent = posting is not None and posting.attempt > 0 and posting.posted_at is not None
        is_ours = is_sent and paid_at is not None and posting.posted_at >= paid_at  # type: ignore[union-attr, operator]
        return OutcomeRow(_outcome(order.state, is_ours), report_row(order, posting))

    return read_page(query, after, size, row)
