"""Book payments through: settle a sales entry of ours against the clearing ledger, after it stands.

A payment is a posting of its own, made in the same transaction as "posted", and sent by the same rules:
claim, send, record, and without an answer look up before anything is sent again. It never changes where
the order stands; what is wrong with it is added to the order's remarks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, bindparam, cast, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from webshop.clients.snelstart.stored_entries import read_sales_entry
from webshop.domain.booking import Issue, SalesEntry
from webshop.domain.payments import payment_of
from webshop.exceptions import OutcomeUnknownError, RejectedError, WebshopError
from webshop.extensions import clock, db, order_transaction, transaction
from webshop.models import CachedList, LedgerCache, Order, Posting, PostingKind, PostingState, Purpose, Shop
from webshop.models.base import table_of
from webshop.models.posting import JOURNAL_ENTRY
from webshop.services import recovery
from webshop.services.bugs import BUGS
from webshop.services.claims import (
    DIFFERENT_DOCUMENT,
    LOOKUP_AFTER,
    claim_order,
    ensure_held,
    free_claim,
    note_refused,
    note_unknown,
    update_posting,
)
from webshop.services.connections import SnelStartAccess
from webshop.services.documents import Document, find_paid, open_balance, payment_document, send
from webshop.services.issue_catalogue import issue_for_snelstart
from webshop.services.leases import Lease
from webshop.services.order_states import note_payment, record_paid

logger = logging.getLogger(__name__)

BATCH = 50
FRESH = timedelta(minutes=10)
"""How long after the sale nobody else can have settled it yet; later its balance is looked at first."""
GENERAL = "GENERAL"
SETTLED_ELSEWHERE = "SETTLED_ELSEWHERE"
GONE = Issue("SNELSTART_ENTRY_NOT_FOUND", {"code": "–", "message": "–"})
_NOT_TO_RETRY = (SETTLED_ELSEWHERE, DIFFERENT_DOCUMENT)

_postings = table_of(Posting)


def _add_with(dialect: Any) -> Any:
    """Build the statement that adds the payment of a sales entry; nothing happens when it is there already."""
    columns = {
        "administration_id": _postings.c.administration_id,
        "amazon_order_id": _postings.c.amazon_order_id,
        "purpose": literal(Purpose.PAYMENT.value),
        "shop_id": _postings.c.shop_id,
        "order_id": _postings.c.order_id,
        "kind": literal(JOURNAL_ENTRY),
        "state": literal(PostingState.PENDING.value),
        "attempt": literal(0),
        "lease_token": literal(0),
        "payload_hash": literal(""),
        "payload": cast({}, JSON),
        "total": _postings.c.total,
        "customer_id": _postings.c.customer_id,
        "lookups": literal(0),
    }
    sale = select(*columns.values()).where(
        _postings.c.id == bindparam("of_sale"), _postings.c.kind == PostingKind.SALES_ENTRY.value
    )
    return dialect.insert(_postings).from_select(list(columns), sale).on_conflict_do_nothing()


_ADD = {"sqlite": _add_with(sqlite), "postgresql": _add_with(postgresql)}


@dataclass(frozen=True)
class _Due:
    """A payment that is to be booked, with the sale it settles."""

    payment: Posting
    sale: Posting
    order: Order


def are_posted(shop: Shop) -> bool:
    """Say whether the shop's contract has payments booked through and its owner wants it."""
    return shop.may_post_payments and shop.are_payments_posted


def add_payment(sale_posting_id: int, connection: Connection) -> None:
    """Let the payment of a sale follow, when that is a sales entry; part of the transaction of `connection`."""
    connection.execute(_ADD[connection.dialect.name], {"of_sale": sale_posting_id})


def add_payment_of(shop: Shop, sale_posting_id: int) -> None:
    """Let the payment of a sale follow where the shop has payments booked; part of the caller's transaction."""
    if are_posted(shop):
        add_payment(sale_posting_id, db.session.connection())


def are_due(shop: Shop, administration_id: str) -> bool:
    """Say whether payments are waiting to be sent."""
    return are_posted(shop) and bool(_due_payments(shop.id, administration_id, after=0, limit=1))


def note_obstacle(shop: Shop, administration_id: str) -> str | None:
    """Return what is wrong with the settings of payments, None when they can be sent; tell it on every order."""
    code = _find_obstacle(shop, administration_id)
    if code is not None:
        for due in _each_due(shop.id, administration_id):
            if due.payment.last_error_code != code:
                with transaction():
                    update_posting(due.payment.id, last_error_code=code)
                    note_payment(due.order, Issue(code, {}))
    return code


def may_be_retried(order: Order) -> bool:
    """Say whether SnelStart refused the payment of an order for a reason that may be gone."""
    return db.session.scalar(select(Posting.id).where(*_is_refused(order))) is not None


def retry_payment(order: Order) -> bool:
    """Let a payment that SnelStart refused be sent again; part of the caller's transaction."""
    retry = update(Posting).where(*_is_refused(order)).values(state=PostingState.PENDING.value)
    return db.session.scalar(retry.returning(Posting.id)) is not None


def _is_refused(order: Order) -> tuple[ColumnElement[bool], ...]:
    return (
        Posting.order_id == order.id,
        Posting.purpose == Purpose.PAYMENT.value,
        Posting.state == PostingState.REJECTED.value,
        Posting.last_error_code.not_in(_NOT_TO_RETRY),
    )


def _find_obstacle(shop: Shop, administration_id: str) -> str | None:
    if shop.clearing_ledger_id is None:
        return "CLEARING_LEDGER_MISSING"
    with transaction() as session:
        journals = session.scalar(
            select(LedgerCache.rows).where(
                LedgerCache.administration_id == administration_id, LedgerCache.name == CachedList.JOURNALS.value
            )
        )
    fitting = {row["journal_id"] for row in journals or [] if row["kind"] == GENERAL and row["is_active"]}
    return None if shop.journal_id in fitting else "JOURNAL_INACTIVE"


def post_due_payments(shop: Shop, access: SnelStartAccess, lease: Lease, *, is_over: Callable[[], bool]) -> bool:
    """Send the payments that wait, oldest first; return False when the time was up before the last one.

    :raise PostingStoppedError: when the shop may no longer post.
    :raise LeaseLostError: when another run has taken over.
    :raise RemoteError: on trouble that concerns every payment (unreachable, throttled, key refused).
    :raise BudgetEmptyError: when SnelStart's budget is used up.
    """
    restored_at = recovery.restored_at(access.administration_id)
    for due in _each_due(shop.id, access.administration_id):
        if is_over():
            return False
        try:
            _pay(due, shop, access, lease, restored_at)
        except BUGS as bug:
            # Our mistake, with this payment: set it aside, tell it, and go on with the next.
            logger.exception("payment_crashed", extra={"order_id": due.order.id, "bug": type(bug).__name__})
            _set_aside(due)
    return True


def _each_due(shop_id: int, administration_id: str) -> Iterator[_Due]:
    last = 0
    while found := _due_payments(shop_id, administration_id, after=last, limit=BATCH):
        yield from found
        last = found[-1].payment.id


def _due_payments(shop_id: int, administration_id: str, *, after: int, limit: int) -> list[_Due]:
    sale = aliased(Posting)
    with transaction() as session:
        rows = session.execute(
            select(Posting, sale, Order)
            .join(Order, Order.id == Posting.order_id)
            .join(
                sale,
                (sale.administration_id == Posting.administration_id)
                & (sale.amazon_order_id == Posting.amazon_order_id)
                & (sale.purpose == Purpose.SALE.value),
            )
            .where(
                Posting.shop_id == shop_id,
                Posting.administration_id == administration_id,
                Posting.purpose == Purpose.PAYMENT.value,
                Posting.state == PostingState.PENDING.value,
                Posting.id > after,
            )
            .order_by(Posting.id)
            .limit(limit)
            .execution_options(populate_existing=True)
        )
        return [_Due(payment, of, order) for payment, of, order in rows]


def _pay(due: _Due, shop: Shop, access: SnelStartAccess, lease: Lease, restored_at: datetime | None) -> None:
    document = _document(due.sale, due.order, shop)
    if not _is_certainly_open(due, restored_at):
        balance = open_balance(access.client, due.order.amazon_order_id)
        if balance != due.payment.total:
            _settle_as_it_stands(due, document, balance, access, lease)
            return
    access.window.open()
    claim = claim_order(due.order, document, access.administration_id, lease)
    if claim is None:
        return
    posting_id = claim.posting_id
    try:
        receipt = send(access.client, document)
    except OutcomeUnknownError as trouble:
        access.window.note_unanswered()
        with transaction():
            ensure_held(posting_id, lease)
            note_unknown(
                posting_id, due.order, Purpose.PAYMENT, trouble.code or "NO_ANSWER", clock.now() + LOOKUP_AFTER
            )
    except RejectedError as refusal:
        with transaction():
            ensure_held(posting_id, lease)
            note_refused(posting_id, due.order, Purpose.PAYMENT, refusal.code or "")
            note_payment(due.order, issue_for_snelstart(refusal.code or "", refusal.message))
    except WebshopError as trouble:
        # Certainly not carried out: free the claim, then let the run decide.
        with transaction():
            ensure_held(posting_id, lease)
            free_claim(posting_id, trouble)
        raise
    else:
        with order_transaction() as connection:
            record_paid(posting_id, due.order, external_id=receipt.document_id, connection=connection)


def _is_certainly_open(due: _Due, restored_at: datetime | None) -> bool:
    """Say whether nobody can have settled the sale yet: it was made just now, and by us, for SnelStart said so."""
    sent_at = due.sale.sent_at
    if due.sale.lookups or due.payment.attempt or sent_at is None or sent_at < clock.now() - FRESH:
        return False
    return restored_at is None or sent_at >= restored_at


def _settle_as_it_stands(
    due: _Due, document: Document, balance: Decimal | None, access: SnelStartAccess, lease: Lease
) -> None:
    """Adopt the payment that made the balance what it is, or leave it to who did."""
    ours = find_paid(access.client, document)
    with transaction():
        lease.check()
        if ours is not None:
            record_paid(due.payment.id, due.order, external_id=ours.document_id)
        else:
            settle_without_us(due.payment, due.order, balance)


def _document(sale: Posting, order: Order, shop: Shop) -> Document:
    """Build the payment of a sale as it was sent, by the shop's settings of this moment."""
    payment = payment_of(
        read_sales_entry(sale.payload, {}) if sale.payload else _entry_of(sale, order),
        sales_entry_id=sale.external_id or "",
        journal_id=shop.journal_id or "",
        clearing_ledger_id=shop.clearing_ledger_id or "",
    )
    return payment_document(payment, sale.customer_id)


def _entry_of(sale: Posting, order: Order) -> SalesEntry:
    """Return what a payment needs of an entry that was found and not sent by this database."""
    return SalesEntry(
        invoice_number=order.amazon_order_id,
        booked_on=order.booked_on,
        description=f"Amazon {order.amazon_order_id}",
        payment_days=0,
        total_incl_vat=sale.total,
        lines=(),
        vat=(),
    )


def settle_without_us(payment: Posting, order: Order, balance: Decimal | None) -> None:
    """Drop a payment whose invoice is settled, changed or gone; part of the caller's transaction."""
    note_refused(payment.id, order, Purpose.PAYMENT, SETTLED_ELSEWHERE)
    settled = Issue("PAYMENT_SETTLED_ELSEWHERE", {"number": order.amazon_order_id})
    note_payment(order, GONE if balance is None else settled)


def _set_aside(due: _Due) -> None:
    """Park a payment that was not sent yet; one that may have been sent is looked up by the next run."""
    with transaction() as session:
        session.execute(
            update(Posting)
            .where(Posting.id == due.payment.id, Posting.state == PostingState.PENDING.value)
            .values(state=PostingState.REJECTED.value, last_error_code="CRASHED")
        )
        note_payment(due.order, Issue("ORDER_CRASHED", {"attempts": "1"}))
