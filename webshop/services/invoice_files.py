"""An invoice as the files that people get: made when they are asked for, never stored."""

from __future__ import annotations

from sqlalchemy import select

from webshop.clients.smtp import Attachment
from webshop.extensions import db
from webshop.models import Invoice
from webshop.services.invoice_document import document_of, file_name
from webshop.services.invoice_pdf import render_pdf
from webshop.services.invoice_ubl import render_ubl

PDF, UBL = "application/pdf", "application/xml"


def attachments_of(public_id: str) -> tuple[Attachment, ...]:
    """Return the PDF and the UBL of an invoice, to go with a mail."""
    invoice = db.session.scalars(select(Invoice).where(Invoice.public_id == public_id)).one()
    document = document_of(invoice)
    return (
        Attachment(file_name(invoice, "pdf"), PDF, render_pdf(document)),
        Attachment(file_name(invoice, "xml"), UBL, render_ubl(document)),
    )
