"""What is sent is what was calculated, in the words and within the limits of SnelStart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from webshop.clients.snelstart.payloads import (
    DeliveryAddress,
    article_payload,
    journal_entry_payload,
    relation_payload,
    sales_entry_payload,
    sales_order_payload,
)
from webshop.domain.booking import (
    CustomerWish,
    DocumentVatKind,
    EntryLine,
    NewArticle,
    PaymentEntry,
    PriceModel,
    SalesEntry,
    SalesOrder,
    SalesOrderLine,
    VatKind,
    VatLine,
)
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


ORDER = SalesOrder(
    customer=CustomerWish("NL", is_country_binding=False, needs_vat_number=False, forbids_vat_number=False),
    payment_reference="404-1234567-1234567",
    booked_on=date(2026, 11, 20),
    description="Amazon 404-1234567-1234567",
    price_model=PriceModel.EXCLUSIVE,
    template_id=None,
    cost_centre_id=None,
    lines=(
        SalesOrderLine("KAN", "Kan", 2, Decimal("10.00"), Decimal(21)),
        SalesOrderLine("KORTINGHOOG", "Korting", -1, Decimal("5.00"), Decimal(21)),
    ),
    total_incl_vat=Decimal("18.15"),
    predicted_incl_vat=Decimal("18.15"),
)
ARTICLES = {"KAN": "article-1", "KORTINGHOOG": "article-2"}


def test_a_sales_order_is_sent_as_it_was_calculated() -> None:
    assert sales_order_payload(ORDER, customer_id="customer-1", article_ids=ARTICLES) == {
        "relatie": {"id": "customer-1"},
        "datum": "2026-11-20T00:00:00",
        "omschrijving": "Amazon 404-1234567-1234567",
        "betalingskenmerk": "404-1234567-1234567",
        "verkooporderBtwIngaveModel": "Exclusief",
        "regels": [
            {"artikel": {"id": "article-1"}, "omschrijving": "Kan", "aantal": 2, "stuksprijs": Decimal("10.00")},
            {"artikel": {"id": "article-2"}, "omschrijving": "Korting", "aantal": -1, "stuksprijs": Decimal("5.00")},
        ],
    }


def test_a_sales_order_has_a_template_a_cost_centre_and_an_address_when_there_are() -> None:
    order = replace(ORDER, price_model=PriceModel.INCLUSIVE, template_id="t", cost_centre_id="c")
    payload = sales_order_payload(
        order, customer_id="x", article_ids=ARTICLES, delivery_address=DeliveryAddress("10115", None, "de")
    )

    assert payload["verkooporderBtwIngaveModel"] == "Inclusief"
    assert payload["verkoopordersjabloon"] == {"id": "t"}
    assert payload["kostenplaats"] == {"id": "c"}
    assert payload["afleveradres"] == {
        "straat": "Onbekend",
        "postcode": "10115",
        "plaats": "Onbekend",
        "land": {"id": "de"},
    }


def test_an_order_with_an_article_that_was_not_made_is_never_sent() -> None:
    with pytest.raises(KeyError):
        sales_order_payload(ORDER, customer_id="x", article_ids={"KAN": "article-1"})


def test_an_article_keeps_its_code_and_always_has_a_text() -> None:
    assert article_payload(NewArticle(" A-1", "Kan\x00 groot", VatKind.HIGH), revenue_group_id="group") == {
        "artikelcode": " A-1",
        "omschrijving": "Kan groot",
        "artikelOmzetgroep": {"id": "group"},
    }
    assert article_payload(NewArticle("A-1", "\u202e", VatKind.HIGH), revenue_group_id="g")["omschrijving"] == "A-1"


PAYMENT = PaymentEntry(
    journal_id="journal-1",
    booked_on=date(2026, 11, 20),
    voucher="404-1234567-1234567",
    description="Amazon 404-1234567-1234567",
    sales_entry_id="entry-1",
    clearing_ledger_id="ledger-1",
    amount=Decimal("230.00"),
)


def test_a_payment_credits_the_debtor_and_debits_the_clearing_ledger() -> None:
    assert journal_entry_payload(PAYMENT) == {
        "datum": "2026-11-20T00:00:00",
        "dagboek": {"id": "journal-1"},
        "boekstuk": "404-1234567-1234567",
        "omschrijving": "Amazon 404-1234567-1234567",
        "verkoopboekingBoekingsRegels": [
            {"boekingId": {"id": "entry-1"}, "omschrijving": "404-1234567-1234567", "bedrag": Decimal("230.00")}
        ],
        "memoriaalBoekingsRegels": [
            {
                "omschrijving": "Amazon 404-1234567-1234567",
                "grootboek": {"id": "ledger-1"},
                "debet": Decimal("230.00"),
                "credit": Decimal("0.00"),
            }
        ],
    }


def test_paying_a_credit_note_goes_the_other_way() -> None:
    (line,) = journal_entry_payload(replace(PAYMENT, amount=Decimal("-5.00")))["memoriaalBoekingsRegels"]

    assert (line["debet"], line["credit"]) == (Decimal(0), Decimal("5.00"))


def test_a_voucher_is_never_cut() -> None:
    for voucher in ("", "x" * 26):
        with pytest.raises(TranslationError):
            journal_entry_payload(replace(PAYMENT, voucher=voucher))


def test_a_business_has_its_vat_number() -> None:
    payload = relation_payload(
        name="x", email=None, postal_code=None, city=None, country_id="gr", vat_number="EL094259216"
    )

    assert payload["btwNummer"] == "EL094259216"
