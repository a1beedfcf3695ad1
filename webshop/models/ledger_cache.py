"""Lists of an administration that change seldom, kept so that no order pays for reading them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, UtcDateTime


class CachedList(StrEnum):
    COMPANY = "company"
    LEDGERS = "ledgers"
    COUNTRIES = "countries"
    VAT_RATES = "vat_rates"
    JOURNALS = "journals"
    COST_CENTRES = "cost_centres"
    FOREIGN_VAT_RATES = "foreign_vat_rates"
    REVENUE_GROUPS = "revenue_groups"
    TEMPLATES = "templates"


class LedgerCache(Model):
    __tablename__ = "ledger_caches"

    administration_id: Mapped[str] = mapped_column(ForeignKey("administrations.administration_id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)
