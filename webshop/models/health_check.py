"""What the latest check of a shop found, and what Amazon paid back per month."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Money, UtcDateTime


class LightState(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class HealthCheck(Model):
    __tablename__ = "health_checks"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the shop is checked next: in the coming night, or now when somebody asked."""
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When somebody asked for a check that has not been done yet."""
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    results: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """One entry per light: {"name": …, "state": "green|amber|red", "code": …, "facts": {…}, "since": …}."""


class RefundReading(Model):
    """How far Amazon's payments were read for refunds: whole days, in their order."""

    __tablename__ = "refund_readings"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_on: Mapped[date]
    """The first day that does not count in the months yet."""
    position: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Where the reading of that day goes on, and what its pages so far hold; None at its beginning."""
    refusal_code: Mapped[str | None] = mapped_column(String(60))
    """Why Amazon did not answer the last time."""


class RefundMonth(Model):
    """Refunds are shown so that the user can correct the VAT by hand; they are never posted."""

    __tablename__ = "refund_months"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    """Its first day."""
    refunds: Mapped[int] = mapped_column(default=0)
    without_vat: Mapped[int] = mapped_column(default=0)
    """How many of them are of orders whose VAT we do not know; their VAT is not in the sum."""
    total_incl_vat: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    vat: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
