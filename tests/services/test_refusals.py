"""Every way in which SnelStart can refuse what we send, and the words the user reads about it.

`pytest tests/services/test_refusals.py -s` prints the texts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.domain.builders import make_order, make_parts
from tests.domain.snelstart_books import SnelStartBooks
from webshop.clients.snelstart.payloads import (
    article_payload,
    journal_entry_payload,
    relation_payload,
    sales_entry_payload,
    sales_order_payload,
)
from webshop.domain.booking import CustomerWish, NewArticle, PostingKind, VatKind
from webshop.domain.issues import Severity
from webshop.domain.orders import Part
from webshop.domain.payments import payment_of
from webshop.domain.translate import translate
from webshop.exceptions import RejectedError
from webshop.sandbox.core import Fault
from webshop.services.issue_catalogue import SNELSTART_CODES, describe, issue_for_snelstart

NOBODY = "00000000-0000-4000-8000-000000000000"
PATHS = {
    "ALG": "/verkoopboekingen",
    "ART": "/artikelen",
    "BOE": "/verkoopboekingen",
    "REL": "/relaties",
    "VOR": "/verkooporders",
}
OF_PAYMENTS = frozenset({"BOE-0075", "BOE-0091"})
AT_HOME = CustomerWish("NL", is_country_binding=False, needs_vat_number=False, forbids_vat_number=False)
Payload = dict[str, Any]


class Desk(SnelStartBooks):
    """An administration and a document of each kind, sound until a test bends it."""

    def ledger(self, number: int) -> dict[str, str]:
        return {"id": next(one.ledger_id for one in self.client.ledgers() if one.number == number)}

    def cost_centre(self, *, is_active: bool) -> dict[str, str]:
        centres = self.client.cost_centres()
        return {"id": next(one.cost_centre_id for one in centres if one.is_active is is_active)}

    def journal(self, kind: str) -> dict[str, str]:
        return {"id": next(one.journal_id for one in self.client.journals() if one.kind == kind)}

    def relation(self, **members: Any) -> dict[str, str]:
        return {"id": self.client.create_relation({**self.customer_payload(), **members}).relation_id}

    def customer_payload(self) -> Payload:
        return relation_payload(
            name="Amazon-klant", email=None, postal_code=None, city=None, country_id=self.country_ids["NL"]
        )

    def entry_payload(self) -> Payload:
        entry = translate(make_order(), self.rules()).entry
        assert entry is not None
        return sales_entry_payload(entry, customer_id=self.customer(AT_HOME))

    def order_payload(self) -> Payload:
        order = translate(
            make_order(make_parts({Part.ITEM: "24.20"})), self.rules(posting_kind=PostingKind.SALES_ORDER)
        ).sales_order
        assert order is not None
        self.make_article("SKU-1", VatKind.HIGH)
        ids = {code: article.article_id for code, article in self.articles.items()}
        return sales_order_payload(order, customer_id=self.customer(AT_HOME), article_ids=ids)

    def payment_payload(self) -> Payload:
        translation = translate(make_order(), self.rules())
        assert translation.entry is not None
        entry_id = self.book_entry(translation.entry, translation)
        return journal_entry_payload(
            payment_of(
                translation.entry,
                sales_entry_id=entry_id,
                journal_id=self.journal_id,
                clearing_ledger_id=self.clearing_ledger_id,
            )
        )

    # what is sent

    def entry(self, **members: Any) -> None:
        self.client.create_sales_entry({**self.entry_payload(), **members})

    def line(self, **members: Any) -> None:
        payload = self.entry_payload()
        self.client.create_sales_entry({**payload, "boekingsregels": [{**payload["boekingsregels"][0], **members}]})

    def order(self, **members: Any) -> None:
        self.client.create_sales_order({**self.order_payload(), **members})

    def delivery(self, **members: Any) -> None:
        address = {"straat": "x", "postcode": "x", "plaats": "x", "land": {"id": self.country_ids["NL"]}}
        self.order(afleveradres={**address, **members})

    def payment(self, **members: Any) -> None:
        self.client.create_journal_entry({**self.payment_payload(), **members})

    def article(self, **members: Any) -> None:
        payload = article_payload(
            NewArticle("SKU-9", "Kan", VatKind.HIGH), revenue_group_id=self.group_ids[self.groups[VatKind.HIGH]]
        )
        self.client.create_article({**payload, **members})

    def address(self, **members: Any) -> None:
        payload = self.customer_payload()
        self.relation(vestigingsAdres={**payload["vestigingsAdres"], **members})

    def settings(self, **changes: Any) -> None:
        (administration,) = self.sandbox.snelstart.administrations()
        self.sandbox.snelstart.books(administration.id).change_settings(**changes)

    def switch_off(self, number: int) -> None:
        (administration,) = self.sandbox.snelstart.administrations()
        books = self.sandbox.snelstart.books(administration.id)
        books.change("grootboeken", self.ledger(number)["id"], nonactief=True)

    def answer(self, code: str, path: str | None = None) -> None:
        """Let SnelStart refuse what the code is about by a code that our payloads cannot provoke."""
        path = path or ("/memoriaalboekingen" if code in OF_PAYMENTS else PATHS[code[:3]])
        send = {
            "/relaties": self.relation,
            "/artikelen": self.article,
            "/verkooporders": self.order,
            "/verkoopboekingen": self.entry,
            "/memoriaalboekingen": self.payment,
        }[path]
        body = json.dumps([{"errorCode": code, "message": "SnelStart weigert dit.", "details": None}])
        parameters = {"status": 400, "body": body}
        self.sandbox.world.faults.add(Fault("snelstart", f"POST {path}", "status", parameters=parameters))
        send()


def _twice(desk: Desk) -> None:
    desk.entry()
    desk.entry()


def _blocked(desk: Desk) -> None:
    desk.settings(blocked_until="2026-12-31")
    desk.entry()


def _without_vat_ledger(desk: Desk) -> None:
    desk.switch_off(1671)
    desk.entry()


def _mixed(desk: Desk) -> None:
    payload = desk.entry_payload()
    reversed_row = {"btwSoort": "VerkopenVerlegd", "btwBedrag": 0}
    desk.client.create_sales_entry({**payload, "btw": [*payload["btw"], reversed_row]})


def _inactive_article(desk: Desk) -> None:
    payload = desk.order_payload()
    article = desk.make_article("SKU-2", VatKind.HIGH, is_active=False)
    desk.client.create_sales_order({**payload, "regels": [{"artikel": {"id": article.article_id}, "aantal": 1}]})


def _debit_and_credit(desk: Desk) -> None:
    line = {"omschrijving": "x", "grootboek": desk.ledger(1240), "debet": 1, "credit": 1}
    desk.payment(memoriaalBoekingsRegels=[line])


def _numeric(desk: Desk) -> None:
    desk.settings(article_code_kind="Numeriek")
    desk.article()


def _same_code_twice(desk: Desk) -> None:
    desk.article()
    desk.article()


PROVOKED: dict[str, Callable[[Desk], object]] = {
    "ALG-0100": lambda desk: desk.entry(id=NOBODY),
    "ALG-0103": lambda desk: desk.order(verkoopordersjabloon={"id": NOBODY}),
    "ALG-0105": _inactive_article,
    "ART-0001": lambda desk: desk.order(regels=[{"artikel": {"id": NOBODY}, "aantal": 1, "stuksprijs": 1}]),
    "ART-0002": lambda desk: desk.article(artikelcode=""),
    "ART-0003": _numeric,
    "ART-0004": lambda desk: desk.article(artikelcode="x" * 26),
    "ART-0005": _same_code_twice,
    "ART-0006": lambda desk: desk.article(omschrijving=""),
    "ART-0007": lambda desk: desk.article(omschrijving="x" * 251),
    "ART-0008": lambda desk: desk.article(artikelOmzetgroep=None),
    "ART-0009": lambda desk: desk.article(artikelOmzetgroep={"id": NOBODY}),
    "BOE-0001": lambda desk: desk.payment(
        verkoopboekingBoekingsRegels=[{"boekingId": {"id": NOBODY}, "omschrijving": "x", "bedrag": 1}]
    ),
    "BOE-0008": lambda desk: desk.line(grootboek=desk.ledger(8990)),
    "BOE-0019": lambda desk: desk.line(kostenplaats={"id": NOBODY}),
    "BOE-0021": _twice,
    "BOE-0022": lambda desk: desk.line(grootboek=desk.ledger(8300)),
    "BOE-0023": lambda desk: desk.entry(boekingsregels=[]),
    "BOE-0026": lambda desk: desk.line(kostenplaats=desk.cost_centre(is_active=False)),
    "BOE-0028": lambda desk: desk.line(bedrag=0),
    "BOE-0033": lambda desk: desk.entry(factuurdatum="2015-01-15T00:00:00"),
    "BOE-0037": lambda desk: desk.line(grootboek={"id": NOBODY}),
    "BOE-0039": lambda desk: desk.entry(factuurbedrag=25),
    "BOE-0042": _blocked,
    "BOE-0054": lambda desk: desk.entry(klant=desk.relation(nonactief=True)),
    "BOE-0058": lambda desk: desk.entry(factuurnummer=" "),
    "BOE-0060": lambda desk: desk.entry(klant=desk.relation(relatiesoort=["Leverancier"])),
    "BOE-0061": lambda desk: desk.line(grootboek=desk.ledger(1600)),
    "BOE-0062": _mixed,
    "BOE-0068": lambda desk: desk.payment(boekstuk="x" * 26),
    "BOE-0069": lambda desk: desk.entry(btw=[{"btwSoort": "VerkopenHoog", "btwBedrag": 9}]),
    "BOE-0070": lambda desk: desk.entry(factuurdatum=None),
    "BOE-0071": lambda desk: desk.line(omschrijving="x" * 251),
    "BOE-0076": _debit_and_credit,
    "BOE-0078": lambda desk: desk.payment(id=NOBODY),
    "BOE-0080": lambda desk: desk.line(grootboek=desk.ledger(8070), btwSoort="Geen"),
    "BOE-0081": _without_vat_ledger,
    "BOE-0082": lambda desk: desk.line(btwSoort="Laag"),
    "BOE-0093": lambda desk: desk.line(grootboek=desk.ledger(8310), kostenplaats=desk.cost_centre(is_active=True)),
    "BOE-0094": lambda desk: desk.payment(memoriaalBoekingsRegels=[], verkoopboekingBoekingsRegels=[]),
    "BOE-0095": lambda desk: desk.payment(dagboek=desk.journal("SALES")),
    "BOE-0096": lambda desk: desk.payment(dagboek={"id": NOBODY}),
    "REL-0001": lambda desk: desk.relation(relatiesoort=[]),
    "REL-0003": lambda desk: desk.relation(krediettermijn=2_000),
    "REL-0007": lambda desk: desk.relation(naam=""),
    "REL-0008": lambda desk: desk.relation(relatiecode=-5),
    "REL-0020": lambda desk: desk.address(straat="x" * 51),
    "REL-0021": lambda desk: desk.address(postcode="x" * 26),
    "REL-0022": lambda desk: desk.address(plaats="x" * 51),
    "REL-0055": lambda desk: desk.address(land={"id": NOBODY}),
    "REL-0056": lambda desk: desk.relation(correspondentieAdres={"land": {"id": NOBODY}}),
    "REL-0057": lambda desk: desk.relation(btwNummer="N" * 51),
    "REL-0058": lambda desk: desk.relation(btwNummer="N"),
    "REL-0059": lambda desk: desk.relation(btwNummer="NL-1"),
    "REL-0060": lambda desk: desk.address(straat=""),
    "REL-0061": lambda desk: desk.relation(email="geen adres"),
    "REL-0063": lambda desk: desk.relation(id=NOBODY),
    "REL-0087": lambda desk: desk.relation(btwNummer="DE136695976"),
    "REL-0088": lambda desk: desk.relation(btwNummer="NL123456789B01"),
    "VOR-0002": lambda desk: desk.order(relatie=desk.relation(relatiesoort=["Leverancier"])),
    "VOR-0005": lambda desk: desk.order(nummer=7),
    "VOR-0006": lambda desk: desk.delivery(straat="x" * 51),
    "VOR-0007": lambda desk: desk.delivery(postcode="x" * 26),
    "VOR-0008": lambda desk: desk.delivery(plaats="x" * 51),
    "VOR-0009": lambda desk: desk.delivery(contactpersoon="x" * 51),
    "VOR-0010": lambda desk: desk.delivery(land={"id": NOBODY}),
    "VOR-0011": lambda desk: desk.order(orderreferentie="x" * 51),
    "MODEL_STATE": lambda desk: desk.entry(factuurdatum="gisteren"),
}
ANSWERED = sorted(code for code in SNELSTART_CODES if "-" in code and code not in PROVOKED)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.sandbox.close()


def explain(refusal: RejectedError) -> None:
    """Show what the user reads, and see that it is enough to go on."""
    issue = issue_for_snelstart(refusal.code or "", refusal.message)
    text = describe(issue)
    parts = (text.title, text.meaning, text.cause, text.solution, text.contact)
    print(f"\n{refusal.code}:", *parts, sep="\n  ")  # noqa: T201

    assert issue.code == SNELSTART_CODES[refusal.code or ""]
    assert text.severity is Severity.BLOCKS
    for part in parts:
        assert len(part) > 10
        assert "%(" not in part
        assert "refuses" not in part
    assert (refusal.code or "") in text.meaning


@pytest.mark.parametrize("code", sorted(PROVOKED))
def test_a_refusal_of_the_look_alike_is_explained(desk: Desk, code: str) -> None:
    with pytest.raises(RejectedError) as caught:
        PROVOKED[code](desk)

    assert caught.value.code == code
    explain(caught.value)


@pytest.mark.parametrize("code", ANSWERED)
def test_a_refusal_we_cannot_provoke_is_explained(desk: Desk, code: str) -> None:
    with pytest.raises(RejectedError) as caught:
        desk.answer(code)

    assert caught.value.code == code
    explain(caught.value)


@pytest.mark.parametrize("path", sorted({*PATHS.values(), "/memoriaalboekingen"}))
def test_a_code_of_tomorrow_is_shown_as_it_came(desk: Desk, path: str) -> None:
    with pytest.raises(RejectedError) as caught:
        desk.answer("BOE-9999", path)

    issue = issue_for_snelstart(caught.value.code or "", caught.value.message)
    text = describe(issue)
    assert issue.code == "SNELSTART_REJECTED"
    assert "BOE-9999" in text.meaning
    # What SnelStart says about a customer may hold the customer's data.
    assert ("SnelStart weigert dit." in text.meaning) is (path != "/relaties")


def test_most_refusals_are_provoked_and_not_just_answered() -> None:
    assert len(PROVOKED) > 3 * len(ANSWERED)


def test_a_package_without_orders_says_so() -> None:
    desk = Desk()
    payload = desk.order_payload()
    desk.settings(package="inKaart")

    with pytest.raises(RejectedError) as caught:
        desk.client.create_sales_order(payload)

    assert "inBalans" in describe(issue_for_snelstart(caught.value.code or "", caught.value.message)).cause
    desk.sandbox.close()


def test_a_key_without_the_right_says_so(desk: Desk) -> None:
    payload = desk.entry_payload()
    desk.settings(scopes="settings:read")
    desk.renew("")

    with pytest.raises(RejectedError) as caught:
        desk.client.create_sales_entry(payload)

    assert issue_for_snelstart(caught.value.code or "", "").code == "SNELSTART_SCOPE_MISSING"
