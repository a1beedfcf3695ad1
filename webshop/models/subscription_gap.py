"""A time without a subscription, and what its owner decided about the orders of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, RowId, UtcDateTime


class GapChoice(StrEnum):
    POST = "post"
    LEAVE = "leave"


class SubscriptionGap(Model):
    """Orders placed in it are booked only when the owner says so."""

    __tablename__ = "subscription_gaps"
    __table_args__ = (Index("ix_subscription_gaps_shop_id", "shop_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """The end of the subscription, or earlier: from there on our lists may lack orders, or hold unbooked ones."""
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it was paid again; itself outside."""
    choice: Mapped[str | None] = mapped_column(String(5))
    """None: not decided yet."""
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
