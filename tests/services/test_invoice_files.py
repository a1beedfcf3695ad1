"""The invoice as people and their bookkeeping get it: complete, right to the cent, the same each time."""

from __future__ import annotations

import io
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from flask import Flask
from pypdf import PdfReader

from tests import factories
from webshop.extensions import transaction
from webshop.models import Product
from webshop.services import invoices
from webshop.services.invoice_document import document_of
from webshop.services.invoice_pdf import render_pdf
from webshop.services.invoice_ubl import render_ubl

DUTCH = {
    "billing_name": "Fietsbel en Zonen B.V.",
    "billing_address": "Lange Nieuwstraat 106",
    "billing_postal_code": "3512 PN",
    "billing_city": "Utrecht",
    "kvk_number": "87654321",
    "vat_number": "NL004495445B01",
}
GERMAN = {
    "billing_name": "Müßiggänger GmbH",
    "billing_address": "Straße des 17. Juni 100",
    "billing_postal_code": "10557",
    "billing_city": "Berlin",
    "billing_country": "DE",
    "vat_number": "DE136695976",
}
SWISS = {"billing_name": "Velo Zürich", "billing_country": "CH", "billing_postal_code": "8001"}
CUSTOMERS = {"S": DUTCH, "AE": GERMAN, "O": SWISS}
UBL = "{urn:oasis:names:specification:ubl:schema:xsd:Common%sComponents-2}"
PREFIXES = {"cac": UBL[1:-1] % "Aggregate", "cbc": UBL[1:-1] % "Basic"}


@dataclass
class Files:
    """A paid invoice and the credit invoice that takes it back, as they are mailed."""

    pdf: bytes
    ubl: bytes
    credit_pdf: bytes
    credit_ubl: bytes


def make(app: Flask, details: dict[str, Any], *, units: int = 1, locale: str = "nl") -> Files:
    with app.app_context():
        with transaction():
            shop = factories.shop(factories.user(locale=locale), **details)
            product = Product.SUBSCRIPTION if units == 1 else Product.MIGRATION
            invoice = invoices.issue(factories.paid_checkout(shop, product, units))
            staff = factories.user(is_staff=True)
        document = document_of(invoice)
        credit = document_of(invoices.credit(invoice, "Dubbel besteld", staff.id))
        return Files(*(render(one) for one in (document, credit) for render in (render_pdf, render_ubl)))


def text_of(pdf: bytes) -> str:
    (page,) = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(page.extract_text().split())


# PDF


def test_the_page_says_who_what_how_much_and_that_it_is_paid(app: Flask) -> None:
    text = text_of(make(app, DUTCH).pdf)
    for expected in (
        "Factuur",
        "2026-0001",
        "23 november 2026",
        "Koppeling Zandbak B.V.",
        "Voorbeeldstraat 1",
        "1234 AB Voorbeeldstad",
        "KvK 12345678",
        "Btw NL000099998B57",
        "IBAN NL91 ABNA 0417 1643 00",
        "Fietsbel en Zonen B.V.",
        "Lange Nieuwstraat 106",
        "3512 PN Utrecht",
        "87654321",
        "NL004495445B01",
        "abonnement voor één jaar",
        "Totaal zonder btw € 149,00",
        "Btw 21% € 31,29",
        "Totaal € 180,29",
        "Betaald op 23 november 2026 via Mollie.",
    ):
        assert expected in text, expected
    assert "verlegd" not in text


def test_units_and_their_price_stand_on_the_line(app: Flask) -> None:
    assert "bestellingen 3 € 67,50 € 202,50" in text_of(make(app, DUTCH, units=3).pdf)


def test_a_reverse_charge_names_both_vat_numbers(app: Flask) -> None:
    text = text_of(make(app, GERMAN).pdf)
    assert "Btw verlegd naar de afnemer. Ons btw-nummer: NL000099998B57." in text
    assert "Btw-nummer van de afnemer: DE136695976." in text
    assert "Btw verlegd € 0,00 Totaal € 149,00" in text
    assert "Duitsland" in text


def test_outside_the_eu_there_is_no_vat(app: Flask) -> None:
    text = text_of(make(app, SWISS).pdf)
    assert "buiten de EU: geen Nederlandse btw" in text
    assert "Btw 0% € 0,00 Totaal € 149,00" in text


def test_a_credit_invoice_names_the_invoice_it_takes_back(app: Flask) -> None:
    text = text_of(make(app, DUTCH).credit_pdf)
    assert "Creditfactuur" in text
    assert "Hiermee vervalt factuur 2026-0001 van 23 november 2026." in text
    assert "Reden: Dubbel besteld" in text
    assert "Totaal € -180,29" in text
    assert "Betaald" not in text


def test_every_name_of_europe_can_be_printed_and_what_cannot_stays_a_sign(app: Flask) -> None:
    details = DUTCH | {"billing_name": "Œuvre Şükrüoğlu Wałęsa Žižkov Größe é ő ș 中", "billing_city": "Łódź\x07"}
    text = text_of(make(app, details).pdf)
    assert "Œuvre Şükrüoğlu Wałęsa Žižkov Größe é ő ș ?" in text
    assert "Łódź" in text


def test_long_names_wrap_and_everything_stays_on_one_page(app: Flask) -> None:
    details = GERMAN | {
        "name": "Winkel " * 14,
        "billing_name": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" + "W" * 20,
        "billing_address": "W" * 100,
        "billing_postal_code": "W" * 12,
        "billing_city": "W" * 60,
    }
    text = text_of(make(app, details).pdf)
    assert text.replace(" ", "").count("W") >= 100 + 60 + 12 + 20 + 14
    assert "IBAN" in text


@pytest.mark.parametrize("locale", ["nl", "en", "de"])
def test_the_file_says_what_it_is_and_in_which_language(app: Flask, locale: str) -> None:
    pdf = make(app, DUTCH, locale=locale).pdf
    reader = PdfReader(io.BytesIO(pdf))
    assert reader.metadata is not None
    assert str(reader.metadata.title).endswith(" 2026-0001")
    assert reader.metadata.author == "Koppeling Zandbak B.V."
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date().isoformat() == "2026-11-23"
    assert reader.root_object["/Lang"] == locale
    assert len(pdf) < 60_000


def test_an_invoice_is_the_same_file_each_time(app: Flask) -> None:
    with app.app_context():
        with transaction():
            shop = factories.shop(factories.user(), **dict[str, Any](GERMAN))
            invoice = invoices.issue(factories.paid_checkout(shop))
        assert render_pdf(document_of(invoice)) == render_pdf(document_of(invoice))
        assert render_ubl(document_of(invoice)) == render_ubl(document_of(invoice))


# UBL


def read(ubl: bytes) -> Element:
    return fromstring(ubl)  # noqa: S314 - our own


def value(root: Element, path: str) -> str:
    (found,) = root.findall(path, PREFIXES)
    return found.text or ""


def amounts(root: Element, path: str) -> list[Decimal]:
    found = root.findall(path, PREFIXES)
    assert all(element.get("currencyID") == "EUR" for element in found)
    return [Decimal(element.text or "") for element in found]


@pytest.mark.parametrize("category", CUSTOMERS)
@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("is_credit", [False, True])
def test_the_sums_of_the_ubl_hold(app: Flask, category: str, units: int, is_credit: bool) -> None:
    files = make(app, CUSTOMERS[category], units=units)
    root = read(files.credit_ubl if is_credit else files.ubl)
    line = "cac:CreditNoteLine" if is_credit else "cac:InvoiceLine"
    quantity = "cbc:CreditedQuantity" if is_credit else "cbc:InvoicedQuantity"
    net = Decimal("149.00") if units == 1 else Decimal("202.50")
    vat = {Decimal("149.00"): Decimal("31.29"), Decimal("202.50"): Decimal("42.53")}[net] if category == "S" else 0
    total = "cac:LegalMonetaryTotal/cbc:"
    assert amounts(root, f"{line}/cbc:LineExtensionAmount") == [net]
    assert amounts(root, f"{line}/cac:Price/cbc:PriceAmount")[0] * Decimal(value(root, f"{line}/{quantity}")) == net
    assert amounts(root, "cac:TaxTotal/cbc:TaxAmount") == [vat]
    assert amounts(root, "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount") == [vat]
    assert amounts(root, "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxableAmount") == [net]
    assert amounts(root, f"{total}LineExtensionAmount") == amounts(root, f"{total}TaxExclusiveAmount") == [net]
    assert amounts(root, f"{total}TaxInclusiveAmount") == [net + vat]
    paid, payable = amounts(root, f"{total}PrepaidAmount")[0], amounts(root, f"{total}PayableAmount")[0]
    assert (paid, payable) == ((0, net + vat) if is_credit else (net + vat, 0))
    for place in ("cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory", f"{line}/cac:Item/cac:ClassifiedTaxCategory"):
        assert value(root, f"{place}/cbc:ID") == category
        percent = root.findall(f"{place}/cbc:Percent", PREFIXES)
        assert [element.text for element in percent] == {"S": ["21"], "AE": ["0"], "O": []}[category]


# The order in which the format wants its parts.
ORDER = (
    "CustomizationID", "ProfileID", "ID", "IssueDate", "InvoiceTypeCode", "CreditNoteTypeCode", "Note",
    "DocumentCurrencyCode", "BuyerReference", "BillingReference", "AccountingSupplierParty",
    "AccountingCustomerParty", "PaymentMeans", "TaxTotal", "LegalMonetaryTotal", "InvoiceLine", "CreditNoteLine",
)  # fmt: skip


def test_the_ubl_has_the_parts_of_the_format_in_its_order(app: Flask) -> None:
    files = make(app, DUTCH)
    for ubl, kind, code in ((files.ubl, "Invoice", "380"), (files.credit_ubl, "CreditNote", "381")):
        root = read(ubl)
        assert root.tag == f"{{urn:oasis:names:specification:ubl:schema:xsd:{kind}-2}}{kind}"
        names = [element.tag.rpartition("}")[2] for element in root]
        assert names == sorted(names, key=ORDER.index)
        assert value(root, f"cbc:{kind}TypeCode") == code
        assert value(root, "cbc:CustomizationID").endswith("urn:fdc:peppol.eu:2017:poacc:billing:3.0")
        assert value(root, "cbc:ProfileID") == "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


def test_both_parties_are_named_with_their_numbers(app: Flask) -> None:
    root = read(make(app, DUTCH).ubl)
    for role, kvk, vat in (
        ("Supplier", "12345678", "NL000099998B57"),
        ("Customer", "87654321", "NL004495445B01"),
    ):
        party = f"cac:Accounting{role}Party/cac:Party"
        for place in (f"{party}/cbc:EndpointID", f"{party}/cac:PartyLegalEntity/cbc:CompanyID"):
            (number,) = root.findall(place, PREFIXES)
            assert (number.text, number.get("schemeID")) == (kvk, "0106")
        assert value(root, f"{party}/cac:PartyTaxScheme/cbc:CompanyID") == vat
        assert value(root, f"{party}/cac:PostalAddress/cac:Country/cbc:IdentificationCode") == "NL"
    assert value(root, "cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cbc:CityName") == "Utrecht"
    assert value(root, "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID") == "NL91ABNA0417164300"


def test_a_credit_note_names_its_invoice_and_asks_for_no_payment(app: Flask) -> None:
    root = read(make(app, DUTCH).credit_ubl)
    assert value(root, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == "2026-0001"
    assert root.findall("cac:PaymentMeans", PREFIXES) == []


@pytest.mark.parametrize(("category", "code"), [("AE", "VATEX-EU-AE"), ("O", "VATEX-EU-O")])
def test_no_vat_has_a_reason(app: Flask, category: str, code: str) -> None:
    root = read(make(app, CUSTOMERS[category]).ubl)
    place = "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:"
    assert value(root, f"{place}TaxExemptionReasonCode") == code
    assert value(root, f"{place}TaxExemptionReason")
    numbers = root.findall(".//cac:PartyTaxScheme", PREFIXES)
    assert len(numbers) == (2 if category == "AE" else 0)


def test_names_that_look_like_markup_stay_text(app: Flask) -> None:
    hostile = '<script>alert(1)</script> & "x" ]]>'
    root = read(make(app, DUTCH | {"billing_name": hostile, "billing_address": "a\x00\x1b\ufffe b"}).ubl)
    party = "cac:AccountingCustomerParty/cac:Party"
    assert value(root, f"{party}/cac:PartyLegalEntity/cbc:RegistrationName") == hostile
    assert value(root, f"{party}/cac:PostalAddress/cbc:StreetName") == "a b"
