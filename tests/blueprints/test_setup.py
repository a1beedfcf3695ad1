"""The six steps: who may do what, what each stores, and that nothing is posted before somebody says so."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, Visitor, World
from tests.blueprints.setup_world import Installation, make_installation
from tests.support.clock import FrozenClock
from tests.support.statements import counted_statements
from webshop.extensions import db, transaction
from webshop.models import (
    Agreement,
    AuditEvent,
    CachedList,
    Connection,
    LedgerCache,
    Order,
    PendingConnection,
    Posting,
    Schedule,
    Shop,
    VatMapping,
)
from webshop.sandbox import Sandbox
from webshop.sandbox.core import Fault
from webshop.services.runs import run_shop

STEPS = ("terms", "amazon", "snelstart", "settings", "vat", "trial-run")
POSTS = (
    "terms",
    "amazon/confirm",
    "snelstart/key",
    "snelstart/confirm",
    "settings",
    "vat",
    "vat/lists",
    "vat/propose",
    "trial-run/automatic",
)


@pytest.fixture
def installation(app: Flask, sandbox: Sandbox) -> Installation:
    return make_installation(app, sandbox)


def rows(installation: Installation, model: Any) -> list[Any]:
    with installation.app.app_context():
        return list(db.session.scalars(select(model).order_by(model.id)))


def the_shop(installation: Installation) -> Shop:
    return next(shop for shop in rows(installation, Shop) if shop.public_id == installation.shop_id)


def run(installation: Installation) -> Any:
    with installation.app.app_context():
        return run_shop(the_shop(installation).id)


# Who may do what


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("email", [ALICE, BOB, DORA])
def test_everybody_of_the_shop_sees_every_step(installation: Installation, step: str, email: str) -> None:
    visitor = installation.visitor(email)
    page = visitor.get(f"{installation.place}/{step}")
    assert page.find("a", attrs={"aria-current": "step"})["href"].endswith(f"/setup/{step}")
    assert "van 6" in page.main.text
    visitor.get(f"{installation.place}/{step}", htmx=True)
    if email == DORA:
        assert page.main.find("button") is None
        assert page.main.find("a", string="Connect") is None


@pytest.mark.parametrize("address", [*STEPS, "", "snelstart/key", "snelstart/confirm", "amazon/confirm"])
def test_strangers_and_who_is_logged_out_see_nothing(installation: Installation, address: str) -> None:
    installation.visitor(CHARLIE).get(f"{installation.place}/{address}", status=404)
    nobody = installation.visitor(None)
    nobody.get(f"{installation.place}/{address}", status=302)
    nobody.get(f"{installation.place}/{address}", status=401, htmx=True)


@pytest.mark.parametrize("address", POSTS)
def test_only_who_may_write_changes_anything(installation: Installation, address: str) -> None:
    place = f"{installation.place}/{address}"
    installation.visitor(DORA).post(place, status=403)
    installation.visitor(CHARLIE).post(place, status=404)
    installation.visitor(None).post(place, status=302)
    installation.visitor().post(place, status=400, csrf_token="")


@pytest.mark.parametrize("address", ["snelstart/key", "snelstart/confirm", "amazon/confirm"])
def test_the_accountant_gets_no_form_for_a_connection(installation: Installation, address: str) -> None:
    installation.visitor(DORA).get(f"{installation.place}/{address}", status=403)


def test_what_is_posted_to_is_not_followed(installation: Installation) -> None:
    for address in ("vat/propose", "trial-run/automatic"):
        installation.visitor().get(f"{installation.place}/{address}", status=405)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_sends_few_statements(world: World, step: str) -> None:
    counts = []
    for number in (1, 30):
        with world.rows() as shop:
            for _ in range(number):
                factories.order(shop)
        alice = world.visitor(ALICE)
        with counted_statements() as statements:
            alice.get(f"{world.place}/setup/{step}")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6, statements


# The way through


def test_the_setup_goes_on_where_it_was_left(installation: Installation) -> None:
    alice = installation.visitor()
    places = []

    def next_step() -> None:
        alice.get(f"{installation.place}/", status=303)
        places.append(alice.response.location.rpartition("/")[2])

    next_step()
    installation.agree(alice)
    next_step()
    installation.connect_amazon(alice)
    next_step()
    installation.connect_snelstart(alice)
    next_step()
    installation.answer_questions(alice)
    next_step()
    assert the_shop(installation).setup_finished_at is None
    alice.post(f"{installation.place}/vat")
    next_step()
    assert tuple(places) == STEPS
    assert the_shop(installation).setup_finished_at is not None
    checklist = alice.get(f"/shops/{installation.shop_id}/").find(class_="checklist")
    assert [item["data-done"] for item in checklist.find_all("li")] == ["yes"] * 5 + ["no"]
    alice.post(f"{installation.place}/trial-run/automatic", start_on="2026-11-23")
    assert alice.get(f"/shops/{installation.shop_id}/").find(class_="checklist") is None


def test_only_the_owner_agrees_and_to_both(installation: Installation) -> None:
    bob, alice = installation.visitor(BOB), installation.visitor()
    texts = alice.get(f"{installation.place}/terms").main
    assert texts.find("details").find(id="terms-text") is not None
    assert texts.find_all("details")[1].find(id="processing-text") is not None
    assert "Alleen een eigenaar" in bob.get(f"{installation.place}/terms").main.text
    bob.post(f"{installation.place}/terms", status=403, terms="y", processing="y")
    page = alice.post(f"{installation.place}/terms", status=422, terms="y")
    assert page.find(id="processing-error") is not None
    assert page.find(id="terms").has_attr("checked")
    assert rows(installation, Agreement) == []
    installation.agree(alice)
    installation.agree(alice)
    assert sorted(row.document for row in rows(installation, Agreement)) == ["processing", "terms"]


def test_staff_who_are_let_in_finish_every_step_but_the_agreement(
    installation: Installation, clock: FrozenClock
) -> None:
    with installation.app.app_context(), transaction():
        staff_id = factories.user("eva@office.test", is_staff=True, is_totp_on=True).public_id
    alice, eva = installation.visitor(), Visitor(installation.app.test_client())
    eva.begin_session(staff_id)
    eva.get(f"{installation.place}/amazon", 404)
    alice.post(f"{installation.place}/help", words="Graag dinsdag")
    eva.post(f"{installation.place}/terms", 403, terms="y", processing="y")
    installation.agree(alice)
    installation.connect_amazon(eva)
    installation.connect_snelstart(eva)
    installation.answer_questions(eva)
    link = eva.get(f"{installation.place}/vat").find(id="vat-NL-NL").find("a", class_="button")
    form = eva.get(link["href"]).find(class_="vat-edit").form
    sent = [field for field in form.find_all("input") if field["type"] != "checkbox" or field.has_attr("checked")]
    values = {field["name"]: field.get("value", "") for field in sent}
    for field in form.find_all("select"):
        chosen = field.find("option", selected=True)
        values[field["name"]] = chosen["value"] if chosen else ""
    eva.post(form["action"], **values | {"valid_from": "2020-01-01"})
    assert eva.response.location == f"{installation.place}/vat#vat-table"
    eva.post(f"{installation.place}/vat")
    order = installation.add_order(email="koper@example.nl")
    clock.advance(minutes=5)
    run(installation)
    eva.post(trial_orders(installation, eva)[0].form["action"])
    run(installation)
    eva.post(
        f"{installation.place}/trial-run/automatic",
        start_on=eva.get(f"{installation.place}/trial-run").find(id="start_on")["value"],
    )
    assert the_shop(installation).is_posting_automatic
    assert [row.external_number for row in rows(installation, Posting)] == [order]
    for step in STEPS:
        page = eva.get(f"{installation.place}/{step}")
        for address in {link["href"] for link in page.find(id="shop-page").find_all("a")}:
            assert eva.client.get(address).status_code in (200, 303), address


def test_newer_terms_are_asked_about_and_stop_nothing(world: World) -> None:
    with world.rows() as shop:
        db.session.execute(update(Agreement).where(Agreement.shop_id == shop.id).values(version="2020-01"))
    alice = world.visitor(ALICE)
    page = alice.get(f"{world.place}/")
    assert "voorwaarden zijn gewijzigd" in page.text
    assert page.find(class_="checklist") is None
    alice.post(f"{world.place}/setup/terms", terms="y", processing="y")
    assert "voorwaarden zijn gewijzigd" not in alice.get(f"{world.place}/").text


def test_a_red_light_leads_to_the_step(installation: Installation) -> None:
    page = installation.visitor().get(f"/shops/{installation.shop_id}/")
    for remote in ("amazon", "snelstart"):
        assert page.find(id=f"light-{remote}").a["href"] == f"{installation.place}/{remote}"


# SnelStart


def test_the_administration_is_named_and_confirmed_before_it_is_connected(installation: Installation) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    administration = installation.sandbox.snelstart.create_administration(name="Fietsbel B.V.")
    alice.post(f"{installation.place}/snelstart/key", key=f"  {administration.key}\n")
    page = alice.get(alice.response.location)
    assert "Fietsbel B.V." in page.main.text
    assert administration.key not in str(page)
    assert rows(installation, Connection) == []
    assert administration.key not in str(rows(installation, PendingConnection)[0].__dict__)
    alice.post(f"{installation.place}/snelstart/confirm")
    page = alice.get(alice.response.location)
    assert page.find(id="light-snelstart")["data-state"] == "green"
    assert administration.key not in str(page)
    assert len(rows(installation, VatMapping)) > 20
    assert rows(installation, PendingConnection) == []
    alice.post(f"{installation.place}/snelstart/confirm", status=422)


def test_the_dialog_goes_on_in_its_place(installation: Installation) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    administration = installation.sandbox.snelstart.create_administration(name="Fietsbel B.V.")
    address = f"{installation.place}/snelstart/key"
    assert alice.get(address, htmx=True).dialog["id"] == "key-dialog"
    assert alice.post(address, 422, htmx=True, key="fout").find(id="key-error") is not None
    assert alice.post(address, 422, htmx=True, key="").find(id="key-error") is not None
    assert alice.post(address, 200, htmx=True, key=administration.key).dialog["id"] == "administration-dialog"
    alice.post(f"{installation.place}/snelstart/confirm", 200, htmx=True)
    assert alice.response.headers["HX-Redirect"] == f"{installation.place}/snelstart"


def test_nobody_tries_a_key_before_the_owner_agreed(installation: Installation) -> None:
    installation.visitor(BOB).post(f"{installation.place}/snelstart/key", status=409, key="x")
    assert installation.sandbox.world.log.count("snelstart", "token") == 0


def test_a_key_that_waits_too_long_or_elsewhere_is_pasted_again(installation: Installation, clock: FrozenClock) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    administration = installation.sandbox.snelstart.create_administration(name="Fietsbel B.V.")
    alice.post(f"{installation.place}/snelstart/key", key=administration.key)
    for other in (installation.visitor(BOB), installation.visitor(ALICE)):
        other.get(f"{installation.place}/snelstart/confirm", status=303)
        other.post(f"{installation.place}/snelstart/confirm", status=422)
    clock.advance(minutes=15, seconds=1)
    alice.get(f"{installation.place}/snelstart/confirm", status=303)
    alice.post(f"{installation.place}/snelstart/confirm", status=422)
    assert rows(installation, Connection) == []


NO_PACKAGE = "Het ingelogde account heeft geen rechten"


@pytest.mark.parametrize(
    ("operation", "kind", "facts", "words"),
    [
        ("token", "status", {"status": 400, "body": '{"error": "x"}'}, "kent deze sleutel niet"),
        ("GET /companyInfo", "status", {"status": 400, "body": NO_PACKAGE}, "proefadministratie"),
        ("GET /companyInfo", "status", {"status": 403, "body": ""}, "niet de rechten"),
        ("GET /companyInfo", "subscription_key", {}, "Onze eigen toegang"),
        ("GET /companyInfo", "throttle", {}, "even te wachten"),
        ("GET /companyInfo", "drop", {}, "niet bereikbaar"),
        ("token", "status", {"status": 503}, "niet bereikbaar"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_in_plain_words(
    installation: Installation, operation: str, kind: str, facts: dict[str, Any], words: str
) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    administration = installation.sandbox.snelstart.create_administration(name="Fietsbel B.V.")
    installation.sandbox.world.faults.add(Fault("snelstart", operation, kind, parameters=facts))
    page = alice.post(f"{installation.place}/snelstart/key", 422, key=administration.key)
    assert words in page.find(id="key-error").text
    assert administration.key not in str(page)


def test_a_package_without_orders_is_told_to_who_wants_them(installation: Installation) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    with installation.app.app_context(), transaction() as session:
        session.execute(update(Shop).values(posting_kind="sales_order", may_post_orders=True))
    administration = installation.sandbox.snelstart.create_administration(name="Klein", package="inKaart")
    page = alice.post(f"{installation.place}/snelstart/key", 422, key=administration.key)
    assert "verkooporders" in page.find(id="key-error").text


def test_another_administration_and_a_shared_one_are_told_before(installation: Installation) -> None:
    alice, charlie = installation.visitor(), installation.visitor(CHARLIE)
    installation.agree(alice)
    installation.connect_snelstart(alice)
    before = len(rows(installation, VatMapping))
    place = f"/shops/{installation.other_shop_id}/setup"
    charlie.post(f"{place}/terms", terms="y", processing="y")
    other = installation.sandbox.snelstart.create_administration(name="Elders B.V.")
    charlie.post(f"{place}/snelstart/key", key=other.key)
    charlie.post(f"{place}/snelstart/confirm")
    alice.post(f"{installation.place}/snelstart/key", key=other.key)
    page = alice.get(alice.response.location)
    assert "boekt al een andere winkel" in page.main.text
    assert "andere administratie: Fietsbel B.V." in page.main.text
    alice.post(f"{installation.place}/snelstart/confirm")
    shop = the_shop(installation)
    mine = [row for row in rows(installation, VatMapping) if row.shop_id == shop.id]
    assert len(mine) == before, "a table that is there stays"


def test_a_key_that_was_withdrawn_says_so(installation: Installation) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    administration = installation.sandbox.snelstart.create_administration(name="Fietsbel B.V.")
    alice.post(f"{installation.place}/snelstart/key", key=administration.key)
    alice.post(f"{installation.place}/snelstart/confirm")
    installation.sandbox.snelstart.revoke_key(administration.key)
    page = alice.post(f"{installation.place}/snelstart/key", 422, key=administration.key)
    assert "ingetrokken" in page.find(id="key-error").text


def test_slow_lists_do_not_undo_the_connection(installation: Installation) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    administration = installation.sandbox.snelstart.create_administration(name="Fietsbel B.V.")
    alice.post(f"{installation.place}/snelstart/key", key=administration.key)
    installation.sandbox.world.faults.add(Fault("snelstart", "GET /grootboeken", "drop"))
    alice.post(f"{installation.place}/snelstart/confirm")
    assert len(rows(installation, Connection)) == 1
    assert alice.get(f"{installation.place}/vat").find("button", string="Haal ze op en doe een voorstel") is not None
    alice.post(f"{installation.place}/vat", status=409)
    alice.post(f"{installation.place}/vat/lists")
    assert "8000" in alice.get(f"{installation.place}/vat").main.text


# Settings and VAT


def test_an_answer_that_is_missing_is_asked_again_and_nothing_is_lost(installation: Installation) -> None:
    alice = installation.visitor()
    page = alice.post(
        f"{installation.place}/settings",
        422,
        marketplace_id="A1PA6795UKMFR9",
        statuses="UNSHIPPED",
        is_fba_used="yes",
        is_oss_registered="no",
    )
    assert page.find(id="fba_dispatch_country-error") is not None
    assert page.find("option", selected=True)["value"] == "A1PA6795UKMFR9"
    assert page.find("input", attrs={"value": "UNSHIPPED"}).has_attr("checked")
    assert the_shop(installation).is_fba_used is None


def test_the_answers_are_kept_and_told(installation: Installation) -> None:
    alice = installation.visitor()
    for _ in range(2):
        installation.answer_questions(alice, is_fba_used="yes", fba_dispatch_country="DE", is_oss_registered="yes")
    shop = the_shop(installation)
    assert (shop.is_fba_used, shop.fba_dispatch_country, shop.is_oss_registered) == (True, "DE", True)
    changed = [row.facts for row in rows(installation, AuditEvent) if row.action == "setting_changed"]
    assert [facts["section"] for facts in changed] == ["stock", "oss"]
    assert changed[1] == {
        "section": "oss", "old": {"is_oss_registered": False}, "new": {"is_oss_registered": True},
    }  # fmt: skip


def test_the_proposal_follows_the_answer_about_oss_until_it_is_agreed_to(installation: Installation) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    installation.connect_snelstart(alice, foreign_vat=True)

    def german() -> list[str]:
        found = [row for row in rows(installation, VatMapping) if row.country == "DE"]
        return sorted(str(row.percentage) for row in found)

    assert german() == ["21", "9"]
    installation.answer_questions(alice, is_oss_registered="yes")
    assert german() == ["19"]
    alice.post(f"{installation.place}/vat")
    installation.answer_questions(alice, is_oss_registered="no")
    assert german() == ["19"], "a saved table stays as it was saved"


def test_the_marketplace_is_fixed_once_its_orders_are_here(world: World) -> None:
    with world.rows() as shop:
        factories.order(shop)
    answers: dict[str, Any] = {"statuses": "SHIPPED", "is_fba_used": "no", "is_oss_registered": "no"}
    page = world.visitor(ALICE).post(f"{world.place}/setup/settings", 422, marketplace_id="A1PA6795UKMFR9", **answers)
    assert page.find(id="marketplace_id-error") is not None


@pytest.mark.parametrize(
    ("kind", "length", "told"),
    [("Numeriek", 10, "alleen cijfers toe, hooguit 10"), ("Alfanumeriek", 15, "hooguit 15 tekens"), ("", 0, "")],
)
def test_the_step_tells_whether_skus_fit_in_the_article_codes(world: World, kind: str, length: int, told: str) -> None:
    with world.rows():
        for cache in db.session.query(LedgerCache).filter_by(name=CachedList.COMPANY.value):
            codes = {"article_code_kind": "NUMERIC" if kind == "Numeriek" else "", "article_code_max_length": length}
            cache.rows = [{**row, **codes} for row in cache.rows]
    page = world.visitor(ALICE).get(f"{world.place}/setup/snelstart").main
    assert page.find("a", href="/help/snelstart-key") is not None
    card = page.find(id="article-codes")
    if not told:
        assert card is None
        return
    assert told in card.text
    assert ". Voor verkoopboekingen" in card.text
    assert "Alfanumeriek" in card.details.text


# The trial run


def trial_orders(installation: Installation, visitor: Visitor) -> Any:
    return visitor.get(f"{installation.place}/trial-run").find_all("article")


def test_the_trial_shows_what_will_be_booked_and_posts_exactly_one(
    installation: Installation, clock: FrozenClock
) -> None:
    alice = installation.visitor()
    administration_id = installation.install(alice)
    numbers = [installation.add_order(email=f"koper{number}@example.nl") for number in range(7)]
    clock.advance(minutes=5)
    assert run(installation).fetched == 7
    cards = trial_orders(installation, alice)
    assert len(cards) == 5
    assert "8000 " in cards[0].text
    assert "0,00" in cards[0].find(class_="difference").text
    address = cards[2].form["action"]
    alice.post(address)
    alice.post(address)
    busy = trial_orders(installation, alice)
    assert "Wordt doorgezet" in busy[0].text
    assert all(card.form is None for card in busy)
    run(installation)
    run(installation)
    entries = installation.sandbox.snelstart.documents(administration_id, "verkoopboekingen")
    assert [entry["factuurnummer"] for entry in entries] == [cards[2].h2.text.strip()]
    assert entries[0]["factuurnummer"] in numbers
    shown = trial_orders(installation, alice)[0]
    assert shown["data-state"] == "posted"
    assert "Bekijk in SnelStart" in shown.text
    states = [row.state for row in rows(installation, Order)]
    assert states.count("open") == 6


def test_two_orders_at_once_are_one_too_many(installation: Installation, clock: FrozenClock) -> None:
    alice = installation.visitor()
    installation.install(alice)
    for number in range(2):
        installation.add_order(email=f"koper{number}@example.nl")
    clock.advance(minutes=5)
    run(installation)
    first, second = (card.form["action"] for card in trial_orders(installation, alice))
    part = alice.post(first, 200, htmx=True)
    assert part.div["id"] == "trial-orders"
    alice.post(second, status=409)


def test_a_trial_before_everything_is_there_is_refused(installation: Installation, clock: FrozenClock) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    installation.connect_amazon(alice)
    installation.connect_snelstart(alice)
    installation.add_order(email="koper@example.nl")
    clock.advance(minutes=5)
    run(installation)
    assert trial_orders(installation, alice)[0].form is None
    order = rows(installation, Order)[0]
    alice.post(f"{installation.place}/trial-run/orders/{order.public_id}", status=409)
    alice.post(f"{installation.place}/trial-run/automatic", status=409, start_on="2026-11-23")
    assert not the_shop(installation).is_posting_automatic


def test_the_order_of_another_shop_is_not_found(installation: Installation, world_order: str) -> None:
    alice = installation.visitor()
    alice.post(f"{installation.place}/trial-run/orders/{world_order}", status=404)
    for email, status in ((DORA, 403), (CHARLIE, 404), (None, 302)):
        installation.visitor(email).post(f"{installation.place}/trial-run/orders/{world_order}", status=status)


@pytest.fixture
def world_order(installation: Installation) -> str:
    with installation.app.app_context(), transaction() as session:
        other = session.scalars(select(Shop).where(Shop.public_id == installation.other_shop_id)).one()
        return factories.order(other).public_id


def test_trouble_in_the_trial_is_told_and_tried_again_by_hand(installation: Installation, clock: FrozenClock) -> None:
    alice = installation.visitor()
    administration_id = installation.install(alice)
    installation.add_order(email="koper@example.nl")
    clock.advance(minutes=5)
    run(installation)
    installation.sandbox.world.faults.add(Fault("snelstart", "GET /relaties", "status", parameters={"status": 503}))
    alice.post(trial_orders(installation, alice)[0].form["action"])
    run(installation)
    page = alice.get(f"{installation.place}/trial-run")
    assert "even niet bereikbaar" in page.main.text
    clock.advance(hours=2)
    run(installation)
    assert installation.sandbox.snelstart.documents(administration_id, "verkoopboekingen") == []
    alice.post(page.find("article").form["action"])
    run(installation)
    assert len(installation.sandbox.snelstart.documents(administration_id, "verkoopboekingen")) == 1


def test_switching_on_starts_today_and_never_books_what_is_older(
    installation: Installation, clock: FrozenClock
) -> None:
    alice = installation.visitor()
    administration_id = installation.install(alice)
    installation.add_order(email="old@example.nl")
    clock.advance(days=1)
    alice = installation.visitor()
    new = installation.add_order(email="new@example.nl")
    clock.advance(minutes=5)
    run(installation)
    page = alice.get(f"{installation.place}/trial-run")
    assert page.find(id="start_on")["value"] == "2026-11-24"
    for day in ("", "nonsense", "2026-11-23", "2030-01-01"):
        page = alice.post(f"{installation.place}/trial-run/automatic", 422, start_on=day)
        assert page.find(id="start_on-error") is not None
    for _ in range(2):
        alice.post(f"{installation.place}/trial-run/automatic", start_on="2026-11-24")
    run(installation)
    entries = installation.sandbox.snelstart.documents(administration_id, "verkoopboekingen")
    assert [entry["factuurnummer"] for entry in entries] == [new]
    assert (
        sum(
            row.action == "setting_changed" and row.facts["section"] == "automatic"
            for row in rows(installation, AuditEvent)
        )
        == 1
    )


def test_the_page_asks_while_the_orders_are_fetched_and_then_stops(
    installation: Installation, clock: FrozenClock
) -> None:
    alice = installation.visitor()
    installation.install(alice)
    page = alice.get(f"{installation.place}/trial-run")
    assert "We halen je bestellingen op" in page.main.text
    assert page.find(id="trial-orders")["hx-trigger"] == "every 2s"
    run(installation)
    part = alice.get(f"{installation.place}/trial-run/orders", htmx=True)
    assert part.div.get("hx-trigger") is None
    assert "geen bestellingen" in part.text
    alice.get(f"{installation.place}/trial-run/orders", status=303)


def test_a_paused_or_disconnected_shop_posts_no_trial_either(installation: Installation, clock: FrozenClock) -> None:
    alice = installation.visitor()
    administration_id = installation.install(alice)
    installation.add_order(email="koper@example.nl")
    clock.advance(minutes=5)
    run(installation)
    alice.post(trial_orders(installation, alice)[0].form["action"])
    with installation.app.app_context(), transaction() as session:
        session.execute(update(Shop).values(paused_until=clock.now().replace(year=2027)))
    run(installation)
    assert installation.sandbox.snelstart.documents(administration_id, "verkoopboekingen") == []
    assert [row for row in rows_of_schedule(installation) if row is not None] == []


def rows_of_schedule(installation: Installation) -> list[int | None]:
    with installation.app.app_context():
        return list(db.session.scalars(select(Schedule.trial_order_id)))
