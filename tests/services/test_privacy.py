"""Buyers' data goes when its time is over, and nothing else does."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.services.privacy import purge_buyer_data

pytestmark = pytest.mark.database


def test_thirty_days_after_delivery_the_buyer_is_forgotten(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    clock.advance(days=29)
    with app.app_context():
        assert purge_buyer_data() == 0
    assert scenario.order(number).sealed_email is not None
    clock.advance(days=2)
    with app.app_context():
        assert purge_buyer_data() == 1
        assert purge_buyer_data() == 0
    order = scenario.order(number)
    assert (order.sealed_email, order.sealed_address, order.state) == (None, None, "posted")


def test_the_promised_delivery_counts_when_amazon_gives_one(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    document = scenario.sandbox.amazon.order(scenario.seller_id, number)
    assert document is not None
    window = {"latestDateTime": "2026-12-24T22:59:59.000Z"}
    fulfillment = {**document["fulfillment"], "deliverByWindow": window}
    scenario.sandbox.amazon.update_order(scenario.seller_id, number, {"fulfillment": fulfillment})
    clock.advance(minutes=5)
    scenario.run()
    assert str(scenario.order(number).purge_on) == "2027-01-23"
