"""An order that waited longer than its buyer was kept is booked on its buyer all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.services.privacy import purge

pytestmark = pytest.mark.database

EMAIL = "laat@marketplace.amazon.nl"


@pytest.fixture
def late(app: Flask, scenario: Scenario, clock: FrozenClock) -> str:
    """An order whose buyer was removed while posting was off."""
    scenario.change_shop(is_posting_automatic=False)
    number = scenario.add_order(email=EMAIL)
    scenario.run()
    clock.advance(days=31)
    with app.app_context():
        assert purge()["purge_buyers"] == 1
    scenario.change_shop(is_posting_automatic=True)
    scenario.sandbox.world.log.clear()
    return number


def test_it_is_fetched_again_and_nothing_of_the_buyer_is_kept(late: str, scenario: Scenario) -> None:
    scenario.run()
    assert scenario.order(late).state == "posted"
    assert [customer["email"] for customer in scenario.customers()] == [EMAIL]
    assert scenario.calls("getOrder") == 1
    order = scenario.order(late)
    assert (order.sealed_email, order.sealed_address, order.sealed_vat_number) == (None, None, None)
    scenario.check_books()


def test_without_an_answer_it_waits_and_is_not_booked_on_somebody_else(
    late: str, scenario: Scenario, clock: FrozenClock
) -> None:
    scenario.fault("amazon", "getOrder", "status", status=503, times=9)
    others = scenario.add_orders(1)
    scenario.run()
    order = scenario.order(late)
    assert (order.state, order.due_at) == ("open", clock.now() + timedelta(minutes=5))
    assert scenario.order(others[0]).state == "posted", "the others go on"
    scenario.sandbox.world.faults.clear()
    clock.advance(hours=1)
    scenario.run()
    assert scenario.order(late).state == "posted"
    assert EMAIL in {customer["email"] for customer in scenario.customers()}
    scenario.check_books()


def test_one_that_amazon_no_longer_gives_goes_to_the_collective_debtor(
    late: str, scenario: Scenario, clock: FrozenClock
) -> None:
    scenario.fault("amazon", "getOrder", "status", status=404, times=9)
    scenario.run()
    assert scenario.order(late).state == "posted"
    assert scenario.codes(late) == ["EMAIL_MISSING"]
    assert [customer["naam"] for customer in scenario.customers()] == ["Amazon consument Nederland"]
    scenario.check_books()


def test_an_order_in_time_costs_no_call(scenario: Scenario) -> None:
    scenario.add_orders(3)
    scenario.run()
    assert scenario.states() == {"posted": 3}
    assert scenario.calls("getOrder") == 0
