"""Our invoices to shops."""

from __future__ import annotations

from sqlalchemy import select

from webshop.domain.periods import local_date
from webshop.exceptions import ConflictError
from webshop.extensions import clock, transaction
from webshop.models import Invoice, InvoiceCounter
from webshop.models.base import insert
from webshop.services import audit


def credit(invoice: Invoice, reason: str, staff_id: int) -> Invoice:
    """Take an invoice back by a credit invoice; twice is once.

    :raise ConflictError: when it is a credit invoice itself.
    """
    if invoice.credits_id is not None:
        raise ConflictError("a credit invoice is not credited")
    today = local_date(clock.now())
    with transaction() as session:
        session.execute(insert(InvoiceCounter).values(year=today.year, last=0).on_conflict_do_nothing())
        counter = session.get_one(InvoiceCounter, today.year, with_for_update=True, populate_existing=True)
        existing = session.scalars(select(Invoice).where(Invoice.credits_id == invoice.id)).one_or_none()
        if existing is not None:
            return existing
        counter.last += 1
        copied = ("shop_id", "locale", "seller", "customer", "lines", "vat_treatment", "vat_percentage")
        made = Invoice(
            year=today.year,
            sequence=counter.last,
            number=f"{today.year}-{counter.last:05}",
            credits_id=invoice.id,
            issued_on=today,
            net=-invoice.net,
            vat=-invoice.vat,
            total=-invoice.total,
            reason=reason,
            created_at=clock.now(),
            **{name: getattr(invoice, name) for name in copied},
        )
        session.add(made)
        facts = {"number": made.number, "total": str(made.total), "reason": reason}
        audit.record("invoice_credited", shop_id=invoice.shop_id, staff_id=staff_id, facts=facts)
        return made
