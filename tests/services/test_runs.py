"""One run of a shop, from Amazon's orders to SnelStart's books."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_shop
from webshop.extensions import db
from webshop.models import AuditEvent, Connection, Order, OrderState, Run, RunState, Schedule
from webshop.sandbox import Sandbox
from webshop.services import leases, runs, scheduling

pytestmark = pytest.mark.database


def test_orders_stand_in_snelstart_to_the_cent(scenario: Scenario) -> None:
    numbers = scenario.add_orders(3, total="10.01")
    result = scenario.run()
    assert (result.state, result.fetched, result.posted) == (RunState.FINISHED, 3, 3)
    assert set(scenario.booked()) == set(numbers)
    assert {entry["factuurbedrag"] for entry in scenario.entries()} == {Decimal("10.01")}
    scenario.check_books()


def test_every_automatic_posting_is_in_the_audit(app: Flask, scenario: Scenario) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    order = scenario.order(number)
    with app.app_context():
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.order_id == order.id)).one()
        assert (event.action, event.actor, event.facts["number"]) == ("posted", "system", number)


def test_a_second_run_books_nothing_twice(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_orders(3)
    scenario.run()
    clock.advance(hours=1)
    assert scenario.run().posted == 0
    scenario.check_books()
    assert scenario.calls("POST /verkoopboekingen") == 3


def test_two_runs_at_a_time_do_the_work_of_one(app: Flask, scenario: Scenario) -> None:
    scenario.add_orders(8)
    barrier, results = threading.Barrier(2), []

    def run() -> None:
        barrier.wait()
        results.append(scenario.run())

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scenario.check_books()
    assert scenario.calls("POST /verkoopboekingen") == 8
    assert sorted(result.posted for result in results) == [0, 8]


def test_a_held_lease_keeps_another_run_out(app: Flask, scenario: Scenario) -> None:
    scenario.add_orders(1)
    with app.app_context():
        assert leases.acquire(scenario.shop_id) is not None
    assert scenario.run().state is None
    assert scenario.booked() == {}


def test_the_next_fetch_is_an_hour_after_the_start_of_this_one(
    app: Flask, scenario: Scenario, clock: FrozenClock
) -> None:
    started_at = clock.now()
    scenario.run()
    with app.app_context():
        schedule = db.session.get_one(Schedule, scenario.shop_id)
        assert schedule.due_at == schedule.slot_at
        assert started_at < schedule.slot_at <= started_at + timedelta(hours=1)
        assert scheduling.due_shops(clock.now()) == []
        assert scheduling.due_shops(schedule.due_at) == [scenario.shop_id]


def test_an_idle_hour_costs_two_requests(scenario: Scenario, clock: FrozenClock, sandbox: Sandbox) -> None:
    scenario.add_orders(2)
    scenario.run()
    clock.advance(hours=1)
    sandbox.world.log.clear()
    scenario.run()
    assert len(sandbox.world.log.entries()) <= 2


def test_a_slice_ends_after_a_minute_and_the_rest_follows(
    app: Flask, scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "SLICE", timedelta(0))
    scenario.add_orders(2)
    assert scenario.run().is_more_due
    with app.app_context():
        assert scheduling.due_shops(clock.now()) == [scenario.shop_id]
    monkeypatch.undo()
    assert scenario.run().posted == 2
    scenario.check_books()


def test_a_stopping_worker_takes_no_further_order(app: Flask, scenario: Scenario) -> None:
    scenario.add_orders(3)
    with app.app_context():
        result = runs.run_shop(scenario.shop_id, is_stopping=lambda: scenario.calls("POST /verkoopboekingen") >= 1)
    assert (result.posted, result.is_more_due) == (1, True)
    scenario.run()
    scenario.check_books()


def test_one_bad_order_does_not_stop_the_next(scenario: Scenario) -> None:
    good = scenario.add_orders(2)
    bad = [
        scenario.add_order(country="ZZ"),
        scenario.add_order(total="0.00"),
        scenario.sandbox.amazon.add_bad_input(scenario.seller_id, "missing_money"),
        scenario.sandbox.amazon.add_bad_input(scenario.seller_id, "other_currency"),
        scenario.sandbox.amazon.add_bad_input(scenario.seller_id, "zero_lines"),
        scenario.sandbox.amazon.add_bad_input(scenario.seller_id, "zero_quantity"),
        scenario.sandbox.amazon.add_bad_input(scenario.seller_id, "wrong_total"),
        scenario.sandbox.amazon.add_bad_input(scenario.seller_id, "unknown_status"),
    ]
    scenario.run()
    assert set(good) <= set(scenario.booked())
    orders = scenario.orders()
    for number in bad:
        assert number not in scenario.booked()
        assert orders[number].issues, f"{number} is {orders[number].state} without a reason"
    scenario.check_books()


def test_hostile_text_is_booked_as_text(scenario: Scenario) -> None:
    for kind in ("script_tag", "rtl_override", "nul_character", "long_title", "quotes"):
        scenario.sandbox.amazon.add_bad_input(scenario.seller_id, kind)
    scenario.run()
    assert scenario.states() == {"posted": 5}
    scenario.check_books()


def test_a_crash_of_our_own_is_parked_after_three_tries(
    scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = scenario.add_order(email="p@example.nl", title="POISON")
    good = scenario.add_order(email="g@example.nl")
    from webshop.services import posting

    real = posting.translate_row  # type: ignore[attr-defined]

    def translate(row: object, rules: object) -> object:
        if row.content["items"][0]["title"] == "POISON":  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return real(row, rules)  # type: ignore[arg-type]

    monkeypatch.setattr(posting, "translate_row", translate)
    for _ in range(4):
        scenario.run()
        clock.advance(minutes=10)
    assert scenario.order(good).state == "posted"
    assert (scenario.order(poison).state, scenario.codes(poison)) == ("error", ["ORDER_CRASHED"])
    scenario.check_totals()


def test_a_crash_while_writing_leaves_the_database_to_the_next_order(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is rolled back must not be read again outside a transaction: SQLite has one lock."""
    from webshop.services import posting

    first, poison, last = (
        scenario.add_order(email="same@example.nl", country=country, minutes_ago=minutes)
        for country, minutes in (("NL", 90), ("ZZ", 80), ("NL", 70))
    )
    real = posting.set_state  # type: ignore[attr-defined]

    def set_state(order: Order, state: OrderState, *args: Any, **kwargs: Any) -> None:
        if order.amazon_order_id == poison:
            raise ValueError
        real(order, state, *args, **kwargs)

    monkeypatch.setattr(posting, "set_state", set_state)
    assert scenario.run().posted == 2
    assert set(scenario.booked()) == {first, last}


def test_a_run_that_was_killed_is_taken_over(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    class Killed(BaseException):
        pass

    scenario.add_orders(2)
    with app.app_context():
        lease = leases.acquire(scenario.shop_id)
        assert lease is not None
        runs._begin(scenario.shop_id, lease, "hourly", lambda: False)
    clock.advance(seconds=301)
    assert scenario.run().posted == 2
    with app.app_context():
        states = sorted(db.session.scalars(select(Run.state)))
        assert states == ["finished", "interrupted"]


def test_another_shop_is_not_delayed_by_a_throttled_one(app: Flask, sandbox: Sandbox, scenario: Scenario) -> None:
    other = connect_shop(app, sandbox, name="Buurwinkel")
    scenario.add_orders(1)
    number = other.add_orders(1)[0]
    scenario.fault("amazon", "searchOrders", "throttle", times=1)
    assert scenario.run().error_code == "AMAZON_THROTTLED"
    assert other.run().posted == 1
    assert set(other.booked()) == {number}
    assert scenario.booked() == {}


def test_a_withdrawn_amazon_token_asks_to_reconnect_and_is_not_hammered(
    app: Flask, scenario: Scenario, clock: FrozenClock
) -> None:
    scenario.sandbox.amazon.revoke(scenario.seller_id)
    clock.advance(hours=2)
    assert scenario.run().error_code == "AMAZON_RECONNECT"
    calls = len(scenario.sandbox.world.log.entries("amazon"))
    with app.app_context():
        states = {row.remote: row.state for row in db.session.scalars(select(Connection))}
        assert states == {"amazon": "needs_reconnect", "snelstart": "active"}
        assert scheduling.due_shops(clock.advance(hours=3)) == []
    scenario.run()
    assert len(scenario.sandbox.world.log.entries("amazon")) == calls


def test_a_withdrawn_snelstart_key_stops_the_posting_only(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.fault("snelstart", "token", "token_revoked", times=None)
    scenario.add_orders(1)
    clock.advance(hours=2)
    result = scenario.run()
    assert (result.fetched, result.posted, result.error_code) == (1, 0, "SNELSTART_RECONNECT")
    assert scenario.states() == {"open": 1}


def test_our_partner_key_refused_is_nobodys_reconnect(app: Flask, scenario: Scenario) -> None:
    scenario.fault("snelstart", "*", "subscription_key", times=None)
    scenario.add_orders(1)
    assert scenario.run().error_code == "SNELSTART_PARTNER_ACCESS"
    with app.app_context():
        assert set(db.session.scalars(select(Connection.state))) == {"active"}
    scenario.sandbox.world.faults.clear()


def test_an_expired_token_is_renewed_within_the_run(scenario: Scenario) -> None:
    scenario.add_orders(2)
    scenario.fault("snelstart", "POST /verkoopboekingen", "token_expired", times=1)
    scenario.fault("amazon", "searchOrders", "token_expired", times=1)
    assert scenario.run().posted == 2
    scenario.check_books()


@pytest.mark.parametrize("kind", ["throttle", "quota"])
def test_a_throttled_snelstart_pauses_and_nothing_is_lost(scenario: Scenario, clock: FrozenClock, kind: str) -> None:
    scenario.add_orders(3)
    scenario.fault("snelstart", "POST /verkoopboekingen", kind, skip=1, times=1)
    result = scenario.run()
    assert (result.posted, result.error_code) == (1, "SNELSTART_THROTTLED")
    calls = scenario.calls("POST /verkoopboekingen")
    scenario.run()
    assert scenario.calls("POST /verkoopboekingen") == calls, "the pause was not kept"
    for _ in range(3):
        clock.advance(hours=1)
        scenario.run()
    assert scenario.states() == {"posted": 3}
    scenario.check_books()


def test_fetching_on_request_puts_no_round_off_by_more_than_an_interval(
    app: Flask, scenario: Scenario, clock: FrozenClock
) -> None:
    for _ in range(2):
        scenario.run("manual")
        clock.advance(minutes=5)
    with app.app_context():
        schedule = db.session.scalars(select(Schedule)).one()
        assert schedule.slot_at <= clock.now() + timedelta(hours=1)
