"""Amazon's payments, read by an allow-list: only what tells a refund, its order and what the buyer got back.

Model: finances_2024-06-19.json of the Selling Partner API. Its amounts are JSON numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from webshop.clients.amazon.members import parse_moment
from webshop.clients.text import clean_text

_COSTS = frozenset({"EXPENSES", "AMAZONFEES"})
"""Breakdowns that are between Amazon and the seller: fees that come back with a refund, and those that do not."""
_REFUND = "refund"
_REPEATS = "DEFERRED_TRANSACTION_ID"
"""Names the payment of before that this one only releases."""
_CENT = Decimal("0.01")
_LARGEST = Decimal(10) ** 9


@dataclass(frozen=True)
class Refund:
    """`total` is what the buyer got back, above zero; `order_id` is None when Amazon does not name the order."""

    transaction_id: str
    order_id: str | None
    posted_at: datetime
    total: Decimal
    currency: str


@dataclass(frozen=True)
class TransactionsPage:
    """`unreadable` counts the refunds whose amount or time cannot be read."""

    refunds: tuple[Refund, ...]
    next_token: str | None
    unreadable: int


def read_page(payload: Any) -> TransactionsPage:
    """Read the refunds of a page; raise ValueError for a page that is none."""
    if not isinstance(payload, dict):
        raise ValueError("no page of transactions")
    rows, next_token = payload.get("transactions") or [], payload.get("nextToken") or None
    if not isinstance(rows, list) or not isinstance(next_token, str | None):
        raise ValueError("no page of transactions")
    refunds = [_read(row) for row in rows if isinstance(row, dict) and _is_refund(row)]
    readable = tuple(refund for refund in refunds if refund is not None)
    return TransactionsPage(readable, next_token, len(refunds) - len(readable))


def _is_refund(row: Mapping[str, Any]) -> bool:
    words = (row.get("transactionType"), row.get("description"))
    is_one = any(isinstance(word, str) and word.casefold().startswith(_REFUND) for word in words)
    return is_one and _identifier(row, _REPEATS) is None


def _read(row: Mapping[str, Any]) -> Refund | None:
    posted_at = parse_moment(row.get("postedDate"))
    total, currency = _amount(row.get("totalAmount"))
    if posted_at is None or total is None or currency is None:
        return None
    costs = Decimal(0)
    for part in _parts(row):
        amount, part_currency = _amount(part.get("breakdownAmount"))
        if amount is None or part_currency != currency:
            return None
        costs += amount
    order_id = _identifier(row, "ORDER_ID")
    transaction_id = row.get("transactionId")
    if not isinstance(transaction_id, str) or not transaction_id:
        transaction_id = f"{order_id}/{posted_at.isoformat()}/{total}"
    paid_back = (costs - total).quantize(_CENT, ROUND_HALF_UP)
    return Refund(transaction_id[:100], order_id, posted_at, paid_back, currency)


def _parts(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the breakdowns of a payment that are no part of what the buyer got."""
    parts = row.get("breakdowns")
    if not isinstance(parts, list):
        return []
    return [part for part in parts if isinstance(part, dict) and _word(part.get("breakdownType")) in _COSTS]


def _word(value: Any) -> str:
    return value.replace(" ", "").upper() if isinstance(value, str) else ""


def _identifier(row: Mapping[str, Any], name: str) -> str | None:
    identifiers = row.get("relatedIdentifiers")
    for one in identifiers if isinstance(identifiers, list) else []:
        if isinstance(one, dict) and one.get("relatedIdentifierName") == name:
            value = one.get("relatedIdentifierValue")
            return (clean_text(value, 40) or None) if isinstance(value, str) else None
    return None


def _amount(value: Any) -> tuple[Decimal | None, str | None]:
    if not isinstance(value, dict):
        return None, None
    amount, currency = value.get("currencyAmount"), value.get("currencyCode")
    if type(amount) is int:
        amount = Decimal(amount)
    is_amount = isinstance(amount, Decimal) and amount.is_finite() and abs(amount) < _LARGEST
    is_currency = isinstance(currency, str) and len(currency) == 3
    return (amount, currency) if is_amount and is_currency else (None, None)
