"""An order that the restored database has never seen is looked up by its number before it is booked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.services.test_articles import act
from tests.services.test_payments import paying  # noqa: F401
from tests.services.test_posting import settle
from tests.services.test_recovery import Backup, backup, start  # noqa: F401
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_administration, connect_shop
from webshop.sandbox import Sandbox
from webshop.services import adoption, look_first
from webshop.services.standing import Standing

pytestmark = pytest.mark.database


def book_and_forget(scenario: Scenario, clock: FrozenClock, make: Callable[[], Backup]) -> tuple[str, Any]:
    """Book an order, restore a backup from before it, and read SnelStart before Amazon tells of the order again."""
    copy, backup_at = make(), clock.now()
    number = scenario.add_order(email="a@example.nl", sku="KABEL")
    scenario.run()
    document = (scenario.entries() or scenario.sales_orders())[0]
    copy.restore()
    start(scenario, backup_at)
    scenario.fault("amazon", "searchOrders", "throttle")
    scenario.run("manual")
    assert number not in scenario.orders()
    return number, document


def test_the_payment_of_a_forgotten_sale_is_found_too(
    paying: Scenario,  # noqa: F811
    clock: FrozenClock,
    backup: Callable[[], Backup],  # noqa: F811
) -> None:
    number, _ = book_and_forget(paying, clock, backup)
    settle(paying, clock)
    assert (paying.booked(), paying.payments()) == ({number: 1}, {number: 1})
    assert paying.posting(number, "payment").state == "posted"


def test_a_forgotten_order_whose_total_is_another_is_told(
    order_scenario: Scenario,
    clock: FrozenClock,
    backup: Callable[[], Backup],  # noqa: F811
) -> None:
    number, document = book_and_forget(order_scenario, clock, backup)
    books = order_scenario.sandbox.snelstart
    books.change_document(order_scenario.administration_id, "verkooporders", document["id"], totaalInclusiefBtw="25.01")
    settle(order_scenario, clock)
    assert order_scenario.codes(number) == ["FOUND_IN_SNELSTART", "ORDER_TOTAL_DIFFERS"]
    assert order_scenario.booked() == {number: 1}


def test_a_forgotten_order_that_stands_twice_is_told(
    order_scenario: Scenario,
    clock: FrozenClock,
    backup: Callable[[], Backup],  # noqa: F811
) -> None:
    number, document = book_and_forget(order_scenario, clock, backup)
    again = {name: document[name] for name in ("relatie", "datum", "betalingskenmerk", "omschrijving", "regels")}
    again |= {"verkooporderBtwIngaveModel": document["verkooporderBtwIngaveModel"]}
    act(order_scenario, "/verkooporders", json.loads(json.dumps(again, default=float)))
    settle(order_scenario, clock)
    assert set(order_scenario.codes(number)) == {"FOUND_IN_SNELSTART", "TWICE_IN_SNELSTART"}
    assert order_scenario.booked() == {number: 2}


def test_a_forgotten_document_that_was_deleted_since_is_booked_anew(
    order_scenario: Scenario,
    clock: FrozenClock,
    backup: Callable[[], Backup],  # noqa: F811
) -> None:
    number, document = book_and_forget(order_scenario, clock, backup)
    order_scenario.sandbox.snelstart.act(order_scenario.administration_id, "DELETE", f"/verkooporders/{document['id']}")
    settle(order_scenario, clock)
    assert order_scenario.codes(number) == []
    assert order_scenario.booked() == {number: 1}


def test_what_another_shop_adopted_while_it_was_looked_up_is_theirs(
    app: Flask,
    sandbox: Sandbox,
    scenario: Scenario,
    clock: FrozenClock,
    backup: Callable[[], Backup],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = connect_shop(app, sandbox, name="Tweede koppeling")
    with app.app_context():
        connect_administration(other.shop_id, sandbox.snelstart.administration(scenario.administration_id).key)
    number, _ = book_and_forget(scenario, clock, backup)
    placed = sandbox.amazon.order(scenario.seller_id, number)
    assert placed is not None
    sandbox.amazon.add_order(other.seller_id, placed)
    real, looks = look_first.find_standing, 0  # type: ignore[attr-defined]

    def find_standing(*args: Any) -> list[Standing]:
        nonlocal looks
        looks += 1
        found: list[Standing] = real(*args)
        if looks == 1:
            other.run("manual")
        return found

    monkeypatch.setattr(look_first, "find_standing", find_standing)
    scenario.run("manual")
    settle(scenario, clock)
    assert looks > 1
    assert scenario.booked() == {number: 1}
    assert scenario.codes(number) in (["ALREADY_BOOKED"], ["FOUND_IN_SNELSTART"])


def test_a_document_is_not_taken_for_an_order_that_is_booked_already(scenario: Scenario, app: Flask) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    before = scenario.posting(number)
    other = Standing("sales_order", "another-id", number, "17", before.total, None)
    with app.app_context():
        assert adoption.adopt(scenario.order(number), scenario.administration_id, other, []) is None
    after = scenario.posting(number)
    assert (after.external_id, after.kind) == (before.external_id, before.kind)
