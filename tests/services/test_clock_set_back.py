"""The machine's clock was a day ahead and is set right: no shop waits a day for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.clients.snelstart.client import SnelStartClient
from webshop.exceptions import BudgetEmptyError
from webshop.extensions import transaction
from webshop.models import Connection
from webshop.sandbox.snelstart.books import Books
from webshop.services import leases, scheduling
from webshop.services.budgets import SEARCH_ORDERS, SNELSTART, Bucket, Windows, take

pytestmark = pytest.mark.database
AHEAD = timedelta(days=1)


def test_a_shop_is_worked_on_within_the_hour(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    """Its slot lay a day ahead, a killed run held its lease and was renewing its tokens."""
    right = clock.now()
    clock.set(right + AHEAD)
    scenario.add_orders(2)
    scenario.run()
    with app.app_context():
        assert leases.acquire(scenario.shop_id) is not None
        with transaction() as session:
            session.execute(update(Connection).values(renewing_until=clock.now() + timedelta(seconds=30)))
    clock.set(right + timedelta(hours=1))
    new = scenario.add_order(email="new@example.nl", minutes_ago=5)
    with app.app_context():
        assert scheduling.due_shops(clock.now()) == [scenario.shop_id]
    for _ in range(3):
        scenario.run()
        clock.advance(minutes=5)
    assert scenario.order(new).state == "posted"
    with app.app_context():
        assert scheduling.due_shops(clock.now()) == []
    scenario.check_books()


@pytest.mark.parametrize("fault", ["commit_then_hang", "drop"])
def test_what_may_have_been_booked_is_looked_up_within_the_hour(
    order_scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """It was sent by the clock that was ahead, and only what changed in SnelStart shows it."""
    monkeypatch.setattr(SnelStartClient, "find_sales_orders", lambda client, number: ())
    monkeypatch.setattr(Books, "modified_on", lambda books: "2026-11-23T10:00:00.000")
    right = clock.now()
    clock.set(right + AHEAD)
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", "POST /verkooporders", fault)
    order_scenario.run()
    for minutes in range(5, 60, 5):
        clock.set(right + timedelta(minutes=minutes))
        order_scenario.run()
    assert order_scenario.booked() == {number: 1}
    assert order_scenario.order(number).state == "posted"
    order_scenario.check_books()


@pytest.mark.parametrize(("limit", "calls", "wait"), [(SEARCH_ORDERS, 20, 179), (SNELSTART, 500, 66)])
def test_a_budget_that_was_used_up_counts_from_now(
    app: Flask, clock: FrozenClock, limit: Bucket | Windows, calls: int, wait: int
) -> None:
    right = clock.now()
    clock.set(right + AHEAD)
    with app.app_context():
        assert take("some key", limit, calls) == calls
        clock.set(right)
        with pytest.raises(BudgetEmptyError) as empty:
            take("some key", limit, 1)
        assert right < empty.value.due_at <= right + timedelta(seconds=wait)
        clock.set(empty.value.due_at)
        assert take("some key", limit, 1) == 1


def test_a_clock_that_is_ahead_hides_no_customer_that_was_made_meanwhile(
    scenario: Scenario, clock: FrozenClock
) -> None:
    """SnelStart made the customer, its answer got lost; the look-up asks for what changed since."""
    right = clock.now()
    scenario.sandbox.world.clock = lambda: clock.now() - timedelta(hours=1)
    clock.set(right + timedelta(hours=1))
    scenario.add_order(email="a@example.nl", minutes_ago=30)
    scenario.fault("snelstart", "POST /relaties", "commit_then_hang")
    for _ in range(4):
        scenario.run()
        clock.advance(minutes=6)
    assert len(scenario.customers()) == 1
    scenario.check_books()
