"""Where is this order: in the lists, at Amazon, or why it is nowhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.blueprints.conftest import ALICE, DORA, Visitor, World
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_shop
from webshop.extensions import db, transaction
from webshop.models import Connection, OrderState, Remote, Schedule, Shop
from webshop.sandbox import Sandbox
from webshop.services.whereabouts import read_order_number

NUMBER = "404-9999999-9999999"


@pytest.fixture
def scenario(app: Flask, sandbox: Sandbox) -> Scenario:
    return connect_shop(app, sandbox)


@pytest.fixture
def owner(app: Flask, scenario: Scenario) -> Visitor:
    with app.app_context(), transaction() as session:
        user = factories.user("owner@shop.test")
        factories.membership(user, session.get_one(Shop, scenario.shop_id))
    visitor = Visitor(app.test_client())
    visitor.log_in("owner@shop.test")
    return visitor


def ask(app: Flask, owner: Visitor, scenario: Scenario, number: str, **form: Any) -> Any:
    with app.app_context():
        place = db.session.get_one(Shop, scenario.shop_id).public_id
    page = owner.post(f"/shops/{place}/find-order", 200, amazon_order_id=number, **form)
    return page.find(id="found")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (" 404-1234567-1234567 ", "404-1234567-1234567"),
        ("40412345671234567", "404-1234567-1234567"),
        ("404 1234567 1234567", "404-1234567-1234567"),
        ("404-1234567-123456", None),
        ("404-1234567-12345678", None),
        ("404-1234567-1234567' OR 1=1", None),
        ("404/1234567/1234567", None),
        ("", None),
    ],
)
def test_a_number_is_read_as_amazon_writes_it(text: str, number: str | None) -> None:
    assert read_order_number(text) == number


def test_an_order_at_amazon_is_fetched_on_the_spot(app: Flask, owner: Visitor, scenario: Scenario) -> None:
    rung: list[int] = []
    app.extensions["ring_shop"] = rung.append
    number = scenario.add_order()
    found = ask(app, owner, scenario, number)
    assert found["data-place"] == "fetched"
    assert scenario.order(number).state == "open"
    assert rung == [scenario.shop_id]
    assert scenario.run().posted == 1
    assert ask(app, owner, scenario, number)["data-place"] == "posted"
    assert scenario.calls("getOrder") == 1
    scenario.check_books()


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (lambda scenario: scenario.add_order(status="CANCELLED"), "cancelled"),
        (lambda scenario: scenario.add_order(minutes_ago=60 * 24 * 400), "before_start"),
        (lambda _scenario: NUMBER, "not_at_amazon"),
    ],
)
def test_why_an_order_is_not_booked_is_said(
    app: Flask, owner: Visitor, scenario: Scenario, make: Any, place: str
) -> None:
    assert ask(app, owner, scenario, make(scenario))["data-place"] == place


@pytest.mark.parametrize(("days", "place"), [(0, "too_new"), (3, "not_at_amazon"), (800, "too_old")])
def test_the_date_helps_to_say_why(
    app: Flask, owner: Visitor, scenario: Scenario, clock: FrozenClock, days: int, place: str
) -> None:
    ordered_on = (clock.now() - timedelta(days=days)).date().isoformat()
    assert ask(app, owner, scenario, NUMBER, ordered_on=ordered_on)["data-place"] == place


def test_an_order_of_another_marketplace_is_not_taken_in(app: Flask, owner: Visitor, scenario: Scenario) -> None:
    number = scenario.add_order()
    scenario.change_shop(marketplace_id="A1PA6795UKMFR9")
    assert ask(app, owner, scenario, number)["data-place"] == "other_marketplace"
    assert scenario.orders() == {}


def test_nothing_is_fetched_while_a_run_is_at_work(
    app: Flask, owner: Visitor, scenario: Scenario, clock: FrozenClock
) -> None:
    number = scenario.add_order()
    with app.app_context(), transaction() as session:
        session.get_one(Schedule, scenario.shop_id).lease_until = clock.now() + timedelta(minutes=2)
    assert ask(app, owner, scenario, number)["data-place"] == "busy"
    assert scenario.orders() == {}


@pytest.mark.parametrize(
    ("kind", "facts", "place"),
    [("status", {"status": 503, "body": ""}, "unreachable"), ("throttle", {}, "unreachable")],
)
def test_trouble_at_amazon_is_told_and_leaves_the_shop_free(
    app: Flask, owner: Visitor, scenario: Scenario, kind: str, facts: dict[str, Any], place: str
) -> None:
    scenario.fault("amazon", "getOrder", kind, times=9, **facts)
    assert ask(app, owner, scenario, scenario.add_order())["data-place"] == place
    with app.app_context():
        assert db.session.get_one(Schedule, scenario.shop_id).lease_until is None


def test_without_amazon_it_says_so(app: Flask, owner: Visitor, scenario: Scenario) -> None:
    with app.app_context(), transaction() as session:
        session.query(Connection).filter_by(remote=Remote.AMAZON.value).one().state = "needs_reconnect"
    assert ask(app, owner, scenario, NUMBER)["data-place"] == "not_connected"


def test_what_is_in_the_lists_is_found_there(world: World) -> None:
    with world.rows() as shop:
        number = factories.order(shop, OrderState.ERROR).amazon_order_id
    alice = world.visitor(ALICE)
    part = alice.post(f"{world.place}/find-order", 200, htmx=True, amazon_order_id=number)
    assert part.find(id="found")["data-place"] == "error"
    alice.get(part.find(id="found").a["href"])


@pytest.mark.parametrize("form", [{}, {"amazon_order_id": "12"}, {"amazon_order_id": NUMBER, "ordered_on": "x"}])
@pytest.mark.parametrize("htmx", [True, False])
def test_a_number_that_is_none_is_said_at_the_field(world: World, form: dict[str, Any], htmx: bool) -> None:
    page = world.visitor(ALICE).post(f"{world.place}/find-order", 422, htmx=htmx, **form)
    assert page.find(class_="field-error")
    assert page.find(id="amazon_order_id").get("value", "") == form.get("amazon_order_id", "")


def test_an_accountant_has_nothing_fetched(world: World) -> None:
    dora = world.visitor(DORA)
    dora.get(f"{world.place}/find-order", 403)
    dora.post(f"{world.place}/find-order", 403, amazon_order_id=NUMBER)
    assert dora.get(f"{world.place}/open").find("a", string="Mis je een bestelling?") is None
