"""The administration's articles, as far as orders asked for them.

SnelStart refuses a second article with the same code, so making one needs no claim of ours: whoever
comes second is told, and looks it up.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webshop.models.base import Model, Percentage, UtcDateTime


class ArticleLink(Model):
    __tablename__ = "article_links"

    administration_id: Mapped[str] = mapped_column(ForeignKey("administrations.administration_id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(255), primary_key=True)
    article_id: Mapped[str] = mapped_column(String(36))
    revenue_kind: Mapped[str] = mapped_column(String(8))
    """The kind of VAT of the article's revenue group."""
    percentage: Mapped[Decimal | None] = mapped_column(Percentage)
    is_active: Mapped[bool]
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
