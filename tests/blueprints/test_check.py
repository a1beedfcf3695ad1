"""Werkt mijn koppeling? answers at a glance, is asked for once, and keeps strangers out."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, World
from tests.support.clock import FrozenClock
from tests.support.statements import counted_statements
from webshop.extensions import clock as product_clock
from webshop.extensions import db
from webshop.models import AuditEvent, HealthCheck, OrderState, RateTotal, RefundMonth, RefundReading

PAGES = ("/check", "/refunds", "/refunds.csv")


def light(name: str, state: str, code: str, **facts: str) -> dict[str, object]:
    return {"name": name, "state": state, "code": code, "facts": facts, "since": "2026-11-23T09:00:00+00:00"}


RESULTS = [
    light("amazon", "green", "FINE"),
    light("vat", "red", "VAT_ROWS_UNFIT", count="2", country="DE", percentage="19"),
    light("posting", "amber", "PAUSED"),
]


@pytest.fixture
def checked(world: World) -> World:
    with world.rows() as shop:
        now = product_clock.now()
        db.session.add(HealthCheck(shop_id=shop.id, due_at=now + timedelta(hours=9), checked_at=now, results=RESULTS))
    return world


def stored(world: World) -> HealthCheck:
    with world.app.app_context():
        return db.session.query(HealthCheck).one()


@pytest.mark.parametrize("email", [ALICE, BOB, DORA])
def test_what_is_wrong_stands_on_top_with_where_to_go(checked: World, email: str) -> None:
    page = checked.visitor(email).get(f"{checked.place}/check")
    assert page.find(id="verdict")["data-state"] == "red"
    rows = page.select(".lights > li")
    assert [row["data-state"] for row in rows] == ["red", "amber", "green"]
    assert "Duitsland" in rows[0].text
    assert [link["href"] for link in rows[0].select("a")] == [f"{checked.place}/configuration", "/help/oss"]
    assert (page.find("button", string="Nu controleren") is None) == (email == DORA)


def test_a_shop_that_was_never_checked_says_when_it_will_be(world: World) -> None:
    page = world.visitor(ALICE).get(f"{world.place}/check")
    assert page.find(id="verdict")["data-state"] == "amber"
    assert page.select(".lights") == []


def test_the_page_asks_on_while_a_check_is_under_way_and_stops_by_itself(checked: World, clock: FrozenClock) -> None:
    alice = checked.visitor(ALICE)
    part = alice.post(f"{checked.place}/check", 200, htmx=True)
    assert part.find(id="health")["hx-get"] == f"{checked.place}/check/lights"
    assert alice.get(f"{checked.place}/check/lights", htmx=True).find(id="health")["hx-trigger"] == "every 2s"
    clock.advance(minutes=4)
    late = alice.get(f"{checked.place}/check/lights", htmx=True).find(id="health")
    assert "hx-get" not in late.attrs
    assert "langer dan verwacht" in late.text


def test_asked_twice_it_is_done_once(world: World) -> None:
    rung: list[int] = []
    world.app.extensions["ring_health"] = rung.append
    alice = world.visitor(ALICE)
    alice.post(f"{world.place}/check")
    assert alice.response.location == f"{world.place}/check"
    world.visitor(BOB).post(f"{world.place}/check", 200, htmx=True)
    assert len(rung) == 1
    assert stored(world).asked_at is not None
    with world.app.app_context():
        assert db.session.query(AuditEvent).filter_by(action="health_check_requested").count() == 1


def test_who_only_looks_starts_nothing(world: World) -> None:
    world.visitor(DORA).post(f"{world.place}/check", 403)
    world.visitor(CHARLIE).post(f"{world.place}/check", 404)
    world.visitor().post(f"{world.place}/check", 302)
    world.visitor(ALICE).post(f"{world.place}/check", 400, csrf_token="")
    with world.app.app_context():
        assert db.session.query(HealthCheck).count() == 0


def test_the_meter_is_a_page_and_a_part_of_configuratie(world: World) -> None:
    with world.rows() as shop:
        values = {"treatment": "EU_B2C_BELOW_THRESHOLD", "country": "DE", "percentage": Decimal(21), "orders": 9}
        sums = {"net": Decimal(8500), "vat": Decimal(1785)}
        db.session.add(RateTotal(shop_id=shop.id, day=product_clock.now().date(), **values, **sums))
    dora = world.visitor(DORA)
    for htmx in (False, True):
        meter = dora.get(f"{world.place}/threshold", htmx=htmx).find(id="threshold-meter")
        assert meter["data-level"] == "amber"
        assert "8.500,00" in meter.text
    section = dora.get(f"{world.place}/configuration").find(id="section-oss")
    assert section.find("a", href=f"{world.place}/threshold") is not None
    line = dora.get(f"{world.place}/").find(class_="notice-amber")
    assert "8.500,00" in line.text
    assert line.a["href"] == f"{world.place}/configuration"


def test_a_quarter_that_is_not_all_booked_is_told_before_its_return(world: World, clock: FrozenClock) -> None:
    clock.advance(days=30)
    with world.rows() as shop:
        factories.order(shop, OrderState.ERROR, total=Decimal("75.00"))
    alice = world.visitor(ALICE)
    for told in (alice.get(f"{world.place}/threshold"), alice.get(f"{world.place}/")):
        line = told.find(class_="notice-amber")
        assert "75,00" in line.text
        assert line.a["href"] == f"{world.place}/errors"


@pytest.mark.parametrize("page", [*PAGES, "/threshold", "/check/lights"])
def test_strangers_find_nothing_and_the_logged_out_log_in(checked: World, page: str) -> None:
    address = checked.place + page
    checked.visitor(CHARLIE).get(address, 404)
    checked.visitor(CHARLIE).get(address, 404, htmx=True)
    nobody = checked.visitor()
    nobody.get(address, 302)
    nobody.get(address, 401, htmx=True)


@pytest.mark.parametrize("page", ["/refunds", "/refunds.csv", "/check/lights"])
def test_pages_to_look_at_are_not_posted_to(checked: World, page: str) -> None:
    checked.visitor(ALICE).post(checked.place + page, 405)


def test_the_part_that_is_opened_by_hand_leads_to_its_page(checked: World) -> None:
    alice = checked.visitor(ALICE)
    alice.get(f"{checked.place}/check/lights", 303)
    assert alice.response.location == f"{checked.place}/check"


# Refunds


def add_months(world: World, count: int) -> None:
    with world.rows() as shop:
        for number in range(count):
            values = {"refunds": 3, "without_vat": 1 if number == 0 else 0, "read_at": product_clock.now()}
            sums = {"total_incl_vat": Decimal("1234.50"), "vat": Decimal("214.25")}
            month = date(2026 - number // 12, 12 - number % 12, 1)
            db.session.add(RefundMonth(shop_id=shop.id, month=month, **values, **sums))
        db.session.add(
            RefundReading(shop_id=shop.id, due_at=product_clock.now(), next_on=date(2026, 11, 20), refusal_code=None)
        )


@pytest.mark.parametrize("email", [ALICE, DORA])
def test_refunds_are_listed_by_month_with_the_vat_to_correct(world: World, email: str) -> None:
    add_months(world, 2)
    page = world.visitor(email).get(f"{world.place}/refunds")
    row = page.find(id="refunds-2026-12").text
    assert "1.234,50" in row
    assert "214,25" in row
    assert "van 1 weten we de btw niet" in row


def test_the_file_of_refunds_opens_in_a_dutch_spreadsheet(world: World) -> None:
    add_months(world, 1)
    dora = world.visitor(DORA)
    dora.get(f"{world.place}/refunds.csv")
    assert dora.response.mimetype == "text/csv"
    assert "attachment" in dora.response.headers["Content-Disposition"]
    lines = dora.response.data.decode("utf-8-sig").splitlines()
    assert lines[1] == "2026-12;3;1234,50;214,25;1"


def test_a_refusal_of_amazon_is_told_on_the_list(world: World) -> None:
    with world.rows() as shop:
        reading = RefundReading(shop_id=shop.id, due_at=product_clock.now(), next_on=date(2026, 11, 1))
        reading.refusal_code = "NO_FINANCE_ROLE"
        db.session.add(reading)
    assert "Verbind Amazon opnieuw" in world.visitor(ALICE).get(f"{world.place}/refunds").text


@pytest.mark.parametrize("page", ["/check", "/refunds", "/threshold"])
def test_the_pages_cost_the_same_however_long_the_history(world: World, page: str) -> None:
    alice = world.visitor(ALICE)
    counts = []
    for months in (1, 30):
        with world.app.app_context():
            db.session.query(RefundMonth).delete()
            db.session.query(RefundReading).delete()
            db.session.commit()
        add_months(world, months)
        with counted_statements() as statements:
            alice.get(world.place + page)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6
