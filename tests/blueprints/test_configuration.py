"""Configuratie: every section shows its values, opens its form and stores it, with htmx and without."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, World
from tests.support.statements import counted_statements
from webshop.domain.booking import BookingDate, Issue
from webshop.extensions import db
from webshop.models import (
    AuditEvent,
    CachedList,
    LedgerCache,
    OrderState,
    Remote,
    Schedule,
    ServiceRequest,
    Shop,
)
from webshop.services.configuration import SECTIONS
from webshop.services.connections import find_connection

VALID: dict[str, dict[str, Any]] = {
    "marketplace": {"marketplace_id": "A1PA6795UKMFR9", "is_confirmed": "y"},
    "statuses": {"statuses": ["UNSHIPPED", "SHIPPED"]},
    "posting": {"posting_kind": "sales_entry", "is_line_per_item": "y", "journal_id": "", "clearing_ledger_id": ""},
    "orders": {"price_model": "INCLUSIVE", "template_id": "", "order_cost_centre_id": ""}
    | {f"revenue_group_{kind}": "" for kind in ("high", "low", "other", "none")},
    "customers": {},
    "automatic": {"start_on": "2026-11-20"},
    "pause": {"paused_until": "2026-12-01"},
    "stock": {"dispatch_country": "NL", "is_fba_used": "yes", "fba_dispatch_country": "DE"},
    "amounts": {"vat_source": "amazon"},
    "oss": {"is_oss_registered": "yes"},
}
INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "marketplace": ({"marketplace_id": "AMEN7PMS3EDWL", "is_confirmed": "y"}, "nog niet beschikbaar"),
    "statuses": ({}, "minstens één status"),
    "posting": ({"posting_kind": "sales_order", "journal_id": "", "clearing_ledger_id": ""}, "niet in je contract"),
    "orders": (VALID["orders"] | {"template_id": "x"}, ""),
    "automatic": ({"start_on": "gisteren"}, "Ongeldige datum"),
    "pause": ({"paused_until": "2020-01-01"}, "vanaf morgen"),
    "stock": ({"dispatch_country": "NL", "is_fba_used": "yes", "fba_dispatch_country": ""}, "Kies het land"),
    "amounts": ({"vat_source": "guessed"}, ""),
    "oss": ({"is_oss_registered": "perhaps"}, ""),
}


def address(world: World, section: str = "") -> str:
    return f"{world.place}/configuration" + (f"/{section}" if section else "")


def fill(page: Any, section: str) -> dict[str, Any]:
    """Return what the open form would send unchanged, but for what people choose."""
    return {"seen": page.find(id=f"section-{section}").find("input", attrs={"name": "seen"})["value"]}


def test_all_sections_cover_every_case() -> None:
    assert VALID.keys() == SECTIONS.keys()


@pytest.mark.parametrize("email", [ALICE, BOB])
def test_the_page_shows_all_settings(world: World, email: str) -> None:
    page = world.visitor(email).get(address(world))
    for section in SECTIONS.keys() - {"orders"}:
        assert page.find(id=f"section-{section}").find("a", string="Wijzigen"), section


def test_the_page_sends_few_statements(world: World) -> None:
    alice = world.visitor(ALICE)
    with counted_statements() as statements:
        alice.get(address(world))
    assert len(statements) <= 6, statements
    with world.rows() as shop:
        for _ in range(30):
            factories.order(shop, OrderState.ERROR, country="DE", issue=Issue("VAT_MAPPING_MISSING", {}))
    with counted_statements() as more:
        alice.get(address(world))
    assert len(more) == len(statements)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_opens_in_its_place_and_as_a_page(world: World, section: str) -> None:
    alice = world.visitor(ALICE)
    part = alice.get(address(world, section), htmx=True)
    assert part.find(id=f"section-{section}").form["hx-post"] == address(world, section)
    assert len(part.find_all("section")) == 1
    if section != "orders":
        assert alice.get(address(world, section)).find(id=f"section-{section}").form["action"] == address(
            world, section
        )


@pytest.mark.parametrize("section", SECTIONS)
def test_opening_a_section_sends_few_statements(world: World, section: str) -> None:
    alice = world.visitor(ALICE)
    with counted_statements() as statements:
        alice.get(address(world, section))
    assert len(statements) <= 6


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_is_stored_once_and_remembered(world: World, section: str, htmx: bool) -> None:
    with world.rows() as shop:
        shop.may_post_orders = True
    alice = world.visitor(ALICE)
    for _ in range(2):
        form = fill(alice.get(address(world, section), htmx=True), section) | VALID[section]
        answer = alice.post(address(world, section), 200 if htmx else 303, htmx=htmx, **form)
        if htmx:
            assert answer.find("form", class_="form") is None
    if not htmx:
        assert "Er is niets gewijzigd." in alice.get(alice.response.location).find(id="flash").text
    with world.rows() as shop:
        event = db.session.query(AuditEvent).filter_by(action="setting_changed").one()
        assert event.facts["section"] == section
        assert event.facts["new"] != event.facts["old"]
        assert event.user_id is not None
        for name, value in event.facts["new"].items():
            stored = getattr(shop, name)
            assert stored == value or str(stored) == value
        assert db.session.get_one(Schedule, shop.id).reviews_asked == 1
    assert "alice@shop.test" in alice.get(address(world)).find(id=f"section-{section}").text


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize("section", INVALID)
def test_what_cannot_be_is_told_at_its_field(world: World, section: str, htmx: bool) -> None:
    if section == "orders":
        with world.rows() as shop:
            shop.may_post_orders = True
    alice = world.visitor(ALICE)
    values, told = INVALID[section]
    page = alice.post(address(world, section), 422, htmx=htmx, **({"seen": ""} | values))
    found = page.find(id=f"section-{section}").find(class_="field-error")
    assert told in found.text
    with world.rows():
        assert not db.session.query(AuditEvent).filter_by(action="setting_changed").count()


@pytest.mark.parametrize(
    ("stored", "day", "status"),
    [
        (None, "", 303),
        (None, "2026-11-23", 303),
        (None, "2026-11-22", 422),
        ("2026-10-01", "2026-10-01", 303),
        ("2026-10-01", "2026-10-02", 303),
        ("2026-10-01", "2026-09-30", 422),
        ("2026-12-01", "2026-11-23", 303),
        ("2026-12-01", "2027-11-25", 422),
    ],
)
def test_sales_of_before_today_are_left_to_a_migration(world: World, stored: str | None, day: str, status: int) -> None:
    with world.rows() as shop:
        shop.start_on = date.fromisoformat(stored) if stored else None
    values: dict[str, Any] = {"is_posting_automatic": "y", "start_on": day, "seen": ""}
    page = world.visitor(ALICE).post(address(world, "automatic"), status, **values)
    if status == 422:
        assert page.find(id="start_on-error") is not None
        assert ("migratie" in page.find(id="start_on-error").text) == (day < "2026-11-23")
        return
    with world.rows() as shop:
        assert shop.start_on == date.fromisoformat(day or "2026-11-23")


@pytest.mark.parametrize("day", ["SHIP", "ORDER"])
def test_the_day_on_which_a_sale_is_booked_is_chosen(world: World, day: str) -> None:
    value = BookingDate[day].value
    alice = world.visitor(ALICE)
    alice.post(address(world, "amounts"), vat_source="calculated", booking_date=value, seen="")
    chosen = alice.get(address(world, "amounts")).find("input", attrs={"name": "booking_date", "checked": True})
    assert chosen["value"] == value
    with world.rows() as shop:
        assert shop.booking_date == value
    page = alice.post(address(world, "amounts"), 422, vat_source="calculated", booking_date="someday", seen="")
    assert page.find(id="section-amounts").find(class_="field-error")


def test_nothing_typed_is_lost(world: World) -> None:
    page = world.visitor(ALICE).post(address(world, "automatic"), 422, is_posting_automatic="y", start_on="gisteren")
    form = page.find(id="section-automatic")
    assert form.find("input", attrs={"name": "start_on"})["value"] == "gisteren"
    assert form.find("input", attrs={"name": "is_posting_automatic"}).has_attr("checked")


@pytest.mark.parametrize("section", [*SECTIONS, "unpause", "lists", "request/orders"])
@pytest.mark.parametrize("htmx", [True, False])
def test_an_accountant_changes_nothing(world: World, section: str, htmx: bool) -> None:
    dora = world.visitor(DORA)
    dora.post(address(world, section), 403, htmx=htmx, **VALID.get(section, {}))
    if section in SECTIONS:
        dora.get(address(world, section), 403, htmx=htmx)


def test_an_accountant_sees_everything_and_no_button(world: World) -> None:
    main = world.visitor(DORA).get(address(world)).main
    assert main.find(id="section-statuses")
    assert main.find(id="vat-table").find("tbody")
    assert not main.find("button")
    assert not main.find("a", string="Wijzigen")


@pytest.mark.parametrize("section", ["", *SECTIONS])
@pytest.mark.parametrize("htmx", [True, False])
def test_strangers_find_nothing(world: World, section: str, htmx: bool) -> None:
    world.visitor(CHARLIE).get(address(world, section), 404, htmx=htmx)
    world.visitor().get(address(world, section), 401 if htmx else 302, htmx=htmx)


@pytest.mark.parametrize("section", [*SECTIONS, "unpause", "lists", "request/orders"])
def test_strangers_change_nothing(world: World, section: str) -> None:
    world.visitor(CHARLIE).post(address(world, section), 404, **VALID.get(section, {}))
    world.visitor().post(address(world, section), 302, **VALID.get(section, {}))


def test_wrong_methods_and_unknown_sections(world: World) -> None:
    alice = world.visitor(ALICE)
    alice.post(address(world), 405)
    for name in ("unpause", "lists", "request/orders"):
        alice.get(address(world, name), 405)
    alice.get(address(world, "nonsense"), 404)
    alice.post(address(world, "request/nonsense"), 404)


def test_a_change_says_how_many_orders_it_touches(world: World) -> None:
    with world.rows() as shop:
        for state in (OrderState.OPEN, OrderState.ERROR, OrderState.ERROR, OrderState.POSTED):
            factories.order(shop, state, issue=Issue("VAT_MAPPING_MISSING", {}))
    alice = world.visitor(ALICE)
    form = alice.get(address(world, "statuses"), htmx=True)
    assert "Raakt 3 bestellingen" in form.text
    answer = alice.post(address(world, "statuses"), 200, htmx=True, statuses="UNSHIPPED", **fill(form, "statuses"))
    assert "3 bestellingen die nog niet geboekt zijn, worden opnieuw bekeken" in answer.text
    assert answer.find("a", string="Fouten")


def test_who_saves_over_somebody_else_hears_it_and_wins(world: World) -> None:
    alice, bob = world.visitor(ALICE), world.visitor(BOB)
    seen = fill(alice.get(address(world, "statuses"), htmx=True), "statuses")
    bob.post(address(world, "statuses"), statuses="UNSHIPPED", **seen)
    answer = alice.post(address(world, "statuses"), 200, htmx=True, statuses="PENDING", **seen)
    assert "intussen gewijzigd door bob@shop.test" in answer.text
    with world.rows() as shop:
        assert shop.statuses == ["PENDING"]


def test_another_marketplace_has_to_be_confirmed_and_starts_today(world: World) -> None:
    with world.rows() as shop:
        factories.order(shop, OrderState.POSTED)
        schedule = db.session.get_one(Schedule, shop.id)
        schedule.watermark_at, schedule.page_token = shop.created_at, "next"
        token = schedule.lease_token
    alice = world.visitor(ALICE)
    page = alice.post(address(world, "marketplace"), 422, marketplace_id="A1PA6795UKMFR9", seen="")
    assert (
        page.find(id="section-marketplace").find(class_="field-error").text
        == "Vink dit aan om de marktplaats te wijzigen."
    )
    alice.post(address(world, "marketplace"), marketplace_id="A1PA6795UKMFR9", is_confirmed="y", seen="")
    with world.rows() as shop:
        assert shop.marketplace_id == "A1PA6795UKMFR9"
        assert shop.start_on == shop.created_at.date()
        schedule = db.session.get_one(Schedule, shop.id)
        assert (schedule.watermark_at, schedule.page_token, schedule.lease_token) == (None, None, token + 1)


def test_a_marketplace_of_another_shop_of_the_seller_is_refused(world: World) -> None:
    with world.rows() as shop:
        mine = find_connection(shop.id, Remote.AMAZON)
        other = db.session.query(Shop).filter_by(public_id=world.other_shop_id).one()
        theirs = find_connection(other.id, Remote.AMAZON)
        assert mine is not None
        assert theirs is not None
        theirs.account_id = mine.account_id
        other.marketplace_id = "A1PA6795UKMFR9"
    page = world.visitor(ALICE).post(address(world, "marketplace"), 422, seen="", **VALID["marketplace"])
    assert "al een andere koppeling" in page.text


def test_payments_need_a_general_journal_and_a_ledger(world: World) -> None:
    journals = [
        {"journal_id": "j-sales", "number": 1300, "name": "Debiteuren", "kind": "SALES", "is_active": True},
        {"journal_id": "j-general", "number": 2000, "name": "Memoriaal", "kind": "GENERAL", "is_active": True},
    ]
    with world.rows() as shop:
        shop.may_post_payments = True
        snelstart = find_connection(shop.id, Remote.SNELSTART)
        assert snelstart is not None
        lists = {
            row.name: row for row in db.session.query(LedgerCache).filter_by(administration_id=snelstart.account_id)
        }
        lists[CachedList.JOURNALS.value].rows = journals
        ledgers = lists[CachedList.LEDGERS.value]
        clearing = {**ledgers.rows[0], "ledger_id": "clearing", "number": 1240, "name": "Amazon", "function": 0}
        ledgers.rows = [*ledgers.rows, clearing]
    alice = world.visitor(ALICE)
    form: dict[str, Any] = {"seen": "", "posting_kind": "sales_entry", "are_payments_posted": "y"}
    page = alice.post(address(world, "posting"), 422, journal_id="j-sales", clearing_ledger_id="clearing", **form)
    assert "soort Memoriaal" in page.find(id="section-posting").find(class_="field-error").text
    page = alice.post(address(world, "posting"), 422, journal_id="j-general", clearing_ledger_id="", **form)
    assert "Kies de rekening" in page.find(id="section-posting").find(class_="field-error").text
    alice.post(address(world, "posting"), journal_id="j-general", clearing_ledger_id="clearing", **form)
    with world.rows() as shop:
        assert (shop.journal_id, shop.clearing_ledger_id, shop.are_payments_posted) == ("j-general", "clearing", True)


def test_switching_on_starts_today_when_no_date_was_given(world: World) -> None:
    with world.rows() as shop:
        shop.is_posting_automatic, shop.start_on = False, None
    world.visitor(ALICE).post(address(world, "automatic"), is_posting_automatic="y", start_on="", seen="")
    with world.rows() as shop:
        assert shop.is_posting_automatic
        assert shop.start_on == shop.created_at.date()


def test_an_earlier_start_is_fetched_from(world: World) -> None:
    with world.rows() as shop:
        shop.start_on = date(2026, 12, 1)
        db.session.get_one(Schedule, shop.id).watermark_at = shop.created_at
    alice = world.visitor(ALICE)
    alice.post(address(world, "automatic"), is_posting_automatic="y", start_on="2026-11-23", seen="")
    with world.rows() as shop:
        assert db.session.get_one(Schedule, shop.id).watermark_at is None


def test_a_pause_is_seen_on_every_page_and_ends_with_a_click(world: World) -> None:
    alice = world.visitor(ALICE)
    alice.post(address(world, "pause"), paused_until="2026-12-01", seen="")
    for page in ("/", "/report", "/configuration"):
        assert "gepauzeerd tot di 1 dec 00:00" in alice.get(world.place + page).find(class_="pause-bar").text
    assert not world.visitor(DORA).get(f"{world.place}/").find(class_="pause-bar").find("button")
    for _ in range(2):
        alice.post(address(world, "unpause"))
    assert alice.get(f"{world.place}/").find(class_="pause-bar") is None
    with world.rows() as shop:
        assert shop.paused_until is None
        assert db.session.query(AuditEvent).filter_by(action="setting_changed").count() == 2


def test_what_is_not_in_the_contract_is_asked_for_once(world: World) -> None:
    alice = world.visitor(ALICE)
    for _ in range(2):
        alice.post(address(world, "request/orders"))
    with world.rows() as shop:
        request = db.session.query(ServiceRequest).one()
        assert (request.kind, request.facts, request.shop_id) == ("contract", {"wanted": "orders"}, shop.id)
    assert "Aangevraagd op" in alice.get(address(world)).find(class_="contract").text


def test_fba_is_asked_until_it_is_answered(world: World) -> None:
    with world.rows() as shop:
        db.session.get_one(Shop, shop.id).is_fba_used = None
    with world.rows() as shop:
        shop.fba_dispatch_country = None
    alice = world.visitor(ALICE)
    assert "nog niet ingevuld" in alice.get(address(world)).find(id="section-stock").text
    form: dict[str, Any] = {"dispatch_country": "NL", "is_fba_used": "no", "fba_dispatch_country": "DE", "seen": ""}
    alice.post(address(world, "stock"), **form)
    with world.rows() as shop:
        assert (shop.is_fba_used, shop.fba_dispatch_country) == (False, None)
    assert "ik gebruik geen FBA" in alice.get(address(world)).find(id="section-stock").text


def test_lists_of_an_unconnected_shop_are_not_asked_for(world: World) -> None:
    with world.rows() as shop:
        db.session.delete(find_connection(shop.id, Remote.SNELSTART))
    alice = world.visitor(ALICE)
    assert "Verbind SnelStart" in alice.get(address(world)).text
    alice.post(address(world, "lists"))
    assert "niet opgehaald" in alice.get(alice.response.location).find(id="flash").text


def test_a_pause_is_a_day_from_tomorrow(world: World) -> None:
    alice = world.visitor(ALICE)
    with world.rows() as shop:
        today = shop.created_at.date()
    for day in (today, today + timedelta(days=400)):
        alice.post(address(world, "pause"), 422, paused_until=day.isoformat(), seen="")
