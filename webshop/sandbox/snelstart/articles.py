"""/artikelen: the products of an administration."""

from __future__ import annotations

from typing import Any

from webshop.sandbox.snelstart import lists
from webshop.sandbox.snelstart.books import Books
from webshop.sandbox.snelstart.calls import Answer, Call, business_error, not_found
from webshop.sandbox.snelstart.members import parse_body, read, render
from webshop.sandbox.snelstart.models import ARTIKEL, ARTIKEL_QUERY

# The vendor's model allows no more rows per page here than this.
MOST_ROWS = 25


def list_articles(books: Books, call: Call, _: str) -> Answer:
    lists.allow_options(call, "$filter", "$skip", "$top", "$select", "relatieId", "aantal")
    condition = lists.filter_of(call, ARTIKEL_QUERY)
    rows = books.all("artikelen") if condition is None else lists.matching(books, "artikelen", condition)
    return lists.page(call, ARTIKEL_QUERY, rows, most=MOST_ROWS)


def get_article(books: Books, _: Call, identifier: str) -> Answer:
    article = books.get("artikelen", identifier)
    if article is None:
        raise not_found("ART-0001", "Het artikel bestaat niet.")
    return Answer(200, render(ARTIKEL, article))


def create_article(books: Books, call: Call, _: str) -> Answer:
    values = read(ARTIKEL, parse_body(call.body, "artikel"), "artikel")
    if values["id"] is not None:
        raise business_error("ALG-0100", "Het id van een nieuw artikel moet leeg zijn.")
    _check_code(books, values["artikelcode"])
    _check_description(values["omschrijving"])
    group = values["artikelOmzetgroep"]
    if group is None:
        raise business_error("ART-0008", "De artikelomzetgroep is verplicht.")
    if books.get("artikelomzetgroepen", group["id"]) is None:
        raise business_error("ART-0009", "De artikelomzetgroep bestaat niet.")
    return Answer(201, render(ARTIKEL, books.add("artikelen", values | _completed(books, values))))


def _check_code(books: Books, code: str | None) -> None:
    settings = books.settings
    if not (code or "").strip() or code is None:
        raise business_error("ART-0002", "De artikelcode is verplicht.")
    if settings["article_code_kind"] == "Numeriek" and not (code.isascii() and code.isdigit()):
        raise business_error("ART-0003", "De artikelcode is geen getal.")
    if len(code) > settings["article_code_length"]:
        raise business_error("ART-0004", f"De artikelcode is hoogstens {settings['article_code_length']} tekens lang.")
    if books.find("artikelen", "artikelcode", code):
        raise business_error("ART-0005", "De artikelcode bestaat al.")


def _check_description(description: str | None) -> None:
    if not (description or "").strip():
        raise business_error("ART-0006", "De omschrijving is verplicht.")
    if len(description or "") > 250:
        raise business_error("ART-0007", "De omschrijving is hoogstens 250 tekens lang.")


def _completed(books: Books, values: dict[str, Any]) -> dict[str, Any]:
    supplier = values["relatie"]
    return {
        "artikelOmzetgroep": books.reference("artikelomzetgroepen", values["artikelOmzetgroep"]["id"]),
        "relatie": books.reference("relaties", supplier["id"]) if supplier else None,
        "verkoopprijs": values["verkoopprijs"] or 0,
        "inkoopprijs": values["inkoopprijs"] or 0,
        "eenheid": values["eenheid"] or "",
        "isNonActief": values["isNonActief"] or False,
        "voorraadControle": values["voorraadControle"] or False,
        "technischeVoorraad": 0,
        "vrijeVoorraad": 0,
        "isHoofdartikel": False,
    }
