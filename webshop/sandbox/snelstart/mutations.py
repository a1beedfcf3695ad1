"""/grootboekmutaties: what the entries of an administration did to its ledgers.

The rows are derived from the entries when somebody asks, so that the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from webshop.sandbox.snelstart import lists
from webshop.sandbox.snelstart.booking_vat import LEDGER_FOR_ROW
from webshop.sandbox.snelstart.books import Books, Document, derived_id
from webshop.sandbox.snelstart.calls import Answer, Call
from webshop.sandbox.snelstart.members import amount, storable
from webshop.sandbox.snelstart.models import GROOTBOEKMUTATIE

Posting = tuple[Document | None, Decimal, Document]  # ledger reference, debit less credit, further members


def list_mutations(books: Books, call: Call, _: str) -> Answer:
    lists.allow_options(call, "$filter", "$skip", "$top")
    condition = lists.filter_of(call, GROOTBOEKMUTATIE)
    if condition is None:
        bookings, entries = books.all("verkoopboekingen"), books.all("memoriaalboekingen")
    else:
        bookings, entries = (
            lists.candidates(books, collection, condition, ("boekstuk",))
            for collection in ("verkoopboekingen", "memoriaalboekingen")
        )
    rows = [row for booking in bookings for row in _rows(books, booking, "Verkoop", booking["factuurdatum"])]
    rows += [row for entry in entries for row in _rows(books, entry, "Memoriaal", entry["datum"])]
    fitting = [row for row in rows if condition is None or condition.accepts(row)]
    return lists.page(call, GROOTBOEKMUTATIE, fitting)


def _rows(books: Books, document: Document, kind: str, day: str) -> Iterator[Document]:
    journal = _journal(books, kind)
    postings = _of_booking(books, document) if kind == "Verkoop" else _of_entry(books, document, journal)
    for index, (ledger, value, further) in enumerate(postings):
        identifier = derived_id(document["id"], f"mutation:{index}")
        row = {
            "grootboek": ledger,
            "datum": day,
            "modifiedOn": document["modifiedOn"],
            "dagboek": books.reference("dagboeken", journal["id"]),
            "omschrijving": document["omschrijving"],
            "debet": max(value, Decimal(0)),
            "credit": max(-value, Decimal(0)),
            "saldo": value,
            "boekstuk": document["boekstuk"],
            "id": identifier,
            "uri": f"/grootboekmutaties/{identifier}",
        }
        yield storable(row | further)


def _of_booking(books: Books, booking: Document) -> Iterator[Posting]:
    invoice = {"factuurNummer": booking["factuurnummer"], "relatiePublicIdentifier": booking["klant"]}
    yield _by_function(books, "DagboekVerkoop"), amount(booking["factuurbedrag"]), invoice
    for line in booking["boekingsregels"]:
        text = line["omschrijving"] or booking["omschrijving"]
        further = invoice | {"kostenplaats": line["kostenplaats"], "omschrijving": text}
        yield line["grootboek"], -amount(line["bedrag"]), further
    for row in booking["btw"]:
        if row["btwSoort"] in LEDGER_FOR_ROW:
            yield _by_function(books, LEDGER_FOR_ROW[row["btwSoort"]]), -amount(row["btwBedrag"]), invoice


def _of_entry(books: Books, entry: Document, journal: Document) -> Iterator[Posting]:
    rest = Decimal(0)
    for settlement in entry["verkoopboekingBoekingsRegels"]:
        booking = books.get("verkoopboekingen", settlement["boekingId"]["id"]) or {}
        paid = amount(settlement["bedrag"])
        rest += paid
        yield (
            _by_function(books, "DagboekVerkoop"),
            -paid,
            {
                "omschrijving": settlement["omschrijving"],
                "factuurNummer": booking.get("factuurnummer"),
                "relatiePublicIdentifier": booking.get("klant"),
            },
        )
    for line in entry["memoriaalBoekingsRegels"]:
        value = amount(line["debet"]) - amount(line["credit"])
        rest -= value
        yield line["grootboek"], value, {"kostenplaats": line["kostenplaats"], "omschrijving": line["omschrijving"]}
    if rest:
        own = books.find("grootboeken", "nummer", journal["nummer"])[0]
        yield books.reference("grootboeken", own["id"]), rest, {}


def _journal(books: Books, kind: str) -> Document:
    return next(journal for journal in books.all("dagboeken") if journal["soort"] == kind)


def _by_function(books: Books, function: str) -> Document | None:
    ledgers = books.find("grootboeken", "grootboekfunctie", function)
    return books.reference("grootboeken", ledgers[0]["id"]) if ledgers else None
