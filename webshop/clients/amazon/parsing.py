"""Amazon's order documents, read by an allow-list.

An order carries more than we may keep (names, streets, telephone numbers, gift texts), so nothing is
taken over that is not named here. A member that can't be read is left empty and named in `problems`:
one odd order must not stop the others, and no amount is ever guessed.

Model: orders_2026-01-01.json of the Selling Partner API.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from webshop.clients.amazon.members import COUNTRY, Reader, parse_moment
from webshop.clients.text import normalise_email
from webshop.exceptions import WebshopError

ORDER_ID = re.compile(r"[0-9A-Z]{3}-[0-9]{7}-[0-9]{7}")

_ITEM_LIMIT = 1_000
_TITLE_LIMIT = 250
_NOT_STORED = frozenset({"buyer_email", "postal_code", "city", "state_or_region", "buyer_vat_number"})

# Amazon's types of breakdowns that are a part of the price; TAX and DISCOUNT are handled apart.
_PARTS = frozenset({"ITEM", "SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER"})
_TAXED = _PARTS | {"DISCOUNT"}


class UnreadableOrderError(WebshopError):
    """The document is not an order we can keep: it lacks its id or its times."""

    def __init__(self, problem: str, order_id: str | None = None) -> None:
        super().__init__(f"the order cannot be read: {problem}")
        self.problem = problem
        self.order_id = order_id


@dataclass(frozen=True)
class UnreadableOrder:
    """An order of a page that could not be read; `problem` names the member, never its value."""

    order_id: str | None
    problem: str


class AmazonItem(BaseModel):
    """One order line; `amounts` and `taxes` are keyed by the names of domain.orders.Part."""

    model_config = ConfigDict(frozen=True)

    item_id: str
    sku: str | None
    asin: str | None
    title: str
    quantity: int
    amounts: dict[str, Decimal]
    taxes: dict[str, Decimal]
    tax_total: Decimal
    total: Decimal | None
    collected_by_amazon: bool = False
    reporting_scheme: str | None = None


class AmazonOrder(BaseModel):
    """What we take from an order; `problems` names the members that could not be read."""

    model_config = ConfigDict(frozen=True)

    order_id: str
    purchased_at: datetime
    last_updated_at: datetime
    channel_name: str
    marketplace_id: str
    status: str | None = None
    fulfilled_by: str | None = None
    programs: tuple[str, ...] = ()
    replaces_order: bool = False
    currency: str | None = None
    grand_total: Decimal | None = None
    delivery_tip: Decimal = Decimal(0)
    items: tuple[AmazonItem, ...] = ()
    buyer_email: str | None = Field(default=None, repr=False)
    postal_code: str | None = Field(default=None, repr=False)
    city: str | None = Field(default=None, repr=False)
    state_or_region: str | None = Field(default=None, repr=False)
    country_code: str | None = None
    buyer_vat_number: str | None = Field(default=None, repr=False)
    ship_from_country: str | None = None
    shipped_at: datetime | None = None
    payment_method: str | None = None
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    problems: tuple[str, ...] = ()

    def content(self) -> dict[str, Any]:
        """Return what may be stored in the clear: everything but the buyer's data, JSON-able."""
        return self.model_dump(mode="json", exclude=set(_NOT_STORED))


def parse_order(document: Any) -> AmazonOrder:
    """Read one order; raise UnreadableOrderError when it has no usable id, createdTime or lastUpdatedTime."""
    if not isinstance(document, dict):
        raise UnreadableOrderError("it is not an object")
    order_id = document.get("orderId")
    if not isinstance(order_id, str) or not ORDER_ID.fullmatch(order_id):
        raise UnreadableOrderError("orderId")
    purchased_at = parse_moment(document.get("createdTime"))
    if purchased_at is None:
        raise UnreadableOrderError("createdTime", order_id)
    last_updated_at = parse_moment(document.get("lastUpdatedTime"))
    if last_updated_at is None:
        raise UnreadableOrderError("lastUpdatedTime", order_id)
    reader = Reader()
    values = _read_order(reader, document)
    return AmazonOrder(
        order_id=order_id,
        purchased_at=purchased_at,
        last_updated_at=last_updated_at,
        problems=tuple(reader.problems),
        **values,
    )


def _read_order(reader: Reader, document: Mapping[str, Any]) -> dict[str, Any]:
    channel = reader.mapping(document, "salesChannel")
    fulfillment = reader.mapping(document, "fulfillment")
    proceeds = reader.mapping(document, "proceeds")
    grand_total = reader.money(proceeds, "grandTotal", "proceeds.")
    recipient = reader.mapping(document, "recipient")
    address = reader.mapping(recipient, "deliveryAddress", "recipient.")
    ship_window = reader.mapping(fulfillment, "shipByWindow", "fulfillment.")
    delivery_window = reader.mapping(fulfillment, "deliverByWindow", "fulfillment.")
    items = reader.rows(document, "orderItems", limit=_ITEM_LIMIT)
    address_path = "recipient.deliveryAddress."
    return {
        "channel_name": reader.word(channel, "channelName", "salesChannel.") or "",
        "marketplace_id": reader.word(channel, "marketplaceId", "salesChannel.") or "",
        "status": reader.word(fulfillment, "fulfillmentStatus", "fulfillment."),
        "fulfilled_by": reader.word(fulfillment, "fulfilledBy", "fulfillment."),
        "programs": reader.words(document, "programs"),
        "replaces_order": _replaces_order(reader, document),
        "grand_total": grand_total,
        "delivery_tip": _delivery_tip(reader, proceeds),
        "items": [_read_item(reader, item, f"orderItems[{number}].") for number, item in enumerate(items)],
        "currency": reader.currency,
        "buyer_email": _buyer_email(reader, document),
        "postal_code": reader.cut_text(address, "postalCode", 25, address_path),
        "city": reader.cut_text(address, "city", 100, address_path),
        "state_or_region": reader.cut_text(address, "stateOrRegion", 100, address_path),
        "country_code": reader.word(address, "countryCode", address_path, COUNTRY),
        "buyer_vat_number": _buyer_vat_number(reader, document),
        "ship_from_country": _ship_from_country(reader, document),
        "shipped_at": _shipped_at(reader, document),
        "payment_method": _payment_method(reader, document),
        "ship_by": reader.moment(ship_window, "latestDateTime", "fulfillment.shipByWindow."),
        "deliver_by": reader.moment(delivery_window, "latestDateTime", "fulfillment.deliverByWindow."),
    }


def _read_item(reader: Reader, item: Mapping[str, Any], path: str) -> dict[str, Any]:
    product = reader.mapping(item, "product", path)
    proceeds = reader.mapping(item, "proceeds", path)
    tax = reader.mapping(item, "tax", path)
    item_id = reader.text(item, "orderItemId", 50, path)
    if item_id is None and item.get("orderItemId") is None:
        reader.problems.append(f"{path}orderItemId")
    amounts, taxes, tax_total = _read_breakdowns(reader, proceeds, f"{path}proceeds.")
    collections = reader.rows(tax, "taxCollections", f"{path}tax.")
    schemes = reader.rows(tax, "taxCalculationBreakdowns", f"{path}tax.")
    return {
        "item_id": item_id or "",
        "sku": reader.text(product, "sellerSku", 100, f"{path}product."),
        "asin": reader.text(product, "asin", 20, f"{path}product."),
        "title": reader.cut_text(product, "title", _TITLE_LIMIT, f"{path}product.") or "",
        "quantity": reader.quantity(item, "quantityOrdered", path),
        "amounts": amounts,
        "taxes": taxes,
        "tax_total": tax_total,
        "total": reader.money(proceeds, "proceedsTotal", f"{path}proceeds."),
        "collected_by_amazon": any(row.get("model") == "MARKETPLACE_FACILITATOR" for row in collections),
        "reporting_scheme": _first(reader.word(row, "reportingScheme", f"{path}tax.") for row in schemes),
    }


def _read_breakdowns(
    reader: Reader, proceeds: Mapping[str, Any], path: str
) -> tuple[dict[str, Decimal], dict[str, Decimal], Decimal]:
    """Return the amounts per part, the taxes per part and the total tax.

    Types we do not know are left out: then the sum of the parts is not the line's total, and the
    order is held for a person.
    """
    amounts: dict[str, Decimal] = {}
    taxes: dict[str, Decimal] = {}
    tax_total = Decimal(0)
    for number, row in enumerate(reader.rows(proceeds, "breakdowns", path)):
        kind = _kind(row, "type")
        row_path = f"{path}breakdowns[{number}]."
        amount = reader.money(row, "subtotal", row_path)
        if amount is None:
            continue
        if kind == "TAX":
            tax_total += amount
            for part, tax in _read_details(reader, row, row_path):
                if part in _TAXED:
                    _add(taxes, part, tax)
        elif kind == "DISCOUNT":
            _add_discount(amounts, amount, _read_details(reader, row, row_path))
        elif kind in _PARTS:
            _add(amounts, kind, amount)
    return amounts, taxes, tax_total


def _read_details(reader: Reader, row: Mapping[str, Any], path: str) -> list[tuple[str, Decimal]]:
    details = []
    for number, detail in enumerate(reader.rows(row, "detailedBreakdowns", path)):
        amount = reader.money(detail, "value", f"{path}detailedBreakdowns[{number}].")
        if amount is not None:
            details.append((_kind(detail, "subtype"), amount))
    return details


def _add_discount(amounts: dict[str, Decimal], subtotal: Decimal, details: list[tuple[str, Decimal]]) -> None:
    """Split the discount; its subtotal stays the authority, the sign is not."""
    subtotal = abs(subtotal)
    shipping = sum((abs(amount) for subtype, amount in details if subtype == "SHIPPING"), Decimal(0))
    shipping = min(shipping, subtotal)
    if shipping:
        _add(amounts, "SHIPPING_DISCOUNT", shipping)
    if subtotal > shipping:
        _add(amounts, "DISCOUNT", subtotal - shipping)


def _add(amounts: dict[str, Decimal], part: str, amount: Decimal) -> None:
    amounts[part] = amounts[part] + amount if part in amounts else amount


def _kind(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value is not None), None)


def _replaces_order(reader: Reader, document: Mapping[str, Any]) -> bool:
    rows = reader.rows(document, "associatedOrders")
    return any(row.get("associationType") == "REPLACEMENT_ORIGINAL_ID" for row in rows)


def _delivery_tip(reader: Reader, proceeds: Mapping[str, Any]) -> Decimal:
    tip = Decimal(0)
    for number, row in enumerate(reader.rows(proceeds, "breakdowns", "proceeds.")):
        if row.get("type") == "DELIVERY_TIP":
            tip += reader.money(row, "subtotal", f"proceeds.breakdowns[{number}].") or Decimal(0)
    return tip


def _buyer_email(reader: Reader, document: Mapping[str, Any]) -> str | None:
    value = reader.mapping(document, "buyer").get("buyerEmail")
    return normalise_email(value) if isinstance(value, str) else None


def _buyer_vat_number(reader: Reader, document: Mapping[str, Any]) -> str | None:
    registrations = [
        row
        for row in reader.rows(reader.mapping(document, "tax"), "taxRegistrations", "tax.")
        if row.get("entityType") == "BUYER" and row.get("taxRegistrationType") in ("VAT", "BUSINESS")
    ]
    registrations.sort(key=lambda row: row["taxRegistrationType"] != "VAT")
    numbers = (reader.text(row, "taxRegistrationNumber", 50, "tax.taxRegistrations.") for row in registrations)
    number = _first(numbers)
    return number.replace(" ", "").upper() if number else None


def _ship_from_country(reader: Reader, document: Mapping[str, Any]) -> str | None:
    """Return the country all packages left from."""
    addresses = [reader.mapping(row, "shipFromAddress", "packages.") for row in reader.rows(document, "packages")]
    countries = {reader.word(address, "countryCode", "packages.shipFromAddress.", COUNTRY) for address in addresses}
    return countries.pop() if len(countries) == 1 else None


def _shipped_at(reader: Reader, document: Mapping[str, Any]) -> datetime | None:
    """Return when the last package left; None when that is not known of every package."""
    moments = [reader.moment(row, "shipTime", "packages.") for row in reader.rows(document, "packages")]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None


def _payment_method(reader: Reader, document: Mapping[str, Any]) -> str | None:
    executions = reader.rows(reader.mapping(document, "payment"), "paymentExecutions", "payment.")
    return _first(reader.cut_text(row, "paymentMethod", 50, "payment.paymentExecutions.") for row in executions)
