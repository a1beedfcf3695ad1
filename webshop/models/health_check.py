"""What the latest check of a shop found, and what Amazon paid back per month."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Money, UtcDateTime


class HealthCheck(Model):
    __tablename__ = "health_checks"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), primary_key=True)
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it is to be done again, for a check that somebody asked for."""
    results: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """One entry per light: {"name": …, "state": "green|amber|red", "code": …, "facts": {…}}."""


class RefundMonth(Model):
    """Refunds are shown so that the user can correct the VAT by hand; they are never posted."""

    __tablename__ = "refund_months"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    """Its first day."""
    refunds: Mapped[int] = mapped_column(default=0)
    total_incl_vat: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    vat: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
