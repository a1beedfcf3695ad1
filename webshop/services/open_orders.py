"""Which open orders Amazon is asked about by name in the coming night."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from webshop.extensions import db
from webshop.models import Order, OrderState

MOST_NAMED = 30
"""Orders asked for by name in one night: Amazon's bucket for that call, once."""


def next_to_check(shop_id: int, limit: int) -> Sequence[Order]:
    """Return the open orders that were not seen longest, those never seen first; in the caller's transaction."""
    return db.session.scalars(
        select(Order)
        .where(Order.shop_id == shop_id, Order.state == OrderState.OPEN.value)
        .order_by(Order.seen_at.is_not(None), Order.seen_at, Order.id)
        .limit(limit)
    ).all()
