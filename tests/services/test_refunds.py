"""Refunds are listed once each, in the month of the payment, and nothing is posted for them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_shop
from webshop.extensions import db
from webshop.models import RefundMonth, RefundReading
from webshop.sandbox import Sandbox
from webshop.sandbox.amazon.projection import INVENTORY_AND_ORDER_TRACKING
from webshop.services import leases, refunds

pytestmark = pytest.mark.database
CALL = "listTransactions"


def read(scenario: Scenario) -> int:
    """Read as the nights do, until nothing is left; return how many days were finished."""
    days = 0
    with scenario.app.app_context():
        for _night in range(60):
            days += refunds.read_refunds(scenario.shop_id)
            reading = db.session.get_one(RefundReading, scenario.shop_id, populate_existing=True)
            if reading.due_at > scenario.sandbox.world.clock() + timedelta(hours=1):
                return days
            scenario.sandbox.world.clock.advance(seconds=30)  # type: ignore[attr-defined]
    raise AssertionError("the reading never ends")


def months(scenario: Scenario) -> list[tuple[date, int, Decimal, Decimal, int]]:
    with scenario.app.app_context():
        rows = db.session.scalars(select(RefundMonth).order_by(RefundMonth.month))
        return [(row.month, row.refunds, row.total_incl_vat, row.vat, row.without_vat) for row in rows]


def sell(scenario: Scenario, total: str = "121.00") -> str:
    (number,) = scenario.add_orders(1, total=total)
    scenario.run()
    return number


def pay_back(scenario: Scenario, number: str, total: str, *, days_ago: int = 5) -> None:
    at = scenario.sandbox.world.clock() - timedelta(days=days_ago)
    scenario.sandbox.amazon.add_refund(scenario.seller_id, number, Decimal(total), at)


def test_a_month_counts_its_refunds_with_the_vat_of_the_booked_orders(scenario: Scenario, clock: FrozenClock) -> None:
    number = sell(scenario)
    booked = scenario.booked()
    pay_back(scenario, number, "121.00")
    pay_back(scenario, number, "12.10", days_ago=6)
    read(scenario)
    month = (clock.now() - timedelta(days=5)).date().replace(day=1)
    assert months(scenario) == [(month, 2, Decimal("133.10"), Decimal("23.10"), 0)]
    assert scenario.booked() == booked, "a refund is shown and never posted"


def test_a_refund_of_an_order_we_did_not_book_is_counted_without_vat(scenario: Scenario) -> None:
    scenario.change_shop(is_posting_automatic=False)
    pay_back(scenario, sell(scenario), "50.00")
    read(scenario)
    ((_month, count, total, vat, without_vat),) = months(scenario)
    assert (count, total, vat, without_vat) == (1, Decimal(50), Decimal(0), 1)


def test_reading_every_night_counts_each_refund_once(scenario: Scenario, clock: FrozenClock) -> None:
    number = sell(scenario)
    pay_back(scenario, number, "10.00", days_ago=4)
    pay_back(scenario, number, "10.00", days_ago=1)
    read(scenario)
    assert sum(row[1] for row in months(scenario)) == 1, "the last days may still grow and wait"
    for _night in range(4):
        clock.advance(days=1)
        read(scenario)
    assert sum(row[1] for row in months(scenario)) == 2
    clock.advance(days=1)
    scenario.sandbox.world.log.clear()
    assert read(scenario) == 1
    assert scenario.calls(CALL) == 1, "a night later it is one call"


def test_a_day_of_many_pages_that_is_cut_off_goes_on_where_it_was(scenario: Scenario, clock: FrozenClock) -> None:
    number = sell(scenario)
    for _refund in range(250):
        pay_back(scenario, number, "1.00")
    scenario.fault("amazon", CALL, "status", status=503, skip=40)
    read(scenario)
    assert sum(row[1] for row in months(scenario)) == 250


def test_a_page_token_that_lapsed_begins_the_day_again_and_counts_nothing_twice(scenario: Scenario) -> None:
    number = sell(scenario)
    for _refund in range(150):
        pay_back(scenario, number, "1.00")
    scenario.fault("amazon", CALL, "page_token_invalid", skip=0)
    read(scenario)
    assert sum(row[1] for row in months(scenario)) == 150


def test_a_crash_between_two_pages_counts_nothing_twice(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    number = sell(scenario)
    for _refund in range(150):
        pay_back(scenario, number, "1.00")
    real, calls = refunds._count, iter(range(1_000))

    def crash(*facts: object) -> None:
        real(*facts)  # type: ignore[arg-type]
        if next(calls) == 0:
            raise RuntimeError("killed")

    monkeypatch.setattr(refunds, "_count", crash)
    with pytest.raises(RuntimeError, match="killed"):
        read(scenario)
    read(scenario)
    assert sum(row[1] for row in months(scenario)) == 150


def test_a_shop_without_the_role_for_finances_is_told_and_is_not_disconnected(app: Flask, sandbox: Sandbox) -> None:
    scenario = connect_shop(app, sandbox, roles={INVENTORY_AND_ORDER_TRACKING})
    read(scenario)
    with app.app_context():
        shown = refunds.load_refunds(scenario.shop_id)
        assert (shown.refusal_code, list(shown.months)) == (refunds.NO_FINANCE_ROLE, [])
    assert scenario.run().error_code is None


def test_refunds_are_due_once_a_night_and_never_beside_a_run(scenario: Scenario, clock: FrozenClock) -> None:
    with scenario.app.app_context():
        assert refunds.due_readings(clock.now()) == [scenario.shop_id]
        lease = leases.acquire(scenario.shop_id)
        assert lease is not None
        assert refunds.due_readings(clock.now()) == []
        assert refunds.read_refunds(scenario.shop_id) == 0
        leases.release(lease)
    read(scenario)
    with scenario.app.app_context():
        assert refunds.due_readings(clock.now()) == []
        assert refunds.due_readings(clock.now() + timedelta(days=1)) == [scenario.shop_id]


def test_nothing_is_read_after_the_end_of_the_subscription(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.change_shop(active_until=(clock.now() - timedelta(days=2)).date())
    scenario.sandbox.world.log.clear()
    with scenario.app.app_context():
        assert refunds.due_readings(clock.now()) == []
        assert refunds.read_refunds(scenario.shop_id) == 0
    assert scenario.calls(CALL) == 0


def test_the_budget_leaves_nothing_to_the_vendors_refusal(scenario: Scenario) -> None:
    read(scenario)
    assert scenario.sandbox.amazon.self_inflicted_429 == 0
