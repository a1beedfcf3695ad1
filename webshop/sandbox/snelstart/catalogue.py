"""The lists that a client only reads: company, countries, ledgers, journals, VAT and the like."""

from __future__ import annotations

from typing import Any

from webshop.sandbox.snelstart import lists, vat_table
from webshop.sandbox.snelstart.booking_vat import foreign_vat_ledger
from webshop.sandbox.snelstart.books import FIRST_ORDER_NUMBER, Books, Document
from webshop.sandbox.snelstart.calls import Answer, Call, not_found
from webshop.sandbox.snelstart.countries import countries
from webshop.sandbox.snelstart.members import Model, render
from webshop.sandbox.snelstart.models import (
    BTWTARIEF,
    DAGBOEK,
    GROOTBOEK,
    KOSTENPLAATS,
    LAND,
    OMZETGROEP,
    SJABLOON,
    VATRATE_DEFINITION,
    VATRATES,
)


def get_company(books: Books, _: Call, __: str) -> Answer:
    return Answer(200, company_info(books))


def company_info(books: Books) -> dict[str, Any]:
    settings = books.settings
    return {
        **_address_block(settings),
        "administratieIdentifier": books.id,
        "administratieNaam": settings["name"],
        "huidigBoekjaar": books.today().year,
        "beginmaandFiscaleBoekjaar": 1,
        "btwAangiftePeriodeSoort": "Kwartaal",
        "icpAangiftePeriodeSoort": "Kwartaal",
        "kleineOndernemersregeling": {
            "isKleineOndernemersRegelingActief": settings["small_business_scheme"],
            "maximaalBedragVolledigeVerrekening": 0.0,
            "maximaalBedragKleineOndernemersRegeling": 20000.0,
        },
        "volgendFactuurnummer": 1,
        "volgendVerkoopordernummer": books.peek("order_number", FIRST_ORDER_NUMBER),
        "regelkortingVerkooporder": "BerekenenOverRegelBedrag",
        "verkoopprijsArtikelbestandExclusiefBtw": settings["article_prices_exclusive"],
        "inkoopprijsArtikelbestandExclusiefBtw": True,
        "artikelcodeSoort": settings["article_code_kind"],
        "artikelcodeMaxLengte": settings["article_code_length"],
        "aantalDecimalenArtikelprijzen": 2,
        "aantalDecimalenArtikelaantallen": 2,
        "buitenlandseBtwGrootboek": books.reference("grootboeken", foreign_vat_ledger(books)),
        "factureerBuitenlandsBtw": settings["foreign_vat"],
        "factureerBuitenlandsBtwRanges": _foreign_vat_ranges(settings),
    }


def _address_block(settings: Document) -> dict[str, Any]:
    return {
        "bedrijfsnaam": settings["name"],
        "contactpersoon": "",
        "adres": "Dorpsstraat 1",
        "postcode": "1811 AA",
        "plaats": "Alkmaar",
        "telefoon": "",
        "email": "administratie@example.nl",
        "website": "",
        "iban": "NL91ABNA0417164300",
        "bic": "ABNANL2A",
        "rechtsvorm": "Bv",
        "btwNummer": "NL004495445B01",
        "btwIdentificatieNummer": "NL004495445B01",
        "kvKNummer": "12345678",
    }


def _foreign_vat_ranges(settings: Document) -> list[dict[str, int]]:
    """Days as the number yyyymmdd; the vendor's model only says that they are whole numbers."""
    if not settings["foreign_vat"]:
        return []
    return [{"from": int(settings["foreign_vat_from"].replace("-", "")), "to": 24001231}]


def list_countries(books: Books, _: Call, __: str) -> Answer:
    return lists.everything(LAND, [_land(books, code) for code in countries()])


def get_country(books: Books, _: Call, identifier: str) -> Answer:
    code = books.land_code(identifier)
    if code is None:
        raise not_found()
    return Answer(200, _land(books, code))


def _land(books: Books, code: str) -> Document:
    name, alpha3 = countries()[code]
    identifier = books.land_id(code)
    return {
        "naam": name,
        "landcodeISO": alpha3,
        "landcode": code,
        "id": identifier,
        "uri": f"/landen/{identifier}",
    }


def list_ledgers(books: Books, call: Call, _: str) -> Answer:
    return lists.filtered(books, call, "grootboeken", GROOTBOEK)


def get_ledger(books: Books, _: Call, identifier: str) -> Answer:
    return _one(books, "grootboeken", GROOTBOEK, identifier)


def list_journals(books: Books, _: Call, __: str) -> Answer:
    return lists.everything(DAGBOEK, books.all("dagboeken"))


def list_cost_centres(books: Books, _: Call, __: str) -> Answer:
    return lists.everything(KOSTENPLAATS, books.all("kostenplaatsen"))


def get_cost_centre(books: Books, _: Call, identifier: str) -> Answer:
    return _one(books, "kostenplaatsen", KOSTENPLAATS, identifier)


def list_revenue_groups(books: Books, _: Call, __: str) -> Answer:
    return lists.everything(OMZETGROEP, books.all("artikelomzetgroepen"))


def get_revenue_group(books: Books, _: Call, identifier: str) -> Answer:
    return _one(books, "artikelomzetgroepen", OMZETGROEP, identifier)


def list_templates(books: Books, _: Call, __: str) -> Answer:
    return lists.everything(SJABLOON, books.all("verkoopordersjablonen"))


def get_template(books: Books, _: Call, identifier: str) -> Answer:
    return _one(books, "verkoopordersjablonen", SJABLOON, identifier)


def list_tariffs(_: Books, __: Call, ___: str) -> Answer:
    return lists.everything(BTWTARIEF, vat_table.tariff_rows())


def list_vat_rates(_: Books, call: Call, __: str) -> Answer:
    return _listed(call, VATRATES, vat_table.country_rows())


def get_vat_rates(_: Books, __: Call, country: str) -> Answer:
    for row in vat_table.country_rows():
        if row["countryCode"] == country:
            return Answer(200, render(VATRATES, row))
    raise not_found()


def list_rate_definitions(_: Books, call: Call, __: str) -> Answer:
    return _listed(call, VATRATE_DEFINITION, vat_table.definition_rows())


def echo(_: Books, __: Call, text: str) -> Answer:
    return Answer(200, text) if text else Answer(204)


def _listed(call: Call, model: Model, rows: list[Document]) -> Answer:
    lists.allow_options(call, "$filter", "$skip", "$top")
    condition = lists.filter_of(call, model)
    return lists.page(call, model, [row for row in rows if condition is None or condition.accepts(row)])


def _one(books: Books, collection: str, model: Model, identifier: str) -> Answer:
    document = books.get(collection, identifier)
    if document is None:
        raise not_found()
    return Answer(200, render(model, document))
