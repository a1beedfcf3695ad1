"""/verkoopboekingen and the /verkoopfacturen that follow from them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from webshop.sandbox.snelstart import lists
from webshop.sandbox.snelstart.booking_vat import check_vat, read_line
from webshop.sandbox.snelstart.books import Books, Document
from webshop.sandbox.snelstart.calls import Answer, Call, business_error, not_found
from webshop.sandbox.snelstart.members import amount, parse_body, read, render
from webshop.sandbox.snelstart.models import VERKOOPBOEKING, VERKOOPFACTUUR
from webshop.sandbox.snelstart.posting_rules import check_cost_centre, check_date, check_texts, completed, ledger_of


def get_booking(books: Books, _: Call, identifier: str) -> Answer:
    return Answer(200, render(VERKOOPBOEKING, _existing(books, identifier)))


def create_booking(books: Books, call: Call, _: str) -> Answer:
    values = read(VERKOOPBOEKING, parse_body(call.body, "boeking"), "boeking")
    if values["id"] is not None:
        raise business_error("ALG-0100", "Het id van een nieuwe boeking moet leeg zijn.")
    check_texts(values)
    _check_number(books, values["factuurnummer"])
    customer = _customer(books, values["klant"]["id"])
    day = check_date(books, values["factuurdatum"])
    lines = [_checked_line(books, line) for line in values["boekingsregels"]]
    if not lines:
        raise business_error("BOE-0023", "Een boeking heeft minstens een regel.")
    rows = values["btw"] or []
    check_vat(books, day, customer, lines, rows)
    total = sum((line.amount for line in lines), Decimal(0)) + sum(
        (row["btwBedrag"] or Decimal(0) for row in rows), Decimal(0)
    )
    if total != (values["factuurbedrag"] or Decimal(0)):
        raise business_error("BOE-0039", "De boeking is niet in balans.")
    booking = _store(books, values, customer)
    _add_invoice(books, booking, day)
    return Answer(201, render(VERKOOPBOEKING, booking))


def delete_booking(books: Books, _: Call, identifier: str) -> Answer:
    booking = _existing(books, identifier)
    check_date(books, booking["factuurdatum"])
    invoice = invoice_of(books, booking)
    if amount(invoice["openstaandSaldo"]) != amount(invoice["factuurBedrag"]):
        raise business_error("BOE-0083", "Er zijn betalingen bij deze factuur.")
    books.remove("verkoopfacturen", invoice["id"])
    books.remove("verkoopboekingen", identifier)
    return Answer(200, {})


def list_invoices(books: Books, call: Call, _: str) -> Answer:
    return lists.filtered(books, call, "verkoopfacturen", VERKOOPFACTUUR)


def get_invoice(books: Books, _: Call, identifier: str) -> Answer:
    invoice = books.get("verkoopfacturen", identifier)
    if invoice is None:
        raise not_found()
    return Answer(200, render(VERKOOPFACTUUR, invoice))


def invoice_of(books: Books, booking: Document) -> Document:
    return books.find("verkoopfacturen", "factuurnummer", booking["factuurnummer"])[0]


def pay(books: Books, booking: Document, paid: Decimal) -> None:
    """Lower what is still open of a booking's invoice."""
    invoice = invoice_of(books, booking)
    books.change("verkoopfacturen", invoice["id"], openstaandSaldo=amount(invoice["openstaandSaldo"]) - paid)


def _existing(books: Books, identifier: str) -> Document:
    booking = books.get("verkoopboekingen", identifier)
    if booking is None:
        raise not_found("BOE-0001", "De boeking bestaat niet.")
    return booking


def _check_number(books: Books, number: str | None) -> None:
    if not (number or "").strip() or len(number or "") > 25:
        raise business_error("BOE-0058", "Het factuurnummer is verplicht en is hoogstens 25 tekens lang.")
    if books.find("verkoopboekingen", "factuurnummer", number):
        raise business_error("BOE-0021", "Het factuurnummer bestaat al.")


def _customer(books: Books, identifier: str) -> Document:
    customer = books.get("relaties", identifier)
    if customer is None or "Klant" not in customer["relatiesoort"]:
        raise business_error("BOE-0060", "De relatie is geen klant.")
    if customer["nonactief"]:
        raise business_error("BOE-0054", "De relatie is niet actief.")
    return customer


def _checked_line(books: Books, line: dict[str, Any]) -> Any:
    ledger = ledger_of(books, line)
    if len(line["omschrijving"] or "") > 250:
        raise business_error("BOE-0071", "De omschrijving is hoogstens 250 tekens lang.")
    if not line["bedrag"]:
        raise business_error("BOE-0028", "Het bedrag van een regel mag niet nul zijn.")
    check_cost_centre(books, line, ledger)
    return read_line(line, ledger)


def _store(books: Books, values: dict[str, Any], customer: Document) -> Document:
    lines = []
    for line in values["boekingsregels"]:
        ledger = books.require("grootboeken", line["grootboek"]["id"])
        lines.append(completed(books, line) | {"btwSoort": line["btwSoort"] or ledger["btwSoort"][0]})
    term = values["betalingstermijn"]
    return books.add(
        "verkoopboekingen",
        values
        | {
            "gewijzigdDoorAccountant": False,
            "markering": values["markering"] or False,
            "klant": books.reference("relaties", customer["id"]),
            "factuurbedrag": values["factuurbedrag"] or Decimal(0),
            "betalingstermijn": customer["krediettermijn"] if term is None else term,
            "boekingsregels": lines,
            "btw": values["btw"] or [],
        },
    )


def _add_invoice(books: Books, booking: Document, day: date) -> None:
    due_on = day + timedelta(days=booking["betalingstermijn"])
    books.add(
        "verkoopfacturen",
        {
            "verkoopBoeking": books.reference("verkoopboekingen", booking["id"]),
            "openstaandSaldo": booking["factuurbedrag"],
            "factuurnummer": booking["factuurnummer"],
            "vervalDatum": f"{due_on.isoformat()}T00:00:00",
            "relatie": booking["klant"],
            "factuurDatum": booking["factuurdatum"],
            "factuurBedrag": booking["factuurbedrag"],
            "verkoopOrders": [],
        },
    )
