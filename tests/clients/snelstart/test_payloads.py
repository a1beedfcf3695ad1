"""What is sent is what was calculated, in the words and within the limits of SnelStart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from webshop.clients.snelstart.payloads import relation_payload, sales_entry_payload
from webshop.domain.booking import DocumentVatKind, EntryLine, SalesEntry, VatKind, VatLine
from webshop.exceptions import TranslationError

ENTRY = SalesEntry(
    invoice_number="404-1234567-1234567",
    booked_on=date(2026, 11, 20),
    description="Amazon 404-1234567-1234567",
    payment_days=14,
    total_incl_vat=Decimal("230.00"),
    lines=(
        EntryLine("Kan", "ledger-1", 8000, None, VatKind.HIGH, Decimal("100.00")),
        EntryLine("Boek", "ledger-2", 8110, "centre-1", VatKind.LOW, Decimal("100.00")),
    ),
    vat=(
        VatLine(DocumentVatKind.SALES_HIGH, Decimal("21.00")),
        VatLine(DocumentVatKind.SALES_LOW, Decimal("9.00")),
    ),
)


def test_a_sales_entry_is_sent_as_it_was_calculated() -> None:
    assert sales_entry_payload(ENTRY, customer_id="customer-1") == {
        "factuurnummer": "404-1234567-1234567",
        "klant": {"id": "customer-1"},
        "factuurdatum": "2026-11-20T00:00:00",
        "betalingstermijn": 14,
        "omschrijving": "Amazon 404-1234567-1234567",
        "factuurbedrag": Decimal("230.00"),
        "boekingsregels": [
            {"omschrijving": "Kan", "grootboek": {"id": "ledger-1"}, "bedrag": Decimal("100.00"), "btwSoort": "Hoog"},
            {
                "omschrijving": "Boek",
                "grootboek": {"id": "ledger-2"},
                "bedrag": Decimal("100.00"),
                "btwSoort": "Laag",
                "kostenplaats": {"id": "centre-1"},
            },
        ],
        "btw": [
            {"btwSoort": "VerkopenHoog", "btwBedrag": Decimal("21.00")},
            {"btwSoort": "VerkopenLaag", "btwBedrag": Decimal("9.00")},
        ],
    }


def test_an_entry_without_vat_says_so() -> None:
    payload = sales_entry_payload(replace(ENTRY, vat=()), customer_id="customer-1")

    assert payload["btw"] == []


@pytest.mark.parametrize("kind", VatKind)
def test_every_kind_of_vat_has_a_word_on_a_line(kind: VatKind) -> None:
    line = replace(ENTRY.lines[0], vat_kind=kind)
    payload = sales_entry_payload(replace(ENTRY, lines=(line,)), customer_id="c")

    assert payload["boekingsregels"][0]["btwSoort"] in ("Geen", "Laag", "Hoog", "Overig")


@pytest.mark.parametrize("kind", DocumentVatKind)
def test_every_kind_of_vat_has_a_word_on_the_document(kind: DocumentVatKind) -> None:
    payload = sales_entry_payload(replace(ENTRY, vat=(VatLine(kind, Decimal("1.00")),)), customer_id="c")

    assert payload["btw"][0]["btwSoort"].startswith("Verkopen")


def test_a_description_is_cut_and_a_number_never() -> None:
    long = replace(ENTRY, description="é" * 300, lines=(replace(ENTRY.lines[0], description="x\x00" * 300),))
    payload = sales_entry_payload(long, customer_id="c")

    assert payload["omschrijving"] == "é" * 250
    assert payload["boekingsregels"][0]["omschrijving"] == "x" * 250
    for number in ("", "x" * 26):
        with pytest.raises(TranslationError):
            sales_entry_payload(replace(ENTRY, invoice_number=number), customer_id="c")


def test_a_customer_has_a_whole_address_and_no_person() -> None:
    payload = relation_payload(
        name="Amazon-klant 1811 AB NL", email="a@example.nl", postal_code="1811 AB", city="Alkmaar", country_id="nl"
    )

    assert payload == {
        "relatiesoort": ["Klant"],
        "naam": "Amazon-klant 1811 AB NL",
        "email": "a@example.nl",
        "vestigingsAdres": {"straat": "Onbekend", "postcode": "1811 AB", "plaats": "Alkmaar", "land": {"id": "nl"}},
    }


@pytest.mark.parametrize("missing", [None, "", " ", "\u202e"])
def test_what_is_missing_of_an_address_is_unknown_because_a_part_of_one_is_refused(missing: str | None) -> None:
    payload = relation_payload(name="x", email=None, postal_code=missing, city=missing, country_id="nl")

    assert payload["vestigingsAdres"]["postcode"] == "Onbekend"
    assert payload["vestigingsAdres"]["plaats"] == "Onbekend"
    assert "email" not in payload


def test_a_name_of_51_characters_is_cut_at_50_code_points() -> None:
    payload = relation_payload(name="😀" * 51, email=None, postal_code="1" * 30, city="é" * 60, country_id="nl")

    assert payload["naam"] == "😀" * 50
    assert payload["vestigingsAdres"]["postcode"] == "1" * 25
    assert payload["vestigingsAdres"]["plaats"] == "é" * 50
