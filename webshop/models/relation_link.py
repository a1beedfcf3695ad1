"""Which relation in SnelStart belongs to which buyer, without keeping who the buyer is.

RelationLink mirrors the administration: a keyed fingerprint of each e-mail address, the relation's id
and what decides whether it may be used. RelationClaim makes creating a customer happen once: the
intent is stored before the call, and an unanswered call is looked up before it is repeated.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, UtcDateTime


class ClaimState(StrEnum):
    SENDING = "sending"
    UNKNOWN = "unknown"
    CREATED = "created"


class RelationLink(Model):
    __tablename__ = "relation_links"
    __table_args__ = (Index("ix_relation_links_administration_id_fingerprint", "administration_id", "fingerprint"),)

    administration_id: Mapped[str] = mapped_column(ForeignKey("administrations.administration_id"), primary_key=True)
    relation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    country_id: Mapped[str | None] = mapped_column(String(36))
    is_active: Mapped[bool]
    is_customer: Mapped[bool]
    has_vat_number: Mapped[bool]


class RelationClaim(Model):
    __tablename__ = "relation_claims"

    administration_id: Mapped[str] = mapped_column(ForeignKey("administrations.administration_id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    """The fingerprint of the e-mail address, or "collective:NL" for a country's collective debtor."""
    state: Mapped[str] = mapped_column(String(8))
    relation_id: Mapped[str | None] = mapped_column(String(36))
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lookup_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """From when an unanswered create may be looked up and, when it is not there, repeated."""
