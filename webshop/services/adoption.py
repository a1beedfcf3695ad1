"""Take over a document that stands in SnelStart already as the booking of an order, without sending anything."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, delete

from webshop.domain.booking import Issue
from webshop.extensions import clock, db
from webshop.models import FoundDocument, Order, OrderState, Posting, PostingState, Purpose
from webshop.models.base import insert
from webshop.services import audit, rate_totals
from webshop.services.order_states import set_state
from webshop.services.standing import Standing

_FREE = (PostingState.PENDING.value, PostingState.REJECTED.value)


def adopt(
    order: Order,
    administration_id: str,
    found: Standing,
    issues: Iterable[Issue],
    rates: list[dict[str, str]] | None = None,
) -> int | None:
    """Write that a document is the booking of an order; part of the caller's transaction.

    `rates` is its VAT per rate, None when nobody calculated that: then no VAT is counted for it.

    Return the posting's id, None when the order is being booked or was booked already: then that stands.
    """
    total = order.total if found.total is None else found.total
    posting_id = take_as_posted(
        order,
        administration_id,
        kind=found.kind,
        total=total or Decimal(0),
        external_id=found.document_id,
        external_number=found.number,
        customer_id=found.customer_id,
        rates=rates,
    )
    if posting_id is None:
        return None
    set_state(order, OrderState.POSTED, issues, booked_total=total)
    facts = {"document": found.document_id, "number": found.number, "total": str(total)}
    audit.record("adopted", shop_id=order.shop_id, order_id=order.id, facts=facts)
    forget_found(administration_id, found.document_id)
    return posting_id


def take_as_posted(order: Order, administration_id: str, *, kind: str, total: Decimal, **document: Any) -> int | None:
    """Make the order's posting one that is done, unless it is under way or done; return its id."""
    values = {
        "shop_id": order.shop_id,
        "order_id": order.id,
        "kind": kind,
        "state": PostingState.POSTED.value,
        "total": total,
        "posted_at": clock.now(),
        "lookup_at": None,
        "last_error_code": None,
        "rates": None,
        **document,
    }
    identity = {
        "administration_id": administration_id,
        "amazon_order_id": order.amazon_order_id,
        "purpose": Purpose.SALE.value,
    }
    first = {"attempt": 0, "generation": 1, "lease_token": 0, "lookups": 0, "payload": {}, "payload_hash": ""}
    posting_id: int | None = db.session.scalar(
        insert(Posting)
        .values(**identity, **first, **values)
        .on_conflict_do_update(index_elements=list(identity), set_=values, where=Posting.state.in_(_FREE))
        .returning(Posting.id)
    )
    if posting_id is not None:
        rate_totals.count_booked(posting_id, db.session.connection())
    return posting_id


def remember(administration_id: str, found: Iterable[Standing]) -> None:
    """Keep what was found under numbers of orders that do not have it; part of the caller's transaction."""
    for one in found:
        values = {
            "amazon_order_id": one.amazon_order_id,
            "kind": one.kind,
            "number": one.number[:40],
            "total": one.total,
            "found_at": clock.now(),
        }
        db.session.execute(
            insert(FoundDocument)
            .values(administration_id=administration_id, document_id=one.document_id, **values)
            .on_conflict_do_update(index_elements=["administration_id", "document_id"], set_=values)
        )


def forget_found(administration_id: str, document_id: str) -> None:
    """Drop what was remembered of a document; part of the caller's transaction."""
    db.session.execute(
        delete(FoundDocument).where(
            and_(FoundDocument.administration_id == administration_id, FoundDocument.document_id == document_id)
        )
    )
