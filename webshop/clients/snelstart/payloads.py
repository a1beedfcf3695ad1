"""What we send to SnelStart, in its own words."""

from __future__ import annotations

from datetime import date
from typing import Any

from webshop.clients.text import clean_text
from webshop.domain.booking import DocumentVatKind, EntryLine, SalesEntry, VatKind
from webshop.exceptions import TranslationError

_LINE_VAT = {VatKind.NONE: "Geen", VatKind.LOW: "Laag", VatKind.HIGH: "Hoog", VatKind.OTHER: "Overig"}
_DOCUMENT_VAT = {
    DocumentVatKind.SALES_LOW: "VerkopenLaag",
    DocumentVatKind.SALES_HIGH: "VerkopenHoog",
    DocumentVatKind.SALES_OTHER: "VerkopenOverig",
    DocumentVatKind.SALES_REVERSE_CHARGED: "VerkopenVerlegd",
}
# SnelStart takes an address with all its parts or none.
_UNKNOWN = "Onbekend"
_NUMBER_LIMIT = 25
_DESCRIPTION_LIMIT = 250
_NAME_LIMIT = 50
_POSTAL_CODE_LIMIT = 25
_CITY_LIMIT = 50


def sales_entry_payload(entry: SalesEntry, *, customer_id: str) -> dict[str, Any]:
    """Return the sales entry (verkoopboeking) for one customer; amounts stay exact Decimals."""
    if not 0 < len(entry.invoice_number) <= _NUMBER_LIMIT:
        raise TranslationError("an invoice number has 1 to 25 characters")
    return {
        "factuurnummer": entry.invoice_number,
        "klant": {"id": customer_id},
        "factuurdatum": _local_midnight(entry.booked_on),
        "betalingstermijn": entry.payment_days,
        "omschrijving": clean_text(entry.description, _DESCRIPTION_LIMIT),
        "factuurbedrag": entry.total_incl_vat,
        "boekingsregels": [_line(line) for line in entry.lines],
        "btw": [{"btwSoort": _DOCUMENT_VAT[line.kind], "btwBedrag": line.amount} for line in entry.vat],
    }


def relation_payload(
    *, name: str, email: str | None, postal_code: str | None, city: str | None, country_id: str
) -> dict[str, Any]:
    """Return a new customer with a whole address, without street or person."""
    payload: dict[str, Any] = {
        "relatiesoort": ["Klant"],
        "naam": clean_text(name, _NAME_LIMIT),
        "vestigingsAdres": {
            "straat": _UNKNOWN,
            "postcode": clean_text(postal_code or "", _POSTAL_CODE_LIMIT) or _UNKNOWN,
            "plaats": clean_text(city or "", _CITY_LIMIT) or _UNKNOWN,
            "land": {"id": country_id},
        },
    }
    if email is not None:
        payload["email"] = email
    return payload


def _line(line: EntryLine) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "omschrijving": clean_text(line.description, _DESCRIPTION_LIMIT),
        "grootboek": {"id": line.ledger_id},
        "bedrag": line.amount_excl_vat,
        "btwSoort": _LINE_VAT[line.vat_kind],
    }
    if line.cost_centre_id is not None:
        payload["kostenplaats"] = {"id": line.cost_centre_id}
    return payload


def _local_midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"
