"""A connection that is being made: between leaving for Amazon, or pasting a key, and the user's last word.

What opens an account waits here, sealed, for minutes; never in a page, an address or the session's cookie.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, RowId, UtcDateTime


class PendingConnection(Model):
    __tablename__ = "pending_connections"
    __table_args__ = (Index("ix_pending_connections_shop_id_user_id", "shop_id", "user_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    remote: Mapped[str] = mapped_column(String(12))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    """Digest of a random token together with the session it was given to; no other session can use it."""
    account_id: Mapped[str] = mapped_column(String(64), default="")
    """The seller or administration that was found, or that is expected to come back; "" while unknown."""
    account_name: Mapped[str] = mapped_column(String(200), default="")
    sealed_secret: Mapped[str | None] = mapped_column(Text)
    """The key or refresh token that waits for the user's confirmation."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
