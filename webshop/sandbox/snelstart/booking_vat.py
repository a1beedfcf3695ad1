"""What SnelStart demands of the VAT of a verkoopboeking: Dutch kinds, reverse charge, Union and OSS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from webshop.sandbox.snelstart.books import Books, Document
from webshop.sandbox.snelstart.calls import business_error
from webshop.sandbox.snelstart.countries import EU_FOR_GOODS, countries
from webshop.sandbox.snelstart.customers import country_of
from webshop.sandbox.snelstart.models import DOCUMENT_VAT_KINDS, LINE_VAT_KINDS
from webshop.sandbox.snelstart.vat_table import dutch_rate, foreign_rate

DISTANCE_SALES = "InstallatieTeleverkoopBinnenEUgeen"
UNION_FUNCTIONS = frozenset({"VerkopenExportBinnenEU", "DienstverleningBinnenEU"})
REVERSE_CHARGE_FUNCTION = "VerkopenOmzetOnbelastVerlegd"
SALES_FUNCTIONS = frozenset(
    {
        "Diversen",
        REVERSE_CHARGE_FUNCTION,
        "VerkopenOmzetLaag",
        "VerkopenOmzetHoog",
        "VerkopenOmzetOverig",
        "VerkopenExportBuitenEU",
        DISTANCE_SALES,
        *UNION_FUNCTIONS,
    }
)
ROW_OF_KIND = {"Laag": "VerkopenLaag", "Hoog": "VerkopenHoog", "Overig": "VerkopenOverig"}
KIND_OF_ROW = {row: kind for kind, row in ROW_OF_KIND.items()}
REVERSE_CHARGE = "VerkopenVerlegd"
LEDGER_FOR_ROW = {
    "VerkopenLaag": "BtwAfteDragenLaag",
    "VerkopenHoog": "BtwAfTeDragenHoog",
    "VerkopenOverig": "BtwAfTeDragenOverig",
    REVERSE_CHARGE: "BtwAfTeDragenVerlegdVerkopen",
}
# OSS exists since this day.
OSS_START = date(2021, 7, 1)
CENT = Decimal("0.01")
LEAST_TOLERANCE = Decimal("0.05")


@dataclass(frozen=True)
class Line:
    """A line with its ledger, read and found."""

    amount: Decimal
    kind: str
    ledger: Document

    @property
    def function(self) -> str:
        return str(self.ledger["grootboekfunctie"])


def read_line(line: dict[str, Any], ledger: Document) -> Line:
    """Return the line with its VAT kind, by default the ledger's own."""
    if ledger["grootboekfunctie"] not in SALES_FUNCTIONS:
        raise business_error("BOE-0061", f"Grootboekrekening {ledger['nummer']} is hier niet toegestaan.")
    kind = line["btwSoort"] or ledger["btwSoort"][0]
    if kind not in LINE_VAT_KINDS or kind not in ledger["btwSoort"]:
        raise business_error("BOE-0082", f"Btw-soort {kind} past niet bij grootboekrekening {ledger['nummer']}.")
    return Line(line["bedrag"] or Decimal(0), kind, ledger)


def check_vat(books: Books, day: date, customer: Document, lines: list[Line], rows: list[dict[str, Any]]) -> None:
    """Refuse a booking whose VAT does not fit its lines, its customer or its date."""
    if foreign_vat_applies(books, day, country_of(books, customer), customer):
        _check_distance_sales(books, day, customer, lines, rows)
        return
    _check_functions(books, customer, lines)
    amounts = _amounts_by_row(rows)
    _check_kinds(lines, amounts)
    _check_reverse_charge(lines, amounts)
    _check_vat_ledgers(books, amounts)
    for row, vat in amounts.items():
        _check_amount(day, lines, row, vat)


def foreign_vat_applies(books: Books, day: date, country: str, customer: Document) -> bool:
    """Tell whether the other member state's VAT is due: a private customer there, and the switch is on."""
    settings = books.settings
    if not settings["foreign_vat"] or day < OSS_START or day < date.fromisoformat(settings["foreign_vat_from"]):
        return False
    return country in EU_FOR_GOODS and country != "NL" and not customer.get("btwNummer")


def foreign_vat_ledger(books: Books) -> str:
    return str(books.find("grootboeken", "nummer", books.settings["foreign_vat_ledger"])[0]["id"])


def _check_distance_sales(
    books: Books, day: date, customer: Document, lines: list[Line], rows: list[dict[str, Any]]
) -> None:
    if rows:
        raise business_error("BOE-0082", "Bij buitenlandse btw is de btw-collectie leeg.")
    vat_ledger = foreign_vat_ledger(books)
    country = countries()[country_of(books, customer)][1]
    due = booked = Decimal(0)
    sales = 0
    for line in lines:
        if line.ledger["id"] == vat_ledger:
            booked += line.amount
        elif line.function == DISTANCE_SALES:
            rate = foreign_rate(country, line.ledger["vatRateCode"] or "", day)
            if rate is None:
                raise business_error("BOE-0069", f"Tarief {line.ledger['vatRateCode']} bestaat niet in {country}.")
            due += line.amount * rate / 100
            sales += 1
        else:
            raise business_error("BOE-0061", "Gebruik een rekening voor afstandsverkopen of de buitenlandse btw.")
    if abs(booked - due) > CENT * max(sales, 1):
        raise business_error("BOE-0069", f"De buitenlandse btw is {booked}, verwacht was {due:.2f}.")


def _check_functions(books: Books, customer: Document, lines: list[Line]) -> None:
    functions = {line.function for line in lines}
    country = country_of(books, customer)
    if functions & UNION_FUNCTIONS and (
        country == "NL" or country not in EU_FOR_GOODS or not customer.get("btwNummer")
    ):
        raise business_error(
            "BOE-0080", "Omzet binnen de EU vraagt een klant met een btw-nummer uit een ander EU-land."
        )
    if DISTANCE_SALES in functions:
        raise business_error("BOE-0080", "Afstandsverkopen zijn bij deze klant of instelling niet toegestaan.")


def _amounts_by_row(rows: list[dict[str, Any]]) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = {}
    for row in rows:
        kind = row["btwSoort"]
        if kind not in DOCUMENT_VAT_KINDS or kind in amounts:
            raise business_error("BOE-0082", f"Btw-soort {kind} ontbreekt, is dubbel of hoort hier niet.")
        amounts[kind] = row["btwBedrag"] or Decimal(0)
    return amounts


def _check_kinds(lines: list[Line], amounts: dict[str, Decimal]) -> None:
    wanted = {ROW_OF_KIND[line.kind] for line in lines if line.kind != "Geen"}
    given = {row for row in amounts if row not in ("Geen", REVERSE_CHARGE)}
    if wanted != given:
        raise business_error("BOE-0082", "De btw-soorten van de regels en van de btw-collectie verschillen.")


def _check_reverse_charge(lines: list[Line], amounts: dict[str, Decimal]) -> None:
    if REVERSE_CHARGE not in amounts:
        return
    if len(amounts) > 1 or any(line.function != REVERSE_CHARGE_FUNCTION for line in lines):
        raise business_error("BOE-0062", "Verlegde btw kan niet samen met andere omzet in een boeking.")


def _check_vat_ledgers(books: Books, amounts: dict[str, Decimal]) -> None:
    for row in amounts:
        function = LEDGER_FOR_ROW.get(row)
        if function and not any(
            not ledger["nonactief"] for ledger in books.find("grootboeken", "grootboekfunctie", function)
        ):
            raise business_error("BOE-0081", f"Er is geen grootboekrekening met functie {function}.")


def _check_amount(day: date, lines: list[Line], row: str, vat: Decimal) -> None:
    kind = KIND_OF_ROW.get(row)
    if kind is None:
        if vat != 0:
            raise business_error("BOE-0069", f"Bij {row} hoort geen btw-bedrag.")
        return
    bases = [line.amount for line in lines if line.kind == kind]
    rate = dutch_rate(kind, day)
    tolerance = max(LEAST_TOLERANCE, CENT * len(bases))
    if rate is None or abs(vat - sum(bases, Decimal(0)) * rate / 100) > tolerance:
        raise business_error("BOE-0069", f"Het btw-bedrag {vat} bij {row} is niet geldig.")
