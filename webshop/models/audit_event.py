"""What happened, when, and who did it. Append-only: triggers refuse to change or remove a row."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, RowId, UtcDateTime


class Actor(StrEnum):
    SYSTEM = "system"
    USER = "user"
    SUPPORT = "support"


ABOUT_THE_SHOP = text("order_id IS NULL")


class AuditEvent(Model):
    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_shop_id_at", "shop_id", "at", "id"),
        # Settings and people: few among the events of a million orders.
        Index(
            "ix_audit_events_about_the_shop",
            "shop_id",
            "at",
            "id",
            sqlite_where=ABOUT_THE_SHOP,
            postgresql_where=ABOUT_THE_SHOP,
        ),
        Index("ix_audit_events_order_id", "order_id", "id"),
        # Who changed what last: few among a shop's many events.
        Index(
            "ix_audit_events_settings",
            "shop_id",
            "id",
            sqlite_where=text("action = 'setting_changed'"),
            postgresql_where=text("action = 'setting_changed'"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shops.id"))
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    """Not a foreign key: the event outlives the order's own data."""
    action: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(8), default=Actor.SYSTEM.value)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who of our staff did it: alone, or looking in as `user_id`."""
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Ids, codes, counts and amounts; never secrets or buyer data."""
