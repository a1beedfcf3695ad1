"""Write where an order stands, together with the totals and the audit that belong to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, update

from webshop.domain.booking import Issue
from webshop.extensions import clock, db
from webshop.models import Order, OrderState, Posting, PostingState
from webshop.services import audit, totals
from webshop.services.translation import stored_issues

# From these the truth can still come out as "it stands in SnelStart".
_MAYBE = (PostingState.SENDING.value, PostingState.UNKNOWN.value, PostingState.PENDING.value)


def set_state(
    order: Order,
    state: OrderState,
    issues: Iterable[Issue],
    *,
    treatment: str | None = None,
    due_at: datetime | None = None,
    attempts: int = 0,
) -> None:
    """Write an order's new state and the totals that go with it; part of the caller's transaction."""
    before = db.session.execute(
        select(Order.state, Order.booked_on, Order.total).where(Order.id == order.id).with_for_update()
    ).one()
    db.session.execute(
        update(Order)
        .where(Order.id == order.id)
        .values(
            state=state.value,
            issues=stored_issues(issues),
            treatment=treatment or order.treatment,
            due_at=due_at,
            attempts=attempts,
        )
        .execution_options(synchronize_session=False)
    )
    if before.state != state.value:
        changes = totals.Changes(order.shop_id)
        changes.remove(totals.Entry(before.booked_on, before.state, before.total or Decimal(0)))
        changes.add(totals.Entry(before.booked_on, state.value, before.total or Decimal(0)))
        changes.write()


def record_posted(posting_id: int, order: Order, *, external_id: str, external_number: str | None) -> None:
    """Write that SnelStart has the document; part of the caller's transaction.

    This is the truth, so it is written even when the run that sent it was overtaken meanwhile.
    """
    db.session.execute(
        update(Posting)
        .where(Posting.id == posting_id, Posting.state.in_(_MAYBE))
        .values(
            state=PostingState.POSTED.value,
            external_id=external_id,
            external_number=external_number,
            posted_at=clock.now(),
            lookup_at=None,
            last_error_code=None,
        )
    )
    facts = {"document": external_id, "number": external_number or "", "total": str(order.total)}
    audit.record("posted", shop_id=order.shop_id, order_id=order.id, facts=facts)
