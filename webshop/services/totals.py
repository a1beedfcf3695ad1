"""Keep the daily totals true in the same commit as the orders they count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, case, delete, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from webshop.extensions import db
from webshop.models import AT_AMAZON, DailyTotal, Order
from webshop.models.base import table_of


def _add_with(dialect: Any) -> Any:
    """Build the statement that adds to a day's totals, or starts them."""
    statement = dialect.insert(_totals)
    added = {name: _totals.c[name] + statement.excluded[name] for name in ("orders", "total")}
    return statement.on_conflict_do_update(index_elements=["shop_id", "day", "state"], set_=added)


_totals = table_of(DailyTotal)
_ADD = {"sqlite": _add_with(sqlite), "postgresql": _add_with(postgresql)}


@dataclass(frozen=True)
class Entry:
    """One order as the totals count it."""

    day: date
    state: str
    total: Decimal


class Changes:
    """Collect what a transaction changes, then write it in one statement."""

    def __init__(self, shop_id: int) -> None:
        self._shop_id = shop_id
        self._deltas: dict[tuple[date, str], tuple[int, Decimal]] = {}

    def add(self, entry: Entry) -> None:
        self._count(entry, 1)

    def remove(self, entry: Entry) -> None:
        self._count(entry, -1)

    def _count(self, entry: Entry, sign: int) -> None:
        orders, total = self._deltas.get((entry.day, entry.state), (0, Decimal(0)))
        self._deltas[entry.day, entry.state] = (orders + sign, total + sign * entry.total)

    def write(self, connection: Connection | None = None) -> None:
        """Add up in the caller's transaction: that of `connection`, else the session's."""
        rows = [
            {"shop_id": self._shop_id, "day": day, "state": state, "orders": orders, "total": total}
            for (day, state), (orders, total) in sorted(self._deltas.items())
            if orders or total
        ]
        if not rows:
            return
        connection = connection or db.session.connection()
        connection.execute(_ADD[connection.dialect.name], rows)
        self._deltas.clear()


def counted(order: Order) -> Entry:
    return Entry(order.booked_on, order.state, order.total or Decimal(0))


def sums_per_state(shop_id: int) -> dict[str, tuple[int, Decimal]]:
    """Return the number and the sum of the shop's orders for each dashboard state."""
    rows = db.session.execute(
        select(DailyTotal.state, func.sum(DailyTotal.orders), func.sum(DailyTotal.total))
        .where(DailyTotal.shop_id == shop_id, DailyTotal.state != AT_AMAZON)
        .group_by(DailyTotal.state)
    )
    return {state: (int(orders), total or Decimal(0)) for state, orders, total in rows}


def select_per_day(shop_id: int, first: date) -> Select[date | None, str, int, Decimal]:
    """Select number and sum per state for each day from the first on; under NULL for all days before it."""
    day = case((DailyTotal.day >= first, DailyTotal.day), else_=None)
    return (
        select(day, DailyTotal.state, func.sum(DailyTotal.orders), func.sum(DailyTotal.total))
        .where(DailyTotal.shop_id == shop_id, DailyTotal.state != AT_AMAZON)
        .group_by(day, DailyTotal.state)
    )


def rebuild(shop_id: int) -> None:
    """Count the shop's orders again; for the operator, when the totals are in doubt."""
    db.session.execute(delete(DailyTotal).where(DailyTotal.shop_id == shop_id))
    by_state = select(Order.booked_on, Order.state, func.count(), func.coalesce(func.sum(Order.total), 0))
    at_amazon = select(
        Order.booked_on, literal(AT_AMAZON), func.count(), func.coalesce(func.sum(Order.amazon_total), 0)
    )
    for counting, groups in ((by_state, (Order.booked_on, Order.state)), (at_amazon, (Order.booked_on,))):
        rows = db.session.execute(counting.where(Order.shop_id == shop_id).group_by(*groups))
        for day, state, orders, total in rows.all():
            db.session.add(DailyTotal(shop_id=shop_id, day=day, state=state, orders=orders, total=total))
