"""A shop's access to a remote, and what is known of the administration behind it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, RowId, UtcDateTime


class Remote(StrEnum):
    AMAZON = "amazon"
    SNELSTART = "snelstart"


class ConnectionState(StrEnum):
    ACTIVE = "active"
    NEEDS_RECONNECT = "needs_reconnect"
    DISABLED = "disabled"


class Connection(Model):
    """Credentials and state for one remote; the secrets are sealed and bound to this row's shop."""

    __tablename__ = "connections"
    __table_args__ = (UniqueConstraint("shop_id", "remote"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    remote: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(16), default=ConnectionState.ACTIVE.value)
    account_id: Mapped[str] = mapped_column(String(64), index=True)
    """Amazon's seller id, or the identifier of the SnelStart administration."""
    account_name: Mapped[str] = mapped_column(String(200), default="")
    sealed_secret: Mapped[str | None] = mapped_column(Text)
    """Amazon's refresh token, or the SnelStart key."""
    sealed_access_token: Mapped[str | None] = mapped_column(Text)
    access_token_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    renewing_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Set while one process fetches a new access token, so that the others wait for that one."""
    connected_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error_code: Mapped[str | None] = mapped_column(String(60))
    last_error_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Administration(Model):
    """A SnelStart administration, shared by every shop that books in it."""

    __tablename__ = "administrations"

    administration_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    sealed_fingerprint_key: Mapped[str] = mapped_column(Text)
    """Keys the fingerprints of e-mail addresses; its own, so that rotating encryption keys leaves them."""
    relations_watermark_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Until when the index of relations has read the administration's changes, by SnelStart's own times."""
    relations_position: Mapped[int] = mapped_column(default=0)
    """How many relations a reading that is not complete has read; 0 when none is under way."""
    relations_since_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """From when on that reading reads changes; None when it reads everything."""
    relations_started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When that reading began."""
    relations_latest_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The latest change that reading has seen."""
