"""What is known of an administration's documents as a whole: how far they were read, and after a restore.

Look-ups by number settle single orders; reading everything that changed finds what no look-up asks for.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Money, UtcDateTime


class RecoveryEpoch(Model):
    """The database was restored from a backup: what was booked in between is looked for before anything is made."""

    __tablename__ = "recovery_epochs"

    administration_id: Mapped[str] = mapped_column(ForeignKey("administrations.administration_id"), primary_key=True)
    backup_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the backup was made; None when nobody knows, and then everything is read."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Orders placed before this are looked up before they are made, also after the epoch."""
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None: the documents are not all read yet, and nothing is made in the administration."""


class DocumentReading(Model):
    """How far the sales documents of an administration were read in bulk."""

    __tablename__ = "document_readings"

    administration_id: Mapped[str] = mapped_column(ForeignKey("administrations.administration_id"), primary_key=True)
    reach_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Every document that changed between this moment and `until_at` was read."""
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the reading began that is not complete; None when there is none. The rest is where it stands."""
    since_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    kind: Mapped[str | None] = mapped_column(String(12))
    skip: Mapped[int] = mapped_column(default=0)


class FoundDocument(Model):
    """A document under an Amazon order's number that no posting of ours accounts for.

    The order is not there (any more), or the document differs from it. Either way it is looked at
    before the order is booked.
    """

    __tablename__ = "found_documents"

    administration_id: Mapped[str] = mapped_column(ForeignKey("administrations.administration_id"), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    amazon_order_id: Mapped[str] = mapped_column(String(40), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    number: Mapped[str] = mapped_column(String(40))
    total: Mapped[Decimal | None] = mapped_column(Money)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
