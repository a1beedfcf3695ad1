"""The orders of the plays, and what has to become of each kind when nothing stands in its way for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.faults.script import PlannedOrder
from tests.support.scenario import order_document

Document = dict[str, Any]


@dataclass(frozen=True)
class Recipe:
    """`state` is where such an order ends; `codes` are the reasons for it that a person reads."""

    state: str = "posted"
    codes: frozenset[str] = frozenset()
    facts: Mapping[str, Any] = field(default_factory=dict)
    spoil: Callable[[Document], None] = lambda document: None


def _in_kronor(document: Document) -> None:
    for holder in (document["proceeds"], *(item["proceeds"] for item in document["orderItems"])):
        for amount in (holder.get("grandTotal"), holder.get("proceedsTotal")):
            if amount is not None:
                amount["currencyCode"] = "SEK"
        for breakdown in holder["breakdowns"]:
            breakdown["subtotal"]["currencyCode"] = "SEK"


def _without_lines(document: Document) -> None:
    document["orderItems"] = []


def _without_money(document: Document) -> None:
    del document["proceeds"]
    for item in document["orderItems"]:
        del item["proceeds"]


def _unreadable(document: Document) -> None:
    document["proceeds"]["grandTotal"]["amount"] = "about 25"


def _wrong_total(document: Document) -> None:
    document["proceeds"]["grandTotal"]["amount"] = "99.99"


RECIPES: dict[str, Recipe] = {
    "plain": Recipe(facts={"sku": "KABEL"}),
    "shipping": Recipe(facts={"shipping": "3.95"}),
    "several": Recipe(facts={"quantity": 3}),
    "germany": Recipe(facts={"country": "DE", "postal_code": "10115", "city": "Berlin"}),
    "belgium": Recipe(facts={"country": "BE", "postal_code": "1000", "city": "Brussel"}),
    "norway": Recipe(facts={"country": "NO", "postal_code": "0150", "city": "Oslo"}),
    "without address": Recipe(facts={"postal_code": None, "city": ""}),
    "kronor": Recipe("error", frozenset({"CURRENCY_UNSUPPORTED"}), spoil=_in_kronor),
    "without lines": Recipe("error", frozenset({"NO_ORDER_LINES"}), spoil=_without_lines),
    "without money": Recipe("error", frozenset({"AMOUNTS_MISSING"}), spoil=_without_money),
    "wrong total": Recipe("error", frozenset({"TOTAL_MISMATCH"}), spoil=_wrong_total),
    "unreadable": Recipe("error", frozenset({"ORDER_UNREADABLE"}), spoil=_unreadable),
    "unknown country": Recipe("error", frozenset({"COUNTRY_UNKNOWN_IN_SNELSTART"}), {"country": "ZZ"}),
    "pending": Recipe("open", frozenset({"ORDER_STATUS_NOT_ELIGIBLE"}), {"status": "PENDING"}),
    "from Amazon's stock": Recipe("error", frozenset({"DISPATCH_COUNTRY_UNKNOWN"}), {"fulfilled_by": "AMAZON"}),
    "poison": Recipe("error", frozenset({"ORDER_CRASHED"})),
    "deadly": Recipe("error", frozenset({"ORDER_CRASHED"})),
}
GOOD = tuple(name for name, recipe in RECIPES.items() if recipe.state == "posted")
BAD = tuple(name for name in RECIPES if name not in GOOD)
BY_HAND = "zelf geboekt"
POISON, DEADLY = "poison", "deadly"


def document_of(order: PlannedOrder, at: datetime, *, total: str | None = None) -> Document:
    """Return the order as Amazon gives it; `total` is another one than planned."""
    recipe = RECIPES[order.recipe]
    digits = order.number.replace("-", "")[-8:]
    email = None if order.buyer is None else email_of(order.buyer)
    facts: dict[str, Any] = {"sku": f"SKU{digits[-2:]}", **recipe.facts}
    document = order_document(at, total=total or order.total, email=email, order_id=order.number, **facts)
    recipe.spoil(document)
    return document


def is_booked_by_hand(document: Document) -> bool:
    """Say whether this is the bookkeeper's own entry, of events.py, and not one of ours."""
    return any(line["omschrijving"] == BY_HAND for line in document.get("boekingsregels", ()))


def email_of(buyer: int) -> str:
    return f"canary-buyer-{buyer}@example.nl"
