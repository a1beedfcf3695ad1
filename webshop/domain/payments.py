"""Settle a sales entry with the money that Amazon received: a journal entry against the clearing ledger."""

from __future__ import annotations

from webshop.domain.booking import PaymentEntry, SalesEntry
from webshop.domain.checks import check_payment


def payment_of(entry: SalesEntry, *, sales_entry_id: str, journal_id: str, clearing_ledger_id: str) -> PaymentEntry:
    """Give the journal entry that pays a posted sales entry in full.

    Raises TranslationError when the entry has nothing to pay.
    """
    payment = PaymentEntry(
        journal_id=journal_id,
        booked_on=entry.booked_on,
        voucher=entry.invoice_number,
        description=entry.description,
        sales_entry_id=sales_entry_id,
        clearing_ledger_id=clearing_ledger_id,
        amount=entry.total_incl_vat,
    )
    check_payment(payment)
    return payment
