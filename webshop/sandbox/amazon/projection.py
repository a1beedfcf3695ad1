"""What a caller may see of an order: the datasets it asked for, the personal data its roles allow."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

DIRECT_TO_CONSUMER = "Direct-to-Consumer Shipping"
INVENTORY_AND_ORDER_TRACKING = "Inventory and Order Tracking"
FINANCE_AND_ACCOUNTING = "Finance and Accounting"
TAX_INVOICING = "Tax Invoicing"
TAX_REMITTANCE = "Tax Remittance"

DEFAULT_ROLES = frozenset({FINANCE_AND_ACCOUNTING, INVENTORY_AND_ORDER_TRACKING, DIRECT_TO_CONSUMER})
# any one of these opens the Orders API
ORDER_ROLES = DEFAULT_ROLES | {TAX_INVOICING, TAX_REMITTANCE}
_TAX_ROLES = frozenset({TAX_INVOICING, TAX_REMITTANCE})

DATASETS = (
    "BUYER",
    "RECIPIENT",
    "PROCEEDS",
    "EXPENSE",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
    "FULFILLMENT_ORDERS",
)
_KEY_OF = {dataset: dataset.lower() for dataset in DATASETS} | {"FULFILLMENT_ORDERS": "fulfillmentOrders"}
_DATASET_KEYS = frozenset(_KEY_OF.values())
_PERSONAL_ADDRESS = frozenset(
    {"name", "addressLine1", "addressLine2", "addressLine3", "postalCode", "phone", "extendedFields"}
)
_EMAIL_STATUSES = frozenset({"UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"})


def project_order(document: dict[str, Any], datasets: Collection[str], roles: Collection[str]) -> dict[str, Any]:
    wanted = {_KEY_OF[dataset] for dataset in datasets}
    order = _select(document, wanted)
    order["orderItems"] = [_select(item, wanted) for item in document["orderItems"]]
    if "buyer" in order:
        order["buyer"] = _buyer(document, roles)
    if "recipient" in order:
        order["recipient"] = _recipient(document, roles)
    if "tax" in order and not _TAX_ROLES & set(roles):
        order["tax"] = {key: value for key, value in order["tax"].items() if key != "taxRegistrations"}
    return order


def _select(node: dict[str, Any], wanted: set[str]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in _DATASET_KEYS or key in wanted}


def _fulfillment(document: dict[str, Any], key: str) -> str | None:
    value: str | None = document.get("fulfillment", {}).get(key)
    return value


def _buyer(document: dict[str, Any], roles: Collection[str]) -> dict[str, Any]:
    buyer = dict(document["buyer"])
    may_mail = (
        DIRECT_TO_CONSUMER in roles
        and _fulfillment(document, "fulfilledBy") == "MERCHANT"
        and _fulfillment(document, "fulfillmentStatus") in _EMAIL_STATUSES
    )
    if not may_mail:
        buyer.pop("buyerEmail", None)
    if not _TAX_ROLES & set(roles):
        buyer.pop("buyerName", None)
    return buyer


def _recipient(document: dict[str, Any], roles: Collection[str]) -> dict[str, Any]:
    recipient: dict[str, Any] = document["recipient"]
    if DIRECT_TO_CONSUMER in roles and _fulfillment(document, "fulfilledBy") == "MERCHANT":
        return recipient
    address = recipient.get("deliveryAddress", {})
    return {"deliveryAddress": {key: value for key, value in address.items() if key not in _PERSONAL_ADDRESS}}
