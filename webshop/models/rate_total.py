"""Turnover and VAT that was booked, per day, country and rate: what the VAT, OSS and ICP returns ask.

Updated in the commit in which a sale is known to stand in SnelStart.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Money, Percentage


class RateTotal(Model):
    __tablename__ = "rate_totals"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    treatment: Mapped[str] = mapped_column(String(48), primary_key=True)
    country: Mapped[str] = mapped_column(String(8), primary_key=True)
    percentage: Mapped[Decimal] = mapped_column(Percentage, primary_key=True)
    orders: Mapped[int] = mapped_column(default=0)
    net: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    vat: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
