"""What is due is found, whatever state the connections are in; a new seller starts anew."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.extensions import db, transaction
from webshop.models import Connection, Schedule
from webshop.services import connections, scheduling

pytestmark = pytest.mark.database
POST = "POST /verkoopboekingen"


def set_amazon(scenario: Scenario, state: str) -> None:
    with scenario.app.app_context(), transaction() as session:
        session.execute(update(Connection).where(Connection.remote == "amazon").values(state=state))


@pytest.mark.parametrize("state", ["needs_reconnect", "disabled"])
def test_an_unknown_outcome_is_looked_up_without_amazon(scenario: Scenario, clock: FrozenClock, state: str) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.fault("snelstart", POST, "commit_then_hang")
    scenario.run()
    set_amazon(scenario, state)
    with scenario.app.app_context():
        assert scheduling.due_shops(clock.now()) == []
        assert scheduling.due_shops(clock.advance(seconds=121)) == [scenario.shop_id]
    scenario.run()
    assert scenario.order(number).state == "posted"
    with scenario.app.app_context():
        assert scheduling.due_shops(clock.advance(hours=3)) == []
    scenario.check_books()


def test_an_unknown_outcome_is_looked_up_soon_while_posting_is_off(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_order(email="a@example.nl")
    scenario.fault("snelstart", POST, "commit_then_hang")
    scenario.run()
    scenario.change_shop(is_posting_automatic=False)
    clock.advance(seconds=30)
    scenario.run()
    with scenario.app.app_context():
        assert scheduling.due_shops(clock.advance(seconds=91)) == [scenario.shop_id]


def test_nothing_is_booked_after_amazon_was_disconnected(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.change_shop(is_posting_automatic=False)
    scenario.add_orders(2)
    scenario.run()
    scenario.change_shop(is_posting_automatic=True)
    set_amazon(scenario, "disabled")
    clock.advance(hours=1)
    scenario.run()
    assert scenario.booked() == {}
    assert scenario.states() == {"open": 2}


def test_what_a_stop_kept_back_is_booked_when_it_ends(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_orders(2)
    scenario.change_shop(paused_until=clock.now().replace(hour=20))
    scenario.run()
    assert scenario.states() == {"open": 2}
    with scenario.app.app_context():
        assert all(order.due_at is not None for order in scenario.orders().values())
    clock.advance(hours=12)
    with scenario.app.app_context():
        assert scheduling.due_shops(clock.now()) == [scenario.shop_id]
    assert scenario.run().posted == 2
    scenario.check_books()


def test_a_new_seller_starts_a_window_of_its_own(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    kept = scenario.add_order(email="a@example.nl", status="UNSHIPPED")
    scenario.run()
    clock.advance(days=3)
    scenario.run()
    amazon = scenario.sandbox.amazon
    seller = amazon.create_seller(name="Tweede verkoper")
    old_seller, scenario.seller_id = scenario.seller_id, seller.seller_id
    number = scenario.add_order(email="b@example.nl", minutes_ago=60 * 24 * 2)
    with app.app_context():
        connections.connect_amazon(scenario.shop_id, seller.seller_id, amazon.authorise(seller.seller_id))
        schedule = db.session.get_one(Schedule, scenario.shop_id)
        assert schedule.watermark_at is None
    clock.advance(hours=1)
    scenario.run()
    assert {kept, number} == set(scenario.orders())
    assert old_seller != seller.seller_id
    scenario.check_books()


def test_the_same_seller_connecting_again_goes_on_where_it_was(app: Flask, scenario: Scenario) -> None:
    scenario.run()
    with app.app_context():
        before = db.session.get_one(Schedule, scenario.shop_id).watermark_at
        token = scenario.sandbox.amazon.authorise(scenario.seller_id)
        connections.connect_amazon(scenario.shop_id, scenario.seller_id, token)
        db.session.expire_all()
        assert db.session.get_one(Schedule, scenario.shop_id).watermark_at == before is not None


def test_a_page_token_may_be_long(app: Flask, scenario: Scenario) -> None:
    with app.app_context():
        with transaction() as session:
            session.execute(update(Schedule).values(page_token="x" * 5000))
        db.session.expire_all()
        assert len(db.session.get_one(Schedule, scenario.shop_id).page_token or "") == 5000
