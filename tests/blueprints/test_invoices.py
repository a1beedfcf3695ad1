"""Facturen in Profiel: who may download, what comes, and whom the next invoice is for."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, World
from tests.support.statements import counted_statements
from webshop.domain.periods import local_date
from webshop.extensions import clock as product_clock
from webshop.extensions import db
from webshop.models import AuditEvent, Shop
from webshop.services import invoices

FILES = {"pdf": "application/pdf", "xml": "application/xml"}
DETAILS: dict[str, Any] = {
    "billing_name": "Fietsbel en Zonen B.V.",
    "billing_address": "Lange Nieuwstraat 106",
    "billing_postal_code": "3512 PN",
    "billing_city": "Utrecht",
    "billing_country": "NL",
    "kvk_number": "12345678",
    "vat_number": "NL004495445B01",
}


@pytest.fixture
def invoice_id(world: World) -> str:
    with world.rows() as shop:
        return invoices.issue(factories.paid_checkout(shop)).public_id


def address(world: World, invoice_id: str, extension: str) -> str:
    return f"{world.place}/profile/invoices/{invoice_id}.{extension}"


def shop(world: World) -> Shop:
    with world.app.app_context():
        return db.session.scalars(select(Shop).where(Shop.public_id == world.shop_id)).one()


# Downloads


@pytest.mark.parametrize("extension", FILES)
@pytest.mark.parametrize("email", [ALICE, BOB, DORA])
def test_everybody_of_the_shop_downloads_the_invoice(world: World, invoice_id: str, extension: str, email: str) -> None:
    visitor = world.visitor(email)
    visitor.get(address(world, invoice_id, extension))
    headers = visitor.response.headers
    assert visitor.response.mimetype == FILES[extension]
    assert headers["Content-Disposition"] == f"attachment; filename=factuur-2026-0001.{extension}"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-cache"
    assert b"2026-0001" in visitor.response.data or PdfReader(io.BytesIO(visitor.response.data)).pages


@pytest.mark.parametrize("extension", FILES)
def test_nobody_else_does(world: World, invoice_id: str, extension: str) -> None:
    target = address(world, invoice_id, extension)
    world.visitor().get(target, 302)
    world.visitor().get(target, 401, htmx=True)
    charlie = world.visitor(CHARLIE)
    charlie.get(target, 404)
    foreign = charlie.response.data
    charlie.get(target.replace(world.shop_id, world.other_shop_id), 404)
    charlie.get(target.replace(world.shop_id, str(uuid.uuid4())), 404)
    assert charlie.response.data == foreign
    alice = world.visitor(ALICE)
    alice.get(address(world, str(uuid.uuid4()), extension), 404)
    alice.post(target, 405)


@pytest.mark.parametrize("extension", FILES)
def test_after_the_end_of_the_subscription_invoices_are_still_there(
    world: World, invoice_id: str, extension: str
) -> None:
    with world.rows() as row:
        row.active_until = local_date(product_clock.now()) - timedelta(days=400)
    alice = world.visitor(ALICE)
    assert "2026-0001" in alice.get(f"{world.place}/profile").find(id="invoices").text
    alice.get(address(world, invoice_id, extension))


def test_the_list_leads_to_both_files_and_names_what_was_paid(world: World, invoice_id: str) -> None:
    alice = world.visitor(ALICE)
    section = alice.get(f"{world.place}/profile").find(id="invoices")
    links = [link["href"] for link in section.select("td a")]
    assert links == [address(world, invoice_id, extension) for extension in FILES]
    words = " ".join(section.text.split())
    for expected in ("2026-0001", "23 nov 2026", "abonnement voor één jaar", "180,29"):
        assert expected in words
    assert "nog geen facturen" not in words


def test_a_credit_invoice_is_told_apart(world: World, invoice_id: str) -> None:
    with world.app.app_context():
        invoice = invoices.find_invoice(shop(world).id, uuid.UUID(invoice_id))
        invoices.credit(invoice, "Dubbel", factories.user(is_staff=True).id)
    rows = world.visitor(DORA).get(f"{world.place}/profile").select("#invoices tbody tr")
    assert ["Creditfactuur" in row.text for row in rows] == [True, False]


def test_a_shop_without_invoices_says_so(world: World) -> None:
    section = world.visitor(BOB).get(f"{world.place}/profile").find(id="invoices")
    assert "nog geen facturen" in section.text
    assert section.find("a") is None


@pytest.mark.parametrize("number", [1, 50, 120])
def test_a_page_sends_as_few_statements_for_many_invoices(world: World, number: int) -> None:
    with world.rows() as row:
        for _ in range(number):
            invoices.issue(factories.paid_checkout(row))
    alice = world.visitor(ALICE)
    with counted_statements() as statements:
        page = alice.get(f"{world.place}/profile")
    assert len(statements) == 5, statements
    rows = page.select("#invoices tbody tr")
    assert len(rows) == min(number, invoices.AT_MOST)
    assert f"2026-{number:04d}" in rows[0].text
    assert bool(page.find(id="older-invoices")) is (number > invoices.AT_MOST)


# Whom they are for


def test_only_an_owner_says_whom_invoices_are_for(world: World) -> None:
    target = f"{world.place}/profile/billing"
    for email, status in ((ALICE, 200), (BOB, 403), (DORA, 403), (CHARLIE, 404)):
        for htmx in (False, True):
            world.visitor(email).get(target, status, htmx=htmx)
    for email, status in ((BOB, 403), (DORA, 403), (CHARLIE, 404)):
        world.visitor(email).post(target, status, **DETAILS)
    world.visitor().get(target, 302)
    world.visitor().post(target, 302, **DETAILS)
    world.visitor(ALICE).post(target, 400, csrf_token="", **DETAILS)
    assert shop(world).billing_city == ""


@pytest.mark.parametrize("htmx", [False, True])
def test_the_details_are_kept_and_recorded_once(world: World, htmx: bool) -> None:
    alice = world.visitor(ALICE)
    for _ in range(2):
        alice.post(f"{world.place}/profile/billing", 200 if htmx else 303, htmx=htmx, **DETAILS, is_staff="1")
    found = shop(world)
    assert {name: getattr(found, name) for name in DETAILS} == DETAILS
    with world.app.app_context():
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "billing_changed")).one()
    assert event.user_id is not None
    assert event.facts["old"]["billing_city"] == ""
    assert event.facts["new"]["vat_number"] == "NL004495445B01"
    assert "billing_country" not in event.facts["new"]
    page = alice.get(f"{world.place}/profile/billing")
    assert page.find(id="billing_address")["value"] == "Lange Nieuwstraat 106"
    assert page.select_one("#billing_country option[selected]")["value"] == "NL"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ({"billing_postal_code": "3512pn", "kvk_number": "12.34.56.78", "vat_number": "004495445b01"},
         {"billing_postal_code": "3512 PN", "kvk_number": "12345678", "vat_number": "NL004495445B01"}),
        ({"billing_country": "DE", "billing_postal_code": "10557", "vat_number": "136695976", "kvk_number": ""},
         {"billing_country": "DE", "billing_postal_code": "10557", "vat_number": "DE136695976", "kvk_number": ""}),
        ({"billing_country": "GR", "vat_number": "GR 094259216"},
         {"billing_country": "GR", "vat_number": "EL094259216"}),
        ({"billing_country": "CH", "vat_number": "", "billing_postal_code": ""},
         {"billing_country": "CH", "vat_number": "", "billing_postal_code": ""}),
        ({"billing_name": "  Fietsbel  "}, {"billing_name": "Fietsbel"}),
    ],
)  # fmt: skip
def test_what_is_written_in_another_way_is_kept_in_one(
    world: World, typed: dict[str, str], stored: dict[str, str]
) -> None:
    world.visitor(ALICE).post(f"{world.place}/profile/billing", **DETAILS | typed)
    found = shop(world)
    assert {name: getattr(found, name) for name in stored} == stored


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("billing_name", ""),
        ("billing_name", "x" * 101),
        ("billing_name", "Fietsbel\x07"),
        ("billing_address", "   "),
        ("billing_postal_code", "12345"),
        ("billing_postal_code", ""),
        ("billing_city", ""),
        ("billing_city", "x" * 61),
        ("billing_country", "XX"),
        ("billing_country", ""),
        ("kvk_number", "1234567"),
        ("vat_number", "NL004495446B01"),
        ("vat_number", "DE136695976"),
        ("vat_number", "9" * 500),
        ("vat_number", "nee"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_lost(world: World, name: str, value: str) -> None:
    page = world.visitor(ALICE).post(f"{world.place}/profile/billing", 422, **DETAILS | {name: value})
    assert page.find(id=name)["aria-invalid"] == "true"
    other = "billing_city" if name != "billing_city" else "billing_address"
    assert page.find(id=other)["value"] == DETAILS[other]
    assert shop(world).billing_address == ""


def test_a_form_that_is_empty_at_first_knows_the_name_of_the_shop(world: World) -> None:
    page = world.visitor(ALICE).get(f"{world.place}/profile/billing")
    assert page.find(id="billing_name")["value"] == shop(world).name
