"""What an owner agreed to: the terms, the data processing agreement, and staff who may install."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, RowId, UtcDateTime


class AgreementDocument(StrEnum):
    TERMS = "terms"
    PROCESSING = "processing"


class Agreement(Model):
    __tablename__ = "agreements"
    __table_args__ = (UniqueConstraint("shop_id", "document", "version"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    document: Mapped[str] = mapped_column(String(12))
    version: Mapped[str] = mapped_column(String(10))
    accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InstallerGrant(Model):
    """Lets staff into the setup steps of a shop for a while; the owner gives it and can take it back."""

    __tablename__ = "installer_grants"
    __table_args__ = (Index("ix_installer_grants_shop_id_expires_at", "shop_id", "expires_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    granted_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
