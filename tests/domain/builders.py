"""An ordinary shop and an ordinary order, to be bent into every case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from webshop.domain.booking import DomesticRate, Ledger, MappingRow, Scope, ShopRules, VatKind
from webshop.domain.orders import Destination, FulfilledBy, Item, Order, Part, Status
from webshop.domain.territories import resolve_destination

MARKETPLACE = "A1805IZSGTT6HS"
ORDER_ID = "305-1234567-1234567"
EU = [
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
]

HIGH = Ledger("high", 8000, "Omzet hoog", 12)
LOW = Ledger("low", 8010, "Omzet laag", 11)
OTHER = Ledger("other", 8020, "Omzet overig", 13)
FOREVER = date(9999, 12, 31)


def row(
    percentage: str, kind: VatKind = VatKind.HIGH, ledger: Ledger = HIGH, scope: Scope = Scope.NL, **more: Any
) -> MappingRow:
    values = {"country": "NL", "valid_from": date(2019, 1, 1), **more}
    return MappingRow(scope=scope, percentage=Decimal(percentage), vat_kind=kind, ledger_id=ledger.ledger_id, **values)


NL_HIGH = row("21", is_default=True)
NL_LOW = row("9", VatKind.LOW, LOW)
EU_ROWS = tuple(row("21", scope=Scope.EU, country=country) for country in (*EU, "XI"))
RULES = ShopRules(
    marketplace_id=MARKETPLACE,
    statuses=frozenset({Status.SHIPPED}),
    dispatch_country="NL",
    fba_dispatch_country="NL",
    is_oss_registered=False,
    vat_source="calculated",
    is_vcs_active=False,
    mapping=(NL_HIGH, NL_LOW, *EU_ROWS),
    ledgers={ledger.ledger_id: ledger for ledger in (HIGH, LOW, OTHER)},
    domestic_rates=(
        DomesticRate(VatKind.HIGH, Decimal(21), date(2012, 10, 1), FOREVER),
        DomesticRate(VatKind.LOW, Decimal(6), date(2012, 10, 1), date(2018, 12, 31)),
        DomesticRate(VatKind.LOW, Decimal(9), date(2019, 1, 1), FOREVER),
        DomesticRate(VatKind.OTHER, Decimal("13"), date(2019, 1, 1), FOREVER),
    ),
    countries=frozenset({"NL", "GB", "CH", "US", *EU}),
)


def make_rules(**changes: Any) -> ShopRules:
    return replace(RULES, **changes)


def make_item(price: str = "24.99", /, tax: str = "0", **changes: Any) -> Item:
    """Make a line of one piece: its price is all it costs, of which `tax` is VAT that Amazon states."""
    total, stated = Decimal(price), Decimal(tax)
    values: dict[str, Any] = {
        "item_id": "1",
        "sku": "SKU-1",
        "asin": "B000000001",
        "title": "Theepot",
        "quantity": 1,
        "amounts": {Part.ITEM: total - stated},
        "taxes": {Part.ITEM: stated} if stated else {},
        "tax_total": stated,
        "total": total,
    }
    return Item(**{**values, **changes})


def make_parts(amounts: Mapping[Part, str], **changes: Any) -> Item:
    """Make a line of several parts that all include VAT; discounts are positive."""
    parts = {part: Decimal(amount) for part, amount in amounts.items()}
    signed = (-amount if "DISCOUNT" in part else amount for part, amount in parts.items())
    return make_item(**{"amounts": parts, "total": sum(signed, Decimal(0)), **changes})


def make_order(*items: Item, to: str = "NL", postal_code: str | None = "1012 AB", **changes: Any) -> Order:
    lines = items or (make_item(),)
    tip = changes.get("delivery_tip", Decimal(0))
    values: dict[str, Any] = {
        "amazon_order_id": ORDER_ID,
        "marketplace_id": MARKETPLACE,
        "is_amazon_sale": True,
        "purchased_at": datetime(2026, 3, 2, 11, 0, tzinfo=UTC),
        "status": Status.SHIPPED,
        "fulfilled_by": FulfilledBy.MERCHANT,
        "currency": "EUR",
        "grand_total": sum((item.total or Decimal(0) for item in lines), tip),
        "items": tuple(lines),
        "destination": resolve_destination(to, postal_code) if to else Destination(None),
        "has_buyer_email": True,
        "payment_method": "CreditCard",
    }
    return Order(**{**values, **changes})
