"""Number and sum of a shop's orders per day and state.

Updated in the same commit as the orders, so that counters and tie-out never count the orders themselves.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Money

AT_AMAZON = "amazon"
"""Stands in the place of a state for what Amazon itself says of the day; the states must add up to it."""


UNFINISHED = text("orders > 0 AND state IN ('error', 'open', 'unknown')")
"""As literal text wherever it is asked for: only so SQLite sees that the index fits."""


class DailyTotal(Model):
    __tablename__ = "daily_totals"
    # Which shops have unfinished orders, and how many there are over all shops: few days of few shops.
    __table_args__ = (
        Index(
            "ix_daily_totals_unfinished",
            "state",
            "shop_id",
            "orders",
            sqlite_where=UNFINISHED,
            postgresql_where=UNFINISHED,
        ),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(8), primary_key=True)
    orders: Mapped[int] = mapped_column(default=0)
    total: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    """Sum of the orders' totals in the shop's currency; orders without an amount count as 0."""
