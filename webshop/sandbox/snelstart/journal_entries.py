"""/memoriaalboekingen: settle sales invoices and move amounts between ledgers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from webshop.sandbox.snelstart.bookings import pay
from webshop.sandbox.snelstart.books import Books, Document
from webshop.sandbox.snelstart.calls import Answer, Call, business_error, not_found
from webshop.sandbox.snelstart.members import amount, parse_body, read, render
from webshop.sandbox.snelstart.models import MEMORIAALBOEKING
from webshop.sandbox.snelstart.posting_rules import check_cost_centre, check_date, check_texts, completed, ledger_of


def get_entry(books: Books, _: Call, identifier: str) -> Answer:
    entry = books.get("memoriaalboekingen", identifier)
    if entry is None:
        raise not_found("BOE-0001", "De boeking bestaat niet.")
    return Answer(200, render(MEMORIAALBOEKING, entry))


def create_entry(books: Books, call: Call, _: str) -> Answer:
    """Book the entry; one that does not balance is completed by the journal's own ledger."""
    values = read(MEMORIAALBOEKING, parse_body(call.body, "boeking"), "boeking")
    if values["id"] is not None:
        raise business_error("BOE-0078", "Het id van een nieuwe boeking moet leeg zijn.")
    check_texts(values)
    check_date(books, values["datum"])
    journal = _journal(books, values["dagboek"]["id"])
    lines = values["memoriaalBoekingsRegels"] or []
    settlements = values["verkoopboekingBoekingsRegels"] or []
    if not lines and not settlements:
        raise business_error("BOE-0094", "Een memoriaalboeking heeft minstens twee regels.")
    if values["inkoopboekingBoekingsRegels"]:
        raise business_error("BOE-0001", "De inkoopboeking bestaat niet.")
    for line in lines:
        _check_line(books, line)
    settled = [(_booking(books, each), each["bedrag"]) for each in settlements]
    for booking, paid in settled:
        pay(books, booking, paid)
    entry = books.add("memoriaalboekingen", _completed(books, values, journal))
    return Answer(201, render(MEMORIAALBOEKING, entry))


def delete_entry(books: Books, _: Call, identifier: str) -> Answer:
    """Take an entry away; what it settled is open again."""
    entry = books.get("memoriaalboekingen", identifier)
    if entry is None:
        raise not_found("BOE-0001", "De boeking bestaat niet.")
    check_date(books, entry["datum"])
    for settlement in entry["verkoopboekingBoekingsRegels"]:
        pay(books, _booking(books, settlement), -amount(settlement["bedrag"]))
    books.remove("memoriaalboekingen", identifier)
    return Answer(200, {})


def _journal(books: Books, identifier: str) -> Document:
    journal = books.get("dagboeken", identifier)
    if journal is None:
        raise business_error("BOE-0096", "Het dagboek bestaat niet.")
    if journal["soort"] != "Memoriaal":
        raise business_error("BOE-0095", "Het dagboek is geen memoriaal.")
    return journal


def _check_line(books: Books, line: dict[str, Any]) -> None:
    ledger = ledger_of(books, line)
    check_cost_centre(books, line, ledger)
    debit, credit = line["debet"] or Decimal(0), line["credit"] or Decimal(0)
    if debit and credit:
        raise business_error("BOE-0076", "Debet of credit moet nul zijn.")
    if not debit and not credit:
        raise business_error("BOE-0028", "Het bedrag van een regel mag niet nul zijn.")


def _booking(books: Books, settlement: dict[str, Any]) -> Document:
    booking = books.get("verkoopboekingen", settlement["boekingId"]["id"])
    if booking is None:
        raise business_error("BOE-0001", "De boeking bestaat niet.")
    return booking


def _completed(books: Books, values: dict[str, Any], journal: Document) -> Document:
    return values | {
        "markering": values["markering"] or False,
        "gewijzigdDoorAccountant": False,
        "dagboek": books.reference("dagboeken", journal["id"]),
        "memoriaalBoekingsRegels": [
            completed(books, line) | {"debet": line["debet"] or Decimal(0), "credit": line["credit"] or Decimal(0)}
            for line in values["memoriaalBoekingsRegels"] or []
        ],
        "verkoopboekingBoekingsRegels": [
            line | {"boekingId": books.reference("verkoopboekingen", line["boekingId"]["id"])}
            for line in values["verkoopboekingBoekingsRegels"] or []
        ],
    }
