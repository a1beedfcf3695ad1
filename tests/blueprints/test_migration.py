"""Oude bestellingen meenemen: who may ask and agree, what is shown, and that twice is once."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, World
from tests.support.statements import counted_statements
from webshop.domain.booking import Issue
from webshop.extensions import clock as product_clock
from webshop.extensions import db
from webshop.models import AuditEvent, Checkout, Connection, OrderState, Remote, SaleMigration

IN_JANUARY = datetime.fromisoformat("2025-01-05T10:00:00+00:00")
PERIOD: dict[str, Any] = {"from_on": "2025-01-01", "until_on": "2025-02-28"}


@pytest.fixture
def old(world: World) -> World:
    """A shop that began this year."""
    with world.rows() as shop:
        shop.start_on = date(2026, 1, 1)
    return world


def add(world: World, state: str = "quoted", orders: int = 0, **values: Any) -> str:
    """Make a migration, with orders it posted; return its address."""
    with world.rows() as shop:
        now = product_clock.now()
        amazon, snelstart = (
            db.session.query(Connection).filter_by(shop_id=shop.id, remote=remote.value).one().account_id
            for remote in (Remote.AMAZON, Remote.SNELSTART)
        )
        facts: dict[str, Any] = {
            "counted": 1200,
            "units": 2,
            "price": Decimal("135.00"),
            "seller_id": amazon,
            "paid_at": now - timedelta(hours=2) if state in ("running", "paused", "finished") else None,
            "ended_at": now if state in ("finished", "cancelled") else None,
            "position": {"on": "2025-02-01", "token": None, "token_at": None, "before": 0, "here": 0},
        }
        row = SaleMigration(
            shop_id=shop.id,
            requested_by=1,
            marketplace_id=shop.marketplace_id,
            from_on=date(2025, 1, 1),
            until_on=date(2025, 2, 28),
            state=state,
            created_at=now,
            **(facts | values),
        )
        db.session.add(row)
        db.session.flush()
        for number in range(orders):
            at = IN_JANUARY + timedelta(hours=number)
            order = factories.order(shop, OrderState.POSTED, purchased_at=at, sale_migration_id=row.id)
            factories.posting(order, snelstart, sent_at=now)
        return f"{world.place}/migration/{row.public_id}"


def stored(world: World) -> SaleMigration:
    with world.app.app_context():
        return db.session.query(SaleMigration).one()


def events(world: World, action: str) -> int:
    with world.app.app_context():
        return db.session.query(AuditEvent).filter_by(action=action).count()


# Asking


def test_the_form_explains_the_two_years_and_the_start_date(old: World) -> None:
    page = old.visitor(ALICE).get(f"{old.place}/migration")
    form = page.find("form", action=f"{old.place}/migration")
    assert "23 nov 2024" in form.find(id="from_on-hint").text
    assert "31 dec 2025" in form.find(id="until_on-hint").text
    assert "67,50" in page.text


@pytest.mark.parametrize("htmx", [False, True])
def test_a_period_is_asked_for_once_and_counted_by_a_worker(old: World, htmx: bool) -> None:
    rung: list[int] = []
    old.app.extensions["ring_shop"] = rung.append
    alice = old.visitor(ALICE)
    for _time in range(2):
        alice.post(f"{old.place}/migration", 200 if htmx else 303, htmx=htmx, **PERIOD)
    address = f"{old.place}/migration/{stored(old).public_id}"
    assert (alice.response.headers["HX-Redirect"] if htmx else alice.response.location) == address
    assert stored(old).state == "counting"
    assert rung
    assert events(old, "migration_requested") == 1
    page = alice.get(address)
    assert page.find(id="migration")["hx-get"] == f"{address}/progress"
    assert alice.get(f"{old.place}/migration").find("form", action=f"{old.place}/migration") is None


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"from_on": "2024-11-22"}, "from_on", "twee jaar"),
        ({"until_on": "2024-12-31"}, "until_on", "vóór de eerste dag"),
        ({"until_on": "2026-01-01"}, "until_on", "startdatum"),
        ({"from_on": ""}, "from_on", "Kies een datum"),
        ({"from_on": "gisteren"}, "from_on", "geen datum"),
    ],
)
def test_a_period_that_cannot_be_is_refused_at_its_field(
    old: World, changed: dict[str, Any], field: str, words: str
) -> None:
    page = old.visitor(ALICE).post(f"{old.place}/migration", 422, **(PERIOD | changed))
    assert words in page.find(id=f"{field}-error").text
    assert page.find(id="until_on")["value"] == (PERIOD | changed)["until_on"]
    with old.app.app_context():
        assert db.session.query(SaleMigration).count() == 0


def test_a_shop_without_a_start_date_is_told_to_begin_with_that(world: World) -> None:
    with world.rows() as shop:
        shop.start_on = None
    alice = world.visitor(ALICE)
    page = alice.get(f"{world.place}/migration")
    assert page.find("form", action=f"{world.place}/migration") is None
    alice.post(f"{world.place}/migration", 409, **PERIOD)


# The price


@pytest.mark.parametrize("email", [ALICE, BOB, DORA])
def test_the_price_is_shown_with_and_without_vat_and_only_an_owner_agrees(old: World, email: str) -> None:
    page = old.visitor(email).get(add(old))
    part = page.find(id="migration")
    assert [amount in part.text for amount in ("135,00", "28,35", "163,35")] == [True] * 3
    assert (part.find("form") is not None) == (email == ALICE)


def test_agreeing_leads_to_the_payment_of_what_was_shown(old: World) -> None:
    address = add(old)
    alice = old.visitor(ALICE)
    price = alice.get(address).find("input", attrs={"name": "price"})["value"]
    alice.post(f"{address}/approve", price=price)
    migration = stored(old)
    assert migration.state == "approved"
    with old.app.app_context():
        checkout = db.session.query(Checkout).one()
        assert (checkout.units, str(checkout.total), checkout.subject_id) == (2, "163.35", migration.public_id)
    alice.get(address)
    alice.post(f"{address}/approve", price="1.00")
    assert alice.response.location == address, "another price is shown first"
    with old.app.app_context():
        assert db.session.query(Checkout).count() == 1


def test_a_price_of_nothing_begins_at_once(old: World) -> None:
    old.app.extensions["settings"] = replace(old.app.extensions["settings"], migration_price_excl_vat=Decimal(0))
    address = add(old)
    alice = old.visitor(ALICE)
    price = alice.get(address).find("input", attrs={"name": "price"})["value"]
    alice.post(f"{address}/approve", price=price)
    assert alice.response.location == address
    assert stored(old).state == "running"


# While it goes on


def test_the_page_asks_on_while_it_goes_on_and_stops_by_itself(old: World) -> None:
    address = add(old, "running")
    alice = old.visitor(ALICE)
    assert alice.get(f"{address}/progress", htmx=True).find(id="migration")["hx-trigger"] == "every 5s"
    with old.rows():
        db.session.query(SaleMigration).update({"state": "finished", "ended_at": product_clock.now()})
    assert "hx-get" not in alice.get(f"{address}/progress", htmx=True).find(id="migration").attrs


def test_pausing_going_on_and_cancelling_are_done_once(old: World) -> None:
    address = add(old, "running")
    alice = old.visitor(ALICE)
    for action, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        for _time in range(2):
            alice.post(f"{address}/{action}")
            assert alice.response.location == address
        assert stored(old).state == state
    assert [events(old, f"migration_{name}") for name in ("paused", "resumed", "cancelled")] == [1, 1, 1]
    alice.get(f"{address}/cancel", 404)


def test_another_seller_than_paid_cannot_go_on(old: World) -> None:
    address = add(old, "paused", seller_id="S", error_code="OTHER_SELLER")
    alice = old.visitor(ALICE)
    assert "ander verkopersaccount" in alice.get(address).text
    alice.post(f"{address}/resume")
    assert stored(old).state == "paused"


def test_cancelling_asks_first(old: World) -> None:
    address = add(old, "running")
    page = old.visitor(ALICE).get(f"{address}/cancel")
    assert "blijft in SnelStart staan" in page.find("form", action=f"{address}/cancel").text


# The report


def test_the_report_lists_orders_with_links_and_gives_them_as_a_file(old: World) -> None:
    address = add(old, "finished", orders=3)
    with old.rows() as shop:
        migration = db.session.query(SaleMigration).one()
        facts = {"sale_migration_id": migration.id, "purchased_at": IN_JANUARY}
        factories.order(shop, OrderState.ERROR, issue=Issue("ORDER_CRASHED", {"attempts": "3"}), **facts)
        factories.order(shop, OrderState.POSTED, issue=Issue("ALREADY_IN_SNELSTART", {"number": "1"}), **facts)
    dora = old.visitor(DORA)
    page = dora.get(address)
    assert [page.find(attrs={"data-count": name}).text for name in ("posted", "already", "errors")] == ["3", "1", "1"]
    assert len(page.select("#rows tr")) == 5
    assert page.select_one("#rows a")["href"].startswith(f"{old.place}/orders/")
    (row,) = dora.get(f"{address}?outcome=already").select("#rows tr")
    assert "Was al geboekt" in row.text
    dora.get(f"{address}?outcome=nonsense", 404)
    dora.get(f"{address}/orders.csv")
    lines = dora.response.data.decode("utf-8-sig").splitlines()
    assert len(lines) == 6
    assert sum("Was al geboekt" in line for line in lines) == 1
    dora.get(f"{address}/orders.xlsx")


# Who may what


@pytest.mark.parametrize("page", ["", "/progress", "/cancel", "/orders.csv"])
def test_strangers_find_nothing_and_the_logged_out_log_in(old: World, page: str) -> None:
    address = add(old, "running") + page
    old.visitor(CHARLIE).get(address, 404)
    old.visitor(CHARLIE).get(address, 404, htmx=True)
    old.visitor(CHARLIE).get(address.replace(old.shop_id, old.other_shop_id), 404)
    old.visitor().get(address, 302)
    old.visitor().get(address, 401, htmx=True)
    old.visitor(ALICE).get(f"{old.place}/migration/{uuid.uuid4()}{page}", 404)


@pytest.mark.parametrize("action", ["approve", "pause", "resume", "cancel", "ask"])
def test_only_an_owner_changes_anything(old: World, action: str) -> None:
    address = f"{add(old, 'running')}/{action}" if action != "ask" else f"{old.place}/migration"
    for email in (BOB, DORA):
        old.visitor(email).post(address, 403, **PERIOD)
        old.visitor(email).post(address, 403, htmx=True, **PERIOD)
    old.visitor(CHARLIE).post(address, 404, **PERIOD)
    old.visitor().post(address, 302, **PERIOD)
    old.visitor(ALICE).post(address, 400, csrf_token="", **PERIOD)
    if action == "ask":
        return
    old.visitor(CHARLIE).post(address.replace(old.shop_id, old.other_shop_id), 404)
    if action != "cancel":
        old.visitor(ALICE).get(address, 405)
    assert stored(old).state == "running"


def test_pages_to_look_at_are_not_posted_to(old: World) -> None:
    address = add(old, "running")
    for page in ("", "/progress", "/orders.csv"):
        old.visitor(ALICE).post(address + page, 405)


def test_the_part_that_is_opened_by_hand_leads_to_its_page(old: World) -> None:
    address = add(old, "running")
    alice = old.visitor(ALICE)
    alice.get(f"{address}/progress", 303)
    assert alice.response.location == address


def test_profile_leads_to_it(old: World) -> None:
    page = old.visitor(ALICE).get(f"{old.place}/profile")
    assert page.find("a", href=f"{old.place}/migration") is not None


def test_the_page_costs_the_same_for_one_order_and_for_many(old: World) -> None:
    address = add(old, "finished", orders=1)
    alice = old.visitor(ALICE)
    counts = []
    for orders in (0, 60):
        with old.rows() as shop:
            migration = db.session.query(SaleMigration).one()
            for number in range(orders):
                at = IN_JANUARY + timedelta(minutes=number)
                factories.order(shop, OrderState.SKIPPED, purchased_at=at, sale_migration_id=migration.id)
        for page in (address, f"{address}/progress", f"{old.place}/migration"):
            with counted_statements() as statements:
                alice.get(page, htmx=page.endswith("progress"))
            counts.append(len(statements))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 6
