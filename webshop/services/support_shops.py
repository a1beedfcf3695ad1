"""All shops, as our staff looks for the one that needs help.

The list shows what is kept of every shop anyhow: nothing is counted over orders, and a page costs the
same among fifty thousand shops as among one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, not_, or_, select, tuple_
from sqlalchemy.orm import aliased

from webshop.domain.periods import local_date
from webshop.extensions import clock, db
from webshop.models import (
    Checkout,
    CheckoutState,
    Connection,
    ConnectionState,
    DailyTotal,
    Invoice,
    Membership,
    Order,
    OrderState,
    Posting,
    ProblemReport,
    Product,
    Purpose,
    Remote,
    ReportState,
    Schedule,
    Shop,
    User,
)
from webshop.models.daily_total import UNFINISHED
from webshop.services.accounts import normalise_email
from webshop.services.health import SHOP_LATE
from webshop.services.overview import PAGE_SIZE, Light, Page, Position, light

ORDERS_SHOWN = 20
LONGEST_QUERY = 254
_ORDER_NUMBER = re.compile(r"\d{3}-\d{7}-\d{7}")
_LICENCE_KEY = re.compile(r"[A-Z0-9]{25}")
_GROUP = 5


class Filter(StrEnum):
    ALL = "all"
    ATTENTION = "attention"
    TRIAL = "trial"
    ENDED = "ended"
    ERRORS = "errors"
    PAUSED = "paused"
    RED = "red"


@dataclass(frozen=True)
class Subscription:
    """How long a shop is served: "trial", "active" (paid) or "ended"; `until` is None when there is no end."""

    state: str
    until: date | None


@dataclass(frozen=True)
class ShopRow:
    shop: Shop
    amazon: Light
    snelstart: Light
    subscription: Subscription
    open: int
    errors: int
    unknown: int
    last_success_at: datetime | None
    """When both remotes last answered."""
    is_late: bool
    is_paused: bool


@dataclass(frozen=True)
class FoundOrder:
    """An order under the number that was asked for, without anything of its buyer."""

    amazon_order_id: str
    purchased_at: datetime
    state: str
    external_number: str | None
    shop_public_id: str
    shop_name: str


def shops_page(chosen: Filter, query: str, after: Position | None) -> Page[ShopRow]:
    """Return a page of the shops that are asked for, the newest first."""
    # The page's ids first: what a row shows is looked up for these only.
    wanted = select(Shop.id, Shop.created_at).where(_is_asked_for(chosen, clock.now()))
    if query:
        wanted = wanted.where(_matches(query))
    if after is not None:
        place = tuple_(literal(after.purchased_at, Shop.created_at.type), after.order_id)
        wanted = wanted.where(tuple_(Shop.created_at, Shop.id) < place)
    found = db.session.execute(wanted.order_by(Shop.created_at.desc(), Shop.id.desc()).limit(PAGE_SIZE + 1)).all()
    shown = found[:PAGE_SIZE]
    last = shown[-1] if len(found) > PAGE_SIZE else None
    return Page(_rows([row.id for row in shown]), Position(last.created_at, last.id) if last else None)


def find_orders(query: str) -> Sequence[FoundOrder]:
    """Return the orders of any shop with this Amazon number; none for anything but a whole number."""
    number = query.strip()
    if not _ORDER_NUMBER.fullmatch(number):
        return ()
    rows = db.session.execute(
        select(
            Order.amazon_order_id,
            Order.purchased_at,
            Order.state,
            Posting.external_number,
            Shop.public_id,
            Shop.name,
        )
        .join(Shop, Shop.id == Order.shop_id)
        .outerjoin(Posting, and_(Posting.order_id == Order.id, Posting.purpose == Purpose.SALE.value))
        .where(Order.amazon_order_id == number)
        .order_by(Order.id)
        .limit(ORDERS_SHOWN)
    )
    return [FoundOrder(*row) for row in rows]


def _matches(query: str) -> ColumnElement[bool]:
    """Tell by its form what a query is: an order's number, an address, a licence key, else a name or an invoice."""
    text = query.strip()
    # What cannot be printed is in no name, and PostgreSQL refuses to look for some of it.
    if not text.isprintable() or len(text) > LONGEST_QUERY:
        return false()
    if _ORDER_NUMBER.fullmatch(text):
        return Shop.id.in_(select(Order.shop_id).where(Order.amazon_order_id == text))
    if "@" in text:
        email = normalise_email(text)
        members = select(Membership.shop_id).join(User, User.id == Membership.user_id).where(User.email == email)
        return or_(Shop.id.in_(members), Shop.extra_email == email)
    is_named = func.lower(Shop.name).startswith(text.lower(), autoescape=True)
    has_invoice = Shop.id.in_(select(Invoice.shop_id).where(Invoice.number == text.upper()))
    matches = or_(is_named, has_invoice)
    compact = re.sub(r"[\s-]", "", text.upper())
    if _LICENCE_KEY.fullmatch(compact):
        key = "-".join(compact[start : start + _GROUP] for start in range(0, len(compact), _GROUP))
        return or_(Shop.licence_key == key, matches)
    return matches


def _is_asked_for(chosen: Filter, now: datetime) -> ColumnElement[bool]:
    today = local_date(now)
    conditions: dict[Filter, ColumnElement[bool]] = {
        Filter.ALL: literal(True),
        Filter.ATTENTION: _needs_attention(now),
        Filter.TRIAL: and_(Shop.active_until >= today, not_(has_paid())),
        Filter.ENDED: Shop.active_until < today,
        Filter.ERRORS: or_(_has(OrderState.ERROR), _has(OrderState.UNKNOWN)),
        Filter.PAUSED: Shop.paused_until > now,
        Filter.RED: _has_red_light(),
    }
    return conditions[chosen]


def _needs_attention(now: datetime) -> ColumnElement[bool]:
    """Match the shops that are served and have something a person should look at."""
    is_served = or_(Shop.active_until.is_(None), Shop.active_until >= local_date(now))
    has_report = exists().where(ProblemReport.shop_id == Shop.id, ProblemReport.state != ReportState.SOLVED.value)
    is_overdue = exists().where(Schedule.shop_id == Shop.id, Schedule.due_at < now - SHOP_LATE)
    is_late = and_(is_overdue, _is_connected(Remote.AMAZON))
    is_cut_off = and_(Shop.setup_finished_at.is_not(None), _has_red_light())
    return and_(is_served, or_(_has(OrderState.ERROR), _has(OrderState.UNKNOWN), is_cut_off, has_report, is_late))


def _has(state: OrderState) -> ColumnElement[bool]:
    return exists().where(UNFINISHED, DailyTotal.state == state.value, DailyTotal.shop_id == Shop.id)


def _has_red_light() -> ColumnElement[bool]:
    return or_(*(not_(_is_connected(remote)) for remote in Remote))


def _is_connected(remote: Remote) -> ColumnElement[bool]:
    return exists().where(
        Connection.shop_id == Shop.id,
        Connection.remote == remote.value,
        Connection.state == ConnectionState.ACTIVE.value,
    )


def has_paid() -> ColumnElement[bool]:
    """Match the shops that have paid for a subscription once: they are no trial."""
    return exists().where(
        Checkout.shop_id == Shop.id,
        Checkout.product == Product.SUBSCRIPTION.value,
        Checkout.state == CheckoutState.PAID.value,
    )


def subscription_of(shop: Shop, *, is_paid: bool) -> Subscription:
    if shop.active_until is not None and shop.active_until < local_date(clock.now()):
        return Subscription("ended", shop.active_until)
    return Subscription("active" if is_paid or shop.active_until is None else "trial", shop.active_until)


def load_row(public_id: str) -> tuple[ShopRow, Schedule, Connection | None, Connection | None] | None:
    """Return one shop with its place in the schedule and its connections, in one statement."""
    found = _load(Shop.public_id == public_id)
    return found[0] if found else None


def _rows(ids: Sequence[int]) -> Sequence[ShopRow]:
    return [row for row, *_rest in _load(Shop.id.in_(ids))] if ids else ()


def _load(
    condition: ColumnElement[bool],
) -> list[tuple[ShopRow, Schedule, Connection | None, Connection | None]]:
    amazon, snelstart = aliased(Connection), aliased(Connection)
    columns: tuple[Any, ...] = (
        Shop,
        Schedule,
        amazon,
        snelstart,
        has_paid(),
        *(_count(state) for state in (OrderState.OPEN, OrderState.ERROR, OrderState.UNKNOWN)),
    )
    rows = db.session.execute(
        select(*columns)
        .join(Schedule, Schedule.shop_id == Shop.id)
        .outerjoin(amazon, and_(amazon.shop_id == Shop.id, amazon.remote == Remote.AMAZON.value))
        .outerjoin(snelstart, and_(snelstart.shop_id == Shop.id, snelstart.remote == Remote.SNELSTART.value))
        .where(condition)
        .order_by(Shop.created_at.desc(), Shop.id.desc())
    )
    return [(_row(*row), row[1], row[2], row[3]) for row in rows]


def _row(
    shop: Shop,
    schedule: Schedule,
    amazon: Connection | None,
    snelstart: Connection | None,
    is_paid: bool,
    *counts: int | None,
) -> ShopRow:
    now = clock.now()
    opened, errors, unknown = (int(number or 0) for number in counts)
    lights = light(amazon), light(snelstart)
    successes = [one.last_success_at for one in lights if one.last_success_at is not None]
    subscription = subscription_of(shop, is_paid=bool(is_paid))
    is_working = lights[0].state != "red" and subscription.state != "ended"
    return ShopRow(
        shop=shop,
        amazon=lights[0],
        snelstart=lights[1],
        subscription=subscription,
        open=opened,
        errors=errors,
        unknown=unknown,
        last_success_at=min(successes) if len(successes) == len(lights) else None,
        is_late=is_working and schedule.due_at < now - SHOP_LATE,
        is_paused=shop.paused_until is not None and shop.paused_until > now,
    )


def _count(state: OrderState) -> Any:
    return (
        select(func.sum(DailyTotal.orders))
        .where(UNFINISHED, DailyTotal.state == state.value, DailyTotal.shop_id == Shop.id)
        .correlate(Shop)
        .scalar_subquery()
    )
