"""/relaties: customers and suppliers."""

from __future__ import annotations

import re
from typing import Any

from webshop.sandbox.snelstart import lists, vat_numbers
from webshop.sandbox.snelstart.books import Books, Document
from webshop.sandbox.snelstart.calls import Answer, Call, business_error, not_found
from webshop.sandbox.snelstart.members import parse_body, read, render
from webshop.sandbox.snelstart.models import RELATIE, RELATIE_WRITE, VERKOOPBOEKING

FIRST_CODE = 1001
EMAIL = re.compile(r"[^@\s;]+@[^@\s;]+\.[^@\s;.]+")
ADDRESS_PARTS = ("straat", "postcode", "plaats", "land")
# member of the address -> longest text, then the error code per kind of address
ADDRESS_LIMITS = {
    "straat": (50, "REL-0020", "REL-0025"),
    "postcode": (25, "REL-0021", "REL-0026"),
    "plaats": (50, "REL-0022", "REL-0027"),
    "contactpersoon": (50, "REL-0023", "REL-0028"),
}
CUSTOMER_ONLY = (
    ("factuurkorting", (None, 0), "REL-0004", "Een factuurkorting kan alleen bij een klant."),
    ("aanmaningsoort", (None, "Nee"), "REL-0002", "Een aanmaning kan alleen bij een klant."),
    ("incassoSoort", (None, "Geen"), "REL-0016", "Incasso kan alleen bij een klant."),
    ("kredietLimiet", (None,), "REL-0062", "Een kredietlimiet kan alleen bij een klant."),
)
NO_EMAIL = {"shouldSend": False, "email": None, "ccEmail": None}


def list_customers(books: Books, call: Call, _: str) -> Answer:
    return lists.filtered(books, call, "relaties", RELATIE)


def get_customer(books: Books, _: Call, identifier: str) -> Answer:
    return Answer(200, render(RELATIE, _existing(books, identifier)))


def list_bookings_of_customer(books: Books, _: Call, identifier: str) -> Answer:
    _existing(books, identifier)
    rows = [row for row in books.all("verkoopboekingen") if row["klant"]["id"] == identifier]
    return lists.everything(VERKOOPBOEKING, rows)


def create_customer(books: Books, call: Call, _: str) -> Answer:
    values = read(RELATIE_WRITE, parse_body(call.body, "relatie"), "relatie")
    _check_identity(books, values)
    _check_addresses(books, values)
    _check_contact(values)
    _check_money(values)
    _check_vat_number(books, values)
    given = {name: value for name, value in values.items() if value is not None and name != "id"}
    document = blank_customer(books) | given
    for name in ("vestigingsAdres", "correspondentieAdres"):
        if name in given:
            document[name] = _address(books, given[name])
    if "relatiecode" not in given:
        document["relatiecode"] = _free_code(books)
    return Answer(201, render(RELATIE_WRITE, add_customer(books, document)))


def add_customer(books: Books, document: Document) -> Document:
    identifier = books.new_id("relaties")
    for member, resource in (("inkoopBoekingenUri", "inkoopboekingen"), ("verkoopBoekingenUri", "verkoopboekingen")):
        document[member] = f"/relaties/{identifier}/{resource}"
    return books.add("relaties", document | {"id": identifier})


def blank_customer(books: Books) -> Document:
    """Return what SnelStart fills in when nothing is given; without an address the country is the Netherlands."""
    return {
        "relatiesoort": ["Klant"],
        "vestigingsAdres": {
            "contactpersoon": None,
            "straat": None,
            "postcode": None,
            "plaats": None,
            "land": books.reference("landen", books.land_id("NL")),
        },
        "factuurkorting": 0,
        "krediettermijn": 14,
        "bankieren": False,
        "nonactief": False,
        "aanmaningsoort": "Nee",
        "offerteEmailVersturen": NO_EMAIL,
        "bevestigingsEmailVersturen": NO_EMAIL,
        "factuurEmailVersturen": NO_EMAIL,
        "aanmaningEmailVersturen": NO_EMAIL,
        "ublBestandAlsBijlage": False,
        "incassoSoort": "Geen",
    }


def country_of(books: Books, customer: Document) -> str:
    """Return the two-letter code of the country by which SnelStart judges the customer."""
    land = (customer.get("vestigingsAdres") or {}).get("land") or {}
    return books.land_code(land.get("id")) or "NL"


def _existing(books: Books, identifier: str) -> Document:
    customer = books.get("relaties", identifier)
    if customer is None:
        raise not_found("REL-0005", "De relatie bestaat niet.")
    return customer


def _free_code(books: Books) -> int:
    while True:
        code = books.count("relatiecode", FIRST_CODE)
        if not books.find("relaties", "relatiecode", code):
            return code


def _check_identity(books: Books, values: dict[str, Any]) -> None:
    if values["id"] is not None:
        raise business_error("REL-0063", "Het id van een nieuwe relatie moet leeg zijn.")
    kinds = values["relatiesoort"]
    if not kinds or not set(kinds) <= {"Klant", "Leverancier"}:
        raise business_error("REL-0001", "De relatiesoort moet Klant of Leverancier zijn.")
    if not (values["naam"] or "").strip() or len(values["naam"]) > 50:
        raise business_error("REL-0007", "De naam is verplicht en is hoogstens 50 tekens lang.")
    code = values["relatiecode"]
    if code is not None and (code <= 0 or books.find("relaties", "relatiecode", code)):
        raise business_error("REL-0008", f"De relatiecode {code} is al in gebruik.")


def _check_addresses(books: Books, values: dict[str, Any]) -> None:
    for name, which in (("vestigingsAdres", 1), ("correspondentieAdres", 2)):
        address = values[name]
        if address is None:
            continue
        for part, limits in ADDRESS_LIMITS.items():
            if len(address[part] or "") > limits[0]:
                raise business_error(str(limits[which]), f"{part} is hoogstens {limits[0]} tekens lang.")
        if name == "vestigingsAdres" and any(address.values()) and not all(address[part] for part in ADDRESS_PARTS):
            raise business_error("REL-0060", "Vul alle velden van het vestigingsadres in.")
        if address["land"] and books.land_code(address["land"]["id"]) is None:
            raise business_error("REL-0055" if which == 1 else "REL-0056", "Het land bestaat niet.")


def _check_contact(values: dict[str, Any]) -> None:
    email = values["email"]
    if email and (len(email) > 250 or not all(EMAIL.fullmatch(part.strip()) for part in email.split(";"))):
        raise business_error("REL-0061", "Het e-mailadres is niet geldig.")
    for name, code in (("telefoon", "REL-0012"), ("mobieleTelefoon", "REL-0013")):
        if len(values[name] or "") > 25:
            raise business_error(code, f"{name} is hoogstens 25 tekens lang.")
    if values["kvkNummer"] and not re.fullmatch(r"\d{8}", values["kvkNummer"]):
        raise business_error("REL-0006", "Het KvK-nummer is niet geldig.")
    if values["websiteUrl"] and not re.match(r"https?://[^\s/]+\.", values["websiteUrl"]):
        raise business_error("REL-0015", "Het webadres is niet geldig.")
    if values["oin"] and not re.fullmatch(r"\d{20}", values["oin"]):
        raise business_error("REL-0086", "Het OIN heeft 20 cijfers.")


def _check_money(values: dict[str, Any]) -> None:
    term = values["krediettermijn"]
    if term is not None and not -365 <= term <= 1000:
        raise business_error("REL-0003", "De krediettermijn ligt tussen -365 en 1000 dagen.")
    if "Klant" not in values["relatiesoort"]:
        for name, allowed, code, message in CUSTOMER_ONLY:
            if values[name] not in allowed:
                raise business_error(code, message)
    if values["iban"] and not _is_iban(values["iban"]):
        raise business_error("REL-0011", "Het IBAN is niet geldig.")


def _is_iban(iban: str) -> bool:
    compact = iban.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}", compact):
        return False
    return int("".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])) % 97 == 1


def _check_vat_number(books: Books, values: dict[str, Any]) -> None:
    number = values["btwNummer"]
    if not number:
        return
    if not 2 <= len(number) <= 50:
        raise business_error("REL-0057" if len(number) > 50 else "REL-0058", "Het btw-nummer heeft 2 tot 50 tekens.")
    if not number.isalnum():
        raise business_error("REL-0059", "Het btw-nummer bestaat uit letters en cijfers.")
    if vat_numbers.country_of(number) != country_of(books, values):
        raise business_error("REL-0087", "Het btw-nummer hoort niet bij het land van het adres.")
    if not vat_numbers.is_valid(number):
        raise business_error("REL-0088", "Het btw-nummer is niet geldig.")


def _address(books: Books, given: dict[str, Any]) -> Document:
    land = given["land"] or {"id": books.land_id("NL")}
    return given | {"land": books.reference("landen", land["id"])}
