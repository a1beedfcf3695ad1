"""The VAT table of a shop: on which ledger and VAT kind a percentage for a country is booked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Percentage, RowId


class VatMapping(Model):
    __tablename__ = "vat_mappings"
    __table_args__ = (UniqueConstraint("shop_id", "scope", "country", "percentage", "valid_from"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    scope: Mapped[str] = mapped_column(String(16))
    country: Mapped[str] = mapped_column(String(2), default="")
    percentage: Mapped[Decimal] = mapped_column(Percentage)
    valid_from: Mapped[date]
    vat_kind: Mapped[str] = mapped_column(String(8))
    ledger_id: Mapped[str | None] = mapped_column(String(36))
    cost_centre_id: Mapped[str | None] = mapped_column(String(36))
    rate_code: Mapped[str | None] = mapped_column(String(4))
    is_default: Mapped[bool] = mapped_column(default=False)
