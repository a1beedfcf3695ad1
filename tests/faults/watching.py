"""What must be true at every moment of a play and can no longer be seen at its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from tests.support.scenario import Scenario
from webshop.extensions import db
from webshop.models import Order, Schedule
from webshop.sandbox.amazon.timestamps import parse_timestamp


def watermark_violations(scenario: Scenario) -> Iterator[str]:
    """I5: what Amazon changed before the watermark is stored. In the caller's context."""
    watermark = db.session.scalar(select(Schedule.watermark_at).where(Schedule.shop_id == scenario.shop_id))
    if watermark is None:
        return
    rows = db.session.execute(
        select(Order.amazon_order_id, Order.last_updated_at).where(Order.shop_id == scenario.shop_id)
    )
    known: dict[str, datetime] = {row.amazon_order_id: row.last_updated_at for row in rows}
    for document in scenario.sandbox.amazon.orders(scenario.seller_id):
        number, changed_at = document["orderId"], parse_timestamp(document["lastUpdatedTime"])
        if changed_at <= watermark and (number not in known or known[number] < changed_at):
            yield f"the watermark {watermark} passed {number}, which changed at {changed_at} and is not stored so"
