"""The tab Rapportage: every order with what became of it, searched and filtered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Select, or_, select

from webshop.domain.periods import start_of_day
from webshop.extensions import db
from webshop.models import Order, OrderState, Posting
from webshop.services.attention import attention_ids
from webshop.services.issue_catalogue import IssueText
from webshop.services.overview import (
    EU_COUNTRIES,
    OUTSIDE_EU,
    PAGE_SIZE,
    Page,
    Position,
    orders_in,
    read_page,
    texts_of,
)

ALL_STATES = "all"
EXPORT_LIMIT = 50_000
EXPORT_BATCH = 500
_AMAZON_NUMBER = re.compile(r"\d{3}-\d{7}-\d{7}")
_START_OF_ONE = re.compile(r"\d{1,3}|\d{3}-[\d-]*")


@dataclass(frozen=True)
class ReportFilters:
    """What the reader of the report asks for; dates are days in Europe/Amsterdam, both inclusive."""

    from_on: date | None = None
    until_on: date | None = None
    country: str = ""
    number: str = ""
    """An Amazon order number, the beginning of one, or a number in SnelStart."""
    kind: str = ""
    state: str = OrderState.POSTED.value
    needs_attention: bool = False
    """Only what is booked and deserves a look."""


@dataclass(frozen=True)
class ReportRow:
    public_id: str
    amazon_order_id: str
    purchased_at: datetime
    country: str | None
    state: str
    kind: str | None
    external_number: str | None
    total: Decimal | None
    currency: str | None
    posted_at: datetime | None
    remark: IssueText | None
    was_cancelled_afterwards: bool


def report_page(shop_id: int, filters: ReportFilters, after: Position | None) -> Page[ReportRow]:
    """Return a page of the orders that are asked for, newest first."""
    return read_page(_filtered(shop_id, filters), after, PAGE_SIZE, report_row)


def export_rows(shop_id: int, filters: ReportFilters) -> Iterator[ReportRow]:
    """Yield the orders that are asked for, newest first, in batches; no more than EXPORT_LIMIT."""
    after: Position | None = None
    left = EXPORT_LIMIT
    while left:
        page = read_page(_filtered(shop_id, filters), after, min(EXPORT_BATCH, left), report_row)
        yield from page.rows
        db.session.expunge_all()
        left -= len(page.rows)
        after = page.next
        if after is None:
            return


def _filtered(shop_id: int, filters: ReportFilters) -> Select[Order, Posting]:
    query = orders_in(shop_id, _states(filters.state))
    if filters.from_on:
        query = query.where(Order.purchased_at >= start_of_day(filters.from_on))
    if filters.until_on:
        query = query.where(Order.purchased_at < start_of_day(filters.until_on + timedelta(days=1)))
    if filters.country == OUTSIDE_EU:
        query = query.where(Order.country.not_in(EU_COUNTRIES))
    elif filters.country:
        query = query.where(Order.country == filters.country)
    if filters.kind:
        query = query.where(Posting.kind == filters.kind)
    if filters.number:
        query = _numbered(query, shop_id, filters.number)
    if filters.needs_attention:
        query = query.where(Order.id.in_(attention_ids(shop_id)))
    return query


def _states(state: str) -> tuple[str, ...]:
    return tuple(one.value for one in OrderState) if state == ALL_STATES else (state,)


def _numbered(query: Select[Order, Posting], shop_id: int, number: str) -> Select[Order, Posting]:
    if _AMAZON_NUMBER.fullmatch(number):
        return query.where(Order.amazon_order_id == number)
    in_snelstart = Order.id.in_(
        select(Posting.order_id).where(Posting.shop_id == shop_id, Posting.external_number == number)
    )
    if not _START_OF_ONE.fullmatch(number):
        return query.where(in_snelstart)
    return query.where(or_(in_snelstart, Order.amazon_order_id.startswith(number, autoescape=True)))


def report_row(order: Order, posting: Posting | None) -> ReportRow:
    issues = texts_of(order)
    return ReportRow(
        public_id=order.public_id,
        amazon_order_id=order.amazon_order_id,
        purchased_at=order.purchased_at,
        country=order.country,
        state=order.state,
        kind=posting.kind if posting else None,
        external_number=posting.external_number if posting else None,
        total=order.total,
        currency=order.currency,
        posted_at=posting.posted_at if posting else None,
        remark=issues[0] if issues else None,
        was_cancelled_afterwards=order.cancelled_after_posting_at is not None,
    )
