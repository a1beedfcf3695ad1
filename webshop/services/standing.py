"""What stands in SnelStart under an Amazon order's number, whatever kind of document it is and whoever made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from webshop.clients.snelstart.client import SalesEntryDocument, SalesInvoice, SalesOrderDocument, SnelStartClient
from webshop.domain.booking import Translation
from webshop.exceptions import NotFoundRemoteError, RejectedError
from webshop.models import FoundDocument, PostingKind

_NO_ORDERS = ("PACKAGE", "SCOPE")
"""Refusals that say that the administration has no sales orders, or none that we may make."""
Prices = Counter[tuple[Decimal | None, Decimal | None]]


@dataclass(frozen=True)
class Standing:
    """A document under an Amazon order's number; `prices` counts the lines of a sales order."""

    kind: str
    document_id: str
    amazon_order_id: str
    number: str
    total: Decimal | None
    customer_id: str | None
    prices: Prices = field(default_factory=Counter)


def of_invoice(invoice: SalesInvoice) -> Standing:
    document_id = invoice.entry_id or invoice.invoice_id
    number = invoice.number
    return Standing(_ENTRY, document_id, number, number, invoice.total, invoice.relation_id)


def of_order(order: SalesOrderDocument) -> Standing:
    return Standing(
        _ORDER,
        order.order_id,
        order.payment_reference,
        order.payment_reference if order.number is None else str(order.number),
        order.total_incl_vat,
        order.relation_id,
        Counter((line.quantity, line.unit_price) for line in order.lines),
    )


def find_standing(
    client: SnelStartClient, amazon_order_id: str, remembered: Iterable[FoundDocument] = ()
) -> list[Standing]:
    """Return every document under this number, asking for the remembered ones by their id.

    :raise RemoteError: when SnelStart does not answer.
    """
    found = [of_invoice(invoice) for invoice in client.find_sales_invoices(amazon_order_id)]
    found += [of_order(order) for order in _find_orders(client, amazon_order_id)]
    known = {one.document_id for one in found}
    for one in remembered:
        if one.document_id not in known:
            # A filter may have hidden it; its id does not.
            found += get_standing(client, one.kind, one.document_id)
    return [one for one in found if one.amazon_order_id == amazon_order_id]


def get_standing(client: SnelStartClient, kind: str, document_id: str) -> list[Standing]:
    """Return the document with this id; nothing when it is gone.

    :raise RemoteError: when SnelStart does not answer.
    """
    with suppress(NotFoundRemoteError):
        if kind == _ORDER:
            return [of_order(client.get_sales_order(document_id))]
        return [_of_entry(client.get_sales_entry(document_id))]
    return []


def orders_page(client: SnelStartClient, **position: object) -> tuple[SalesOrderDocument, ...]:
    """Return a page of sales orders; none where the administration has no such documents."""
    try:
        return client.sales_orders_page(**position)  # type: ignore[arg-type]
    except RejectedError as refusal:
        if refusal.code not in _NO_ORDERS:
            raise
        return ()


def fits(one: Standing, translation: Translation) -> bool:
    """Say whether a document is this booking: the same total, or for a sales order the same lines.

    SnelStart computes the VAT of a sales order itself, so its total may differ; that is told and no reason
    to book it again.
    """
    if translation.entry is not None:
        return one.total == translation.entry.total_incl_vat
    sales_order = translation.sales_order
    if sales_order is None:
        return False
    if one.total in (sales_order.total_incl_vat, sales_order.predicted_incl_vat):
        return True
    return one.kind == _ORDER and one.prices == Counter(
        (Decimal(line.quantity), line.unit_price) for line in sales_order.lines
    )


def _find_orders(client: SnelStartClient, amazon_order_id: str) -> tuple[SalesOrderDocument, ...]:
    try:
        return client.find_sales_orders(amazon_order_id)
    except RejectedError as refusal:
        if refusal.code not in _NO_ORDERS:
            raise
        return ()


def _of_entry(entry: SalesEntryDocument) -> Standing:
    return Standing(_ENTRY, entry.entry_id, entry.number, entry.number, entry.total, entry.relation_id)


_ENTRY, _ORDER = PostingKind.SALES_ENTRY.value, PostingKind.SALES_ORDER.value
