"""Fetching pages from Amazon: nothing is skipped, whatever breaks in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, order_document
from webshop.clients.amazon.client import AmazonClient
from webshop.extensions import db
from webshop.models import Schedule

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def only_fetch(scenario: Scenario) -> None:
    scenario.change_shop(is_posting_automatic=False)


def watermark(app: Flask, scenario: Scenario) -> Any:
    with app.app_context():
        return db.session.get_one(Schedule, scenario.shop_id).watermark_at


def test_every_page_is_stored(scenario: Scenario) -> None:
    numbers = scenario.add_orders(230)
    assert scenario.run().fetched == 230
    assert set(scenario.orders()) == set(numbers)
    assert scenario.calls("searchOrders") == 3
    scenario.check_totals()


def test_the_watermark_is_amazons_own_time(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_orders(1)
    scenario.run()
    assert watermark(app, scenario) == clock.now() - timedelta(minutes=2)


@pytest.mark.parametrize("skip", [0, 1, 2])
def test_a_throttle_on_any_page_loses_nothing(app: Flask, scenario: Scenario, clock: FrozenClock, skip: int) -> None:
    numbers = scenario.add_orders(230)
    scenario.fault("amazon", "searchOrders", "throttle", skip=skip)
    assert scenario.run().error_code == "AMAZON_THROTTLED"
    assert watermark(app, scenario) is None
    assert len(scenario.orders()) == 100 * skip
    clock.advance(minutes=10)
    scenario.run()
    assert set(scenario.orders()) == set(numbers)
    assert scenario.calls("searchOrders") == 4, "the pages before were fetched again"
    assert watermark(app, scenario) is not None


def test_a_crash_after_a_page_goes_on_there(
    app: Flask, scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    numbers = scenario.add_orders(230)
    real, calls = AmazonClient.search_orders, []

    def search(client: AmazonClient, **facts: Any) -> Any:
        calls.append(facts["pagination_token"])
        if len(calls) == 2:
            raise Killed
        return real(client, **facts)

    monkeypatch.setattr(AmazonClient, "search_orders", search)
    with pytest.raises(Killed):
        scenario.run()
    assert watermark(app, scenario) is None
    clock.advance(minutes=10)
    scenario.run()
    assert calls[2] is not None, "started from the first page again"
    assert set(scenario.orders()) == set(numbers)


def test_a_page_token_that_is_refused_starts_the_window_again(scenario: Scenario, clock: FrozenClock) -> None:
    numbers = scenario.add_orders(120)
    scenario.fault("amazon", "searchOrders", "page_token_invalid", skip=1)
    scenario.run()
    assert set(scenario.orders()) == set(numbers)
    scenario.check_totals()


def test_an_order_on_two_pages_is_one_order(scenario: Scenario) -> None:
    numbers = scenario.add_orders(150)
    scenario.fault("amazon", "searchOrders", "repeat_orders", times=None)
    scenario.run()
    assert set(scenario.orders()) == set(numbers)
    scenario.check_totals()


def test_a_broken_answer_moves_nothing(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    numbers = scenario.add_orders(3)
    scenario.fault("amazon", "searchOrders", "truncate", bytes=100)
    assert scenario.run().error_code == "AMAZON_UNREACHABLE"
    assert watermark(app, scenario) is None
    clock.advance(minutes=10)
    scenario.run()
    assert set(scenario.orders()) == set(numbers)


def test_a_200_megabyte_answer_is_cut_off(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_orders(1)
    scenario.fault("amazon", "searchOrders", "huge", bytes=200_000_000)
    assert scenario.run().error_code is not None
    assert watermark(app, scenario) is None
    clock.advance(minutes=10)
    assert scenario.run().fetched == 1


def test_a_late_order_is_found_by_the_overlap(scenario: Scenario, clock: FrozenClock) -> None:
    """Amazon sometimes shows an order minutes after its last update."""
    scenario.run()
    number = scenario.add_order(minutes_ago=40)
    clock.advance(hours=1)
    scenario.run()
    assert number in scenario.orders()


def test_an_older_document_never_overwrites_a_newer(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(total="10.00")
    scenario.run()
    clock.advance(minutes=30)
    scenario.sandbox.amazon.update_order(scenario.seller_id, number, {"programs": ["PRIME"]})
    clock.advance(minutes=40)
    scenario.run()
    newest = scenario.order(number)
    scenario.sandbox.amazon.update_order(scenario.seller_id, number, {"programs": []})
    document = scenario.sandbox.amazon.order(scenario.seller_id, number)
    assert document is not None
    scenario.run(kind="manual")
    assert scenario.order(number).last_updated_at >= newest.last_updated_at
    assert len(scenario.orders()) == 1


def test_an_order_without_a_time_is_shown_as_unreadable(scenario: Scenario) -> None:
    good = scenario.add_orders(2)
    bad = scenario.sandbox.amazon.add_bad_input(scenario.seller_id, "malformed_order_id")
    scenario.run()
    assert set(good) <= set(scenario.orders())
    assert scenario.order(bad[:40]).state == "error" if bad[:40] in scenario.orders() else True
    scenario.check_totals()


def test_nothing_of_the_buyer_is_stored_in_the_clear(app: Flask, scenario: Scenario) -> None:
    scenario.add_order(email="canary-buyer@example.nl", postal_code="9876 ZX", city="Canarystad")
    scenario.run()
    with app.app_context():
        connection = db.session.connection()
        dump = ""
        for table in db.metadata.sorted_tables:
            dump += repr(connection.execute(table.select()).all())
    for canary in ("canary-buyer", "9876", "Canarystad", "de Vries", scenario_secret(scenario)):
        assert canary not in dump


def scenario_secret(scenario: Scenario) -> str:
    return next(row.key for row in scenario.sandbox.snelstart.administrations() if row.id == scenario.administration_id)


@pytest.mark.parametrize(
    "fulfillment",
    [
        {"fulfilledBy": "A_WAREHOUSE_OF_THE_FUTURE"},
        {"deliverByWindow": {"latestDateTime": "9999-12-31T23:59:59Z"}},
        {"fulfillmentStatus": "TELEPORTED_TO_THE_BUYER_AND_BACK"},
    ],
)
def test_an_order_with_a_member_beyond_all_bounds_is_stored_like_the_others(
    scenario: Scenario, fulfillment: dict[str, Any]
) -> None:
    """One such order used to keep its whole page, and so the shop, from ever being fetched."""
    usual = scenario.add_order()
    odd = order_document(scenario.sandbox.world.clock() - timedelta(hours=1))
    odd["fulfillment"] |= fulfillment
    scenario.sandbox.amazon.add_order(scenario.seller_id, odd)
    assert scenario.run().fetched == 2
    assert set(scenario.orders()) == {usual, odd["orderId"]}
