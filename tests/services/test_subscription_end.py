"""After the last day of a trial or subscription nothing is fetched or booked; what may be booked is looked up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.clients.snelstart.client import SnelStartClient
from webshop.domain.periods import is_past
from webshop.extensions import clock as product_clock
from webshop.extensions import db
from webshop.models import Shop
from webshop.services import scheduling

pytestmark = pytest.mark.database


@pytest.mark.parametrize(
    ("last_day", "at", "is_over"),
    [
        (date(2026, 11, 24), datetime(2026, 11, 24, 22, 59, 59, tzinfo=UTC), False),
        (date(2026, 11, 24), datetime(2026, 11, 24, 23, 0, tzinfo=UTC), True),
        # In summer the Dutch day begins two hours earlier than in UTC.
        (date(2026, 7, 1), datetime(2026, 7, 1, 21, 59, tzinfo=UTC), False),
        (date(2026, 7, 1), datetime(2026, 7, 1, 22, 0, tzinfo=UTC), True),
        (None, datetime(2099, 1, 1, tzinfo=UTC), False),
    ],
)
def test_the_last_day_ends_at_midnight_in_the_netherlands(last_day: date | None, at: datetime, is_over: bool) -> None:
    assert is_past(last_day, at) is is_over


def yesterday(clock: FrozenClock) -> date:
    return (clock.now() - timedelta(days=2)).date()


def is_due(scenario: Scenario) -> bool:
    with scenario.app.app_context():
        now = product_clock.now()
        return scenario.shop_id in [*scheduling.due_shops(now), *scheduling.due_nights(now)]


def test_nothing_is_fetched_or_booked_after_the_end_and_the_gap_is_fetched_later(
    scenario: Scenario, clock: FrozenClock
) -> None:
    scenario.add_order(email="a@example.nl", status="UNSHIPPED")
    scenario.run()
    scenario.change_shop(active_until=yesterday(clock))
    clock.advance(hours=2)
    second = scenario.add_order(email="b@example.nl")
    clock.advance(minutes=5)
    assert not is_due(scenario)
    for kind in ("manual", "nightly"):
        result = scenario.run(kind=kind)
        assert (result.fetched, result.posted) == (0, 0)
    assert scenario.run(kind="manual").error_code == "ENDED"
    assert second not in scenario.orders()
    scenario.change_shop(active_until=None)
    clock.advance(minutes=61)
    assert is_due(scenario)
    scenario.run()
    assert second in scenario.orders()
    assert scenario.booked()[second] == 1
    scenario.check_books()


def test_a_subscription_that_ends_during_a_run_stops_the_next_booking(
    scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        scenario.add_order(email=f"{number}@example.nl")
    send = SnelStartClient.create_sales_entry

    def send_and_end(client: SnelStartClient, *arguments: Any) -> Any:
        made = send(client, *arguments)
        db.session.query(Shop).filter_by(id=scenario.shop_id).update({"active_until": yesterday(clock)})
        db.session.commit()
        return made

    monkeypatch.setattr(SnelStartClient, "create_sales_entry", send_and_end)
    assert scenario.run().error_code == "ENDED"
    assert sum(scenario.booked().values()) == 1
    scenario.check_books()


def test_what_may_have_been_booked_is_looked_up_after_the_end(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.fault("snelstart", "POST /verkoopboekingen", "commit_then_hang")
    scenario.run()
    assert scenario.order(number).state == "unknown"
    scenario.change_shop(active_until=yesterday(clock))
    clock.advance(minutes=3)
    assert is_due(scenario)
    scenario.run()
    assert scenario.order(number).state == "posted"
    scenario.check_books()
