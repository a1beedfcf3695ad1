"""Write one order as a complete SP-API document: every dataset, in its shipped state.

What a caller gets to see of it is decided later (lifecycle.py and projection.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from webshop.sandbox.amazon.catalogue import STREETS, VAT_RATES, Article
from webshop.sandbox.amazon.marketplaces import Marketplace
from webshop.sandbox.amazon.proceeds import Charges, build_item_proceeds, build_order_proceeds, money
from webshop.sandbox.amazon.timestamps import format_timestamp

ZERO = Decimal(0)


@dataclass(frozen=True)
class Line:
    """Amounts are for the whole line and include VAT."""

    article: Article
    quantity: int = 1
    shipping: Decimal = ZERO
    gift_wrap: Decimal = ZERO
    item_discount: Decimal = ZERO
    shipping_discount: Decimal = ZERO
    gift_message: str | None = None

    def charges(self, *, free: bool) -> Charges:
        if free:
            return Charges({})
        return Charges(
            {"ITEM": self.article.price * self.quantity, "SHIPPING": self.shipping, "GIFT_WRAP": self.gift_wrap},
            {"ITEM": self.item_discount, "SHIPPING": self.shipping_discount},
        )


@dataclass(frozen=True)
class Buyer:
    name: str
    email: str
    country: str
    postal_code: str
    city: str
    company: str | None = None


@dataclass(frozen=True)
class OrderFacts:
    """Everything that distinguishes one order; `replaces` is the order id a free replacement belongs to."""

    order_id: str
    marketplace: Marketplace
    created_at: datetime
    buyer: Buyer
    lines: tuple[Line, ...]
    fulfilled_by: str = "MERCHANT"
    prime: bool = False
    tax_calculated: bool = False
    replaces: str | None = None
    payment_method: str = "CreditCard"


def build_document(facts: OrderFacts) -> dict[str, Any]:
    items = [_item(facts, number, line) for number, line in enumerate(facts.lines, start=1)]
    proceeds = build_order_proceeds((item["proceeds"] for item in items), facts.marketplace.currency)
    shipped_at = facts.created_at + timedelta(days=1)
    document: dict[str, Any] = {
        "orderId": facts.order_id,
        "createdTime": format_timestamp(facts.created_at),
        "lastUpdatedTime": format_timestamp(shipped_at),
        "programs": _programs(facts),
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": facts.marketplace.id,
            "marketplaceName": facts.marketplace.name,
        },
        "buyer": _buyer(facts),
        "recipient": {"deliveryAddress": _address(facts.buyer)},
        "proceeds": proceeds,
        "payment": {
            "paymentExecutions": [
                {"paymentMethod": facts.payment_method, "paymentAmount": dict(proceeds["grandTotal"])}
            ]
        },
        "tax": {},
        "fulfillment": _fulfillment(facts),
        "orderItems": items,
    }
    if facts.replaces is not None:
        document["associatedOrders"] = [{"orderId": facts.replaces, "associationType": "REPLACEMENT_ORIGINAL_ID"}]
    if facts.fulfilled_by == "MERCHANT":
        document["packages"] = [_package(facts, items, shipped_at)]
    return document


def _programs(facts: OrderFacts) -> list[str]:
    programs = []
    if facts.buyer.company is not None:
        programs.append("AMAZON_BUSINESS")
    if facts.prime:
        programs.append("PRIME")
    return programs


def _buyer(facts: OrderFacts) -> dict[str, Any]:
    buyer: dict[str, Any] = {"buyerName": facts.buyer.name}
    if facts.fulfilled_by == "MERCHANT":
        buyer["buyerEmail"] = facts.buyer.email
    if facts.buyer.company is not None:
        buyer["buyerCompanyName"] = facts.buyer.company
    return buyer


def _address(buyer: Buyer) -> dict[str, Any]:
    return {
        "name": buyer.name,
        **({"companyName": buyer.company} if buyer.company is not None else {}),
        "addressLine1": f"{STREETS[buyer.country]} {len(buyer.email) % 90 + 1}",
        "city": buyer.city,
        "postalCode": buyer.postal_code,
        "countryCode": buyer.country,
        "phone": "+31 20 000 0000",
        "addressType": "COMMERCIAL" if buyer.company is not None else "RESIDENTIAL",
    }


def _window(earliest: datetime, latest: datetime) -> dict[str, str]:
    return {"earliestDateTime": format_timestamp(earliest), "latestDateTime": format_timestamp(latest)}


def _fulfillment(facts: OrderFacts) -> dict[str, Any]:
    created = facts.created_at
    return {
        "fulfillmentStatus": "SHIPPED",
        "fulfilledBy": facts.fulfilled_by,
        "fulfillmentServiceLevel": "NEXT_DAY" if facts.prime else "STANDARD",
        "shipByWindow": _window(created, created + timedelta(days=2)),
        "deliverByWindow": _window(created + timedelta(days=2), created + timedelta(days=5)),
    }


def _item(facts: OrderFacts, number: int, line: Line) -> dict[str, Any]:
    article = line.article
    currency = facts.marketplace.currency
    price: dict[str, Any] = {"unitPrice": money(article.price, currency)}
    if facts.buyer.company is not None:
        price["priceDesignation"] = "BUSINESS_PRICE"
    rate = VAT_RATES[facts.buyer.country][article.kind] if facts.tax_calculated else None
    item: dict[str, Any] = {
        "orderItemId": facts.order_id.replace("-", "")[-13:] + str(number),
        "quantityOrdered": line.quantity,
        "product": {
            "asin": article.asin,
            "title": article.title_de if facts.marketplace.country == "DE" else article.title_nl,
            "sellerSku": article.sku,
            "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
            "price": price,
        },
        "proceeds": build_item_proceeds(line.charges(free=facts.replaces is not None), rate, currency),
        "fulfillment": {"quantityFulfilled": line.quantity, "quantityUnfulfilled": 0},
        "tax": {},
    }
    if line.item_discount or line.shipping_discount:
        item["promotion"] = {"breakdowns": [{"promotionId": f"Actie {article.sku}"}]}
    if line.gift_wrap:
        option = {"giftMessage": line.gift_message or "", "giftWrapLevel": "STANDARD"}
        item["fulfillment"]["packing"] = {"giftOption": option}
    return item


def _package(facts: OrderFacts, items: list[dict[str, Any]], shipped_at: datetime) -> dict[str, Any]:
    return {
        "packageReferenceId": "1",
        "createdTime": format_timestamp(shipped_at),
        "packageStatus": {"status": "SHIPPED"},
        "carrier": "PostNL",
        "shipTime": format_timestamp(shipped_at),
        "trackingNumber": "3S" + facts.order_id.replace("-", "")[:11],
        "shipFromAddress": {"name": "Magazijn", "city": "Utrecht", "postalCode": "3542 AB", "countryCode": "NL"},
        "packageItems": [{"orderItemId": item["orderItemId"], "quantity": item["quantityOrdered"]} for item in items],
    }
