"""Amounts the way Amazon writes them: breakdowns per item, totals per order.

Without Amazon's tax calculation the parts are what the buyer paid. With it the parts are net and TAX
carries the rest, already less the tax on the discounts. Discounts are positive; zero parts are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
_ORDER = ("ITEM", "SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER", "TAX", "DISCOUNT")


def money(amount: Decimal, currency: str = "EUR") -> dict[str, str]:
    return {"amount": str(amount.quantize(CENT)), "currencyCode": currency}


@dataclass(frozen=True)
class Charges:
    """What the buyer pays for one item, VAT included; `parts` by ITEM, SHIPPING, GIFT_WRAP."""

    parts: dict[str, Decimal]
    discounts: dict[str, Decimal] = field(default_factory=dict)

    def total(self) -> Decimal:
        return sum(self.parts.values(), Decimal(0)) - sum(self.discounts.values(), Decimal(0))


def _net(gross: Decimal, rate: Decimal) -> Decimal:
    return (gross * 100 / (100 + rate)).quantize(CENT, ROUND_HALF_UP)


def _breakdown(kind: str, details: dict[str, Decimal], subtotal: Decimal, currency: str) -> dict[str, Any]:
    breakdown: dict[str, Any] = {"type": kind, "subtotal": money(subtotal, currency)}
    if kind in ("TAX", "DISCOUNT"):
        breakdown["detailedBreakdowns"] = [
            {"subtype": subtype, "value": money(value, currency)} for subtype, value in details.items() if value
        ]
    return breakdown


def build_item_proceeds(charges: Charges, rate: Decimal | None = None, currency: str = "EUR") -> dict[str, Any]:
    """Give a `rate` when Amazon calculates the tax: the parts become net."""
    parts, discounts = charges.parts, charges.discounts
    breakdowns: list[dict[str, Any]] = []
    tax: dict[str, Decimal] = {}
    if rate is not None:
        net_parts = {kind: _net(gross, rate) for kind, gross in parts.items()}
        net_discounts = {kind: _net(gross, rate) for kind, gross in discounts.items()}
        tax = {kind: parts[kind] - net_parts[kind] for kind in parts}
        tax["DISCOUNT"] = sum((discounts[kind] - net_discounts[kind] for kind in discounts), Decimal(0))
        parts, discounts = net_parts, net_discounts
    for kind, amount in parts.items():
        if amount:
            breakdowns.append(_breakdown(kind, {}, amount, currency))
    if any(tax.values()):
        subtotal = sum((value for kind, value in tax.items() if kind != "DISCOUNT"), Decimal(0)) - tax["DISCOUNT"]
        breakdowns.append(_breakdown("TAX", tax, subtotal, currency))
    if any(discounts.values()):
        breakdowns.append(_breakdown("DISCOUNT", discounts, sum(discounts.values(), Decimal(0)), currency))
    return {"proceedsTotal": money(charges.total(), currency), "breakdowns": breakdowns}


def build_order_proceeds(items: Iterable[dict[str, Any]], currency: str = "EUR") -> dict[str, Any]:
    """Add up the proceeds of the items, by type."""
    total = Decimal(0)
    subtotals: dict[str, Decimal] = {}
    for item in items:
        total += Decimal(item["proceedsTotal"]["amount"])
        for breakdown in item["breakdowns"]:
            kind = breakdown["type"]
            subtotals[kind] = subtotals.get(kind, Decimal(0)) + Decimal(breakdown["subtotal"]["amount"])
    breakdowns = [{"type": kind, "subtotal": money(subtotals[kind], currency)} for kind in _ORDER if kind in subtotals]
    return {"grandTotal": money(total, currency), "breakdowns": breakdowns}
