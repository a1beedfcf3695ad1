"""What VIES said about a VAT number, so that one number is asked about once a day.

The number itself is not kept: a keyed fingerprint finds the answer again. What proves a sale stays with
its order (Order.vat_number_check).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, UtcDateTime


class ViesConsultation(Model):
    __tablename__ = "vies_consultations"

    administration_id: Mapped[str] = mapped_column(ForeignKey("administrations.administration_id"), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    is_valid: Mapped[bool]
    consultation: Mapped[str | None] = mapped_column(String(40))
    """The consultation number: VIES's proof, given when the seller's own number went along."""
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
