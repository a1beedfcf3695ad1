"""The claim on an order: a row that says "this is being booked", committed before SnelStart is called.

It is unique per administration, order and purpose. Whoever finds it taken sends nothing. The two
statements are built once: they run for every order, and building them costs more than running them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy import Connection as DbConnection
from sqlalchemy.dialects import postgresql, sqlite

from webshop.exceptions import WebshopError
from webshop.extensions import clock, order_transaction, transaction
from webshop.models import (
    Connection,
    ConnectionState,
    Order,
    Posting,
    PostingKind,
    PostingState,
    Purpose,
    Remote,
    Schedule,
    Shop,
)
from webshop.models.base import table_of
from webshop.services.leases import Lease

LOOKUP_AFTER = timedelta(seconds=120)
"""How long after an unanswered send it is looked up: longer than SnelStart takes to commit."""
_FREE = (PostingState.PENDING.value, PostingState.REJECTED.value)
_TAKEN = (PostingState.POSTED.value, PostingState.SENDING.value, PostingState.UNKNOWN.value)
_IDENTITY = ("administration_id", "amazon_order_id", "purpose")
_LATER = ("id", "external_id", "external_number", "posted_at")
"""Columns that the answer fills."""

_postings = table_of(Posting)
_schedules, _shops, _connections = table_of(Schedule), table_of(Shop), table_of(Connection)


def _taken_sale() -> ColumnElement[bool]:
    return and_(_postings.c.purpose == Purpose.SALE.value, _postings.c.state.in_(_TAKEN))


# Everything that may forbid a posting, in one look: the lease, the switches, the connection, and whether the
# order was or may have been booked in an administration the shop had before.
_GUARD = (
    select(
        _schedules.c.lease_token,
        _shops.c.is_posting_automatic,
        _shops.c.paused_until,
        _connections.c.state.label("connection_state"),
        _connections.c.account_id,
        select(_postings.c.id)
        .where(
            _postings.c.order_id == bindparam("of_order"),
            _postings.c.administration_id != bindparam("in_administration"),
            _taken_sale(),
        )
        .limit(1)
        .scalar_subquery()
        .label("elsewhere"),
    )
    .select_from(
        _schedules.join(_shops, _shops.c.id == _schedules.c.shop_id).outerjoin(
            _connections,
            and_(_connections.c.shop_id == _shops.c.id, _connections.c.remote == Remote.SNELSTART.value),
        )
    )
    .where(_schedules.c.shop_id == bindparam("of_shop"))
    .with_for_update(of=_schedules)
)


def _claim_with(dialect: Any) -> Any:
    """Build the statement that claims an order, or gives nothing back when somebody has it."""
    columns = [column.name for column in _postings.columns if column.name not in _LATER]
    statement = dialect.insert(_postings).values({name: bindparam(name) for name in columns})
    changed = {name: statement.excluded[name] for name in columns if name not in (*_IDENTITY, "attempt")}
    return statement.on_conflict_do_update(
        index_elements=_IDENTITY,
        set_={**changed, "attempt": _postings.c.attempt + 1},
        where=_postings.c.state.in_(_FREE),
    ).returning(_postings.c.id)


_CLAIM = {"sqlite": _claim_with(sqlite), "postgresql": _claim_with(postgresql)}


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
    with order_transaction() as connection:
        if not check_stops(order, draft.administration_id, lease, connection):
            return None
        posting_id: int | None = connection.execute(_CLAIM[connection.dialect.name], values).scalar()
    return posting_id


def _values(order: Order, draft: Draft, lease: Lease) -> dict[str, Any]:
    text = json.dumps(draft.payload, default=str, sort_keys=True)  # amounts as text, exactly as they are sent
    now = clock.now()
    return {
        "administration_id": draft.administration_id,
        "amazon_order_id": order.amazon_order_id,
        "purpose": Purpose.SALE.value,
        "shop_id": order.shop_id,
        "order_id": order.id,
        "kind": PostingKind.SALES_ENTRY.value,
        "state": PostingState.SENDING.value,
        "attempt": 1,
        "lookups": 0,
        "lease_token": lease.token,
        "payload": json.loads(text),
        "payload_hash": hashlib.sha256(text.encode()).hexdigest(),
        "total": draft.total,
        "customer_id": draft.customer_id,
        "sent_at": now,
        "lookup_at": now + LOOKUP_AFTER,
        "last_error_code": None,
    }


def check_stops(order: Order, administration_id: str, lease: Lease, connection: DbConnection) -> bool:
    """Stop means stop: look at every switch in the transaction that claims something to send.

    Return False when the order was or may have been booked in an administration the shop had before.

    :raise PostingStoppedError: when posting is off or paused, or the administration is no longer the shop's.
    :raise LeaseLostError: when another run has taken over.
    """
    place = {"of_shop": order.shop_id, "of_order": order.id, "in_administration": administration_id}
    guard = connection.execute(_GUARD, place).one()
    lease.confirm(guard.lease_token, connection)
    if guard.connection_state != ConnectionState.ACTIVE.value:
        raise PostingStoppedError("SnelStart is not connected")
    if guard.account_id != administration_id:
        raise PostingStoppedError("the shop now books in another administration")
    if not guard.is_posting_automatic or (guard.paused_until is not None and guard.paused_until > clock.now()):
        raise PostingStoppedError("posting is switched off")
    return guard.elsewhere is None


def standing_posting(order: Order, administration_id: str) -> Posting | None:
    """Return the posting that keeps the order from being sent; it may be another shop's."""
    here = and_(Posting.administration_id == administration_id, Posting.amazon_order_id == order.amazon_order_id)
    with transaction() as session:
        return session.scalars(
            select(Posting).where(or_(Posting.order_id == order.id, here), _taken_sale()).order_by(Posting.id)
        ).first()
