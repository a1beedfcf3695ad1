"""From SnelStart's JSON to documents.py: only the members we use, missing ones left empty.

Model: the OpenAPI file of the B2B API v2. Its dates are naive local times of the Netherlands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from webshop.clients.snelstart.documents import (
    CompanyInfo,
    CostCentre,
    Country,
    CreatedEntry,
    Journal,
    LedgerAccount,
    Relation,
    SalesEntryDocument,
    SalesInvoice,
    VatRate,
)
from webshop.clients.snelstart.members import (
    VAT_KINDS,
    Row,
    UnreadableError,
    read_date,
    read_decimal,
    read_id,
    read_integer,
    read_moment,
    read_reference,
    read_text,
)
from webshop.clients.text import normalise_email

_ARTICLE_CODE_KINDS = {"Numeriek": "NUMERIC", "Alfanumeriek": "ALPHANUMERIC"}
_JOURNAL_KINDS = {
    "Geen": "NONE",
    "Kas": "CASH",
    "Bank": "BANK",
    "Verkoop": "SALES",
    "Inkoop": "PURCHASES",
    "Memoriaal": "GENERAL",
    "Balans": "BALANCE",
}
# SnelStart's own numbers of the ledger functions; the API only gives the names. "Afte" is no typing error of ours.
_LEDGER_FUNCTIONS = {
    "Diversen": 0,
    "DagboekKas": 1,
    "DagboekBank": 2,
    "DagboekGiro": 3,
    "DagboekVerkoop": 4,
    "DagboekInkoop": 5,
    "DagboekMemoriaal": 7,
    "DagboekBalans": 8,
    "VerkopenOmzetOnbelastVerlegd": 10,
    "VerkopenOmzetLaag": 11,
    "VerkopenOmzetHoog": 12,
    "VerkopenOmzetOverig": 13,
    "VerkopenBtwVrij": 15,
    "BtwAfteDragenLaag": 21,
    "BtwAfTeDragenHoog": 22,
    "BtwAfTeDragenOverig": 23,
    "BtwAfTeDragenVerlegdVerkopen": 24,
    "BtwTeVorderenVerlegd": 25,
    "BtwAfteDragenLaagGlobalisatie": 26,
    "BtwAfTeDragenHoogGlobalisatie": 27,
    "BtwAfTeDragenOverigGlobalisatie": 28,
    "InkopenKostenAlleBtwTarieven": 30,
    "InkopenKostenLaag": 31,
    "InkopenKostenHoog": 32,
    "InkopenKostenOverig": 33,
    "InkopenVraagPosten": 34,
    "BtwTeVorderenLaag": 41,
    "BtwTeVorderenHoog": 42,
    "BtwTeVorderenOverig": 43,
    "BtwAfTeDragenVerlegdInkopen": 44,
    "BtwTeVorderenVerlegdInkopen": 45,
    "InkopenImportBinnenEUlaag": 61,
    "InkopenImportBinnenEUhoog": 62,
    "InkopenImportBinnenEUoverig": 63,
    "InkopenImportBuitenEUlaag": 71,
    "InkopenImportBuitenEUhoog": 72,
    "InkopenImportBuitenEUoverig": 73,
    "VerkopenExportBinnenEU": 80,
    "VerkopenExportBuitenEU": 81,
    "OninbareVorderingen": 82,
    "HerrekeningCorrecties": 83,
    "InstallatieTeleverkoopBinnenEUgeen": 84,
    "BpmVerkopen": 85,
    "BpmInkopen": 86,
    "BpmVoorraad": 87,
    "DienstverleningBinnenEU": 88,
    "VerkoopGlobalisatieLaag": 91,
    "VerkoopGlobalisatieHoog": 92,
    "VerkoopGlobalisatieOverig": 93,
    "InkoopGlobalisatieLaag": 94,
    "InkoopGlobalisatieHoog": 95,
    "InkoopGlobalisatieOverig": 96,
    "BtwGlobalisatie": 97,
    "KredietbeperkingVerkopen": 100,
    "KredietbeperkingInkopen": 101,
    "Betalingskorting": 102,
    "TussenrekeningBetalingen": 110,
    "OnbekendeBetalingen": 111,
    "Kruisposten": 112,
    "ContanteBetaling": 120,
    "ElectronischeBetaling": 121,
    "Winstboeking": 130,
}


Document = TypeVar("Document")


def read_rows(document: Any, read: Callable[[Row], Document]) -> tuple[Document, ...]:
    """Read every row of a list; one unreadable row makes the list unreadable, so that none goes missing."""
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise UnreadableError("list")
    return tuple(read(row) for row in document)


def read_document(document: Any, read: Callable[[Row], Document]) -> Document:
    if not isinstance(document, dict):
        raise UnreadableError("object")
    return read(document)


def read_company_info(row: Row) -> CompanyInfo:
    scheme = row.get("kleineOndernemersregeling")
    ranges = row.get("factureerBuitenlandsBtwRanges")
    return CompanyInfo(
        administration_id=read_id(row, "administratieIdentifier"),
        name=read_text(row, "administratieNaam"),
        company_name=read_text(row, "bedrijfsnaam"),
        article_code_kind=_ARTICLE_CODE_KINDS.get(read_text(row, "artikelcodeSoort"), ""),
        article_code_max_length=read_integer(row, "artikelcodeMaxLengte") or 0,
        is_foreign_vat_invoiced=row.get("factureerBuitenlandsBtw") is True,
        # A sole trader's other number contains the social security number: only this one is for outsiders.
        vat_number=read_text(row, "btwIdentificatieNummer") or None,
        foreign_vat_ranges=tuple(
            (read_integer(span, "from") or 0, read_integer(span, "to") or 0)
            for span in (ranges if isinstance(ranges, list) else [])
            if isinstance(span, dict)
        ),
        foreign_vat_ledger_id=read_reference(row, "buitenlandseBtwGrootboek"),
        is_small_business_scheme=isinstance(scheme, dict) and scheme.get("isKleineOndernemersRegelingActief") is True,
        book_year=read_integer(row, "huidigBoekjaar"),
        price_decimals=read_integer(row, "aantalDecimalenArtikelprijzen") or 0,
        is_article_price_excl_vat=row.get("verkoopprijsArtikelbestandExclusiefBtw") is True,
    )


def read_country(row: Row) -> Country:
    return Country(
        country_id=read_id(row, "id"),
        code=read_text(row, "landcode").upper(),
        code3=read_text(row, "landcodeISO").upper(),
        name=read_text(row, "naam"),
    )


def read_ledger(row: Row) -> LedgerAccount:
    kinds = row.get("btwSoort")
    return LedgerAccount(
        ledger_id=read_id(row, "id"),
        number=read_integer(row, "nummer") or 0,
        name=read_text(row, "omschrijving"),
        function=_LEDGER_FUNCTIONS.get(read_text(row, "grootboekfunctie"), 0),
        is_active=row.get("nonactief") is not True,
        is_cost_centre_required=row.get("kostenplaatsVerplicht") is True,
        rate_code=read_text(row, "vatRateCode") or None,
        vat_kinds=tuple(
            VAT_KINDS[kind]
            for kind in (kinds if isinstance(kinds, list) else [])
            if isinstance(kind, str) and kind in VAT_KINDS
        ),
    )


def read_vat_rate(row: Row) -> VatRate:
    kind = VAT_KINDS.get(read_text(row, "btwSoort"), "")
    percentage = read_decimal(row, "btwPercentage")
    valid_from, valid_until = read_date(row, "datumVanaf"), read_date(row, "datumTotEnMet")
    if percentage is None or valid_from is None or valid_until is None:
        raise UnreadableError("btwtarief")
    return VatRate(kind, percentage, valid_from, valid_until)


def read_journal(row: Row) -> Journal:
    return Journal(
        journal_id=read_id(row, "id"),
        number=read_integer(row, "nummer") or 0,
        name=read_text(row, "omschrijving"),
        kind=_JOURNAL_KINDS.get(read_text(row, "soort"), "NONE"),
        is_active=row.get("nonactief") is not True,
    )


def read_cost_centre(row: Row) -> CostCentre:
    return CostCentre(
        cost_centre_id=read_id(row, "id"),
        number=read_integer(row, "nummer") or 0,
        name=read_text(row, "omschrijving"),
        is_active=row.get("nonactief") is not True,
    )


def read_relation(row: Row) -> Relation:
    kinds = row.get("relatiesoort")
    address = row.get("vestigingsAdres")
    return Relation(
        relation_id=read_id(row, "id"),
        code=read_integer(row, "relatiecode"),
        emails=_emails(row),
        country_id=read_reference(address, "land") if isinstance(address, dict) else None,
        is_active=row.get("nonactief") is not True,
        is_customer=isinstance(kinds, list) and "Klant" in kinds,
        has_vat_number=bool(read_text(row, "btwNummer")),
        modified_at=read_moment(row, "modifiedOn"),
        name=read_text(row, "naam"),
        vat_number=read_text(row, "btwNummer") or None,
    )


def read_sales_invoice(row: Row) -> SalesInvoice:
    return SalesInvoice(
        invoice_id=read_id(row, "id"),
        number=read_text(row, "factuurnummer"),
        entry_id=read_reference(row, "verkoopBoeking"),
        relation_id=read_reference(row, "relatie"),
        total=read_decimal(row, "factuurBedrag"),
        open_balance=read_decimal(row, "openstaandSaldo"),
        booked_on=read_date(row, "factuurDatum"),
    )


def read_created_entry(row: Row) -> CreatedEntry:
    return CreatedEntry(
        entry_id=read_id(row, "id"), number=read_text(row, "factuurnummer"), total=read_decimal(row, "factuurbedrag")
    )


def read_sales_entry(row: Row) -> SalesEntryDocument:
    return SalesEntryDocument(
        entry_id=read_id(row, "id"),
        number=read_text(row, "factuurnummer"),
        relation_id=read_reference(row, "klant"),
        total=read_decimal(row, "factuurbedrag"),
        booked_on=read_date(row, "factuurdatum"),
    )


def _emails(row: Row) -> tuple[str, ...]:
    value = row.get("email")
    parts = value.split(";") if isinstance(value, str) else []
    return tuple(email for email in map(normalise_email, parts) if email)
