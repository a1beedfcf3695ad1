"""Problems that users report about an order, and what they ask us to do for them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Numbered, UtcDateTime


class ReportState(StrEnum):
    RECEIVED = "received"
    BUSY = "busy"
    SOLVED = "solved"


class ProblemReport(Numbered, Model):
    __tablename__ = "problem_reports"
    __table_args__ = (
        Index("ix_problem_reports_shop_id_created_at", "shop_id", "created_at"),
        Index("ix_problem_reports_order_id", "order_id"),
        Index("ix_problem_reports_state_created_at", "state", "created_at"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    words: Mapped[str] = mapped_column(Text)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What staff needs to see of the order at that moment; no buyer data."""
    state: Mapped[str] = mapped_column(String(8), default=ReportState.RECEIVED.value)
    reply: Mapped[str | None] = mapped_column(Text)
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who of our staff took it up last."""
    replied_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    purged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When what people typed was last searched for a buyer's data."""


class RequestKind(StrEnum):
    INSTALLATION = "installation"
    MIGRATION = "migration"
    CONTRACT = "contract"
    REFUND = "refund"
    """Made by ourselves: a payment came that has no effect and has to be paid back."""


class ServiceRequest(Numbered, Model):
    """Something a user asks our staff to do: install, migrate, switch on a contract setting."""

    __tablename__ = "service_requests"
    __table_args__ = (
        Index("ix_service_requests_shop_id_created_at", "shop_id", "created_at"),
        Index("ix_service_requests_state_created_at", "state", "created_at"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(8), default=ReportState.RECEIVED.value)
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who of our staff took it up last."""
    note: Mapped[str] = mapped_column(Text, default="")
    """What staff did about it; the shop reads it in Activiteit."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    purged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
