"""/verkooporders: SnelStart itself computes their VAT; nothing in them is unique."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from webshop.sandbox.snelstart import lists
from webshop.sandbox.snelstart.books import FIRST_ORDER_NUMBER, Books, Document
from webshop.sandbox.snelstart.calls import Answer, Call, RefusedError, business_error, not_found
from webshop.sandbox.snelstart.customers import country_of
from webshop.sandbox.snelstart.members import amount, parse_body, read, render
from webshop.sandbox.snelstart.models import VERKOOPORDER
from webshop.sandbox.snelstart.order_totals import line_total, order_totals, vat_rate

NO_TEMPLATE = "00000000-0000-0000-0000-000000000000"
# Packages that have sales orders.
PACKAGES = frozenset({"inBalans", "inZicht", "inControle"})
ADDRESS_LIMITS = (
    ("straat", 50, "VOR-0006"),
    ("postcode", 25, "VOR-0007"),
    ("plaats", 50, "VOR-0008"),
    ("contactpersoon", 50, "VOR-0009"),
)


def list_orders(books: Books, call: Call, _: str) -> Answer:
    _check_package(books)
    return lists.filtered(books, call, "verkooporders", VERKOOPORDER)


def get_order(books: Books, _: Call, identifier: str) -> Answer:
    _check_package(books)
    return Answer(200, render(VERKOOPORDER, _existing(books, identifier)))


def delete_order(books: Books, _: Call, identifier: str) -> Answer:
    _check_package(books)
    if _existing(books, identifier)["procesStatus"] == "Factuur":
        raise business_error("VOR-0015", "De order is al gefactureerd.")
    books.remove("verkooporders", identifier)
    return Answer(200, {})


def create_order(books: Books, call: Call, _: str) -> Answer:
    _check_package(books)
    values = read(VERKOOPORDER, parse_body(call.body, "order"), "order")
    _check_header(values)
    customer = _customer(books, values["relatie"]["id"])
    for name in ("afleveradres", "factuuradres"):
        _check_address(books, values[name])
    _check_cost_centre(books, values["kostenplaats"])
    template = _template(books, values["verkoopordersjabloon"])
    country = _delivery_country(books, values["afleveradres"], customer)
    day = date.fromisoformat(values["datum"][:10])
    lines: list[Document] = []
    by_rate: dict[Decimal, Decimal] = {}
    for line in values["regels"] or []:
        article = _article(books, line)
        completed = _completed_line(books, line, article)
        group = books.require("artikelomzetgroepen", article["artikelOmzetgroep"]["id"])
        rate = vat_rate(books, day, country, customer, group)
        by_rate[rate] = by_rate.get(rate, Decimal(0)) + completed["totaal"]
        lines.append(completed)
    exclusive, inclusive = order_totals(
        by_rate,
        inclusive=values["verkooporderBtwIngaveModel"] == "Inclusief",
        discount=values["factuurkorting"] or Decimal(0),
    )
    totals = {"totaalExclusiefBtw": exclusive, "totaalInclusiefBtw": inclusive}
    order = _completed(books, values, customer, template) | {"regels": lines} | totals
    return Answer(201, render(VERKOOPORDER, books.add("verkooporders", order)))


def _check_package(books: Books) -> None:
    if books.settings["package"] not in PACKAGES:
        # SnelStart answers this one refusal as plain text.
        raise RefusedError(Answer(400, "Het ingelogde account heeft geen rechten op verkooporders in dit pakket."))


def _existing(books: Books, identifier: str) -> Document:
    order = books.get("verkooporders", identifier)
    if order is None:
        raise not_found("VOR-0001", "De verkooporder bestaat niet.")
    return order


def _check_header(values: dict[str, Any]) -> None:
    if values["id"] is not None:
        raise business_error("ALG-0100", "Het id van een nieuwe order moet leeg zijn.")
    if values["nummer"] is not None:
        raise business_error("VOR-0005", "Het nummer van een nieuwe order moet leeg zijn.")
    if values["procesStatus"] in ("Contantbon", "Factuur"):
        raise business_error("VOR-0015", f"De status {values['procesStatus']} kan niet worden gezet.")
    if len(values["orderreferentie"] or "") > 50:
        raise business_error("VOR-0011", "De orderreferentie is hoogstens 50 tekens lang.")


def _customer(books: Books, identifier: str) -> Document:
    customer = books.get("relaties", identifier)
    if customer is None or "Klant" not in customer["relatiesoort"]:
        raise business_error("VOR-0002", "De relatie is geen klant.")
    if customer["nonactief"]:
        raise business_error("ALG-0105", "De relatie is niet actief.")
    return customer


def _check_address(books: Books, address: dict[str, Any] | None) -> None:
    if address is None:
        return
    for part, longest, code in ADDRESS_LIMITS:
        if len(address[part] or "") > longest:
            raise business_error(code, f"{part} is hoogstens {longest} tekens lang.")
    if address["land"] and books.land_code(address["land"]["id"]) is None:
        raise business_error("VOR-0010", "Het land bestaat niet.")


def _check_cost_centre(books: Books, cost_centre: dict[str, Any] | None) -> None:
    if cost_centre is not None and books.get("kostenplaatsen", cost_centre["id"]) is None:
        raise business_error("BOE-0019", "De kostenplaats bestaat niet.")


def _template(books: Books, given: dict[str, Any] | None) -> Document:
    if given is None or given["id"] == NO_TEMPLATE:
        return books.all("verkoopordersjablonen")[0]
    template = books.get("verkoopordersjablonen", given["id"])
    if template is None:
        raise business_error("ALG-0103", "Het verkoopordersjabloon bestaat niet.")
    return template


def _delivery_country(books: Books, address: dict[str, Any] | None, customer: Document) -> str:
    land = (address or {}).get("land")
    return (books.land_code(land["id"]) if land else None) or country_of(books, customer)


def _article(books: Books, line: dict[str, Any]) -> Document:
    article = books.get("artikelen", line["artikel"]["id"]) if line["artikel"] else None
    if article is None:
        raise business_error("ART-0001", "Het artikel bestaat niet.")
    if article["isNonActief"]:
        raise business_error("ALG-0105", "Het artikel is niet actief.")
    return article


def _completed_line(books: Books, line: dict[str, Any], article: Document) -> Document:
    price = line["stuksprijs"]
    filled = line | {
        "artikel": books.reference("artikelen", article["id"]),
        "omschrijving": line["omschrijving"] or article["omschrijving"],
        "stuksprijs": amount(article["verkoopprijs"]) if price is None else price,
        "aantal": Decimal(1) if line["aantal"] is None else line["aantal"],
        "kortingsPercentage": line["kortingsPercentage"] or Decimal(0),
    }
    return filled | {"totaal": line_total(filled)}


def _completed(books: Books, values: dict[str, Any], customer: Document, template: Document) -> Document:
    cost_centre = values["kostenplaats"]
    term = values["krediettermijn"]
    blocked = values["geblokkeerd"]
    return values | {
        "relatie": books.reference("relaties", customer["id"]),
        "procesStatus": values["procesStatus"] or "Order",
        "nummer": books.count("order_number", FIRST_ORDER_NUMBER),
        "krediettermijn": customer["krediettermijn"] if term is None else term,
        "geblokkeerd": template["nieuweOrdersBlokkeren"] if blocked is None else blocked,
        "afleveradres": _completed_address(books, values["afleveradres"], customer),
        "factuuradres": _completed_address(books, values["factuuradres"], customer),
        "verkooporderBtwIngaveModel": values["verkooporderBtwIngaveModel"] or "Exclusief",
        "kostenplaats": books.reference("kostenplaatsen", cost_centre["id"]) if cost_centre else None,
        "memo": values["memo"] or "",
        "factuurkorting": values["factuurkorting"] or Decimal(0),
        "verkoopordersjabloon": books.reference("verkoopordersjablonen", template["id"]),
        "verkoopOrderStatus": values["verkoopOrderStatus"] or "InBehandeling",
    }


def _completed_address(books: Books, address: dict[str, Any] | None, customer: Document) -> Document | None:
    if address is None:
        return customer.get("vestigingsAdres")
    land = address["land"]
    return address | {"land": books.reference("landen", land["id"]) if land else None}
