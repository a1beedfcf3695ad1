"""The nightly check finds what the hours missed, and is never in the hours' way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_shop
from webshop.exceptions import BudgetEmptyError
from webshop.extensions import db, transaction
from webshop.models import Order, Schedule, Shop
from webshop.sandbox import Sandbox
from webshop.services import budgets, leases, nightly, open_orders, overview, scheduling, shop_reconcile, whereabouts
from webshop.services.reading import ReadingCounts

pytestmark = pytest.mark.database
NAMED = "getOrder"


def at_night(scenario: Scenario) -> Any:
    return scenario.run("nightly")


def reconcile(scenario: Scenario) -> ReadingCounts:
    with scenario.app.app_context():
        return shop_reconcile.reconcile_shop(db.session.get_one(Shop, scenario.shop_id))


def remove_entry(scenario: Scenario, number: str) -> None:
    entry = next(row for row in scenario.entries() if row["factuurnummer"] == number)
    path = f"/verkoopboekingen/{entry['id']}"
    assert scenario.sandbox.snelstart.act(scenario.administration_id, "DELETE", path).status == 200


# Amazon


def test_a_change_that_the_hours_missed_is_found(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl", status="UNSHIPPED")
    scenario.run()
    clock.advance(hours=1)
    scenario.sandbox.amazon.update_order(
        scenario.seller_id, number, {"fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"}}
    )
    clock.advance(hours=5)
    with scenario.app.app_context(), transaction() as session:
        # As if the hours had passed without its change in Amazon's index.
        session.execute(update(Schedule).values(watermark_at=clock.now(), slot_at=clock.now() + timedelta(minutes=30)))
    assert scenario.order(number).state == "open"
    result = at_night(scenario)
    assert result.fetched == 1
    assert scenario.booked() == {number: 1}
    scenario.check_books()


def test_at_most_thirty_open_orders_are_asked_for_those_not_seen_longest_first(
    scenario: Scenario, clock: FrozenClock
) -> None:
    numbers = [scenario.add_order(email=f"k{number}@example.nl", status="UNSHIPPED") for number in range(33)]
    scenario.run()
    with scenario.app.app_context(), transaction() as session:
        session.execute(update(Order).where(Order.amazon_order_id == numbers[32]).values(seen_at=None))
    clock.advance(days=3)
    with scenario.app.app_context():
        shown = overview.checked_tonight(scenario.shop_id)
    assert (len(shown), shown[0]) == (30, numbers[32])
    at_night(scenario)
    assert scenario.calls(NAMED) == 30
    with scenario.app.app_context():
        following = [order.amazon_order_id for order in open_orders.next_to_check(scenario.shop_id, 3)]
    assert set(following) == set(numbers) - set(shown)


def test_an_order_that_amazon_does_not_know_keeps_the_others_from_nothing(
    scenario: Scenario, clock: FrozenClock
) -> None:
    numbers = [scenario.add_order(email=f"k{number}@example.nl", status="UNSHIPPED") for number in range(3)]
    scenario.run()
    with scenario.app.app_context(), transaction() as session:
        session.execute(
            update(Order).where(Order.amazon_order_id == numbers[0]).values(amazon_order_id="404-9999999-9999999")
        )
    clock.advance(days=3)
    at_night(scenario)
    assert scenario.calls(NAMED) == 3
    with scenario.app.app_context():
        assert {order.seen_at for order in db.session.scalars(select(Order))} == {clock.now()}


def test_the_last_searches_are_left_to_the_hours(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.run()
    key = budgets.amazon_key(scenario.seller_id, "searchOrders")
    with scenario.app.app_context():
        budgets.take(key, budgets.SEARCH_ORDERS, 20 - nightly.SEARCHES_LEFT - 1)
        clock.advance(seconds=1)
        before = scenario.calls("searchOrders")
        at_night(scenario)
        assert scenario.calls("searchOrders") == before
        assert budgets.take(key, budgets.SEARCH_ORDERS, 20) == nightly.SEARCHES_LEFT


@pytest.mark.parametrize("limit", [budgets.GET_ORDER, budgets.SNELSTART])
def test_a_reserve_is_left_and_says_when_there_is_more(app: Flask, clock: FrozenClock, limit: Any) -> None:
    with app.app_context():
        allowed = budgets.take("x", limit, 10_000, reserve=3)
        with pytest.raises(BudgetEmptyError) as refused:
            budgets.take("x", limit, 1, reserve=3)
        clock.set(refused.value.due_at)
        assert budgets.take("x", limit, 1, reserve=3) == 1
        assert allowed == (27 if limit is budgets.GET_ORDER else 497)


def test_each_shop_has_its_own_minute_of_the_night(
    app: Flask, sandbox: Sandbox, scenario: Scenario, clock: FrozenClock
) -> None:
    other = connect_shop(app, sandbox, name="Buurwinkel")
    for one in (scenario, other):
        one.run()
    with app.app_context():
        times = [schedule.night_at for schedule in db.session.scalars(select(Schedule))]
        assert len(set(times)) == 2
        assert {at.hour in (1, 2, 3) for at in times if at} == {True}
        assert scheduling.due_nights(clock.now()) == []
        clock.set(max(at for at in times if at))
        assert set(scheduling.due_nights(clock.now())) == {scenario.shop_id, other.shop_id}
    at_night(scenario)
    with app.app_context():
        assert scheduling.due_nights(clock.now()) == [other.shop_id]


def test_a_throttled_night_is_tried_again_the_same_night(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.run()
    clock.advance(hours=16)
    scenario.fault("amazon", "searchOrders", "throttle")
    at_night(scenario)
    with scenario.app.app_context():
        assert scheduling.due_nights(clock.advance(minutes=11)) == [scenario.shop_id]


def test_two_nights_at_a_time_are_one(scenario: Scenario) -> None:
    scenario.run()
    with scenario.app.app_context():
        assert leases.acquire(scenario.shop_id) is not None
    assert at_night(scenario).state is None


# SnelStart


def test_what_a_person_booked_under_the_number_is_adopted(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl", country="NL")
    scenario.run()
    posting = scenario.posting(number)
    held = scenario.add_order(email="b@example.nl", country="ZZ")
    clock.advance(hours=1)
    scenario.run()
    assert scenario.order(held).state == "error"
    payload = {**posting.payload, "factuurnummer": held}
    made = scenario.sandbox.snelstart.act(scenario.administration_id, "POST", "/verkoopboekingen", payload)
    assert made.status == 201
    counts = reconcile(scenario)
    assert (counts.adopted, counts.changed, counts.gone) == (1, 0, 0)
    assert scenario.codes(held) == ["FOUND_IN_SNELSTART"]
    assert reconcile(scenario).adopted == 0
    scenario.check_books()


def test_a_booking_that_was_removed_is_told_and_not_made_again(scenario: Scenario, clock: FrozenClock) -> None:
    gone, stays = scenario.add_orders(2)
    scenario.run()
    clock.advance(hours=1)
    remove_entry(scenario, gone)
    assert reconcile(scenario).gone == 1
    assert scenario.codes(gone) == ["GONE_FROM_SNELSTART"]
    assert scenario.codes(stays) == []
    clock.advance(hours=1)
    scenario.run()
    assert scenario.booked() == {stays: 1}
    assert scenario.order(gone).state == "posted"


def test_a_booking_that_was_changed_is_told_until_it_is_as_before(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl", total="24.99")
    scenario.run()
    books = scenario.sandbox.snelstart.books(scenario.administration_id)
    invoice = books.all("verkoopfacturen")[0]["id"]
    books.change("verkoopfacturen", invoice, factuurBedrag=Decimal("20.00"))
    clock.advance(hours=1)
    assert reconcile(scenario).changed == 1
    assert scenario.codes(number) == ["CHANGED_IN_SNELSTART"]
    assert reconcile(scenario).changed == 1
    assert scenario.codes(number) == ["CHANGED_IN_SNELSTART"]
    books.change("verkoopfacturen", invoice, factuurBedrag=Decimal("24.99"))
    assert reconcile(scenario).changed == 0
    assert scenario.codes(number) == []


def test_a_second_sales_order_under_the_number_is_told(order_scenario: Scenario, clock: FrozenClock) -> None:
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.run()
    payload = order_scenario.posting(number).payload
    made = order_scenario.sandbox.snelstart.act(order_scenario.administration_id, "POST", "/verkooporders", payload)
    assert made.status == 201
    clock.advance(hours=1)
    for _ in range(2):
        assert reconcile(order_scenario).changed == 1
        assert "TWICE_IN_SNELSTART" in order_scenario.codes(number)
        clock.advance(hours=1)
    other = next(
        row["id"] for row in order_scenario.sales_orders() if row["id"] != order_scenario.posting(number).external_id
    )
    order_scenario.sandbox.snelstart.act(order_scenario.administration_id, "DELETE", f"/verkooporders/{other}")
    assert reconcile(order_scenario).changed == 0
    assert "TWICE_IN_SNELSTART" not in order_scenario.codes(number)
    assert order_scenario.order(number).state == "posted"


def test_an_administration_without_sales_orders_is_read_all_the_same(
    app: Flask, sandbox: Sandbox, clock: FrozenClock
) -> None:
    small = connect_shop(app, sandbox, name="Klein", package="inKaart")
    small.add_orders(2)
    small.run()
    assert small.states() == {"posted": 2}
    assert reconcile(small).read == 2


# one order by its number


def test_one_order_is_fetched_by_its_number(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.run()
    number = scenario.add_order(email="late@example.nl", minutes_ago=60 * 24 * 40)
    clock.advance(hours=1)
    scenario.run()
    assert number not in scenario.orders()
    for _ in range(2):
        with scenario.app.app_context():
            assert whereabouts.fetch_by_number(db.session.get_one(Shop, scenario.shop_id), number)
    scenario.run()
    assert scenario.booked() == {number: 1}
    scenario.check_books()
