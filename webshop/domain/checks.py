"""What must be true of every entry before it leaves us; a violation is a bug, not a user's mistake."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from webshop.domain.booking import DocumentVatKind, PaymentEntry, SalesEntry, SalesOrder, VatKind
from webshop.domain.money import is_amount
from webshop.domain.texts import LONGEST_DESCRIPTION, LONGEST_ORDER_DESCRIPTION
from webshop.exceptions import TranslationError

LONGEST_INVOICE_NUMBER = 25
LONGEST_VOUCHER = 25

DOCUMENT_KINDS = {
    VatKind.LOW: DocumentVatKind.SALES_LOW,
    VatKind.HIGH: DocumentVatKind.SALES_HIGH,
    VatKind.OTHER: DocumentVatKind.SALES_OTHER,
}
"""The kind of a document's VAT row for each kind of VAT on its lines."""


def check_entry(entry: SalesEntry) -> None:
    """Raise TranslationError when an entry does not add up or breaks SnelStart's limits."""
    faults = list(_faults(entry))
    if faults:
        raise TranslationError(f"entry {entry.invoice_number}: {'; '.join(faults)}")


def check_sales_order(order: SalesOrder) -> None:
    """Raise TranslationError when a sales order does not come to its total or breaks SnelStart's limits."""
    faults = list(_order_faults(order))
    if faults:
        raise TranslationError(f"sales order {order.payment_reference}: {'; '.join(faults)}")


def check_payment(payment: PaymentEntry) -> None:
    """Raise TranslationError when a payment settles nothing or breaks SnelStart's limits."""
    if not is_amount(payment.amount) or not payment.amount:
        raise TranslationError(f"payment {payment.voucher}: the amount is nothing or not a whole number of cents")
    if not 0 < len(payment.voucher) <= LONGEST_VOUCHER or len(payment.description) > LONGEST_DESCRIPTION:
        raise TranslationError(f"payment {payment.voucher}: a text is empty or too long")


def _order_faults(order: SalesOrder) -> Iterator[str]:
    if not order.lines:
        yield "no lines"
    if not all(is_amount(line.unit_price) and line.unit_price >= 0 for line in order.lines):
        yield "a unit price is negative or not a whole number of cents"
    if not all(line.quantity and line.article_code for line in order.lines):
        yield "a line without quantity or article"
    if order.predicted_incl_vat != order.total_incl_vat:
        yield "SnelStart would come to another total"
    if not order.payment_reference or len(order.description) > LONGEST_ORDER_DESCRIPTION:
        yield "a text is empty or too long"
    if any(len(line.description) > LONGEST_DESCRIPTION for line in order.lines):
        yield "a description is too long"


def _faults(entry: SalesEntry) -> Iterator[str]:
    amounts = [line.amount_excl_vat for line in entry.lines] + [row.amount for row in entry.vat]
    if not all(is_amount(amount) for amount in (*amounts, entry.total_incl_vat)):
        yield "an amount is not a whole number of cents"
    elif sum(amounts, Decimal(0)) != entry.total_incl_vat:
        yield "lines and VAT do not add up to the total"
    if not entry.lines:
        yield "no lines"
    if any(line.amount_excl_vat == 0 for line in entry.lines):
        yield "a line of 0.00"
    yield from _vat_faults(entry)
    if not 0 < len(entry.invoice_number) <= LONGEST_INVOICE_NUMBER:
        yield "the invoice number is empty or too long"
    if any(
        len(text) > LONGEST_DESCRIPTION for text in (entry.description, *(line.description for line in entry.lines))
    ):
        yield "a description is too long"


def _vat_faults(entry: SalesEntry) -> Iterator[str]:
    rows = [row.kind for row in entry.vat]
    if len(rows) != len(set(rows)):
        yield "two VAT rows of one kind"
    needed = {DOCUMENT_KINDS[line.vat_kind] for line in entry.lines if line.vat_kind is not VatKind.NONE}
    if needed - set(rows):
        yield "a kind of VAT on the lines has no row"
