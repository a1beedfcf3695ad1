"""Orders that Amazon should never send, and sometimes does: one maker per kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from webshop.sandbox.amazon.catalogue import ARTICLES
from webshop.sandbox.amazon.documents import Buyer, Line, OrderFacts, build_document
from webshop.sandbox.amazon.search import LAG
from webshop.sandbox.amazon.sellers import Seller
from webshop.sandbox.amazon.timestamps import format_timestamp, round_to_milliseconds

Document = dict[str, Any]


@dataclass(frozen=True)
class BadInput:
    """`title` is what the fault page shows."""

    title: str
    spoil: Callable[[Document], None]


def _without_money(document: Document) -> None:
    document.pop("proceeds")
    for item in document["orderItems"]:
        item.pop("proceeds")


def _in_kronor(document: Document) -> None:
    for holder in (document["proceeds"], *(item["proceeds"] for item in document["orderItems"])):
        for amount in (holder.get("grandTotal"), holder.get("proceedsTotal")):
            if amount is not None:
                amount["currencyCode"] = "SEK"
        for breakdown in holder["breakdowns"]:
            breakdown["subtotal"]["currencyCode"] = "SEK"


def _without_lines(document: Document) -> None:
    document["orderItems"] = []


def _set_country(code: str) -> Callable[[Document], None]:
    def spoil(document: Document) -> None:
        document["recipient"]["deliveryAddress"]["countryCode"] = code

    return spoil


def _without_country(document: Document) -> None:
    del document["recipient"]["deliveryAddress"]["countryCode"]


def _set_title(title: str) -> Callable[[Document], None]:
    def spoil(document: Document) -> None:
        for item in document["orderItems"]:
            item["product"]["title"] = title
        document["recipient"]["deliveryAddress"]["city"] = title[:200]

    return spoil


def _set_quotes(document: Document) -> None:
    hostile = "x' or 1 eq 1 or Email eq 'y"
    document["buyer"]["buyerEmail"] = f"{hostile}@marketplace.amazon.nl"
    for item in document["orderItems"]:
        item["product"]["sellerSku"] = hostile


def _pending(document: Document) -> None:
    _without_money(document)
    document["fulfillment"]["fulfillmentStatus"] = "PENDING"


def _wrong_total(document: Document) -> None:
    total = document["proceeds"]["grandTotal"]
    total["amount"] = str(Decimal(total["amount"]) + Decimal("1.00"))


def _malformed_id(document: Document) -> None:
    document["orderId"] = "../../" + document["orderId"]


def _unknown_status(document: Document) -> None:
    document["fulfillment"]["fulfillmentStatus"] = "INVOICE_UNCONFIRMED"


def _zero_quantity(document: Document) -> None:
    for item in document["orderItems"]:
        item["quantityOrdered"] = 0


BAD_INPUTS: dict[str, BadInput] = {
    "missing_money": BadInput("Verzonden, maar zonder bedragen", _without_money),
    "other_currency": BadInput("Bedragen in Zweedse kronen", _in_kronor),
    "zero_lines": BadInput("Geen enkele regel", _without_lines),
    "unknown_country": BadInput("Onbekende landcode ZZ", _set_country("ZZ")),
    "no_country": BadInput("Adres zonder land", _without_country),
    "script_tag": BadInput("Titel met een script", _set_title("<script>alert('x')</script>\"><img src=x onerror=a>")),
    "rtl_override": BadInput("Titel die de leesrichting omkeert", _set_title("Mok \u202egnp.exe\u202c rood")),
    "nul_character": BadInput("Titel met een NUL-teken", _set_title("Mok\u0000rood")),
    "long_title": BadInput("Titel van 10 kB", _set_title("Lange titel " * 854)),
    "quotes": BadInput("SKU en e-mailadres met aanhalingstekens", _set_quotes),
    "pending_without_amounts": BadInput("In behandeling, nog zonder bedragen", _pending),
    "wrong_total": BadInput("Totaal dat niet klopt met de regels", _wrong_total),
    "malformed_order_id": BadInput("Ordernummer met padtekens", _malformed_id),
    "unknown_status": BadInput("Status die niet bestaat", _unknown_status),
    "zero_quantity": BadInput("Regels met aantal 0", _zero_quantity),
}


def bad_document(kind: str, seller: Seller, number: int, now: datetime) -> Document:
    """Return an otherwise ordinary order of two hours ago; raise KeyError for an unknown kind."""
    facts = OrderFacts(
        order_id=f"{seller.participations()[0].order_prefixes[0]}-{list(BAD_INPUTS).index(kind):07d}-{number:07d}",
        marketplace=seller.participations()[0],
        created_at=round_to_milliseconds(now - timedelta(hours=2)),
        buyer=Buyer("Anna Bakker", "foute-invoer@marketplace.amazon.nl", "NL", "1012 JS", "Amsterdam"),
        lines=(Line(ARTICLES[0]), Line(ARTICLES[2], quantity=2)),
    )
    document = build_document(facts)
    # old enough to be in the next answer, young enough to lie after anyone's watermark
    document["lastUpdatedTime"] = format_timestamp(now - LAG)
    BAD_INPUTS[kind].spoil(document)
    return document
