"""An ordinary shop and an ordinary order, to be bent into every case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from webshop.domain.booking import DomesticRate, ForeignRate, Ledger, MappingRow, Scope, ShopRules, VatKind
from webshop.domain.orders import Destination, FulfilledBy, Item, Order, Part, Status
from webshop.domain.territories import resolve_destination
from webshop.domain.vat_numbers import VatNumberCheck, VatNumberStatus, country_of, mask
from webshop.sandbox.snelstart.countries import countries
from webshop.sandbox.snelstart.vat_table import country_rows

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
UNTAXED = Ledger("untaxed", 8130, "Omzet onbelast", 10)
ICP = Ledger("icp", 8070, "Omzet binnen de EU", 80)
EXPORT = Ledger("export", 8060, "Omzet buiten de EU", 81)
OSS = {
    code: Ledger(f"oss-{code}", 8091 + index, f"Afstandsverkopen {code}", 84, rate_code=code)
    for index, code in enumerate(("SR", "RRH", "RRL", "SRR", "PR"))
}
FOREIGN_VAT = Ledger("foreign-vat", 1690, "Buitenlandse btw", 0)
FOREVER = date(9999, 12, 31)


def row(
    percentage: str, kind: VatKind = VatKind.HIGH, ledger: Ledger = HIGH, scope: Scope = Scope.NL, **more: Any
) -> MappingRow:
    values = {"country": "NL", "valid_from": date(2019, 1, 1), **more}
    return MappingRow(scope=scope, percentage=Decimal(percentage), vat_kind=kind, ledger_id=ledger.ledger_id, **values)


NL_HIGH = row("21", is_default=True)
NL_LOW = row("9", VatKind.LOW, LOW)
ICP_ROW = row("0", VatKind.NONE, ICP, Scope.ICP, country="")
EXPORT_ROW = row("0", VatKind.NONE, EXPORT, Scope.INTERNATIONAL, country="")
EU_ROWS = tuple(row("21", scope=Scope.EU, country=country) for country in (*EU, "XI"))
RULES = ShopRules(
    marketplace_id=MARKETPLACE,
    statuses=frozenset({Status.SHIPPED}),
    dispatch_country="NL",
    fba_dispatch_country="NL",
    is_oss_registered=False,
    vat_source="calculated",
    is_vcs_active=False,
    mapping=(NL_HIGH, NL_LOW, *EU_ROWS, ICP_ROW, EXPORT_ROW),
    ledgers={
        ledger.ledger_id: ledger for ledger in (HIGH, LOW, OTHER, UNTAXED, ICP, EXPORT, *OSS.values(), FOREIGN_VAT)
    },
    foreign_vat_ledger_id=FOREIGN_VAT.ledger_id,
    domestic_rates=(
        DomesticRate(VatKind.HIGH, Decimal(21), date(2012, 10, 1), FOREVER),
        DomesticRate(VatKind.LOW, Decimal(6), date(2012, 10, 1), date(2018, 12, 31)),
        DomesticRate(VatKind.LOW, Decimal(9), date(2019, 1, 1), FOREVER),
        DomesticRate(VatKind.OTHER, Decimal("13"), date(2019, 1, 1), FOREVER),
    ),
    countries=frozenset({"NL", "GB", "CH", "US", "NO", *EU}),
)


def foreign_rates() -> tuple[ForeignRate, ...]:
    """Give the percentages that the look-alike of SnelStart knows, by the two letters of the country."""
    codes = {alpha3: alpha2 for alpha2, (_, alpha3) in countries().items()}
    return tuple(
        ForeignRate(
            codes[row["countryCode"]],
            rate["rateCode"],
            Decimal(rate["rate"]),
            date.fromisoformat(rate["validFrom"][:10]),
        )
        for row in country_rows()
        for rate in row["vatRates"]
    )


FOREIGN_RATES = foreign_rates()
OSS_ROWS = tuple(
    MappingRow(
        scope=Scope.EU,
        country=rate.country,
        percentage=rate.percentage,
        valid_from=rate.valid_from,
        vat_kind=VatKind.NONE,
        ledger_id=OSS[rate.rate_code].ledger_id,
        rate_code=rate.rate_code,
        is_default=rate.rate_code == "SR",
    )
    for rate in FOREIGN_RATES
    if rate.percentage
)
OSS_RULES = replace(
    RULES,
    is_oss_registered=True,
    is_foreign_vat_invoiced=True,
    foreign_rates=FOREIGN_RATES,
    mapping=(NL_HIGH, NL_LOW, ICP_ROW, EXPORT_ROW, *OSS_ROWS),
    countries=RULES.countries | {"XI"},
)


def make_rules(**changes: Any) -> ShopRules:
    return replace(RULES, **changes)


def make_oss_rules(**changes: Any) -> ShopRules:
    return replace(OSS_RULES, **changes)


def checked(number: str, status: VatNumberStatus = VatNumberStatus.VALID_FORMAT) -> dict[str, Any]:
    """Give the members of an order whose buyer gave a VAT number that was checked."""
    return {
        "buyer_vat_number": number,
        "vat_number_check": VatNumberCheck(country_of(number), status, mask(number)),
    }


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
