"""The documents we make in SnelStart for an order, and how each kind is sent and found again.

A sale becomes a sales entry or a sales order; the payment of a sales entry is a journal entry. Claim,
send, record and look up are the same for all of them (claims.py, posting.py, payments.py,
reconciling.py); what differs stands here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from webshop.clients.snelstart.client import LedgerMutation, SalesInvoice, SalesOrderDocument, SnelStartClient
from webshop.clients.snelstart.payloads import (
    DeliveryAddress,
    journal_entry_payload,
    sales_entry_payload,
    sales_order_payload,
)
from webshop.clients.snelstart.stored_entries import read_payment, read_sales_order
from webshop.domain.booking import Issue, PaymentEntry, SalesEntry, SalesOrder
from webshop.exceptions import RejectedError
from webshop.extensions import clock
from webshop.models import Posting, PostingKind, Purpose
from webshop.models.posting import JOURNAL_ENTRY

# SnelStart's clock and ours may differ; reading a page too much is cheap, overlooking an order is not.
SEARCH_OVERLAP = timedelta(hours=1)
PAGE = 500


@dataclass(frozen=True)
class Document:
    """What is about to be sent for an order; `customer_id` is the relation it is booked on."""

    kind: str
    purpose: Purpose
    payload: dict[str, Any]
    total: Decimal
    customer_id: str | None
    article_codes: frozenset[str] = frozenset()
    rates: tuple[dict[str, str], ...] = ()
    """The VAT of a sale per country and rate, for the totals of the VAT returns."""


@dataclass(frozen=True)
class Receipt:
    """SnelStart's answer; `total` is what it made of the document, None when it does not say."""

    document_id: str
    number: str | None
    total: Decimal | None


@dataclass(frozen=True)
class Found:
    """A document in SnelStart that carries the order's number; `is_ours` says that it is what we sent.

    `twin` is the number of a second one that is, too.
    """

    document_id: str
    number: str
    total: Decimal | None
    is_ours: bool
    twin: str | None = None


def entry_document(entry: SalesEntry, customer_id: str) -> Document:
    payload = sales_entry_payload(entry, customer_id=customer_id)
    return Document(PostingKind.SALES_ENTRY.value, Purpose.SALE, payload, entry.total_incl_vat, customer_id)


def order_document(
    order: SalesOrder, customer_id: str, article_ids: Mapping[str, str], address: DeliveryAddress
) -> Document:
    # What the relation's own address is, is not kept here; SnelStart takes one that is the same.
    payload = sales_order_payload(order, customer_id=customer_id, article_ids=article_ids, delivery_address=address)
    codes = frozenset(line.article_code for line in order.lines)
    return Document(PostingKind.SALES_ORDER.value, Purpose.SALE, payload, order.total_incl_vat, customer_id, codes)


def payment_document(payment: PaymentEntry, customer_id: str | None) -> Document:
    return Document(JOURNAL_ENTRY, Purpose.PAYMENT, journal_entry_payload(payment), payment.amount, customer_id)


def send(client: SnelStartClient, document: Document) -> Receipt:
    """Send a document that was claimed.

    :raise DuplicateError: when SnelStart says that it stands there already.
    :raise OutcomeUnknownError: when nobody can tell whether it was carried out.
    :raise RejectedError: when SnelStart refuses it.
    """
    return _SENDERS[document.kind](client, document.payload)


def total_differs(made: Receipt | Found, total: Decimal) -> tuple[Issue, ...]:
    """Tell when SnelStart came to another total than we sent; the document stands and is never sent again."""
    if made.total is None or made.total == total:
        return ()
    facts = {"number": made.number or "", "ours": str(total), "theirs": str(made.total)}
    return (Issue("ORDER_TOTAL_DIFFERS", facts),)


def is_twice(found: Found) -> tuple[Issue, ...]:
    """Tell when SnelStart has the order twice: it came so late that it was sent again, or somebody made one too."""
    if found.twin is None:
        return ()
    return (Issue("TWICE_IN_SNELSTART", {"number": found.number, "other": found.twin}),)


def find(client: SnelStartClient, posting: Posting) -> Found | None:
    """Return the document that stands in SnelStart for a posting, preferring one that is what we sent.

    :raise RemoteError: when SnelStart does not answer.
    """
    return _ours_first(_FINDERS[posting.kind](client, posting))


def find_unfiltered(client: SnelStartClient, posting: Posting) -> Found | None:
    """Look for a sales order among everything that changed since it was sent, in case a filter hid it.

    Its description names the order too: a payment reference can be changed, by a person or by SnelStart.
    The other kinds do without: a sales entry's number is unique, a payment shows in the open balance.
    """
    if posting.kind != PostingKind.SALES_ORDER.value or posting.sent_at is None:
        return None
    number = posting.amazon_order_id
    # Sent later than now means by a clock that was ahead, nobody knows how far: then everything is read.
    since = posting.sent_at - SEARCH_OVERLAP if posting.sent_at <= clock.now() else None
    found: list[Found] = []
    skip = 0
    while True:
        page = client.sales_orders_page(modified_since=since, skip=skip, top=PAGE)
        found += _orders(posting, (row for row in page if number in f"{row.payment_reference} {row.description}"))
        if len(page) < PAGE:
            return _ours_first(found)
        skip += PAGE


def find_paid(client: SnelStartClient, document: Document) -> Found | None:
    """Return the payment that stands in SnelStart as it would be sent; None when there is none like it.

    :raise RemoteError: when SnelStart does not answer.
    """
    return next((one for one in _find_payment(client, document) if one.is_ours), None)


def open_balance(client: SnelStartClient, invoice_number: str) -> Decimal | None:
    """Return what is still to be paid of an invoice; None when it is gone."""
    for invoice in client.find_sales_invoices(invoice_number):
        return invoice.open_balance
    return None


def _ours_first(found: Sequence[Found]) -> Found | None:
    ours = [one for one in found if one.is_ours]
    if len(ours) > 1:
        return replace(ours[0], twin=ours[1].number)
    return next(iter([*ours, *found]), None)


def _send_entry(client: SnelStartClient, payload: Mapping[str, Any]) -> Receipt:
    created = client.create_sales_entry(payload)
    return Receipt(created.entry_id, created.number, created.total)


def _send_order(client: SnelStartClient, payload: Mapping[str, Any]) -> Receipt:
    created = client.create_sales_order(payload)
    return Receipt(created.order_id, _number(created.number), created.total_incl_vat)


def _send_payment(client: SnelStartClient, payload: Mapping[str, Any]) -> Receipt:
    created = client.create_journal_entry(payload)
    return Receipt(created.entry_id, created.voucher, None)


def _find_entry(client: SnelStartClient, posting: Posting) -> list[Found]:
    return [_found_entry(posting, invoice) for invoice in client.find_sales_invoices(posting.amazon_order_id)]


def _found_entry(posting: Posting, invoice: SalesInvoice) -> Found:
    is_ours = invoice.total == posting.total and invoice.relation_id == posting.customer_id
    return Found(invoice.entry_id or invoice.invoice_id, invoice.number, invoice.total, is_ours)


def _find_order(client: SnelStartClient, posting: Posting) -> list[Found]:
    try:
        return _orders(posting, client.find_sales_orders(posting.amazon_order_id))
    except RejectedError:
        # SnelStart's documentation does not promise that this member can be asked for: then it tells nothing.
        return []


def _orders(posting: Posting, orders: Iterable[SalesOrderDocument]) -> list[Found]:
    stored = read_sales_order(posting.payload)
    sent = Counter((line.article_id, Decimal(line.quantity), line.unit_price) for line in stored.lines)
    return [
        Found(
            order.order_id,
            _number(order.number) or order.payment_reference,
            order.total_incl_vat,
            order.relation_id == posting.customer_id
            and sent == Counter((line.article_id, line.quantity, line.unit_price) for line in order.lines),
        )
        for order in orders
    ]


def _find_payment(client: SnelStartClient, posting: Posting | Document) -> list[Found]:
    sent = read_payment(posting.payload)
    rows = client.find_ledger_mutations(sent.voucher, sent.journal_id)
    return [
        Found(row.mutation_id, row.voucher, _amount(row), _amount(row) == posting.total)
        for row in rows
        if row.ledger_id == sent.clearing_ledger_id
    ]


def _amount(row: LedgerMutation) -> Decimal:
    return (row.debit or Decimal(0)) - (row.credit or Decimal(0))


def _number(number: int | None) -> str | None:
    return None if number is None else str(number)


_SENDERS: Mapping[str, Callable[[SnelStartClient, Mapping[str, Any]], Receipt]] = {
    PostingKind.SALES_ENTRY.value: _send_entry,
    PostingKind.SALES_ORDER.value: _send_order,
    JOURNAL_ENTRY: _send_payment,
}
_FINDERS: Mapping[str, Callable[[SnelStartClient, Posting], list[Found]]] = {
    PostingKind.SALES_ENTRY.value: _find_entry,
    PostingKind.SALES_ORDER.value: _find_order,
    JOURNAL_ENTRY: _find_payment,
}
