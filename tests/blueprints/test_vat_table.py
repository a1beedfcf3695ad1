"""The VAT table: rows edited where they stand, what SnelStart would say, a proposal, and starting again."""

from __future__ import annotations

import gzip
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, World
from tests.support.statements import counted_statements
from webshop.domain.booking import Issue
from webshop.extensions import db
from webshop.models import AuditEvent, CachedList, LedgerCache, OrderState, Schedule, VatMapping

ROW: dict[str, Any] = {
    "percentage": "21",
    "valid_from": "2019-01-01",
    "vat_kind": "HIGH",
    "ledger_id": factories.LEDGER_HIGH,
    "cost_centre_id": "",
    "rate_code": "",
    "is_default": "y",
}
ROWS = ("/vat/{row}", "/vat/new?scope=EU&country=DE", "/vat/reset")
POSTS = (*ROWS, "/vat/{row}/remove", "/vat/propose")


def place(world: World) -> str:
    return f"{world.place}/configuration"


def find(world: World, country: str, percentage: str, scope: str = "EU") -> VatMapping:
    with world.rows() as shop:
        return (
            db.session.query(VatMapping)
            .filter_by(shop_id=shop.id, scope=scope, country=country, percentage=Decimal(percentage))
            .one()
        )


def count(world: World) -> int:
    with world.rows() as shop:
        return db.session.query(VatMapping).filter_by(shop_id=shop.id).count()


def test_countries_of_the_own_orders_stand_on_top_with_their_numbers(world: World) -> None:
    with world.rows() as shop:
        for country, state in (("DE", OrderState.POSTED), ("DE", OrderState.ERROR), ("US", OrderState.OPEN)):
            factories.order(shop, state, country=country, issue=Issue("VAT_MAPPING_MISSING", {}))
    table = world.visitor(ALICE).get(place(world)).find(id="vat-table")
    first, others = table.find_all("table")
    names = [body["id"] for body in first.find_all("tbody")]
    assert names == ["vat-EU-DE", "vat-INTERNATIONAL-", "vat-NL-NL", "vat-ICP-"]
    assert "2 bestellingen, 1 nog niet geboekt" in first.find(id="vat-EU-DE").text
    assert len(others.find_all("tbody")) == 26


def test_every_row_says_whether_it_fits(world: World) -> None:
    row = find(world, "NL", "21", "NL")
    wrong = find(world, "DE", "21")
    with world.rows() as shop:
        db.session.get_one(VatMapping, wrong.id).ledger_id = factories.LEDGER_LOW
        db.session.query(VatMapping).filter_by(
            shop_id=shop.id, country="DE", percentage=Decimal(9)
        ).one().ledger_id = None
    page = world.visitor(ALICE).get(place(world))
    assert "klopt met SnelStart" in page.find(id=f"vat-NL-NL-{row.id}").text
    assert page.find(id=f"vat-EU-DE-{wrong.id}").find(class_="chip-wrong")
    assert "nog leeg" in page.find(id="vat-EU-DE").text


def test_a_rate_that_changed_at_snelstart_only_warns(world: World) -> None:
    row = find(world, "NL", "21", "NL")
    with world.rows():
        for cache in db.session.query(LedgerCache).filter_by(name=CachedList.VAT_RATES.value):
            cache.rows = [{**rate, "percentage": "22" if rate["kind"] == "HIGH" else "9"} for rate in cache.rows]
    page = world.visitor(ALICE).get(place(world))
    assert page.find(id=f"vat-NL-NL-{row.id}").find(class_="chip-wrong")
    assert find(world, "NL", "21", "NL").vat_kind == "HIGH"


@pytest.mark.parametrize("htmx", [True, False])
def test_a_row_is_changed_where_it_stands(world: World, htmx: bool) -> None:
    row = find(world, "DE", "21")
    alice = world.visitor(ALICE)
    key, address = f"vat-EU-DE-{row.id}", f"{place(world)}/vat/{row.id}"
    form = alice.get(address, htmx=htmx).find(id=key).form
    assert form.find("input", attrs={"name": "percentage"})["value"] == "21"
    seen = form.find("input", attrs={"name": "seen"})["value"]
    for _ in range(2):
        answer = alice.post(address, 200 if htmx else 303, htmx=htmx, seen=seen, **ROW | {"percentage": "19,0 %"})
    if htmx:
        assert answer.find("tr")["id"] == key
        assert "19%" in answer.text
        assert len(gzip.compress(alice.response.data)) <= 1024
    with world.rows() as shop:
        assert db.session.get_one(VatMapping, row.id).percentage == Decimal(19)
        event = db.session.query(AuditEvent).filter_by(action="setting_changed").one()
        assert event.facts["old"] == {"percentage": "21"}
        assert event.facts["new"] == {"scope": "EU", "country": "DE", "percentage": "19.0"}
        assert db.session.get_one(Schedule, shop.id).reviews_asked == 1


def test_a_country_gets_another_percentage(world: World) -> None:
    alice = world.visitor(ALICE)
    address = f"{place(world)}/vat/new?scope=EU&country=DE"
    part = alice.get(address, htmx=True)
    assert part.find("tr")["id"] == "vat-EU-DE-new"
    without_default = {name: value for name, value in ROW.items() if name != "is_default"}
    answer = alice.post(address, 200, htmx=True, seen="", **without_default | {"percentage": "7"})
    ids = [row["id"] for row in answer.find_all("tr")]
    assert ids == [f"vat-EU-DE-{find(world, 'DE', '7').id}", "vat-EU-DE-new"]
    alice.post(address, seen="", **without_default | {"percentage": "5,5"})
    assert find(world, "DE", "5.5").ledger_id == factories.LEDGER_HIGH


def test_there_is_one_default_in_a_country(world: World) -> None:
    low = find(world, "DE", "9")
    alice = world.visitor(ALICE)
    form: dict[str, Any] = ROW | {"percentage": "9", "vat_kind": "LOW", "ledger_id": factories.LEDGER_LOW}
    answer = alice.post(f"{place(world)}/vat/{low.id}", 200, htmx=True, seen="", **form)
    assert alice.response.headers["HX-Retarget"] == "#vat-EU-DE"
    assert answer.find("tbody")["id"] == "vat-EU-DE"
    assert not find(world, "DE", "21").is_default
    assert find(world, "DE", "9").is_default


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("percentage", "veel"),
        ("percentage", "101"),
        ("percentage", "-1"),
        ("percentage", "NaN"),
        ("percentage", "1e2"),
        ("percentage", "9"),
        ("valid_from", "ooit"),
        ("valid_from", ""),
        ("vat_kind", "HALF"),
        ("ledger_id", ""),
        ("ledger_id", "00000000-0000-4000-8000-000000009999"),
        ("cost_centre_id", "x"),
        ("rate_code", "x"),
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_what_cannot_be_is_told_at_its_field(world: World, field: str, value: str, htmx: bool) -> None:
    row = find(world, "DE", "21")
    form: dict[str, Any] = {"seen": "", **ROW, field: value}
    page = world.visitor(ALICE).post(f"{place(world)}/vat/{row.id}", 422, htmx=htmx, **form)
    control = page.find(id=f"vat-EU-DE-{row.id}-{field}")
    assert control["aria-invalid"] == "true"
    assert page.find(id=control["aria-describedby"]).text
    if control.name == "input":
        assert control.get("value", "") == value
    assert find(world, "DE", "21").ledger_id == factories.LEDGER_HIGH


def test_who_changes_a_row_over_somebody_else_hears_it(world: World) -> None:
    row = find(world, "DE", "21")
    alice, bob = world.visitor(ALICE), world.visitor(BOB)
    address = f"{place(world)}/vat/{row.id}"
    seen = alice.get(address, htmx=True).find("input", attrs={"name": "seen"})["value"]
    bob.post(address, seen=seen, **ROW | {"percentage": "19"})
    answer = alice.post(address, 200, htmx=True, seen=seen, **ROW | {"percentage": "20"})
    assert "intussen gewijzigd door bob@shop.test" in answer.text


@pytest.mark.parametrize("htmx", [True, False])
def test_a_row_is_removed(world: World, htmx: bool) -> None:
    row, before = find(world, "DE", "9"), count(world)
    alice = world.visitor(ALICE)
    address = f"{place(world)}/vat/{row.id}/remove"
    answer = alice.post(address, 200 if htmx else 303, htmx=htmx)
    if htmx:
        assert alice.response.headers["HX-Retarget"] == "#vat-EU-DE"
        assert answer.find(id=f"vat-EU-DE-{row.id}") is None
    alice.post(address, 404, htmx=htmx)
    assert count(world) == before - 1


def test_a_proposal_fills_what_is_empty_and_nothing_else(world: World) -> None:
    kept, emptied, before = find(world, "DE", "21"), find(world, "FR", "21"), count(world)
    with world.rows() as shop:
        db.session.get_one(VatMapping, kept.id).ledger_id = factories.LEDGER_LOW
        db.session.get_one(VatMapping, emptied.id).ledger_id = None
        rows = db.session.query(VatMapping).filter_by(shop_id=shop.id, country="BE")
        rows.delete()
    alice = world.visitor(ALICE)
    alice.post(f"{place(world)}/vat/propose")
    assert "2 regels toegevoegd, 1 lege regels aangevuld" in alice.get(alice.response.location).find(id="flash").text
    assert find(world, "DE", "21").ledger_id == factories.LEDGER_LOW
    assert find(world, "FR", "21").ledger_id == factories.LEDGER_HIGH
    assert count(world) == before
    alice.post(f"{place(world)}/vat/propose")
    assert "niets aan te vullen" in alice.get(alice.response.location).find(id="flash").text


def test_a_proposal_for_oss_adds_the_rates_of_the_countries(world: World) -> None:
    with world.rows() as shop:
        shop.is_oss_registered = True
    world.visitor(ALICE).post(f"{place(world)}/vat/propose")
    assert find(world, "DE", "19").is_default
    assert find(world, "DE", "21").ledger_id == factories.LEDGER_HIGH


def test_starting_again_is_asked_for_first(world: World) -> None:
    row = find(world, "DE", "21")
    with world.rows():
        db.session.get_one(VatMapping, row.id).percentage = Decimal(19)
    alice = world.visitor(ALICE)
    part = alice.get(f"{place(world)}/vat/reset", htmx=True)
    assert part.find("dialog").find("button", string="BTW instellingen verwijderen")
    page = alice.get(f"{place(world)}/vat/reset")
    assert page.find("dialog").form["action"] == f"{place(world)}/vat/reset"
    alice.post(f"{place(world)}/vat/reset")
    assert find(world, "DE", "21").valid_from == date(2019, 1, 1)


@pytest.mark.parametrize("page", POSTS)
@pytest.mark.parametrize("htmx", [True, False])
def test_others_change_nothing(world: World, page: str, htmx: bool) -> None:
    row, before = find(world, "DE", "21"), count(world)
    address = place(world) + page.format(row=row.id)
    form = ROW
    world.visitor(DORA).post(address, 403, htmx=htmx, **form)
    world.visitor(CHARLIE).post(address, 404, htmx=htmx, **form)
    world.visitor().post(address, 401 if htmx else 302, htmx=htmx, **form)
    assert count(world) == before


@pytest.mark.parametrize("page", ROWS)
@pytest.mark.parametrize("htmx", [True, False])
def test_others_open_nothing(world: World, page: str, htmx: bool) -> None:
    address = place(world) + page.format(row=find(world, "DE", "21").id)
    world.visitor(DORA).get(address, 403, htmx=htmx)
    world.visitor(CHARLIE).get(address, 404, htmx=htmx)
    world.visitor().get(address, 401 if htmx else 302, htmx=htmx)


def test_a_row_is_only_found_in_its_own_shop(world: World) -> None:
    row = find(world, "DE", "21")
    charlie = world.visitor(CHARLIE)
    charlie.get(f"/shops/{world.other_shop_id}/configuration/vat/{row.id}", 404)
    charlie.post(f"/shops/{world.other_shop_id}/configuration/vat/{row.id}", 404, **ROW)


def test_wrong_methods_and_groups_are_refused(world: World) -> None:
    alice = world.visitor(ALICE)
    row = find(world, "DE", "21")
    for page in (f"/vat/{row.id}/remove", "/vat/propose"):
        alice.get(place(world) + page, 405)
    alice.get(f"{place(world)}/vat/new?scope=EU&country=US", 404)
    alice.get(f"{place(world)}/vat/999999", 404)


@pytest.mark.parametrize("area", ["configuration", "setup"])
@pytest.mark.parametrize("page", ["/vat/{row}", "/vat/new?scope=EU&country=DE"])
@pytest.mark.parametrize("htmx", [True, False])
def test_opening_a_row_sends_few_statements(world: World, area: str, page: str, htmx: bool) -> None:
    address = f"{world.place}/{area}" + page.format(row=find(world, "DE", "21").id)
    alice = world.visitor(ALICE)
    with counted_statements() as statements:
        alice.get(address, htmx=htmx)
    assert len(statements) <= 6, statements


@pytest.mark.parametrize("htmx", [True, False])
def test_what_is_changed_in_the_setup_leads_back_to_its_step(world: World, htmx: bool) -> None:
    step = f"{world.place}/setup/vat"
    row, alice = find(world, "DE", "21"), world.visitor(ALICE)
    page = alice.get(f"{step}/{row.id}", htmx=htmx)
    form = page.find(id=f"vat-EU-DE-{row.id}").form
    assert form["action"] == f"{step}/{row.id}"
    assert form.find("a")["href"] == step
    if not htmx:
        assert page.find("a", attrs={"aria-current": "step"})["href"] == step
    seen = form.find("input", attrs={"name": "seen"})["value"]
    wrong = alice.post(form["action"], 422, htmx=htmx, seen=seen, **ROW | {"percentage": "veel"})
    assert wrong.find("input", attrs={"name": "percentage"})["value"] == "veel"
    alice.post(form["action"], 200 if htmx else 303, htmx=htmx, seen=seen, **ROW | {"percentage": "19"})
    assert find(world, "DE", "19").id == row.id
    if not htmx:
        assert alice.response.location == f"{step}#vat-table"
    for action in ("propose", "reset"):
        alice.post(f"{step}/{action}")
        assert alice.response.location == f"{step}#vat-table"
