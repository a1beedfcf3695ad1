"""An order of a shop's marketplace, as far as the product needs to know it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, Computed, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Money, Numbered, UtcDateTime


class OrderState(StrEnum):
    """What the dashboard shows; every order is in exactly one of these."""

    OPEN = "open"
    POSTED = "posted"
    ERROR = "error"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class _FirstIssueCode(ColumnElement[str]):
    """The code of the first issue; each database reads JSON in its own words."""

    inherit_cache = True


@compiles(_FirstIssueCode, "postgresql")
def _first_code_on_postgresql(_element: _FirstIssueCode, _compiler: Any, **_options: Any) -> str:
    return "COALESCE(((issues -> 0) ->> 'code'::text), ''::text)"


@compiles(_FirstIssueCode, "sqlite")
def _first_code_on_sqlite(_element: _FirstIssueCode, _compiler: Any, **_options: Any) -> str:
    return "COALESCE(json_extract(issues, '$[0].code'), '')"


WAS_CANCELLED = text("cancelled_after_posting_at IS NOT NULL")
HAS_CHANGED = text("amazon_total <> total")
IS_MIGRATED = text("sale_migration_id IS NOT NULL")
IS_ERROR = text("state = 'error'")
HAS_SEALED = text("sealed_email IS NOT NULL OR sealed_address IS NOT NULL OR sealed_vat_number IS NOT NULL")
HAS_CONTENT = text("content_purged_at IS NULL")


class Order(Numbered, Model):
    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("shop_id", "amazon_order_id"),
        # Lists: newest first within a state, page by page on (purchased_at, id).
        Index("ix_orders_shop_id_state_purchased_at", "shop_id", "state", "purchased_at", "id"),
        # The same over all states: what was sold on a day.
        Index("ix_orders_shop_id_purchased_at", "shop_id", "purchased_at", "id"),
        # Causes and how often each occurs, without looking at an order.
        Index("ix_orders_shop_id_state_issue_code", "shop_id", "state", "issue_code", "purchased_at", "id"),
        # What a person should look at although it is booked; there are few.
        Index(
            "ix_orders_cancelled_after_posting",
            "shop_id",
            "purchased_at",
            "id",
            sqlite_where=WAS_CANCELLED,
            postgresql_where=WAS_CANCELLED,
        ),
        Index(
            "ix_orders_changed_at_amazon",
            "shop_id",
            "purchased_at",
            "id",
            sqlite_where=HAS_CHANGED,
            postgresql_where=HAS_CHANGED,
        ),
        # What a migration brought in, by what became of it.
        Index(
            "ix_orders_sale_migration_id_state",
            "sale_migration_id",
            "state",
            "purchased_at",
            "id",
            sqlite_where=IS_MIGRATED,
            postgresql_where=IS_MIGRATED,
        ),
        Index("ix_orders_shop_id_due_at", "shop_id", "due_at"),
        # Our staff is given a number and looks for the shop.
        Index("ix_orders_amazon_order_id", "amazon_order_id"),
        # Causes over all shops, of what is new.
        Index(
            "ix_orders_recent_errors",
            "first_seen_at",
            "issue_code",
            "shop_id",
            sqlite_where=IS_ERROR,
            postgresql_where=IS_ERROR,
        ),
        # What retention still has to remove; what it removed is in neither.
        Index("ix_orders_sealed", "shop_id", "purge_on", "id", sqlite_where=HAS_SEALED, postgresql_where=HAS_SEALED),
        Index(
            "ix_orders_with_content",
            "shop_id",
            "purchased_at",
            "id",
            sqlite_where=HAS_CONTENT,
            postgresql_where=HAS_CONTENT,
        ),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    amazon_order_id: Mapped[str] = mapped_column(String(40))
    marketplace_id: Mapped[str] = mapped_column(String(20))
    sale_migration_id: Mapped[int | None] = mapped_column(ForeignKey("sale_migrations.id"))
    """The paid migration because of which it is booked although it is of before the start date."""
    purchased_at: Mapped[datetime] = mapped_column(UtcDateTime)
    booked_on: Mapped[date]
    """The day of purchase in Europe/Amsterdam: the day of the daily totals, whatever the shop's booking date."""
    last_updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    amazon_status: Mapped[str] = mapped_column(String(24))
    fulfilled_by: Mapped[str] = mapped_column(String(12))
    country: Mapped[str | None] = mapped_column(String(2))
    currency: Mapped[str | None] = mapped_column(String(3))
    total: Mapped[Decimal | None] = mapped_column(Money)
    """What the order brings in; None while Amazon gives no amounts. Once it was sent: what was sent."""
    amazon_total: Mapped[Decimal | None] = mapped_column(Money)
    """What Amazon says at this moment, also after it was sent."""

    state: Mapped[str] = mapped_column(String(8), default=OrderState.OPEN.value)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the order is worked on next; None when it waits for Amazon or for a person."""
    treatment: Mapped[str | None] = mapped_column(String(48))
    issues: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """Reasons and remarks: [{"code": …, "facts": {…}}, …]."""
    issue_code: Mapped[str] = mapped_column(String(48), Computed(_FirstIssueCode()), nullable=True)
    """The code of the first of them, "" without any: made by the database itself, so that it is always true."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How often work on the order was started and not finished; a poison order is parked by it."""

    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The order in neutral form, without buyer data (clients/amazon/parsing.py)."""
    sealed_email: Mapped[str | None] = mapped_column(Text)
    sealed_address: Mapped[str | None] = mapped_column(Text)
    """Postal code and place, as JSON."""
    sealed_vat_number: Mapped[str | None] = mapped_column(Text)
    """The buyer's VAT number, given by Amazon or by a person; SnelStart gets it, we do not keep it."""
    vat_number_check: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What a check of that number gave, masked: country, status, masked, checked_on."""
    purge_on: Mapped[date]
    """The day from which the sealed columns must be empty: 30 days after delivery."""
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When Amazon last told about the order, or was last asked about it by its number."""
    skipped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a person decided that it is not booked; news from Amazon does not change that."""
    cancelled_after_posting_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content_purged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the order's lines and texts were removed, 18 months on; what keeps it from being booked twice stays."""
