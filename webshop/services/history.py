"""What happened in a shop: its runs, also the empty ones, and who did what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, tuple_
from sqlalchemy.orm import aliased
from sqlalchemy.sql.expression import literal

from webshop.domain.periods import start_of_day
from webshop.extensions import db
from webshop.models import Actor, AuditEvent, Order, Run, User
from webshop.services.overview import PAGE_SIZE, Page, Position

EXPORT_LIMIT = 50_000
EXPORT_BATCH = 500
ALL, WITH_ORDERS, WITH_TROUBLE = "all", "orders", "trouble"
RUN_CHOICES = (ALL, WITH_ORDERS, WITH_TROUBLE)
ABOUT_SHOP, ABOUT_ORDERS, ABOUT_ALL = "shop", "orders", "all"
ABOUT_CHOICES = (ABOUT_SHOP, ABOUT_ORDERS, ABOUT_ALL)
ACTOR_CHOICES = ("", *(actor.value for actor in Actor))


@dataclass(frozen=True)
class EventFilters:
    """What the reader of the activity asks for; dates are days in Europe/Amsterdam, both inclusive."""

    about: str = ABOUT_SHOP
    actor: str = ""
    from_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True)
class EventRow:
    at: datetime
    action: str
    actor: str
    name: str
    user_id: int | None
    staff_name: str
    """Who of our staff did it, alone or acting as the user."""
    facts: dict[str, Any]
    order_public_id: str | None
    amazon_order_id: str | None


def runs_page(shop_id: int, only: str, after: Position | None) -> Page[Run]:
    """Return a page of the shop's runs, newest first."""
    query = select(Run).where(Run.shop_id == shop_id)
    if only == WITH_ORDERS:
        query = query.where(or_(Run.fetched > 0, Run.posted > 0, Run.errors > 0, Run.unknown > 0))
    elif only == WITH_TROUBLE:
        query = query.where(or_(Run.errors > 0, Run.unknown > 0, Run.error_code.is_not(None)))
    query = _behind(query, Run.started_at, Run.id, after)
    return _cut([row for (row,) in db.session.execute(query)], lambda run: Position(run.started_at, run.id))


def events_page(shop_id: int, filters: EventFilters, after: Position | None) -> Page[EventRow]:
    """Return a page of what happened in the shop, newest first."""
    found = _cut(list(db.session.execute(_events(shop_id, filters, after, PAGE_SIZE))), _position)
    return Page([_event_row(row) for row in found.rows], found.next)


def export_events(shop_id: int, filters: EventFilters) -> Iterator[EventRow]:
    """Yield what happened, newest first, in batches; no more than EXPORT_LIMIT."""
    after: Position | None = None
    for _batch in range(EXPORT_LIMIT // EXPORT_BATCH):
        rows = list(db.session.execute(_events(shop_id, filters, after, EXPORT_BATCH - 1)))
        yield from map(_event_row, rows)
        db.session.expunge_all()
        if len(rows) < EXPORT_BATCH:
            return
        after = _position(rows[-1])


def _events(shop_id: int, filters: EventFilters, after: Position | None, size: int) -> Select[Any]:
    staff = aliased(User)
    user: tuple[Any, ...] = (User.name, User.email)
    columns: tuple[Any, ...] = (AuditEvent, *user, staff.name, Order.public_id, Order.amazon_order_id)
    query = (
        select(*columns)
        .outerjoin(User, User.id == AuditEvent.user_id)
        .outerjoin(staff, staff.id == AuditEvent.staff_id)
        .outerjoin(Order, Order.id == AuditEvent.order_id)
        .where(AuditEvent.shop_id == shop_id)
    )
    if filters.about == ABOUT_SHOP:
        query = query.where(AuditEvent.order_id.is_(None))
    elif filters.about == ABOUT_ORDERS:
        query = query.where(AuditEvent.order_id.is_not(None))
    if filters.actor:
        query = query.where(AuditEvent.actor == filters.actor)
    if filters.from_on:
        query = query.where(AuditEvent.at >= start_of_day(filters.from_on))
    if filters.until_on:
        query = query.where(AuditEvent.at < start_of_day(filters.until_on + timedelta(days=1)))
    return _behind(query, AuditEvent.at, AuditEvent.id, after, size)


def _behind(
    query: Select[Any], at: Any, row_id: ColumnElement[int] | Any, after: Position | None, size: int = PAGE_SIZE
) -> Select[Any]:
    """Select what comes behind a position, newest first; one row more tells whether there is another page."""
    if after is not None:
        query = query.where(tuple_(at, row_id) < tuple_(literal(after.purchased_at, at.type), after.order_id))
    return query.order_by(at.desc(), row_id.desc()).limit(size + 1)


def _cut(found: list[Any], position: Callable[[Any], Position]) -> Page[Any]:
    is_more = len(found) > PAGE_SIZE
    return Page(found[:PAGE_SIZE], position(found[PAGE_SIZE - 1]) if is_more else None)


def _position(row: Any) -> Position:
    event: AuditEvent = row[0]
    return Position(event.at, event.id)


def _event_row(row: Any) -> EventRow:
    event, name, email, staff_name, order_public_id, amazon_order_id = row
    return EventRow(
        at=event.at,
        action=event.action,
        actor=event.actor,
        name=name or email or "",
        user_id=event.user_id,
        staff_name=staff_name or "",
        facts=event.facts,
        order_public_id=order_public_id,
        amazon_order_id=amazon_order_id,
    )
