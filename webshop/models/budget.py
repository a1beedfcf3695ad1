"""How many calls a remote still allows: shared by all workers, and it survives them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, UtcDateTime


class Budget(Model):
    """One limit of one account, such as searchOrders of one seller."""

    __tablename__ = "budgets"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What the kind of limit needs to know; services/budgets.py writes and reads it."""
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    """Set when the remote itself said "too many", in spite of the budget."""
