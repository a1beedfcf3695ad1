"""Read a stored document back: what was sent, in our words, for the page of the order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from webshop.clients.snelstart import payloads
from webshop.domain.booking import EntryLine, Ledger, PriceModel, SalesEntry, VatLine

_LINE_VAT = {word: kind for kind, word in payloads._LINE_VAT.items()}
_PRICE_MODELS = {word: model for model, word in payloads._PRICE_MODELS.items()}
_DOCUMENT_VAT = {word: kind for kind, word in payloads._DOCUMENT_VAT.items()}


def read_sales_entry(payload: Mapping[str, Any], ledgers: Mapping[str, Ledger]) -> SalesEntry:
    """Return the entry that `payloads.sales_entry_payload` made; a ledger that is gone has number 0."""
    return SalesEntry(
        invoice_number=payload["factuurnummer"],
        booked_on=date.fromisoformat(payload["factuurdatum"][:10]),
        description=payload["omschrijving"],
        payment_days=payload["betalingstermijn"],
        total_incl_vat=Decimal(payload["factuurbedrag"]),
        lines=tuple(_line(line, ledgers) for line in payload["boekingsregels"]),
        vat=tuple(VatLine(_DOCUMENT_VAT[row["btwSoort"]], Decimal(row["btwBedrag"])) for row in payload["btw"]),
    )


@dataclass(frozen=True)
class StoredOrderLine:
    article_id: str
    description: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True)
class StoredOrder:
    """A sales order as it was sent."""

    payment_reference: str
    booked_on: date
    description: str
    price_model: PriceModel
    lines: tuple[StoredOrderLine, ...]


def read_sales_order(payload: Mapping[str, Any]) -> StoredOrder:
    """Return what `payloads.sales_order_payload` made, but for the ids of customer, template and cost centre."""
    return StoredOrder(
        payment_reference=payload["betalingskenmerk"],
        booked_on=date.fromisoformat(payload["datum"][:10]),
        description=payload["omschrijving"],
        price_model=_PRICE_MODELS[payload["verkooporderBtwIngaveModel"]],
        lines=tuple(
            StoredOrderLine(
                line["artikel"]["id"], line["omschrijving"], int(line["aantal"]), Decimal(line["stuksprijs"])
            )
            for line in payload["regels"]
        ),
    )


@dataclass(frozen=True)
class StoredPayment:
    """A journal entry as it was sent: what it is found by again."""

    voucher: str
    journal_id: str
    clearing_ledger_id: str


def read_payment(payload: Mapping[str, Any]) -> StoredPayment:
    """Return what `payloads.journal_entry_payload` made, but for amounts and texts."""
    (line,) = payload["memoriaalBoekingsRegels"]
    return StoredPayment(payload["boekstuk"], payload["dagboek"]["id"], line["grootboek"]["id"].lower())


def without_address(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload as it may be kept: without the buyer's address, who is named by id only."""
    return {name: value for name, value in payload.items() if name != "afleveradres"}


def _line(line: Mapping[str, Any], ledgers: Mapping[str, Ledger]) -> EntryLine:
    ledger = ledgers.get(line["grootboek"]["id"])
    return EntryLine(
        description=line["omschrijving"],
        ledger_id=line["grootboek"]["id"],
        ledger_number=ledger.number if ledger else 0,
        cost_centre_id=line.get("kostenplaats", {}).get("id"),
        vat_kind=_LINE_VAT[line["btwSoort"]],
        amount_excl_vat=Decimal(line["bedrag"]),
    )
