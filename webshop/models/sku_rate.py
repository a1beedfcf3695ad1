"""The VAT percentage of a product, where the country alone does not say it."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Percentage


class SkuRate(Model):
    __tablename__ = "sku_rates"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), primary_key=True)
    sku: Mapped[str] = mapped_column(String(100), primary_key=True)
    country: Mapped[str] = mapped_column(String(2), primary_key=True, default="")
    """The country whose VAT is due; empty: every country."""
    percentage: Mapped[Decimal] = mapped_column(Percentage)
