"""One order for its page: what Amazon says, what SnelStart gets or got, and what happened when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from webshop.clients.snelstart.stored_entries import read_sales_entry, read_sales_order
from webshop.domain.booking import Ledger, PostingKind, RateGroup, SalesEntry, SalesOrder, ShopRules, Translation
from webshop.domain.orders import Status
from webshop.exceptions import CredentialsUnreadableError
from webshop.extensions import db
from webshop.models import (
    AuditEvent,
    CachedList,
    LedgerCache,
    Order,
    OrderState,
    Posting,
    PostingState,
    ProblemReport,
    Shop,
    User,
)
from webshop.services import payments, reference_lists
from webshop.services.access import Tenant
from webshop.services.attention import has_changed
from webshop.services.buyers import buyer_of
from webshop.services.customers import is_known
from webshop.services.forgotten_buyers import is_forgotten
from webshop.services.issue_catalogue import IssueText, describe
from webshop.services.mapping import load_rulebook
from webshop.services.order_decisions import is_left_behind
from webshop.services.order_errors import answer_of
from webshop.services.overview import issues_of
from webshop.services.preview import Change, preview_of, remembered_articles
from webshop.services.translation import translate_row

EVENTS_LIMIT = 200
SENT = (PostingState.POSTED.value, PostingState.SENDING.value, PostingState.UNKNOWN.value)


@dataclass(frozen=True)
class ItemRow:
    title: str
    sku: str | None
    quantity: int
    amounts: Mapping[str, Decimal]
    """Amount per part of the price, discounts negative."""
    total: Decimal | None


@dataclass(frozen=True)
class BookingRow:
    ledger_number: int
    ledger_name: str
    description: str
    vat_kind: str
    amount: Decimal


@dataclass(frozen=True)
class Booking:
    """A sales entry as it was sent, or as it will be."""

    is_sent: bool
    number: str
    description: str
    booked_on: Any
    lines: Sequence[BookingRow]
    vat: Sequence[tuple[str, Decimal]]
    total: Decimal
    difference: Decimal
    """Lines plus VAT, minus what Amazon says the order brings in."""


@dataclass(frozen=True)
class SalesOrderRow:
    description: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True)
class SalesOrderBooking:
    """A sales order as it was sent, or as it will be; SnelStart adds the VAT itself."""

    is_sent: bool
    payment_reference: str
    description: str
    booked_on: Any
    price_model: str
    lines: Sequence[SalesOrderRow]
    total: Decimal
    difference: Decimal
    """SnelStart's total, predicted or as it was answered, minus what Amazon says the order brings in."""


@dataclass(frozen=True)
class Moment:
    """One line of the timeline; `what` is a code that the page puts into words."""

    at: datetime
    what: str
    actor: str
    name: str = ""
    user_id: int | None = None
    staff_name: str = ""
    """Who of our staff did it, alone or acting as the user."""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OrderView:
    order: Order
    posting: Posting | None
    items: Sequence[ItemRow]
    issues: Sequence[IssueText]
    booking: Booking | None
    sales_order: SalesOrderBooking | None
    groups: Sequence[RateGroup]
    treatment: str | None
    """How VAT was treated, or will be as things stand."""
    timeline: Sequence[Moment]
    reports: Sequence[ProblemReport]
    """The problems that users reported about it, the newest first."""
    answer: str
    """What SnelStart said when it refused the order, "" when it did not."""
    is_payment_refused: bool
    """Whether the order is booked and its payment can be tried again."""
    changes: Sequence[Change]
    """What a new attempt sends and the last one did not, because the order or a setting changed since."""

    @property
    def has_changed(self) -> bool:
        """Whether Amazon names another amount than was booked."""
        return self.posting is not None and self.posting.state in SENT and has_changed(self.order)

    @property
    def request(self) -> str | None:
        """What was sent, as it was sent: it names the buyer by the relation's id only."""
        if self.posting is None or not self.posting.payload:
            return None
        return json.dumps(self.posting.payload, indent=2, ensure_ascii=False)

    @property
    def may_be_set_aside(self) -> bool:
        return self.order.state in (OrderState.ERROR.value, OrderState.OPEN.value) or is_left_behind(self.order)

    @property
    def may_be_processed(self) -> bool:
        is_safe = bool(self.issues) and self.issues[0].is_retry_safe
        return self.is_payment_refused or (self.order.state == OrderState.ERROR.value and is_safe)


def load_order_view(tenant: Tenant, order: Order, posting: Posting | None) -> OrderView:
    """Gather the page of an order."""
    events = _events(order)
    booking: Booking | None = None
    sales_order: SalesOrderBooking | None = None
    groups: tuple[RateGroup, ...] = ()
    treatment = order.treatment
    issues = issues_of(order)
    answer = answer_of(issues[0].facts) if issues else ""
    changes: Sequence[Change] = ()
    if posting is not None and posting.state in SENT:
        if not posting.payload:
            # Found in SnelStart or booked by hand: we sent nothing that could be shown.
            pass
        elif posting.kind == PostingKind.SALES_ORDER.value:
            sales_order = _sent_order(posting, order)
        else:
            booking = _sent(posting, order, tenant)
    elif order.content and tenant.snelstart is not None and order.state != OrderState.SKIPPED.value:
        rules, translation = _translate(tenant.shop, order, tenant.snelstart.account_id)
        groups, treatment = translation.groups, translation.treatment.value
        issues = issues or list(translation.issues)
        if posting is not None and posting.payload:
            changes = preview_of(translation, posting, rules.articles).changes
        if translation.entry is not None:
            booking = _booking(translation.entry, rules.ledgers, order, is_sent=False)
        if translation.sales_order is not None:
            sales_order = _future_order(translation.sales_order)
    return OrderView(
        order=order,
        posting=posting,
        items=_items(order.content),
        issues=[describe(issue) for issue in issues],
        booking=booking,
        sales_order=sales_order,
        groups=groups,
        treatment=treatment,
        timeline=_timeline(order, posting, [moment for moment, _report in events]),
        reports=[report for _moment, report in events if report is not None],
        answer=answer,
        # Only what is booked can have been paid.
        is_payment_refused=order.state == OrderState.POSTED.value and payments.may_be_retried(order),
        changes=changes,
    )


def load_calculation(tenant: Tenant, order: Order) -> Sequence[RateGroup]:
    """Return the calculation of an order per rate, as things stand; none when it cannot be made."""
    if not order.content or tenant.snelstart is None:
        return ()
    return _translate(tenant.shop, order, tenant.snelstart.account_id)[1].groups


def find_customer_kind(tenant: Tenant, order: Order) -> str:
    """Tell on whom the order is or will be booked: known, new, collective, forgotten, or unread when we cannot tell."""
    if is_forgotten(order):
        return "forgotten"
    if tenant.snelstart is None:
        return "unread"
    email = buyer_of(order).email
    if email is None:
        return "collective"
    try:
        return "known" if is_known(email, tenant.snelstart.account_id) else "new"
    except CredentialsUnreadableError:
        return "unread"


def _translate(shop: Shop, order: Order, administration_id: str) -> tuple[ShopRules, Translation]:
    """Translate whatever the status the order still waits for: the page shows what it becomes."""
    rules = load_rulebook(shop, administration_id).rules
    rules = replace(rules, statuses=frozenset({Status.PENDING_AVAILABILITY}))
    if rules.posting_kind is PostingKind.SALES_ORDER:
        rules = replace(rules, articles=remembered_articles([order], administration_id))
    return rules, translate_row(order, rules)


def _events(order: Order) -> list[tuple[Moment, ProblemReport | None]]:
    """Return what happened to an order and who did it; with the problem, where one was reported."""
    is_told_here = and_(
        ProblemReport.order_id == AuditEvent.order_id,
        AuditEvent.action == "problem_reported",
        AuditEvent.facts["report"].as_string() == ProblemReport.public_id,
    )
    staff = aliased(User)
    rows = db.session.execute(
        select(AuditEvent, User.name, staff.name, ProblemReport)
        .outerjoin(User, User.id == AuditEvent.user_id)
        .outerjoin(staff, staff.id == AuditEvent.staff_id)
        .outerjoin(ProblemReport, is_told_here)
        .where(and_(AuditEvent.order_id == order.id, AuditEvent.shop_id == order.shop_id))
        .order_by(AuditEvent.id.desc())
        .limit(EVENTS_LIMIT)
    )
    return [(_moment(event, name or "", staff_name or ""), report) for event, name, staff_name, report in rows]


def _moment(event: AuditEvent, name: str, staff_name: str) -> Moment:
    return Moment(event.at, event.action, event.actor, name, event.user_id, staff_name, event.facts)


def _sent(posting: Posting, order: Order, tenant: Tenant) -> Booking:
    rows = db.session.scalar(
        select(LedgerCache.rows).where(
            LedgerCache.administration_id == posting.administration_id,
            LedgerCache.name == CachedList.LEDGERS.value,
        )
    )
    ledgers = reference_lists.ledgers({CachedList.LEDGERS.value: rows or []})
    return _booking(read_sales_entry(posting.payload, ledgers), ledgers, order, is_sent=True)


def _sent_order(posting: Posting, order: Order) -> SalesOrderBooking:
    stored = read_sales_order(posting.payload)
    return SalesOrderBooking(
        is_sent=True,
        payment_reference=stored.payment_reference,
        description=stored.description,
        booked_on=stored.booked_on,
        price_model=stored.price_model.value,
        lines=[SalesOrderRow(line.description, line.quantity, line.unit_price) for line in stored.lines],
        total=posting.total,
        difference=posting.total - (posting.total if order.total is None else order.total),
    )


def _future_order(sales_order: SalesOrder) -> SalesOrderBooking:
    return SalesOrderBooking(
        is_sent=False,
        payment_reference=sales_order.payment_reference,
        description=sales_order.description,
        booked_on=sales_order.booked_on,
        price_model=sales_order.price_model.value,
        lines=[SalesOrderRow(line.description, line.quantity, line.unit_price) for line in sales_order.lines],
        total=sales_order.predicted_incl_vat,
        difference=sales_order.predicted_incl_vat - sales_order.total_incl_vat,
    )


def _booking(entry: SalesEntry, ledgers: Mapping[str, Ledger], order: Order, *, is_sent: bool) -> Booking:
    lines = [
        BookingRow(
            line.ledger_number,
            ledgers[line.ledger_id].name if line.ledger_id in ledgers else "",
            line.description,
            line.vat_kind.value,
            line.amount_excl_vat,
        )
        for line in entry.lines
    ]
    vat = [(line.kind.value, line.amount) for line in entry.vat]
    booked = sum((line.amount for line in lines), Decimal(0)) + sum((amount for _kind, amount in vat), Decimal(0))
    at_amazon = entry.total_incl_vat if order.total is None else order.total
    return Booking(
        is_sent=is_sent,
        number=entry.invoice_number,
        description=entry.description,
        booked_on=entry.booked_on,
        lines=lines,
        vat=vat,
        total=entry.total_incl_vat,
        difference=booked - at_amazon,
    )


def _items(content: Mapping[str, Any]) -> list[ItemRow]:
    """Return the order's lines; an order that could not be read has none."""
    return [
        ItemRow(
            title=item["title"] or "",
            sku=item["sku"] or item["asin"],
            quantity=item["quantity"],
            amounts={part: _signed(part, amount) for part, amount in item["amounts"].items()},
            total=None if item["total"] is None else Decimal(item["total"]),
        )
        for item in content.get("items", ())
    ]


def _signed(part: str, amount: str) -> Decimal:
    return -Decimal(amount) if part in ("DISCOUNT", "SHIPPING_DISCOUNT") else Decimal(amount)


def _timeline(order: Order, posting: Posting | None, events: Sequence[Moment]) -> list[Moment]:
    """Return what happened, the newest first."""
    moments = [*events, Moment(order.first_seen_at, "first_seen", "system")]
    if order.last_updated_at > order.first_seen_at:
        moments.append(Moment(order.last_updated_at, "changed_at_amazon", "amazon", facts={"s": order.amazon_status}))
    if posting is not None and posting.sent_at is not None:
        moments.append(Moment(posting.sent_at, "sent", "system", facts={"attempt": posting.attempt}))
    if order.cancelled_after_posting_at is not None:
        moments.append(Moment(order.cancelled_after_posting_at, "cancelled_after_posting", "amazon"))
    return sorted(moments, key=lambda moment: moment.at, reverse=True)
