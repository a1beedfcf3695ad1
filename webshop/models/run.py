"""When a shop is due, who works on it, and what came out of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Numbered, UtcDateTime


class RunKind(StrEnum):
    HOURLY = "hourly"
    MANUAL = "manual"
    NIGHTLY = "nightly"


class RunState(StrEnum):
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Schedule(Model):
    """The part of a shop that changes with every run: due time, lease and watermark."""

    __tablename__ = "schedules"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    """When anything is to be done for the shop: its next slot, a look-up or an order that waited."""
    slot_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the next fetch is due; counted from start to start, so that it does not creep."""
    night_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the nightly check is due; None: as soon as it is night."""
    watermark_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Until when Amazon's changes are stored; moves in the same commit as the orders."""
    page_token: Mapped[str | None] = mapped_column(Text)
    """Where a fetch that was cut off goes on; Amazon honours it for 24 hours."""
    page_token_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    page_after_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The lower bound of the search that was cut off; the token is only good for the same one."""
    page_watermark_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The watermark its first page gave; it counts when the last page is stored."""
    trial_order_id: Mapped[int | None] = mapped_column(BigInteger)
    """The one order that a person asked to be posted while posting is not automatic; empty after the attempt."""
    lease_token: Mapped[int] = mapped_column(default=0)
    """Counts the leases ever given; a run that holds an older number writes nothing any more."""
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviews_asked: Mapped[int] = mapped_column(default=0)
    """Counts the changes after which held orders may pass; each asks for a review of all of them."""
    review_number: Mapped[int] = mapped_column(default=0)
    """Up to which change the review has come, or is coming when there is a position."""
    review_position: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Behind which held order the review goes on; None when it is done."""


class Run(Numbered, Model):
    """One execution for one shop; only one is alive at a time."""

    __tablename__ = "runs"
    __table_args__ = (
        Index(
            "uq_runs_shop_id_alive",
            "shop_id",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
        Index("ix_runs_shop_id_started_at", "shop_id", "started_at", "id"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    lease_token: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fetched: Mapped[int] = mapped_column(default=0)
    posted: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str | None] = mapped_column(String(60))


class Heartbeat(Model):
    """The last sign of life of a process, readable when Redis is not."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
