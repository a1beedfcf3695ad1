"""Warn before the VAT return: orders of the quarter that are not booked are missing in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from webshop.domain.periods import local_date
from webshop.extensions import clock, db
from webshop.models import DailyTotal, OrderState

BEFORE = timedelta(days=14)
AFTER = timedelta(days=30)
SumsPerDay = Mapping[date | None, Mapping[str, tuple[int, Decimal]]]
HELD = (OrderState.OPEN.value, OrderState.ERROR.value, OrderState.UNKNOWN.value)


@dataclass(frozen=True)
class Quarter:
    first: date
    last: date

    @property
    def number(self) -> int:
        return (self.first.month + 2) // 3


@dataclass(frozen=True)
class QuarterWarning:
    """What of a quarter is not booked; `is_over` when the quarter has ended and its return is due."""

    quarter: Quarter
    orders: int
    total: Decimal
    is_over: bool


def quarter_at_stake(today: date) -> Quarter | None:
    """Return the quarter whose return is near: it ends within two weeks, or ended within the last thirty days."""
    current = _quarter_of(today)
    if today > current.last - BEFORE:
        return current
    previous = _quarter_of(current.first - timedelta(days=1))
    return previous if today <= previous.last + AFTER else None


def _quarter_of(day: date) -> Quarter:
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    following = date(first.year + first.month // 10, (first.month + 3 - 1) % 12 + 1, 1)
    return Quarter(first, following - timedelta(days=1))


def quarter_warning(shop_id: int) -> QuarterWarning | None:
    """Return what is missing in the return that is near; None when nothing is, or none is near."""
    quarter = quarter_at_stake(local_date(clock.now()))
    if quarter is None:
        return None
    orders, total = db.session.execute(
        select(func.sum(DailyTotal.orders), func.sum(DailyTotal.total)).where(
            DailyTotal.shop_id == shop_id,
            DailyTotal.day.between(quarter.first, quarter.last),
            DailyTotal.state.in_(HELD),
        )
    ).one()
    return _warning(quarter, int(orders or 0), total or Decimal(0))


def warning_in(days: SumsPerDay) -> QuarterWarning | None:
    """Return the same from sums that are at hand, of all days of the quarter that is at stake."""
    quarter = quarter_at_stake(local_date(clock.now()))
    if quarter is None:
        return None
    held = [
        states[state]
        for day, states in days.items()
        if day is not None and quarter.first <= day <= quarter.last
        for state in HELD
        if state in states
    ]
    return _warning(quarter, sum(orders for orders, _ in held), sum((total for _, total in held), Decimal(0)))


def _warning(quarter: Quarter, orders: int, total: Decimal) -> QuarterWarning | None:
    is_over = local_date(clock.now()) > quarter.last
    return QuarterWarning(quarter, orders, total, is_over) if orders else None
