"""Look at held orders again after a setting changed: the orders in Open and Fouten, a piece at a time.

A shop can hold tens of thousands of orders. So a change of a setting only counts up a number
(scheduling.ask_review), and the runs make the held orders due in pieces, in the order of the index that
the lists use. Orders that were held by the rules of before the change are looked at by the rules of
after it, also when settings change while a review is under way: then it starts again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select, tuple_, update

from webshop.extensions import clock, db, transaction
from webshop.models import Order, OrderState, Schedule
from webshop.services.issue_catalogue import is_retry_safe
from webshop.services.leases import Lease

BATCH = 500
# What was blocked may wait afterwards and be looked at once more; the other way round is rarer.
_STATES = (OrderState.ERROR.value, OrderState.OPEN.value, OrderState.SKIPPED.value)
_PASSED_OVER = frozenset({"BEFORE_START_DATE", "OTHER_MARKETPLACE"})
"""Why an order was passed over by a setting, not by what it is or by what a person decided."""


def make_next_due(lease: Lease, asked: int) -> bool:
    """Make the next piece of held orders due; return False when all had their turn.

    `asked` is the number of asked reviews as it was before the run read the shop's settings.

    :raise LeaseLostError: when another run has taken over.
    """
    with transaction():
        lease.check()
        schedule = db.session.scalars(
            select(Schedule).where(Schedule.shop_id == lease.shop_id).execution_options(populate_existing=True)
        ).one()
        if schedule.review_number != asked:
            schedule.review_number, schedule.review_position = asked, {"state": _STATES[0], "after": None}
        if schedule.review_position is None:
            return False
        schedule.review_position = _go_on(lease.shop_id, schedule.review_position)
        return schedule.review_position is not None


def _go_on(shop_id: int, position: dict[str, Any]) -> dict[str, Any] | None:
    """Make the orders behind a position due; return the position behind them, None behind the last."""
    state, after = position["state"], position["after"]
    query = select(Order.id, Order.purchased_at, Order.issues, Order.due_at).where(
        Order.shop_id == shop_id, Order.state == state, Order.content_purged_at.is_(None)
    )
    if after is not None:
        at = literal(datetime.fromisoformat(after[0]), Order.purchased_at.type)
        query = query.where(tuple_(Order.purchased_at, Order.id) > tuple_(at, after[1]))
    found = db.session.execute(query.order_by(Order.purchased_at, Order.id).limit(BATCH)).all()
    held = [row.id for row in found if row.due_at is None and _may_pass(state, row.issues)]
    if held:
        db.session.execute(update(Order).where(Order.id.in_(held)).values(due_at=clock.now()))
    if len(found) == BATCH:
        return {"state": state, "after": [found[-1].purchased_at.isoformat(), found[-1].id]}
    later = _STATES[_STATES.index(state) + 1 :]
    return {"state": later[0], "after": None} if later else None


def _may_pass(state: str, issues: Iterable[dict[str, Any]]) -> bool:
    codes = [issue["code"] for issue in issues]
    if state == OrderState.SKIPPED.value:
        return not _PASSED_OVER.isdisjoint(codes)
    # One that is blocked by what no setting changes would only be blocked again.
    return state == OrderState.OPEN.value or not codes or is_retry_safe(codes[0])
