"""The tenant: one Amazon seller, one marketplace, one SnelStart administration, one licence key."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Numbered, UtcDateTime


class PostingKind(StrEnum):
    SALES_ENTRY = "sales_entry"
    SALES_ORDER = "sales_order"


class VatSource(StrEnum):
    CALCULATED = "calculated"
    AMAZON = "amazon"


class BookingDate(StrEnum):
    ORDER = "order"
    SHIP = "ship"


class Shop(Numbered, Model):
    """A shop with its settings; what changes every hour stands in Schedule instead."""

    __tablename__ = "shops"
    # Our staff's list: the newest first, page by page.
    __table_args__ = (Index("ix_shops_created_at", "created_at", "id"),)

    licence_key: Mapped[str] = mapped_column(String(29), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    marketplace_id: Mapped[str] = mapped_column(String(20))
    statuses: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["SHIPPED"])
    posting_kind: Mapped[str] = mapped_column(String(12), default=PostingKind.SALES_ENTRY.value)
    is_posting_automatic: Mapped[bool] = mapped_column(default=False)
    start_on: Mapped[date | None]
    """Orders before this day (Europe/Amsterdam) are never posted; set when posting is switched on."""
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    dispatch_country: Mapped[str] = mapped_column(String(2), default="NL")
    fba_dispatch_country: Mapped[str | None] = mapped_column(String(2))
    is_oss_registered: Mapped[bool] = mapped_column(default=False)
    vat_source: Mapped[str] = mapped_column(String(12), default=VatSource.CALCULATED.value)
    is_vcs_active: Mapped[bool] = mapped_column(default=False)
    booking_date: Mapped[str] = mapped_column(String(5), default=BookingDate.ORDER.value)
    """The day a sale is booked on, and with it the VAT return it is in: of the order, or of the shipment."""
    is_line_per_item: Mapped[bool] = mapped_column(default=False)
    is_collective_debtor_used: Mapped[bool] = mapped_column(default=True)

    may_post_orders: Mapped[bool] = mapped_column(default=False)
    """Contract: whether the shop may choose sales orders (bestellingen)."""
    may_post_payments: Mapped[bool] = mapped_column(default=False)
    """Contract: whether payments may be booked through."""
    price_model: Mapped[str] = mapped_column(String(9), default="EXCLUSIVE")
    template_id: Mapped[str | None] = mapped_column(String(36))
    order_cost_centre_id: Mapped[str | None] = mapped_column(String(36))
    revenue_groups: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """The revenue group of new articles, by the kind of VAT; a kind that is absent has its default."""
    has_sku_rates: Mapped[bool] = mapped_column(default=False)
    """Whether there are rates per product at all, so that a page need not ask."""
    are_payments_posted: Mapped[bool] = mapped_column(default=False)
    journal_id: Mapped[str | None] = mapped_column(String(36))
    clearing_ledger_id: Mapped[str | None] = mapped_column(String(36))

    kvk_number: Mapped[str] = mapped_column(String(8), default="")
    vat_number: Mapped[str] = mapped_column(String(14), default="")
    billing_name: Mapped[str] = mapped_column(String(100), default="")
    """The company on our invoices; empty: the name of the shop."""
    billing_address: Mapped[str] = mapped_column(String(100), default="")
    billing_postal_code: Mapped[str] = mapped_column(String(12), default="")
    billing_city: Mapped[str] = mapped_column(String(60), default="")
    billing_country: Mapped[str] = mapped_column(String(2), default="NL")
    extra_email: Mapped[str] = mapped_column(String(254), default="")
    """Gets every mail about the shop as well."""
    is_fba_used: Mapped[bool | None]
    """None: the owner has not said yet whether Amazon keeps stock for the shop."""
    is_support_allowed: Mapped[bool] = mapped_column(default=True)
    """Whether our staff may look at the shop as its owner sees it."""
    is_digest_wanted: Mapped[bool] = mapped_column(default=True)
    vat_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When somebody said that the VAT table is right; None: nobody has looked at it yet."""
    setup_finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    has_gaps: Mapped[bool] = mapped_column(default=False)
    """Whether there ever was a time without a subscription, so that a page need not ask."""
    active_until: Mapped[date | None]
    """The last day of the trial or the subscription; afterwards nothing is fetched or posted. None: no end."""
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the owner deleted the shop: nobody sees it any more, nothing is done for it."""
