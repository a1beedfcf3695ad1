"""From SnelStart's JSON to documents.py: only the members we use, missing ones left empty.

Model: the OpenAPI file of the B2B API v2. Its dates are naive local times of the Netherlands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

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
from webshop.clients.text import clean_text, normalise_email

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")

_ARTICLE_CODE_KINDS = {"Numeriek": "NUMERIC", "Alfanumeriek": "ALPHANUMERIC"}
_VAT_KINDS = {"Geen": "NONE", "Laag": "LOW", "Hoog": "HIGH", "Overig": "OTHER"}
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


class UnreadableError(ValueError):
    """The answer is not the document it should be; the text names the member."""


Row = Mapping[str, Any]
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
        administration_id=_id(row, "administratieIdentifier"),
        name=_text(row, "administratieNaam"),
        company_name=_text(row, "bedrijfsnaam"),
        article_code_kind=_ARTICLE_CODE_KINDS.get(_text(row, "artikelcodeSoort"), ""),
        article_code_max_length=_integer(row, "artikelcodeMaxLengte") or 0,
        is_foreign_vat_invoiced=row.get("factureerBuitenlandsBtw") is True,
        foreign_vat_ranges=tuple(
            (_integer(span, "from") or 0, _integer(span, "to") or 0)
            for span in (ranges if isinstance(ranges, list) else [])
            if isinstance(span, dict)
        ),
        foreign_vat_ledger_id=_reference(row, "buitenlandseBtwGrootboek"),
        is_small_business_scheme=isinstance(scheme, dict) and scheme.get("isKleineOndernemersRegelingActief") is True,
        book_year=_integer(row, "huidigBoekjaar"),
        price_decimals=_integer(row, "aantalDecimalenArtikelprijzen") or 0,
        is_article_price_excl_vat=row.get("verkoopprijsArtikelbestandExclusiefBtw") is True,
    )


def read_country(row: Row) -> Country:
    return Country(
        country_id=_id(row, "id"),
        code=_text(row, "landcode").upper(),
        code3=_text(row, "landcodeISO").upper(),
        name=_text(row, "naam"),
    )


def read_ledger(row: Row) -> LedgerAccount:
    kinds = row.get("btwSoort")
    return LedgerAccount(
        ledger_id=_id(row, "id"),
        number=_integer(row, "nummer") or 0,
        name=_text(row, "omschrijving"),
        function=_LEDGER_FUNCTIONS.get(_text(row, "grootboekfunctie"), 0),
        is_active=row.get("nonactief") is not True,
        is_cost_centre_required=row.get("kostenplaatsVerplicht") is True,
        rate_code=_text(row, "vatRateCode") or None,
        vat_kinds=tuple(
            _VAT_KINDS[kind]
            for kind in (kinds if isinstance(kinds, list) else [])
            if isinstance(kind, str) and kind in _VAT_KINDS
        ),
    )


def read_vat_rate(row: Row) -> VatRate:
    kind = _VAT_KINDS.get(_text(row, "btwSoort"), "")
    percentage = _decimal(row, "btwPercentage")
    valid_from, valid_until = _date(row, "datumVanaf"), _date(row, "datumTotEnMet")
    if percentage is None or valid_from is None or valid_until is None:
        raise UnreadableError("btwtarief")
    return VatRate(kind, percentage, valid_from, valid_until)


def read_journal(row: Row) -> Journal:
    return Journal(
        journal_id=_id(row, "id"),
        number=_integer(row, "nummer") or 0,
        name=_text(row, "omschrijving"),
        kind=_JOURNAL_KINDS.get(_text(row, "soort"), "NONE"),
        is_active=row.get("nonactief") is not True,
    )


def read_cost_centre(row: Row) -> CostCentre:
    return CostCentre(
        cost_centre_id=_id(row, "id"),
        number=_integer(row, "nummer") or 0,
        name=_text(row, "omschrijving"),
        is_active=row.get("nonactief") is not True,
    )


def read_relation(row: Row) -> Relation:
    kinds = row.get("relatiesoort")
    address = row.get("vestigingsAdres")
    return Relation(
        relation_id=_id(row, "id"),
        code=_integer(row, "relatiecode"),
        emails=_emails(row),
        country_id=_reference(address, "land") if isinstance(address, dict) else None,
        is_active=row.get("nonactief") is not True,
        is_customer=isinstance(kinds, list) and "Klant" in kinds,
        has_vat_number=bool(_text(row, "btwNummer")),
        modified_at=_moment(row, "modifiedOn"),
        name=_text(row, "naam"),
    )


def read_sales_invoice(row: Row) -> SalesInvoice:
    return SalesInvoice(
        invoice_id=_id(row, "id"),
        number=_text(row, "factuurnummer"),
        entry_id=_reference(row, "verkoopBoeking"),
        relation_id=_reference(row, "relatie"),
        total=_decimal(row, "factuurBedrag"),
        open_balance=_decimal(row, "openstaandSaldo"),
        booked_on=_date(row, "factuurDatum"),
    )


def read_created_entry(row: Row) -> CreatedEntry:
    return CreatedEntry(
        entry_id=_id(row, "id"), number=_text(row, "factuurnummer"), total=_decimal(row, "factuurbedrag")
    )


def read_sales_entry(row: Row) -> SalesEntryDocument:
    return SalesEntryDocument(
        entry_id=_id(row, "id"),
        number=_text(row, "factuurnummer"),
        relation_id=_reference(row, "klant"),
        total=_decimal(row, "factuurbedrag"),
        booked_on=_date(row, "factuurdatum"),
    )


def _id(row: Row, name: str) -> str:
    value = row.get(name)
    identifier = value.lower() if isinstance(value, str) else ""
    if not ID.fullmatch(identifier):
        raise UnreadableError(name)
    return identifier


def _reference(row: Row, name: str) -> str | None:
    value = row.get(name)
    identifier = value.get("id") if isinstance(value, dict) else None
    identifier = identifier.lower() if isinstance(identifier, str) else ""
    return identifier if ID.fullmatch(identifier) else None


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return clean_text(value, 250) if isinstance(value, str) else ""


def _integer(row: Row, name: str) -> int | None:
    value = row.get(name)
    return value if type(value) is int else None


def _decimal(row: Row, name: str) -> Decimal | None:
    value = row.get(name)
    if isinstance(value, Decimal):
        return value
    return Decimal(value) if type(value) is int else None


def _local_time(row: Row, name: str) -> datetime | None:
    value = row.get(name)
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=AMSTERDAM)
    except ValueError:
        return None


def _date(row: Row, name: str) -> date | None:
    moment = _local_time(row, name)
    return moment.date() if moment else None


def _moment(row: Row, name: str) -> datetime | None:
    moment = _local_time(row, name)
    return moment.astimezone(UTC) if moment else None


def _emails(row: Row) -> tuple[str, ...]:
    value = row.get("email")
    parts = value.split(";") if isinstance(value, str) else []
    return tuple(email for email in map(normalise_email, parts) if email)
