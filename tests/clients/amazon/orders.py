"""An order as Amazon sends it, to be bent by a test."""

from __future__ import annotations

import copy
from typing import Any

ORDER_ID = "404-1234567-1234567"


def euro(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "EUR"}


_ORDER: dict[str, Any] = {
    "orderId": ORDER_ID,
    "createdTime": "2026-11-20T10:00:00.123Z",
    "lastUpdatedTime": "2026-11-21T11:00:00Z",
    "programs": ["PRIME", "AMAZON_BUSINESS"],
    "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1805IZSGTT6HS", "marketplaceName": "Amazon.nl"},
    "buyer": {"buyerName": "Jan Canary", "buyerEmail": " Abc@Marketplace.Amazon.nl"},
    "recipient": {
        "deliveryAddress": {
            "name": "Jan Canary",
            "addressLine1": "Canarystraat 1",
            "phone": "0612345678",
            "city": "Alkmaar",
            "stateOrRegion": "NH",
            "postalCode": "1811 AB",
            "countryCode": "NL",
        },
        "deliveryPreference": {"addressInstruction": "Canary"},
    },
    "proceeds": {"grandTotal": euro("33.94"), "breakdowns": [{"type": "ITEM", "subtotal": euro("29.98")}]},
    "payment": {"paymentExecutions": [{"paymentMethod": "Invoice", "acquirerId": "canary"}]},
    "tax": {
        "taxRegistrations": [
            {"entityType": "MERCHANT", "taxRegistrationType": "VAT", "taxRegistrationNumber": "NL000000000B00"},
            {"entityType": "BUYER", "taxRegistrationType": "VAT", "taxRegistrationNumber": "nl 123456789 b01"},
        ]
    },
    "fulfillment": {
        "fulfillmentStatus": "SHIPPED",
        "fulfilledBy": "MERCHANT",
        "shipByWindow": {"latestDateTime": "2026-11-22T22:59:59Z"},
        "deliverByWindow": {"latestDateTime": "2026-11-25T22:59:59Z"},
    },
    "orderItems": [
        {
            "orderItemId": "1",
            "quantityOrdered": 2,
            "product": {
                "asin": "B0C1KAN010",
                "title": "Stapelkan",
                "sellerSku": "KAN-10",
                "customization": {"customizedUrl": "https://canary.example"},
            },
            "proceeds": {
                "proceedsTotal": euro("33.94"),
                "breakdowns": [
                    {"type": "ITEM", "subtotal": euro("29.98")},
                    {"type": "SHIPPING", "subtotal": euro("4.95")},
                    {
                        "type": "TAX",
                        "subtotal": euro("2.51"),
                        "detailedBreakdowns": [
                            {"subtype": "ITEM", "value": euro("2.60")},
                            {"subtype": "DISCOUNT", "value": euro("0.09")},
                        ],
                    },
                    {
                        "type": "DISCOUNT",
                        "subtotal": euro("3.50"),
                        "detailedBreakdowns": [
                            {"subtype": "ITEM", "value": euro("1.00")},
                            {"subtype": "SHIPPING", "value": euro("2.50")},
                        ],
                    },
                ],
            },
            "tax": {
                "taxCalculationBreakdowns": [{"reportingScheme": "UOSS"}],
                "taxCollections": [{"model": "MARKETPLACE_FACILITATOR"}],
            },
            "fulfillment": {"packing": {"giftOption": {"giftMessage": "Canary"}}},
        }
    ],
}


def make_order(**members: Any) -> dict[str, Any]:
    """Return a fresh order with these members instead of its own; None takes one away."""
    order = copy.deepcopy(_ORDER)
    for name, value in members.items():
        if value is None:
            del order[name]
        else:
            order[name] = value
    return order


def make_item(**members: Any) -> dict[str, Any]:
    item: dict[str, Any] = copy.deepcopy(_ORDER["orderItems"][0])
    return {**item, **members}


def with_breakdowns(*breakdowns: dict[str, Any]) -> dict[str, Any]:
    return make_order(orderItems=[make_item(proceeds={"breakdowns": list(breakdowns)})])
