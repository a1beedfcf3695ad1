"""A shop that was deleted and comes back books nothing a second time."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.clock import FrozenClock
from tests.support.scenario import NETHERLANDS, Scenario, connect_administration
from webshop.extensions import db, transaction
from webshop.models import Order, Remote, Shop, User
from webshop.services import connections, onboarding, runs, shop_deletion
from webshop.services.privacy import purge

pytestmark = pytest.mark.database


def delete(scenario: Scenario) -> None:
    with scenario.app.app_context():
        with transaction() as session:
            shop = session.get_one(Shop, scenario.shop_id)
            owner = session.scalars(select(User).order_by(User.id)).first()
            assert owner is not None
        shop_deletion.delete_shop(shop, owner)
        shop_deletion.delete_shop(shop, owner)
        purge()


def come_back(scenario: Scenario, key: str) -> Scenario:
    """Make another shop for the same seller and the same administration."""
    with scenario.app.app_context():
        with transaction() as session:
            owner = session.scalars(select(User).order_by(User.id)).first()
            assert owner is not None
            shop = onboarding.create_shop("Terug van weggeweest", NETHERLANDS, owner)
            shop.start_on = date(2026, 1, 1)
        token = scenario.sandbox.amazon.authorise(scenario.seller_id)
        connections.connect_amazon(shop.id, scenario.seller_id, token)
        connect_administration(shop.id, key)
        return Scenario(scenario.app, scenario.sandbox, shop.id, scenario.seller_id, scenario.administration_id)


def key_of(scenario: Scenario) -> str:
    with scenario.app.app_context():
        connection = connections.find_connection(scenario.shop_id, Remote.SNELSTART)
        assert connection is not None and connection.sealed_secret is not None
        place = connections.place_of(connection, "secret")
        return str(scenario.app.extensions["vault"].open(connection.sealed_secret, bound_to=place))


def test_what_was_booked_before_is_not_booked_again(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    numbers = scenario.add_orders(4, email="vast@example.nl")
    scenario.run()
    assert scenario.booked() == Counter(numbers)
    key = key_of(scenario)
    delete(scenario)
    clock.advance(hours=1)

    again = come_back(scenario, key)
    new = again.add_order(email="vast@example.nl")
    again.run()
    clock.advance(hours=1)
    again.run()

    assert again.booked() == Counter([*numbers, new])
    with app.app_context():
        rows = db.session.execute(select(Order.state, Order.issue_code).where(Order.shop_id == again.shop_id)).all()
    assert Counter(tuple(row) for row in rows) == {("posted", "ALREADY_BOOKED"): 4, ("posted", ""): 1}
    assert len(again.customers()) == 1, "the same buyer is the same debtor"


def test_a_run_for_a_deleted_shop_does_nothing(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    delete(scenario)
    scenario.add_orders(2)
    scenario.sandbox.world.log.clear()
    clock.advance(hours=1)
    with app.app_context():
        result = runs.run_shop(scenario.shop_id)
    assert (result.fetched, result.posted) == (0, 0)
    assert scenario.sandbox.world.log.entries() == []
    assert scenario.entries() == []
