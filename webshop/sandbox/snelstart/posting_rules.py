"""Rules that every entry in the books obeys: dates, ledgers and cost centres."""

from __future__ import annotations

from datetime import date
from typing import Any

from webshop.sandbox.snelstart.books import Books, Document
from webshop.sandbox.snelstart.calls import business_error

YEARS_BACK = 5


def check_date(books: Books, written: str | None) -> date:
    """Return the date of an entry; refuse one that is missing, too old or in a blocked period."""
    if written is None:
        raise business_error("BOE-0070", "De datum is niet geldig.")
    day = date.fromisoformat(written[:10])
    if day.year < books.today().year - YEARS_BACK:
        raise business_error("BOE-0033", f"De datum ligt meer dan {YEARS_BACK} jaar voor het huidige boekjaar.")
    blocked_until = books.settings["blocked_until"]
    if blocked_until is not None and day <= date.fromisoformat(blocked_until):
        raise business_error("BOE-0042", "De datum valt in een geblokkeerde periode.")
    return day


def check_texts(values: dict[str, Any]) -> None:
    if len(values["boekstuk"] or "") > 25:
        raise business_error("BOE-0068", "Het boekstuk is hoogstens 25 tekens lang.")
    if len(values["omschrijving"] or "") > 250:
        raise business_error("BOE-0071", "De omschrijving is hoogstens 250 tekens lang.")


def ledger_of(books: Books, line: dict[str, Any]) -> Document:
    ledger = books.get("grootboeken", line["grootboek"]["id"])
    if ledger is None:
        raise business_error("BOE-0037", "De grootboekrekening bestaat niet.")
    if ledger["nonactief"]:
        raise business_error("BOE-0008", f"Grootboekrekening {ledger['nummer']} is niet actief.")
    return ledger


def check_cost_centre(books: Books, line: dict[str, Any], ledger: Document) -> None:
    if line["kostenplaats"] is None:
        if ledger["kostenplaatsVerplicht"]:
            raise business_error("BOE-0022", f"Grootboekrekening {ledger['nummer']} vraagt een kostenplaats.")
        return
    if ledger.get("_cost_centre_refused"):
        raise business_error("BOE-0093", f"Bij grootboekrekening {ledger['nummer']} hoort geen kostenplaats.")
    cost_centre = books.get("kostenplaatsen", line["kostenplaats"]["id"])
    if cost_centre is None:
        raise business_error("BOE-0019", "De kostenplaats bestaat niet.")
    if cost_centre["nonactief"]:
        raise business_error("BOE-0026", "De kostenplaats is niet actief.")


def completed(books: Books, line: dict[str, Any]) -> Document:
    """Return a line with its references as SnelStart shows them."""
    cost_centre = line["kostenplaats"]
    return line | {
        "grootboek": books.reference("grootboeken", line["grootboek"]["id"]),
        "kostenplaats": books.reference("kostenplaatsen", cost_centre["id"]) if cost_centre else None,
    }
