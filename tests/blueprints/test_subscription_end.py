"""A shop whose trial or subscription is over sees that, and how much waits."""

from __future__ import annotations

from datetime import timedelta

from tests import factories
from tests.blueprints.conftest import ALICE, World
from webshop.extensions import clock as product_clock
from webshop.extensions import db
from webshop.models import Shop


def test_the_overview_says_that_it_ended_and_what_waits(world: World) -> None:
    with world.rows() as shop:
        factories.order(shop)
        factories.order(shop)
        last_day = (product_clock.now() - timedelta(days=2)).date()
        db.session.get_one(Shop, shop.id).active_until = last_day
    page = world.visitor(ALICE).get(f"{world.place}/")
    notice = page.find(class_="notice-red").text
    assert "eindigde op" in notice
    assert "Er wachten 2 bestellingen" in notice
