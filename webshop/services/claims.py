"""The claim on an order: a row that says "this is being booked", committed before SnelStart is called.

It is unique per administration, order and purpose. Whoever finds it taken sends nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from webshop.exceptions import WebshopError
from webshop.extensions import clock, db, transaction
from webshop.models import (
    Connection,
    ConnectionState,
    Order,
    Posting,
    PostingKind,
    PostingState,
    Purpose,
    Remote,
    Shop,
)
from webshop.models.base import insert
from webshop.services.leases import Lease

LOOKUP_AFTER = timedelta(seconds=120)
"""How long after an unanswered send it is looked up: longer than SnelStart takes to commit."""
_FREE = (PostingState.PENDING.value, PostingState.REJECTED.value)
_TAKEN = (PostingState.POSTED.value, PostingState.SENDING.value, PostingState.UNKNOWN.value)


class PostingStoppedError(WebshopError):
    """The shop may not post any more (paused, disconnected, other administration): stop the run."""


@dataclass(frozen=True)
class Draft:
    """What is about to be sent for an order."""

    administration_id: str
    customer_id: str
    payload: dict[str, Any]
    total: Decimal


def claim_order(order: Order, draft: Draft, lease: Lease) -> int | None:
    """Store the intent to send; return the posting's id, or None when the order is not free to be sent.

    :raise PostingStoppedError: when the shop may not post at this moment.
    :raise LeaseLostError: when another run has taken over.
    """
    values = _values(order, draft, lease)
    statement = insert(Posting).values(
        administration_id=draft.administration_id,
        amazon_order_id=order.amazon_order_id,
        purpose=Purpose.SALE.value,
        attempt=1,
        lookups=0,
        **values,
    )
    with transaction() as session:
        lease.check()
        ensure_may_post(order.shop_id, draft.administration_id)
        if _is_taken_elsewhere(order, draft.administration_id):
            return None
        posting_id: int | None = session.scalar(
            statement.on_conflict_do_update(
                index_elements=["administration_id", "amazon_order_id", "purpose"],
                set_={**values, "attempt": Posting.attempt + 1, "lookups": 0},
                where=Posting.state.in_(_FREE),
            ).returning(Posting.id)
        )
        if posting_id is not None:
            # Counted down again by every end but a crash: a poison order shows by this number.
            session.execute(update(Order).where(Order.id == order.id).values(attempts=Order.attempts + 1))
    return posting_id


def _values(order: Order, draft: Draft, lease: Lease) -> dict[str, Any]:
    # Amounts as text, exactly as they are sent.
    stored = json.loads(json.dumps(draft.payload, default=str))
    now = clock.now()
    return {
        "shop_id": order.shop_id,
        "order_id": order.id,
        "kind": PostingKind.SALES_ENTRY.value,
        "state": PostingState.SENDING.value,
        "lease_token": lease.token,
        "payload": stored,
        "payload_hash": hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest(),
        "total": draft.total,
        "customer_id": draft.customer_id,
        "sent_at": now,
        "lookup_at": now + LOOKUP_AFTER,
        "last_error_code": None,
    }


def ensure_may_post(shop_id: int, administration_id: str) -> None:
    """Make sure, in the transaction that claims an order, that the shop may post right now.

    :raise PostingStoppedError: when posting is off or paused, or the administration is no longer the shop's.
    """
    row = db.session.execute(
        select(Shop.is_posting_automatic, Shop.paused_until, Connection.state, Connection.account_id)
        .join(Connection, (Connection.shop_id == Shop.id) & (Connection.remote == Remote.SNELSTART.value))
        .where(Shop.id == shop_id)
    ).first()
    if row is None or row.state != ConnectionState.ACTIVE.value:
        raise PostingStoppedError("SnelStart is not connected")
    if row.account_id != administration_id:
        raise PostingStoppedError("the shop now books in another administration")
    if not row.is_posting_automatic or (row.paused_until is not None and row.paused_until > clock.now()):
        raise PostingStoppedError("posting is switched off")


def _is_taken_elsewhere(order: Order, administration_id: str) -> bool:
    """Return whether the order was or may have been booked in an administration the shop had before."""
    elsewhere = and_(Posting.order_id == order.id, Posting.administration_id != administration_id)
    return db.session.scalar(select(Posting.id).where(elsewhere, *_taken_sale())) is not None


def standing_posting(order: Order, administration_id: str) -> Posting | None:
    """Return the posting that keeps the order from being sent; it may be another shop's."""
    here = and_(Posting.administration_id == administration_id, Posting.amazon_order_id == order.amazon_order_id)
    with transaction() as session:
        return session.scalars(
            select(Posting).where(or_(Posting.order_id == order.id, here), *_taken_sale()).order_by(Posting.id)
        ).first()


def _taken_sale() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Posting.purpose == Purpose.SALE.value, Posting.state.in_(_TAKEN)
