"""Write where an order stands, together with the totals and the audit that belong to it.

The statements are built once: they run for every order, and building them costs more than running them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from webshop.domain.booking import Issue
from webshop.extensions import clock, db
from webshop.models import Order, OrderState, Posting, PostingState, Purpose
from webshop.models.base import table_of
from webshop.services import audit, rate_totals, totals
from webshop.services.translation import stored_issues

_orders, _postings = table_of(Order), table_of(Posting)
# From these the truth can still come out as "it stands in SnelStart".
_MAYBE = (PostingState.SENDING.value, PostingState.UNKNOWN.value, PostingState.PENDING.value)

_BEFORE = (
    select(_orders.c.state, _orders.c.booked_on, _orders.c.total)
    .where(_orders.c.id == bindparam("of_order"))
    .with_for_update()
)
_SET_STATE = (
    update(_orders)
    .where(_orders.c.id == bindparam("of_order"))
    .values({name: bindparam(name) for name in ("state", "issues", "treatment", "due_at", "attempts", "total")})
)
_RECORD_POSTED = (
    update(_postings)
    .where(_postings.c.id == bindparam("of_posting"), _postings.c.state.in_(_MAYBE))
    .values(
        state=PostingState.POSTED.value,
        external_id=bindparam("document_id"),
        external_number=bindparam("document_number"),
        posted_at=bindparam("at"),
        lookup_at=None,
        last_error_code=None,
    )
    .returning(_postings.c.id)
)

_ISSUES = select(_orders.c.issues).where(_orders.c.id == bindparam("of_order")).with_for_update()
_SET_ISSUES = update(_orders).where(_orders.c.id == bindparam("of_order")).values(issues=bindparam("issues"))
_ABOUT = "about"
"""The fact that says what an issue of an order is about, when it does not say why the order is where it is."""
_DRIFT = "drift"


def set_state(
    order: Order,
    state: OrderState,
    issues: Iterable[Issue],
    *,
    treatment: str | None = None,
    due_at: datetime | None = None,
    attempts: int = 0,
    booked_total: Decimal | None = None,
    connection: Connection | None = None,
) -> None:
    """Write an order's new state and the totals that go with it.

    `booked_total` is what SnelStart has; Amazon may have changed the order's own since it was stored.
    Part of the caller's transaction: that of `connection`, else the session's.
    """
    connection = connection or db.session.connection()
    before = connection.execute(_BEFORE, {"of_order": order.id}).one()
    total = before.total if booked_total is None else booked_total
    connection.execute(
        _SET_STATE,
        {
            "of_order": order.id,
            "state": state.value,
            "issues": stored_issues(issues),
            "treatment": treatment or order.treatment,
            "due_at": due_at,
            "attempts": attempts,
            "total": total,
        },
    )
    if (before.state, before.total) != (state.value, total):
        changes = totals.Changes(order.shop_id)
        changes.remove(totals.Entry(before.booked_on, before.state, before.total or Decimal(0)))
        changes.add(totals.Entry(before.booked_on, state.value, total or Decimal(0)))
        changes.write(connection)


def record_posted(
    posting_id: int,
    order: Order,
    *,
    external_id: str,
    external_number: str | None,
    booked_total: Decimal,
    connection: Connection | None = None,
) -> None:
    """Write that SnelStart has the sale, in the caller's transaction: that of `connection`, else the session's.

    This is the truth, so it is written even when the run that sent it was overtaken meanwhile.
    """
    connection = connection or db.session.connection()
    _write_posted(posting_id, external_id, external_number, connection)
    facts = {"document": external_id, "number": external_number or "", "total": str(booked_total)}
    audit.record("posted", shop_id=order.shop_id, order_id=order.id, facts=facts, connection=connection)


def record_paid(posting_id: int, order: Order, *, external_id: str, connection: Connection | None = None) -> None:
    """Write that SnelStart has the payment of a sale; what was said about it before is over.

    Part of the caller's transaction: that of `connection`, else the session's.
    """
    connection = connection or db.session.connection()
    _write_posted(posting_id, external_id, order.amazon_order_id, connection)
    if any(_is_about_payment(issue) for issue in order.issues):
        note_payment(order, None, connection=connection)
    facts = {"document": external_id}
    audit.record("payment_posted", shop_id=order.shop_id, order_id=order.id, facts=facts, connection=connection)


def note_payment(order: Order, issue: Issue | None, *, connection: Connection | None = None) -> None:
    """Add to a posted order what became of its payment, instead of what was said about it before.

    Its state stays as it is. Part of the caller's transaction: that of `connection`, else the session's.
    """
    _note(order.id, Purpose.PAYMENT.value, issue, connection or db.session.connection())


def note_drift(order_id: int, issue: Issue | None) -> None:
    """Add to a posted order that its document is not as we booked it, instead of what was said about that before.

    Its state stays as it is. Part of the caller's transaction.
    """
    _note(order_id, _DRIFT, issue, db.session.connection())


def drift_of(issues: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the code of the remark that an order's document is not as we booked it, None without one."""
    return next((one["code"] for one in issues if one["facts"].get(_ABOUT) == _DRIFT), None)


def _note(order_id: int, about: str, issue: Issue | None, connection: Connection) -> None:
    issues = connection.execute(_ISSUES, {"of_order": order_id}).scalar_one()
    kept = [one for one in issues if one["facts"].get(_ABOUT) != about]
    if issue is not None:
        if about == _DRIFT:
            # The look-up may have told the same already. The lists go by what stands first.
            kept = [*_about(issue, about), *(one for one in kept if one["code"] != issue.code)]
        else:
            kept += _about(issue, about)
    connection.execute(_SET_ISSUES, {"of_order": order_id, "issues": kept})


def _about(issue: Issue, about: str) -> list[dict[str, Any]]:
    return stored_issues([Issue(issue.code, {**issue.facts, _ABOUT: about})])


def _is_about_payment(issue: Mapping[str, Any]) -> bool:
    facts: Mapping[str, str] = issue["facts"]
    return facts.get(_ABOUT) == Purpose.PAYMENT.value


def _write_posted(posting_id: int, external_id: str, external_number: str | None, connection: Connection) -> None:
    written = connection.execute(
        _RECORD_POSTED,
        {"of_posting": posting_id, "document_id": external_id, "document_number": external_number, "at": clock.now()},
    ).first()
    if written is not None:
        # Once: a run that was overtaken finds it written already.
        rate_totals.count_booked(posting_id, connection)
