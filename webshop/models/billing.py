"""What a shop buys from us: a checkout at the payment service, and the invoice for it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Money, Numbered, UtcDateTime


class Product(StrEnum):
    """What has a price (services/prices.py)."""

    SUBSCRIPTION = "subscription"
    INSTALLATION = "installation"
    MIGRATION = "migration"


class CheckoutState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    """Paid, but for what was paid already: without effect or invoice, to be paid back."""


class Checkout(Numbered, Model):
    """One attempt to buy one product. Its amounts are fixed when it is made; the payment must be exactly that."""

    __tablename__ = "checkouts"
    __table_args__ = (
        Index("ix_checkouts_shop_id_created_at", "shop_id", "created_at"),
        Index("ix_checkouts_state_created_at", "state", "created_at"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who asked for it; None for an offer that was mailed."""
    product: Mapped[str] = mapped_column(String(12))
    units: Mapped[int] = mapped_column(default=1)
    subject_id: Mapped[str | None] = mapped_column(String(36))
    """Public id of what is bought: a service request, a migration; None for a subscription."""
    net: Mapped[Decimal] = mapped_column(Money)
    vat: Mapped[Decimal] = mapped_column(Money)
    total: Mapped[Decimal] = mapped_column(Money)
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    state: Mapped[str] = mapped_column(String(9), default=CheckoutState.OPEN.value)
    payment_id: Mapped[str | None] = mapped_column(String(40), unique=True)
    """Of the payment service (tr_…); None until a payment was made there."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class VatTreatment(StrEnum):
    """How our own invoice is taxed."""

    DOMESTIC = "domestic"
    REVERSE_CHARGE = "reverse_charge"
    OUTSIDE_EU = "outside_eu"


class Invoice(Numbered, Model):
    """Our invoice to a shop, as it was issued: nothing of it changes when the shop's details do."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("year", "sequence"),
        UniqueConstraint("checkout_id"),
        UniqueConstraint("credits_id"),
        Index("ix_invoices_shop_id_issued_on", "shop_id", "issued_on"),
    )

    year: Mapped[int]
    sequence: Mapped[int]
    """Without gaps within the year."""
    number: Mapped[str] = mapped_column(String(16), unique=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    checkout_id: Mapped[int | None] = mapped_column(ForeignKey("checkouts.id"))
    """None for a credit invoice."""
    credits_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    """The invoice that this one takes back."""
    issued_on: Mapped[date]
    locale: Mapped[str] = mapped_column(String(5), default="nl")
    seller: Mapped[dict[str, str]] = mapped_column(JSON)
    customer: Mapped[dict[str, str]] = mapped_column(JSON)
    """Name, address and numbers of both on that day."""
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """[{"product": …, "units": 1, "price": "149.00", "net": "149.00", …}]: amounts as text."""
    vat_treatment: Mapped[str] = mapped_column(String(14))
    vat_percentage: Mapped[str] = mapped_column(String(6))
    net: Mapped[Decimal] = mapped_column(Money)
    vat: Mapped[Decimal] = mapped_column(Money)
    total: Mapped[Decimal] = mapped_column(Money)
    reason: Mapped[str] = mapped_column(String(200), default="")
    """Why a credit invoice was made."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InvoiceCounter(Model):
    """The last number of a year; its row is the lock under which the next one is taken."""

    __tablename__ = "invoice_counters"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(default=0)
