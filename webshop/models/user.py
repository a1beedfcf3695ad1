"""A person who logs in: a shop's owner, member or accountant, or one of our staff."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Numbered, UtcDateTime


class User(Numbered, Model):
    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(254), unique=True)
    """Normalised: stripped and in lower case."""
    name: Mapped[str] = mapped_column(String(100), default="")
    password_hash: Mapped[str | None] = mapped_column(String(255))
    is_staff: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str] = mapped_column(String(5), default="nl")
    session_number: Mapped[int] = mapped_column(default=1)
    """Part of every session; raising it ends all of them (password changed, logged out everywhere)."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed_totp_secret: Mapped[str | None] = mapped_column(Text)
    is_totp_on: Mapped[bool] = mapped_column(default=False)
    """Whether a second factor is asked for; the secret may stand there before that, while it is being set up."""
    totp_last_step: Mapped[int | None]
    """The time step of the last code that was used: no code works twice."""
    recovery_digests: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Digests of the recovery codes that were not used yet."""
