"""Add up what was booked per day, country and rate, in the commit in which a sale is known to be booked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from webshop.domain.booking import Translation
from webshop.extensions import db
from webshop.models import Order, Posting, PostingState, Purpose, RateTotal
from webshop.models.base import table_of

BATCH = 5000
_totals, _orders, _postings = table_of(RateTotal), table_of(Order), table_of(Posting)
_KEY = ("shop_id", "day", "treatment", "country", "percentage")
_SUMS = ("orders", "net", "vat")


def _add_with(dialect: Any) -> Any:
    statement = dialect.insert(_totals)
    added = {name: _totals.c[name] + statement.excluded[name] for name in _SUMS}
    return statement.on_conflict_do_update(index_elements=_KEY, set_=added)


_ADD = {"sqlite": _add_with(sqlite), "postgresql": _add_with(postgresql)}
_BOOKED = (
    select(_postings.c.shop_id, _postings.c.rates, _orders.c.booked_on)
    .join(_orders, _orders.c.id == _postings.c.order_id)
    .where(_postings.c.id == bindparam("of_posting"), _postings.c.purpose == Purpose.SALE.value)
)


def rates_of(translation: Translation) -> list[dict[str, str]]:
    """Return the VAT of an order as its posting keeps it."""
    return [
        {
            "treatment": translation.treatment.value,
            "country": group.country,
            "percentage": format(group.percentage, "f"),
            "net": str(group.net),
            "vat": str(group.vat),
        }
        for group in translation.groups
    ]


def count_booked(posting_id: int, connection: Connection) -> None:
    """Count a sale that was just found to be booked; part of the transaction of `connection`."""
    _count(posting_id, 1, connection)


def take_back(posting_id: int, connection: Connection) -> None:
    """No longer count a sale whose document is gone; part of the transaction of `connection`."""
    _count(posting_id, -1, connection)


def _count(posting_id: int, sign: int, connection: Connection) -> None:
    row = connection.execute(_BOOKED, {"of_posting": posting_id}).one_or_none()
    if row is not None and row.rates:
        sums = _rows([(row.booked_on, row.rates)])
        signed = {key: (sign * orders, sign * net, sign * vat) for key, (orders, net, vat) in sums.items()}
        _write(connection, row.shop_id, signed)


def rebuild(shop_id: int) -> None:
    """Add the shop's booked sales up again; for the operator, when the totals are in doubt."""
    connection = db.session.connection()
    connection.execute(delete(_totals).where(_totals.c.shop_id == shop_id))
    last_id = 0
    while batch := _batch(connection, shop_id, last_id):
        _write(connection, shop_id, _rows((row.booked_on, row.rates or ()) for row in batch))
        last_id = batch[-1].id


def _batch(connection: Connection, shop_id: int, after_id: int) -> list[Any]:
    booked = (
        select(_postings.c.id, _postings.c.rates, _orders.c.booked_on)
        .join(_orders, _orders.c.id == _postings.c.order_id)
        .where(
            _postings.c.shop_id == shop_id,
            _postings.c.id > after_id,
            _postings.c.purpose == Purpose.SALE.value,
            _postings.c.state == PostingState.POSTED.value,
        )
        .order_by(_postings.c.id)
        .limit(BATCH)
    )
    return list(connection.execute(booked))


Sums = dict[tuple[Any, ...], tuple[int, Decimal, Decimal]]


def _rows(booked: Iterable[tuple[date, Iterable[Mapping[str, str]]]]) -> Sums:
    sums: Sums = {}
    for day, rates in booked:
        for rate in rates:
            key = (day, rate["treatment"], rate["country"], Decimal(rate["percentage"]))
            orders, net, vat = sums.get(key, (0, Decimal(0), Decimal(0)))
            sums[key] = (orders + 1, net + Decimal(rate["net"]), vat + Decimal(rate["vat"]))
    return sums


def _write(connection: Connection, shop_id: int, sums: Sums) -> None:
    # Always in the same order, so that two transactions never wait for each other.
    rows = [
        dict(zip((*_KEY, *_SUMS), (shop_id, *key, *values), strict=True))
        for key, values in sorted(sums.items(), key=lambda entry: tuple(map(str, entry[0])))
    ]
    if rows:
        connection.execute(_ADD[connection.dialect.name], rows)
