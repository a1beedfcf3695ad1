"""Stop means stop: whatever changes while a run is at work, its next document is not sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.services.test_posting import POST, settle
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_administration
from webshop.clients.snelstart.client import SnelStartClient
from webshop.extensions import db, transaction
from webshop.models import Connection, DocumentReading, Order, Run, Schedule, Shop
from webshop.services import posting, recovery

pytestmark = pytest.mark.database
Change = Callable[[Scenario, FrozenClock], None]


def set_shop(**values: Any) -> Change:
    def change(scenario: Scenario, clock: FrozenClock) -> None:
        with transaction() as session:
            session.execute(update(Shop).values(values))

    return change


def pause(scenario: Scenario, clock: FrozenClock) -> None:
    set_shop(paused_until=clock.now() + timedelta(days=1))(scenario, clock)


def end_subscription(scenario: Scenario, clock: FrozenClock) -> None:
    set_shop(active_until=clock.now() - timedelta(days=30))(scenario, clock)


def disconnect(scenario: Scenario, clock: FrozenClock) -> None:
    with transaction() as session:
        session.execute(update(Connection).where(Connection.remote == "snelstart").values(state="disabled"))


def go_elsewhere(scenario: Scenario, clock: FrozenClock) -> None:
    connect_administration(scenario.shop_id, scenario.sandbox.snelstart.create_administration(name="Nieuw").key)


def begin_recovery(scenario: Scenario, clock: FrozenClock) -> None:
    """As an epoch that another process finds open, without the end of every lease that its start brings."""
    recovery.start_epoch()
    with transaction() as session:
        values = {"lease_token": Schedule.lease_token - 1000, "lease_until": clock.now() + timedelta(hours=1)}
        session.execute(update(Schedule).values(values))


def forget_reading(scenario: Scenario, clock: FrozenClock) -> None:
    with transaction() as session:
        session.execute(update(DocumentReading).values(reach_at=None))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (set_shop(is_posting_automatic=False), None),
        (set_shop(posting_kind="sales_order"), None),
        (pause, None),
        (end_subscription, "ENDED"),
        (disconnect, None),
        (go_elsewhere, None),
        (begin_recovery, "RECOVERING"),
        (forget_reading, "DOCUMENTS_NOT_READ"),
    ],
)
def test_what_changes_between_the_customer_and_the_sale_stops_the_sale(
    scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, change: Change, code: str | None
) -> None:
    number = scenario.add_order(email="a@example.nl")
    real = SnelStartClient.create_relation

    def create(client: SnelStartClient, payload: Any) -> Any:
        made = real(client, payload)
        change(scenario, clock)
        return made

    monkeypatch.setattr(SnelStartClient, "create_relation", create)
    result = scenario.run()
    assert scenario.calls("POST /relaties") == 1
    assert (scenario.calls(POST), scenario.order(number).state) == (0, "open")
    assert result.error_code == code


def test_trouble_with_snelstart_is_no_crash_of_the_order_that_met_it(scenario: Scenario, clock: FrozenClock) -> None:
    """After a run that failed every order is written down before it is touched."""
    scenario.run()
    with scenario.app.app_context(), transaction() as session:
        session.execute(update(Run).values(state="failed"))
    number = scenario.add_order(email="a@example.nl")
    scenario.fault("snelstart", POST, "throttle")
    scenario.run("manual")
    assert scenario.order(number).attempts == 0
    settle(scenario, clock)
    assert scenario.booked() == {number: 1}


@pytest.mark.parametrize("missing", [{"customer": None}, {"entry": None}])
def test_a_booking_that_is_not_whole_is_parked_and_the_next_one_goes_on(
    scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, missing: dict[str, Any]
) -> None:
    first, second = scenario.add_orders(2)
    real = posting.translate_row  # type: ignore[attr-defined]

    def translate(row: Order, rules: Any) -> Any:
        translation = real(row, rules)
        return replace(translation, **missing) if row.amazon_order_id == first else translation

    monkeypatch.setattr(posting, "translate_row", translate)
    scenario.run()
    settle(scenario, clock)
    assert scenario.booked() == {second: 1}
    assert (scenario.order(first).state, scenario.codes(first)) == ("error", ["ORDER_CRASHED"])


def test_an_order_that_was_taken_and_freed_by_another_run_is_sent_by_the_next(
    scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = scenario.add_order(email="a@example.nl")
    with monkeypatch.context() as patch:
        patch.setattr(posting, "claim_order", lambda *args, **kwargs: None)
        scenario.run()
    assert scenario.order(number).state == "open"
    with scenario.app.app_context():
        due_at = db.session.scalar(select(Order.due_at))
    assert due_at is not None
    assert due_at > clock.now()
    settle(scenario, clock)
    assert scenario.booked() == {number: 1}
