"""Aansluiting: what Amazon says was sold against what became of it, and the booked VAT of a quarter.

Everything comes from sums that are kept per day; no order is counted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from webshop.extensions import db
from webshop.models import AT_AMAZON, DailyTotal, OrderState, RateTotal

STATES = tuple(
    state.value
    for state in (OrderState.POSTED, OrderState.OPEN, OrderState.ERROR, OrderState.UNKNOWN, OrderState.SKIPPED)
)
Sums = dict[str, tuple[int, Decimal]]
_NOTHING = (0, Decimal(0))


@dataclass(frozen=True)
class TieOut:
    """The orders of one day or month: at Amazon, and per dashboard state."""

    from_on: date
    until_on: date
    sums: Sums

    def orders(self, state: str) -> int:
        return self.sums.get(state, _NOTHING)[0]

    def total(self, state: str) -> Decimal:
        return self.sums.get(state, _NOTHING)[1]

    @property
    def missing_orders(self) -> int:
        """Orders that Amazon has and no state counts: must be 0."""
        return self.orders(AT_AMAZON) - sum(self.orders(state) for state in STATES)

    @property
    def difference(self) -> Decimal:
        """What Amazon says now minus the sum over all states: 0.00, unless an amount changed after it was booked."""
        return self.total(AT_AMAZON) - sum((self.total(state) for state in STATES), Decimal(0))

    @property
    def is_right(self) -> bool:
        return not self.missing_orders and not self.difference


@dataclass(frozen=True)
class RateLine:
    """What was booked in a quarter for one country and rate."""

    treatment: str
    country: str
    percentage: Decimal
    orders: int
    net: Decimal
    vat: Decimal


@dataclass(frozen=True)
class Reconciliation:
    months: Sequence[TieOut]
    days: Sequence[TieOut]
    """The days of the month that was asked for."""
    whole: TieOut
    """The year."""


def load_reconciliation(shop_id: int, month: date) -> Reconciliation:
    """Return the months of the year of `month`, newest first, and the days of that month."""
    year = (date(month.year, 1, 1), date(month.year, 12, 31))
    rows = db.session.execute(
        select(DailyTotal.day, DailyTotal.state, DailyTotal.orders, DailyTotal.total).where(
            DailyTotal.shop_id == shop_id, DailyTotal.day.between(*year)
        )
    )
    by_day: dict[date, Sums] = {}
    for day, state, orders, total in rows:
        by_day.setdefault(day, {})[state] = (orders, total)
    days = [TieOut(day, day, sums) for day, sums in sorted(by_day.items(), reverse=True) if _is_any(sums)]
    months: dict[date, list[TieOut]] = {}
    for tie_out in days:
        months.setdefault(tie_out.from_on.replace(day=1), []).append(tie_out)
    return Reconciliation(
        months=[_together(first, last_day(first), parts) for first, parts in months.items()],
        days=months.get(month.replace(day=1), []),
        whole=_together(*year, days),
    )


def load_rates(shop_id: int, quarter: tuple[date, date]) -> Sequence[RateLine]:
    """Return what was booked between two days per treatment, country and rate."""
    rows = db.session.execute(
        select(
            RateTotal.treatment,
            RateTotal.country,
            RateTotal.percentage,
            func.sum(RateTotal.orders).label("orders"),
            func.sum(RateTotal.net).label("net"),
            func.sum(RateTotal.vat).label("vat"),
        )
        .where(RateTotal.shop_id == shop_id, RateTotal.day.between(*quarter))
        .group_by(RateTotal.treatment, RateTotal.country, RateTotal.percentage)
    )
    lines = [RateLine(row.treatment, row.country, row.percentage, int(row.orders), row.net, row.vat) for row in rows]
    return sorted(lines, key=lambda line: (line.treatment, line.country, -line.percentage))


def quarter_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the quarter in which a day lies."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return first, last_day(first.replace(month=first.month + 2))


def last_day(of: date) -> date:
    """Return the last day of the month in which a day lies."""
    return (of.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _is_any(sums: Sums) -> bool:
    return any(orders or total for orders, total in sums.values())


def _together(from_on: date, until_on: date, parts: Iterable[TieOut]) -> TieOut:
    sums: Sums = {}
    for part in parts:
        for state, (orders, total) in part.sums.items():
            before = sums.get(state, _NOTHING)
            sums[state] = (before[0] + orders, before[1] + total)
    return TieOut(from_on, until_on, sums)
