"""A run that was frozen in a call and comes back after another run has done its work."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.clients.snelstart.client import SnelStartClient
from webshop.exceptions import OutcomeUnknownError, RejectedError, RemoteError, ThrottledError
from webshop.extensions import db
from webshop.models import Schedule

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
