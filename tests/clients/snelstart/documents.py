"""Documents as SnelStart answers them, to be bent by a test."""

from __future__ import annotations

from typing import Any

RELATION_ID = "11111111-1111-4111-8111-111111111111"
ENTRY_ID = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
INVOICE_ID = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
COUNTRY_ID = "22222222-2222-4222-8222-222222222222"
LEDGER_ID = "55555555-5555-4555-8555-555555555555"
NUMBER = "404-1234567-1234567"


def relation(**members: Any) -> dict[str, Any]:
    return {
        "id": RELATION_ID.upper(),
        "relatiecode": 1001,
        "naam": "Amazon-klant 1811 AB NL",
        "relatiesoort": ["Klant"],
        "email": "Jan@Example.nl; boek@example.nl ;geen",
        "vestigingsAdres": {"straat": "Onbekend", "land": {"id": COUNTRY_ID, "uri": f"/landen/{COUNTRY_ID}"}},
        "btwNummer": None,
        "nonactief": False,
        "modifiedOn": "2026-07-15T10:24:48.12",
        **members,
    }


def sales_entry(**members: Any) -> dict[str, Any]:
    return {
        "id": ENTRY_ID,
        "factuurnummer": NUMBER,
        "klant": {"id": RELATION_ID},
        "factuurdatum": "2026-11-20T00:00:00",
        "factuurbedrag": 121.5,
        **members,
    }


def sales_invoice(**members: Any) -> dict[str, Any]:
    return {
        "id": INVOICE_ID,
        "factuurnummer": NUMBER,
        "verkoopBoeking": {"id": ENTRY_ID},
        "relatie": {"id": RELATION_ID},
        "factuurDatum": "2026-11-20T00:00:00",
        "factuurBedrag": 121.5,
        "openstaandSaldo": 0,
        **members,
    }
