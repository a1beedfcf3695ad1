"""The tab Fouten: what was not booked, by cause, and what nobody knows yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, func, select, union_all

from webshop.domain.booking import Issue
from webshop.extensions import db
from webshop.models import Order, OrderState, Posting, ProblemReport
from webshop.services.issue_catalogue import IssueText, describe
from webshop.services.order_decisions import is_decided
from webshop.services.overview import PAGE_SIZE, Page, Position, is_recent, issues_of, orders_in, read_page
from webshop.services.problem_reports import latest_reports

ROWS_PER_GROUP = 5
UNKNOWN_SHOWN = 50
PROCESSED_AT_ONCE = 1000
"""How many orders one click on "Verwerk alle" makes due; a hundred thousand would keep others waiting."""
NO_CODE = "NONE"
"""Stands for the missing code of orders without a reason in addresses."""


@dataclass(frozen=True)
class ErrorRow:
    public_id: str
    amazon_order_id: str
    purchased_at: datetime
    country: str | None
    total: Decimal | None
    currency: str | None
    state: str
    code: str
    text: IssueText
    is_in_progress: bool
    """It was asked to be processed again and is picked up within moments."""
    is_handled_by_hand: bool
    """A person decided that the koppeling leaves it alone; a person may take that back."""
    external_number: str | None
    lookup_at: datetime | None
    sent_at: datetime | None
    """When the document was sent whose arrival is uncertain."""
    answer: str
    """What SnelStart said when it refused the order, as far as it did."""
    report: ProblemReport | None
    """The latest problem that was reported about it."""


@dataclass(frozen=True)
class ErrorGroup:
    """Orders that stopped for one and the same reason; `rows` are the newest of them."""

    code: str
    text: IssueText
    orders: int
    rows: Sequence[ErrorRow]

    @property
    def processed_at_once(self) -> int:
        return min(self.orders, PROCESSED_AT_ONCE)


@dataclass(frozen=True)
class ErrorsPage:
    unknown: Sequence[ErrorRow]
    groups: Sequence[ErrorGroup]


def errors_page(shop_id: int) -> ErrorsPage:
    """Return every cause with the number of its orders and the newest of them, the largest first."""
    counts = count_causes(shop_id)
    newest = [_newest(shop_id, OrderState.ERROR, ROWS_PER_GROUP, code) for code in counts]
    newest.append(_newest(shop_id, OrderState.UNKNOWN, UNKNOWN_SHOWN))
    states = (OrderState.ERROR.value, OrderState.UNKNOWN.value)
    shown = orders_in(shop_id, states).where(Order.id.in_(union_all(*newest)))
    found = [
        (order, posting)
        for order, posting in db.session.execute(shown.order_by(Order.purchased_at.desc(), Order.id.desc()))
    ]
    reports = latest_reports(order.id for order, _posting in found)
    rows: dict[tuple[str, str], list[ErrorRow]] = {}
    for order, posting in found:
        cause = order.issue_code if order.state == OrderState.ERROR.value else ""
        rows.setdefault((order.state, cause), []).append(error_row(order, posting, reports.get(order.id)))
    groups = [_group(code, number, rows.get((OrderState.ERROR.value, code), ())) for code, number in counts.items()]
    return ErrorsPage(rows.get((OrderState.UNKNOWN.value, ""), ()), [group for group in groups if group.rows])


def group_page(shop_id: int, code: str, after: Position | None) -> tuple[ErrorGroup | None, Page[ErrorRow]]:
    """Return a page of the orders that stopped for one reason, newest first; no group when there are none."""
    stored = "" if code == NO_CODE else code
    query = orders_in(shop_id, (OrderState.ERROR.value,)).where(Order.issue_code == stored)
    page = read_page(query, after, PAGE_SIZE, lambda order, posting: (order, posting))
    reports = latest_reports(order.id for order, _posting in page.rows)
    rows = [error_row(order, posting, reports.get(order.id)) for order, posting in page.rows]
    number = count_causes(shop_id).get(stored, 0)
    return (_group(stored, number, rows) if rows else None), Page(rows, page.next)


def count_causes(shop_id: int) -> dict[str, int]:
    """Return how many orders stopped for each reason; the index answers this without looking at an order."""
    rows = db.session.execute(
        select(Order.issue_code, func.count().label("orders"))
        .where(Order.shop_id == shop_id, Order.state == OrderState.ERROR.value)
        .group_by(Order.issue_code)
        .order_by(func.count().desc(), Order.issue_code)
    )
    return {row.issue_code: row.orders for row in rows}


def _newest(shop_id: int, state: OrderState, limit: int, code: str | None = None) -> Select[int]:
    query = select(Order.id).where(Order.shop_id == shop_id, Order.state == state.value)
    if code is not None:
        query = query.where(Order.issue_code == code)
    newest = query.order_by(Order.purchased_at.desc(), Order.id.desc()).limit(limit).subquery()
    return select(newest.c.id)


def _group(code: str, number: int, rows: Sequence[ErrorRow]) -> ErrorGroup:
    return ErrorGroup(code or NO_CODE, rows[0].text if rows else describe(Issue("ORDER_CRASHED")), number, rows)


def error_row(order: Order, posting: Posting | None, report: ProblemReport | None = None) -> ErrorRow:
    issue = issues_of(order)[0] if order.issues else Issue("ORDER_CRASHED")
    is_asked_for = order.state == OrderState.ERROR.value and is_recent(order.due_at)
    return ErrorRow(
        public_id=order.public_id,
        amazon_order_id=order.amazon_order_id,
        purchased_at=order.purchased_at,
        country=order.country,
        total=order.total,
        currency=order.currency,
        state=order.state,
        code=issue.code,
        text=describe(issue),
        is_in_progress=is_asked_for,
        is_handled_by_hand=is_decided(order, posting),
        external_number=posting.external_number if posting else None,
        lookup_at=(posting.lookup_at if posting else None) or order.due_at,
        sent_at=posting.sent_at if posting else None,
        answer=answer_of(issue.facts),
        report=report,
    )


def answer_of(facts: Mapping[str, str]) -> str:
    """Return SnelStart's own words from the facts of a refusal, "" when it was not SnelStart that refused."""
    if "message" not in facts:
        return ""
    return " ".join(part for part in (facts.get("code", ""), facts["message"]) if part)
