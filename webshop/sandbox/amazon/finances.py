"""listTransactions of the Finances API: a payment for every shipped order, and the refunds that were added.

https://developer-docs.amazon.com/sp-api/docs/finances-api-v2024-06-19-reference
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from webshop.sandbox.amazon.errors import access_denied, invalid_input
from webshop.sandbox.amazon.lifecycle import StoredOrder
from webshop.sandbox.amazon.search import LAG
from webshop.sandbox.amazon.sellers import Seller
from webshop.sandbox.amazon.signing import Signer
from webshop.sandbox.amazon.timestamps import format_timestamp, parse_timestamp
from webshop.sandbox.core import World

NAMES = frozenset(
    {
        "postedAfter",
        "postedBefore",
        "marketplaceId",
        "transactionStatus",
        "relatedIdentifierName",
        "relatedIdentifierValue",
        "nextToken",
    }
)
PAGE_SIZE = 100
_LONGEST_RANGE = timedelta(days=180)
_FEE = Decimal("0.15")
_CENT = Decimal("0.01")


def _collection(seller_id: str) -> str:
    return f"amazon_refunds/{seller_id}"


class Refunds:
    """What was paid back to buyers; nothing of it shows in the Orders API."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add(self, seller_id: str, order: StoredOrder, total: Decimal, at: datetime) -> str:
        with self._world.store.lock:
            number = len(self._world.store.all(_collection(seller_id)))
            refund_id = f"R{number:09d}"
            refund = {"order_id": order.order_id, "total": str(total), "at": at.isoformat()}
            self._world.store.put(_collection(seller_id), refund_id, refund)
        return refund_id

    def of(self, seller_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for number, refund in enumerate(self._world.store.all(_collection(seller_id))):
            yield f"R{number:09d}", refund


def list_transactions(
    parameters: Mapping[str, str],
    seller: Seller,
    orders: Mapping[str, StoredOrder],
    refunds: Refunds,
    now: datetime,
    signer: Signer,
) -> dict[str, Any]:
    """Answer one page; behind the last full one comes an empty one, as Amazon says can happen."""
    after, before = _window(parameters, now)
    bound = hashlib.sha256(
        "&".join(f"{name}={value}" for name, value in sorted(parameters.items()) if name != "nextToken").encode()
    ).hexdigest()[:24]
    skip = 0
    if "nextToken" in parameters:
        token = signer.read(parameters["nextToken"])
        if token is None or token.get("bound") != bound or token.get("seller") != seller.seller_id:
            raise invalid_input(details="nextToken")
        skip = int(token["skip"])
    marketplace = parameters.get("marketplaceId")
    if marketplace is not None and marketplace not in {one.id for one in seller.participations()}:
        raise access_denied()
    found = [] if before - after > _LONGEST_RANGE else list(_transactions(seller, orders, refunds, now))
    found = [one for one in found if after <= parse_timestamp(one["postedDate"]) < before]
    if marketplace is not None:
        found = [one for one in found if one["marketplaceDetails"]["marketplaceId"] == marketplace]
    found.sort(key=lambda one: (one["postedDate"], one["transactionId"]))
    payload: dict[str, Any] = {"transactions": found[skip : skip + PAGE_SIZE]}
    if len(found) >= skip + PAGE_SIZE:
        payload["nextToken"] = signer.sign({"bound": bound, "seller": seller.seller_id, "skip": skip + PAGE_SIZE})
    return {"payload": payload}


def _window(parameters: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    if "postedAfter" not in parameters:
        raise invalid_input(details="postedAfter")
    try:
        after = parse_timestamp(parameters["postedAfter"])
        before = parse_timestamp(parameters["postedBefore"]) if "postedBefore" in parameters else now - LAG
    except ValueError:
        raise invalid_input(details="postedAfter, postedBefore") from None
    if after > now - LAG or before > now - LAG or before <= after:
        raise invalid_input(details="postedAfter, postedBefore")
    return after, before


def _transactions(
    seller: Seller, orders: Mapping[str, StoredOrder], refunds: Refunds, now: datetime
) -> Iterator[dict[str, Any]]:
    for order in orders.values():
        total = _total(order) if order.status(now) == "SHIPPED" else None
        if total is not None:
            yield _transaction(
                seller, order, f"S{order.order_id}", "Shipment", "Order Payment", total, order.last_updated_at(now)
            )
    for refund_id, refund in refunds.of(seller.seller_id):
        order, at = orders[refund["order_id"]], datetime.fromisoformat(refund["at"])
        if at <= now:
            yield _transaction(seller, order, refund_id, "Refund", "Refund Order", -Decimal(refund["total"]), at)


def _total(order: StoredOrder) -> Decimal | None:
    """Return what an order brought in; an order that was made strange on purpose has no payment."""
    try:
        total = Decimal(order.base["proceeds"]["grandTotal"]["amount"])
    except (KeyError, TypeError, InvalidOperation):
        return None
    return total if total.is_finite() else None


def _transaction(
    seller: Seller, order: StoredOrder, transaction_id: str, kind: str, description: str, sales: Decimal, at: datetime
) -> dict[str, Any]:
    marketplace = order.base["salesChannel"]
    currency = order.base["proceeds"]["grandTotal"]["currencyCode"]
    fees = -(sales * _FEE).quantize(_CENT)
    return {
        "sellingPartnerMetadata": {
            "sellingPartnerId": seller.seller_id,
            "accountType": "Standard Orders",
            "marketplaceId": marketplace["marketplaceId"],
        },
        "relatedIdentifiers": [{"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order.order_id}],
        "transactionType": kind,
        "transactionId": transaction_id,
        "transactionStatus": "RELEASED",
        "description": description,
        "postedDate": format_timestamp(at),
        "totalAmount": _money(sales + fees, currency),
        "marketplaceDetails": {
            "marketplaceId": marketplace["marketplaceId"],
            "marketplaceName": marketplace.get("marketplaceName", ""),
        },
        "breakdowns": [
            {"breakdownType": "Sales", "breakdownAmount": _money(sales, currency), "breakdowns": []},
            {"breakdownType": "Expenses", "breakdownAmount": _money(fees, currency), "breakdowns": []},
        ],
    }


def _money(amount: Decimal, currency: str) -> dict[str, Any]:
    return {"currencyAmount": float(amount), "currencyCode": currency}
