"""A run that was frozen in a call and comes back after another run has done its work."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask

from tests.services.test_payments import identifier
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.clients.snelstart.client import SnelStartClient
from webshop.exceptions import OutcomeUnknownError, RejectedError, RemoteError, ThrottledError
from webshop.extensions import db
from webshop.models import Schedule
from webshop.services import payments, posting
from webshop.services.customers import CustomerIndex

pytestmark = pytest.mark.database


@pytest.mark.parametrize("answer", [OutcomeUnknownError, RejectedError, ThrottledError])
def test_what_it_hears_late_does_not_undo_what_is_known(
    app: Flask,
    scenario: Scenario,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    answer: type[RemoteError],
) -> None:
    number = scenario.add_order(email="a@example.nl")
    real = SnelStartClient.create_sales_entry
    frozen: list[bool] = []

    def work_on() -> None:
        clock.advance(minutes=10)
        scenario.run()
        clock.advance(minutes=3)
        scenario.run()

    def create(client: SnelStartClient, payload: Any) -> Any:
        if frozen:
            return real(client, payload)
        frozen.append(True)
        other = threading.Thread(target=work_on)
        other.start()
        other.join()
        assert scenario.order(number).state == "posted"
        raise answer("late", remote="snelstart", operation="POST /verkoopboekingen")

    monkeypatch.setattr(SnelStartClient, "create_sales_entry", create)
    scenario.run()
    assert (scenario.order(number).state, scenario.posting(number).state) == ("posted", "posted")
    with app.app_context():
        schedule = db.session.get_one(Schedule, scenario.shop_id)
        assert schedule.due_at > clock.now(), "due for an order on which nothing is to be done"
    scenario.check_books()


@pytest.mark.parametrize("kind", ["sales_entry", "sales_order"])
@pytest.mark.parametrize("write", ["sale", "payment", "customer"])
def test_a_process_that_stood_still_after_its_claim_sends_nothing(
    order_scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, write: str, kind: str
) -> None:
    """Others have looked up what became of the claim by then, found nothing and sent it again."""
    scenario = order_scenario
    scenario.change_shop(
        posting_kind=kind,
        may_post_payments=True,
        are_payments_posted=True,
        journal_id=identifier(scenario, "dagboeken", 2000),
        clearing_ledger_id=identifier(scenario, "grootboeken", 1240),
    )
    number = scenario.add_order(email="a@example.nl")
    module, name = {
        "sale": (posting, "claim_order"),
        "payment": (payments, "claim_order"),
        "customer": (CustomerIndex, "_claim"),
    }[write]
    real = getattr(module, name)
    frozen: list[bool] = []

    def work_on() -> None:
        for minutes in (10, 3, 3, 3):
            clock.advance(minutes=minutes)
            scenario.run()

    def claim(*args: Any, **kwargs: Any) -> Any:
        claimed = real(*args, **kwargs)
        if not frozen:
            frozen.append(True)
            other = threading.Thread(target=work_on)
            other.start()
            other.join()
        return claimed

    monkeypatch.setattr(module, name, claim)
    scenario.run()
    assert scenario.booked() == {number: 1}
    assert len(scenario.customers()) == 1
    if kind == "sales_entry":
        assert scenario.payments() == {number: 1}
        assert scenario.posting(number, "payment").state == "posted"
    assert (scenario.order(number).state, scenario.posting(number).state) == ("posted", "posted")
    scenario.check_books()
