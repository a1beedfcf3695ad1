"""Let op: what is booked, and deserves a look all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select, union_all

from webshop.extensions import db
from webshop.models import Order, OrderState
from webshop.services.issue_catalogue import IssueText
from webshop.services.overview import texts_of

SHOWN = 5
ATTENTION_CODES = (
    "ORDER_TOTAL_DIFFERS",
    "INVOICE_NUMBER_DUPLICATE_DIFFERENT",
    "CHANGED_IN_SNELSTART",
    "GONE_FROM_SNELSTART",
    "TWICE_IN_SNELSTART",
    "NI_CHECK_REQUIRED",
    "TERRITORY_UNDECIDED",
    "B2B_WITHOUT_VAT_NUMBER",
    "VAT_NUMBER_COUNTRY_MISMATCH",
    "VAT_RATE_UNKNOWN_FOR_DATE",
    "RELATION_AMBIGUOUS",
    "RELATION_INACTIVE",
    "RELATION_NOT_CUSTOMER",
    "RELATION_COUNTRY_MISMATCH",
    "RELATION_WITH_VAT_NUMBER",
)
"""Remarks a person should read once; the other remarks are for who opens the order."""


@dataclass(frozen=True)
class AttentionRow:
    public_id: str
    amazon_order_id: str
    purchased_at: datetime
    was_cancelled: bool
    has_changed: bool
    remark: IssueText | None


def attention_rows(shop_id: int) -> Sequence[AttentionRow]:
    """Return the newest orders that deserve a look."""
    newest = (
        select(Order)
        .where(Order.id.in_(attention_ids(shop_id, limit=SHOWN)))
        .order_by(Order.purchased_at.desc(), Order.id.desc())
        .limit(SHOWN)
    )
    return [_row(order) for order in db.session.scalars(newest)]


def attention_ids(shop_id: int, *, limit: int | None = None) -> Select[int]:
    """Select the ids of what deserves a look, each kind from an index of its own: at most `limit` of each."""
    booked = select(Order.id).where(Order.shop_id == shop_id, Order.state == OrderState.POSTED.value)
    kinds = (
        booked.where(Order.cancelled_after_posting_at.is_not(None)),
        booked.where(Order.amazon_total != Order.total),
        booked.where(Order.issue_code.in_(ATTENTION_CODES)),
    )
    parts = [kind.order_by(Order.purchased_at.desc(), Order.id.desc()).limit(limit).subquery() for kind in kinds]
    return select(union_all(*(select(part.c.id) for part in parts)).subquery().c.id)


def has_changed(order: Order) -> bool:
    """Say whether Amazon names another amount than was booked."""
    return order.amazon_total is not None and order.amazon_total != order.total


def _row(order: Order) -> AttentionRow:
    texts = texts_of(order)
    return AttentionRow(
        public_id=order.public_id,
        amazon_order_id=order.amazon_order_id,
        purchased_at=order.purchased_at,
        was_cancelled=order.cancelled_after_posting_at is not None,
        has_changed=has_changed(order),
        remark=texts[0] if texts else None,
    )
