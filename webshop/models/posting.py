"""The outbox: that an order shall be, may have been or has been booked, and as what.

The row is written before the call and is unique per (administration, order, purpose): whatever dies
or is repeated, SnelStart is asked at most once without a look-up in between.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Money, RowId, UtcDateTime


class PostingState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    POSTED = "posted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


ELSEWHERE = "elsewhere"
"""The kind of a document that a person made under a number of their own choice."""
JOURNAL_ENTRY = "journal"
"""The kind of a payment's document; the kinds of a sale are those of the shop's setting."""


class Purpose(StrEnum):
    SALE = "sale"
    PAYMENT = "payment"


class Posting(Model):
    __tablename__ = "postings"
    __table_args__ = (
        UniqueConstraint("administration_id", "amazon_order_id", "purpose"),
        Index("ix_postings_shop_id_posted_at", "shop_id", "posted_at", "id"),
        Index("ix_postings_state_lookup_at", "state", "lookup_at"),
        Index("ix_postings_shop_id_external_number", "shop_id", "external_number"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    administration_id: Mapped[str] = mapped_column(ForeignKey("administrations.administration_id"))
    amazon_order_id: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(8))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    """The document type; a plain column, so that switching it never lets an order out twice."""
    state: Mapped[str] = mapped_column(String(8))
    attempt: Mapped[int] = mapped_column(default=0)
    generation: Mapped[int] = mapped_column(default=1)
    """Raised when the owner has the order booked anew, after the document before was deleted."""
    lease_token: Mapped[int] = mapped_column(default=0)
    """The fencing number of the run that holds the claim; an older run no longer writes."""
    payload_hash: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What is or was sent, amounts as text; it names the customer by id only. Empty when we sent nothing."""
    total: Mapped[Decimal] = mapped_column(Money)
    rates: Mapped[list[dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    """The VAT of a sale as it was calculated: [{treatment, country, percentage, net, vat}, …]; it feeds RateTotal."""
    customer_id: Mapped[str | None] = mapped_column(String(36))
    external_id: Mapped[str | None] = mapped_column(String(36))
    external_number: Mapped[str | None] = mapped_column(String(40))
    last_error_code: Mapped[str | None] = mapped_column(String(60))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    posted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lookup_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When an unknown outcome is looked up (next)."""
    lookups: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a bulk reading last saw the document in SnelStart."""
