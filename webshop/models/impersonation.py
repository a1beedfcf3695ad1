"""Our staff looking at a shop as one of its users: who, as whom, why and until when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Numbered, UtcDateTime

REASON_LIMIT = 500


class Impersonation(Numbered, Model):
    __tablename__ = "impersonations"
    __table_args__ = (
        # Nobody looks in at two places at once, also not with two requests at the same moment.
        Index(
            "uq_impersonations_running",
            "staff_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_impersonations_shop_id", "shop_id", "started_at"),
    )

    staff_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    reason: Mapped[str] = mapped_column(String(REASON_LIMIT))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Never moved: raising to writing does not make it longer."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ending: Mapped[str | None] = mapped_column(String(9))
    raised_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when changes are allowed; None: only looking."""
    raised_reason: Mapped[str | None] = mapped_column(String(REASON_LIMIT))
