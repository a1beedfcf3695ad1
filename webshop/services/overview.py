"""What the dashboard's lists show: plain rows, one statement per list, pages without OFFSET."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

from sqlalchemy import Date, Select, and_, cast, literal, null, select, tuple_, union_all

from webshop.domain.booking import Issue
from webshop.domain.periods import local_date
from webshop.domain.territories import VAT_AREAS
from webshop.extensions import clock, db
from webshop.models import (
    Connection,
    ConnectionState,
    Order,
    OrderState,
    Posting,
    Purpose,
    Run,
    Shop,
)
from webshop.services import threshold, totals
from webshop.services.access import Tenant
from webshop.services.daily_chart import DAYS, Bar, draw
from webshop.services.issue_catalogue import IssueText, describe
from webshop.services.open_orders import MOST_NAMED, next_to_check
from webshop.services.quarters import QuarterWarning, quarter_at_stake, warning_in
from webshop.services.threshold import Meter, meter_of

Row = TypeVar("Row")

PAGE_SIZE = 50
LATEST_RUNS = 8
PICKED_UP_WITHIN = timedelta(minutes=3)
"""How long due work may wait before we say that it takes longer than it should."""
OF_THRESHOLD = "net"
"""Stands in the place of a state for what counts for the threshold of OSS."""
EU_COUNTRIES = VAT_AREAS - {"XI"}
OUTSIDE_EU = "other"


@dataclass(frozen=True)
class Position:
    """Where a page of orders ended: the next one starts behind it."""

    purchased_at: datetime
    order_id: int


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    next: Position | None


# Lights and progress


@dataclass(frozen=True)
class Light:
    """The state of one connection: green, amber (trouble that passes) or red (a person is needed)."""

    state: str
    account_name: str
    last_success_at: datetime | None
    error_code: str | None


def light(connection: Connection | None) -> Light:
    if connection is None:
        return Light("red", "", None, None)
    is_active = connection.state == ConnectionState.ACTIVE.value
    state = "red" if not is_active else "amber" if connection.last_error_code else "green"
    last_success_at = connection.last_success_at or connection.connected_at
    return Light(state, connection.account_name, last_success_at, connection.last_error_code)


@dataclass(frozen=True)
class Progress:
    """Whether a shop is being worked on; `is_late` when due work is not picked up."""

    is_active: bool
    is_late: bool
    next_fetch_at: datetime


def progress(tenant: Tenant) -> Progress:
    schedule, now = tenant.schedule, clock.now()
    is_running = schedule.lease_until is not None and schedule.lease_until > now
    is_due = schedule.due_at <= now and light(tenant.amazon).state != "red"
    is_late = is_due and not is_running and now - schedule.due_at > PICKED_UP_WITHIN
    next_fetch_at = max(schedule.slot_at, schedule.due_at) if schedule.slot_at <= now else schedule.slot_at
    return Progress(is_running or (is_due and not is_late), is_late, next_fetch_at)


# Overview


@dataclass(frozen=True)
class StateTotal:
    state: str
    orders: int
    total: Decimal


@dataclass(frozen=True)
class Overview:
    """The shop's orders per state, in all and of today, the last thirty days, and the latest runs."""

    states: dict[str, StateTotal]
    today_on: date
    today: dict[str, int]
    chart: Sequence[Bar]
    runs: Sequence[Run]
    warning: QuarterWarning | None
    meter: Meter

    @property
    def at_amazon(self) -> StateTotal:
        """Everything that is to be booked: all orders but those that were passed over."""
        return _sum(total for state, total in self.states.items() if state != OrderState.SKIPPED.value)

    @property
    def difference(self) -> StateTotal:
        """What Amazon sold and SnelStart does not have yet."""
        posted = self.states[OrderState.POSTED.value]
        return StateTotal("", self.at_amazon.orders - posted.orders, self.at_amazon.total - posted.total)


def load_overview(shop: Shop) -> Overview:
    """Return everything that is counted: two statements."""
    today_on = local_date(clock.now())
    quarter = quarter_at_stake(today_on)
    first = today_on - timedelta(days=DAYS - 1)
    days, net = _read_sums(shop.id, min(first, quarter.first) if quarter else first)
    states = {}
    for state in (one.value for one in OrderState):
        parts = [sums.get(state, (0, Decimal(0))) for sums in days.values()]
        states[state] = _sum(StateTotal(state, orders, total) for orders, total in parts)
    per_day = {on: {state: orders for state, (orders, _total) in sums.items()} for on, sums in days.items() if on}
    runs = latest_runs(shop.id, LATEST_RUNS)
    chart = draw(per_day, today_on)
    return Overview(states, today_on, per_day.get(today_on, {}), chart, runs, warning_in(days), meter_of(shop, net))


def _read_sums(shop_id: int, first: date) -> tuple[dict[date | None, dict[str, tuple[int, Decimal]]], Decimal | None]:
    """Return number and sum per day and state, and what counts for the threshold: one statement for both."""
    net = select(cast(null(), Date), literal(OF_THRESHOLD), literal(0), threshold.select_net(shop_id).scalar_subquery())
    days: dict[date | None, dict[str, tuple[int, Decimal]]] = {}
    rows: Iterable[Any] = db.session.execute(union_all(totals.select_per_day(shop_id, first), net))
    for on, state, orders, total in rows:
        days.setdefault(on, {})[state] = (int(orders), total or Decimal(0))
    return days, days[None].pop(OF_THRESHOLD)[1]


def _sum(parts: Iterable[StateTotal]) -> StateTotal:
    counted = list(parts)
    return StateTotal("", sum(part.orders for part in counted), sum((part.total for part in counted), Decimal(0)))


def latest_runs(shop_id: int, limit: int) -> Sequence[Run]:
    return db.session.scalars(
        select(Run).where(Run.shop_id == shop_id).order_by(Run.started_at.desc(), Run.id.desc()).limit(limit)
    ).all()


# Open


@dataclass(frozen=True)
class OpenRow:
    public_id: str
    amazon_order_id: str
    purchased_at: datetime
    country: str | None
    amazon_status: str
    total: Decimal | None
    currency: str | None
    first_seen_at: datetime
    waits_for: IssueText | None
    """None: it waits for the next round only."""
    due_at: datetime | None


def open_page(shop_id: int, after: Position | None) -> Page[OpenRow]:
    """Return a page of the orders that wait, newest first."""
    return read_page(orders_in(shop_id, (OrderState.OPEN.value,)), after, PAGE_SIZE, _open_row)


def checked_tonight(shop_id: int) -> list[str]:
    """Return the numbers of the open orders that Amazon is asked about by name in the coming night."""
    return [order.amazon_order_id for order in next_to_check(shop_id, MOST_NAMED)]


def _open_row(order: Order, _posting: Posting | None) -> OpenRow:
    issues = texts_of(order)
    return OpenRow(
        public_id=order.public_id,
        amazon_order_id=order.amazon_order_id,
        purchased_at=order.purchased_at,
        country=order.country,
        amazon_status=order.amazon_status,
        total=order.total,
        currency=order.currency,
        first_seen_at=order.first_seen_at,
        waits_for=issues[0] if issues else None,
        due_at=order.due_at,
    )


# Parts of all lists


def is_recent(at: datetime | None) -> bool:
    return at is not None and clock.now() - at < PICKED_UP_WITHIN


def issues_of(order: Order) -> list[Issue]:
    return [Issue(stored["code"], stored["facts"]) for stored in order.issues]


def texts_of(order: Order) -> list[IssueText]:
    return [describe(issue) for issue in issues_of(order)]


def orders_in(shop_id: int, states: tuple[str, ...]) -> Select[Order, Posting]:
    sale = and_(Posting.order_id == Order.id, Posting.purpose == Purpose.SALE.value)
    return select(Order, Posting).outerjoin(Posting, sale).where(Order.shop_id == shop_id, Order.state.in_(states))


def read_page(
    query: Select[Order, Posting], after: Position | None, size: int, make_row: Callable[[Order, Posting | None], Row]
) -> Page[Row]:
    """Read one page behind a position, newest first; one row more tells whether there is another page."""
    if after is not None:
        position = tuple_(literal(after.purchased_at, Order.purchased_at.type), after.order_id)
        query = query.where(tuple_(Order.purchased_at, Order.id) < position)
    query = query.order_by(Order.purchased_at.desc(), Order.id.desc()).limit(size + 1)
    found = db.session.execute(query).all()
    last = found[size - 1][0] if len(found) > size else None
    return Page(
        [make_row(order, posting) for order, posting in found[:size]],
        Position(last.purchased_at, last.id) if last else None,
    )
