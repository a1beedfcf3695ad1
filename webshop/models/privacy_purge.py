"""How much was removed because its time was over: counts only, written in the transaction that removes."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model

NO_SHOP = 0
"""Stands in the place of a shop for what belongs to none."""


class PrivacyPurge(Model):
    __tablename__ = "privacy_purges"
    __table_args__ = (Index("ix_privacy_purges_shop_id_day", "shop_id", "day"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Not a foreign key, because of NO_SHOP."""
    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(default=0)
