"""Links that are mailed: to install, to set a password anew, to join a shop, to confirm an address.

Only a digest of the token is kept; the link works once and for a while.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, RowId, UtcDateTime


class LinkPurpose(StrEnum):
    INSTALL = "install"
    RESET = "reset"
    INVITE = "invite"
    EMAIL = "email"


class AccountLink(Model):
    __tablename__ = "account_links"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(8))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token; the token itself only stands in the mail."""
    email: Mapped[str] = mapped_column(String(254), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shops.id"))
    role: Mapped[str | None] = mapped_column(String(12))
    """For an invitation: what the guest will be."""
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
