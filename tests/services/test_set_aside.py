"""What a person set aside stays aside, whatever Amazon says about it afterwards."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.extensions import db
from webshop.models import Order, OrderState, User
from webshop.services import order_actions

pytestmark = pytest.mark.database


def test_a_change_at_amazon_does_not_bring_back_what_was_booked_by_hand(
    app: Flask, scenario: Scenario, clock: FrozenClock
) -> None:
    number = scenario.add_order(status="UNSHIPPED")
    scenario.run()
    with app.test_request_context(method="POST"):
        order, user = db.session.scalars(select(Order)).one(), db.session.scalars(select(User)).one()
        order_actions.note_booked_by_hand(order, user, "20260042")
    document = scenario.sandbox.amazon.order(scenario.seller_id, number)
    assert document is not None
    document["fulfillment"]["fulfillmentStatus"] = "SHIPPED"
    clock.advance(minutes=61)
    scenario.sandbox.amazon.update_order(scenario.seller_id, number, document)
    clock.advance(minutes=5)
    result = scenario.run()
    assert (result.fetched, result.posted) == (1, 0)
    order = scenario.order(number)
    assert (order.state, order.amazon_status) == (OrderState.SKIPPED.value, "SHIPPED")
    assert scenario.entries() == []
    scenario.check_books()


def test_what_was_taken_back_is_booked_after_all(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(status="UNSHIPPED")
    scenario.run()
    scenario.change_shop(statuses=["UNSHIPPED"])
    with app.test_request_context(method="POST"):
        user = db.session.scalars(select(User)).one()
        order_actions.skip(db.session.scalars(select(Order)).one(), user, "Test")
    clock.advance(minutes=61)
    assert scenario.run().posted == 0
    with app.test_request_context(method="POST"):
        order_actions.restore(db.session.scalars(select(Order)).one(), db.session.scalars(select(User)).one())
    assert scenario.run().posted == 1
    assert scenario.order(number).state == OrderState.POSTED.value
    scenario.check_books()
