"""How near a shop is to the € 10,000 of consumer sales to other EU countries, above which their VAT is due.

The figure is what this shop booked in the calendar year, without VAT. Sales through other channels count for
the law as well and are not known here; the texts say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Select, func, select

from webshop.domain.periods import local_date
from webshop.extensions import clock, db
from webshop.models import RateTotal, Shop

THRESHOLD = Decimal(10_000)
WARNING_SHARE = Decimal("0.8")
BELOW = "EU_B2C_BELOW_THRESHOLD"
COUNTED = (BELOW, "EU_B2C_OSS")
"""The treatments whose sales count: consumers in another member state, sent from the seller's own."""


@dataclass(frozen=True)
class Meter:
    """`level` is green, amber from 80 % on, red above the threshold; a shop that uses OSS may be above it."""

    year: int
    net: Decimal
    is_oss_registered: bool

    @property
    def percentage(self) -> int:
        return max(0, int(self.net * 100 / THRESHOLD))

    @property
    def level(self) -> str:
        if self.is_oss_registered or self.net < THRESHOLD * WARNING_SHARE:
            return "green"
        return "red" if self.net > THRESHOLD else "amber"


def load_meter(shop: Shop) -> Meter:
    """Return the meter of this calendar year; one statement, of aggregated rows."""
    return meter_of(shop, db.session.scalar(select_net(shop.id)))


def meter_of(shop: Shop, net: Decimal | None) -> Meter:
    return Meter(local_date(clock.now()).year, net or Decimal(0), shop.is_oss_registered)


def select_net(shop_id: int) -> Select[Decimal]:
    """Select what counts for the threshold in this calendar year."""
    today = local_date(clock.now())
    return select(func.sum(RateTotal.net)).where(
        RateTotal.shop_id == shop_id,
        RateTotal.day.between(date(today.year, 1, 1), today),
        RateTotal.treatment.in_(COUNTED),
    )
