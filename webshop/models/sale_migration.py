"""A paid migration: the orders of a period before the shop's start date, booked because its owner asked for it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Money, Numbered, UtcDateTime


class MigrationState(StrEnum):
    COUNTING = "counting"
    QUOTED = "quoted"
    APPROVED = "approved"
    """The owner agreed to the price; it waits for the payment."""
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


UNFINISHED = (
    MigrationState.COUNTING.value,
    MigrationState.QUOTED.value,
    MigrationState.APPROVED.value,
    MigrationState.RUNNING.value,
    MigrationState.PAUSED.value,
)
IS_UNFINISHED = text(f"state IN ({', '.join(repr(state) for state in UNFINISHED)})")


class SaleMigration(Numbered, Model):
    __tablename__ = "sale_migrations"
    __table_args__ = (
        # A second one would ask Amazon for the same orders and could be paid twice.
        Index(
            "uq_sale_migrations_shop_id_unfinished",
            "shop_id",
            unique=True,
            sqlite_where=IS_UNFINISHED,
            postgresql_where=IS_UNFINISHED,
        ),
        Index("ix_sale_migrations_shop_id_created_at", "shop_id", "created_at"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    requested_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    seller_id: Mapped[str] = mapped_column(String(64))
    marketplace_id: Mapped[str] = mapped_column(String(20))
    """Whose orders were counted and paid for; nobody else's are brought in."""
    from_on: Mapped[date]
    until_on: Mapped[date]
    """Both days belong to the period, in Europe/Amsterdam; it ends before the shop's start date."""
    state: Mapped[str] = mapped_column(String(9), default=MigrationState.COUNTING.value)

    counted: Mapped[int] = mapped_column(default=0)
    """How many orders there are at Amazon, as far as they were counted; what the price is for."""
    units: Mapped[int] = mapped_column(default=0)
    price: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    """What the owner was shown, without VAT."""
    checkout_id: Mapped[str | None] = mapped_column(String(36))
    """Public id of the latest checkout for it."""

    position: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Where the search at Amazon goes on (services/migration_search.py); None: there is nothing left."""
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the next page may be asked for, or what a cancelled one left is tidied; None: nothing is to be done."""
    crashes: Mapped[int] = mapped_column(default=0)
    """How often our own code tripped over a page; it pauses by itself after a few times."""
    error_code: Mapped[str | None] = mapped_column(String(60))

    found: Mapped[int] = mapped_column(default=0)
    posted: Mapped[int] = mapped_column(default=0)
    already: Mapped[int] = mapped_column(default=0)
    """Of the orders found: those that were booked before, by us, by another connector or by a person."""
    skipped: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0)

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    quoted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
