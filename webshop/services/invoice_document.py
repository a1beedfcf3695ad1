"""What is printed of an invoice, as a PDF for people and as UBL for their bookkeeping."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from webshop.domain.periods import local_date
from webshop.domain.vat_numbers import compact
from webshop.extensions import db
from webshop.models import Checkout, Invoice, VatTreatment

PAID_WITH = "Mollie"
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class InvoiceDocument:
    """An invoice with what other rows say about it."""

    invoice: Invoice
    paid_on: date | None
    """None for a credit invoice."""
    credited: Invoice | None
    """The invoice that this one takes back."""

    @property
    def is_credit(self) -> bool:
        return self.credited is not None

    @property
    def treatment(self) -> VatTreatment:
        return VatTreatment(self.invoice.vat_treatment)

    @property
    def percentage(self) -> Decimal:
        return Decimal(self.invoice.vat_percentage)

    @property
    def seller(self) -> Mapping[str, str]:
        return self.invoice.seller

    @property
    def customer(self) -> Mapping[str, str]:
        """Return the customer's details with what no document can hold left out, and a written-out VAT number."""
        details = {name: _UNPRINTABLE.sub("", text).strip() for name, text in self.invoice.customer.items()}
        return details | {"vat_number": compact(details["vat_number"])}


def document_of(invoice: Invoice) -> InvoiceDocument:
    """Return what is printed of an invoice."""
    checkout = db.session.get(Checkout, invoice.checkout_id) if invoice.checkout_id else None
    credited = db.session.get(Invoice, invoice.credits_id) if invoice.credits_id else None
    paid_at = checkout.paid_at if checkout else None
    return InvoiceDocument(invoice, None if paid_at is None else local_date(paid_at), credited)


def file_name(invoice: Invoice, extension: str) -> str:
    return f"factuur-{invoice.number}.{extension}"
