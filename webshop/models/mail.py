"""Outgoing mail: written with what caused it, sent by a job, never twice for one cause."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, RowId, UtcDateTime


class MailState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Mail(Model):
    __tablename__ = "mails"
    __table_args__ = (
        Index("ix_mails_state_due_at", "state", "due_at"),
        Index("ix_mails_shop_id_created_at", "shop_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(160), unique=True)
    """Names the cause and the recipient, for example "connection-lost:7:amazon:2026-11-24:a@example.nl"."""
    kind: Mapped[str] = mapped_column(String(30))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shops.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    sealed_content: Mapped[str | None] = mapped_column(Text)
    """Text and HTML as JSON, sealed because links stand in it; emptied once the mail is sent."""
    state: Mapped[str] = mapped_column(String(8), default=MailState.PENDING.value)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(String(60))


class ToldError(Model):
    """An order of which the daily mail told that it is in error; nobody is told twice."""

    __tablename__ = "told_errors"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
