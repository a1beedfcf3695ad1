"""Amazon changes an order while nobody knows yet whether it was booked: the totals follow the books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_administration, money
from webshop.clients.snelstart.client import SnelStartClient
from webshop.extensions import db
from webshop.models import AuditEvent, Schedule
from webshop.sandbox import Sandbox
from webshop.services import runs

pytestmark = pytest.mark.database
POST = "POST /verkoopboekingen"


class Killed(BaseException):
    """The process is gone: nothing of ours catches this."""


def change_order(scenario: Scenario, clock: FrozenClock, number: str, *, total: str, status: str = "SHIPPED") -> None:
    document = scenario.sandbox.amazon.order(scenario.seller_id, number)
    assert document is not None
    for proceeds in (document["proceeds"], document["orderItems"][0]["proceeds"]):
        proceeds["breakdowns"][0]["subtotal"] = money(total)
    document["proceeds"]["grandTotal"] = document["orderItems"][0]["proceeds"]["proceedsTotal"] = money(total)
    document["fulfillment"]["fulfillmentStatus"] = status
    clock.advance(minutes=1)
    scenario.sandbox.amazon.update_order(scenario.seller_id, number, document)
    clock.advance(minutes=5)


def settle(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.run(kind="manual")
    for _ in range(3):
        clock.advance(minutes=6)
        scenario.run()


def audited_total(app: Flask) -> str:
    with app.app_context():
        facts = db.session.scalars(select(AuditEvent.facts).where(AuditEvent.action == "posted")).one()
        return str(facts["total"])


def test_sent_again_with_the_new_amount_it_counts_with_that(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl", total="24.99")
    scenario.fault("snelstart", POST, "drop")
    scenario.run()
    change_order(scenario, clock, number, total="30.00")
    settle(scenario, clock)
    assert scenario.entries()[0]["factuurbedrag"] == Decimal("30.00")
    assert audited_total(app) == "30.00"
    scenario.check_books()


def test_found_with_the_old_amount_it_counts_with_that_and_the_cancellation_is_told(
    app: Flask, scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = scenario.add_order(email="a@example.nl", total="24.99")
    real = SnelStartClient.create_sales_entry

    def create(client: SnelStartClient, payload: Any) -> Any:
        real(client, payload)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(SnelStartClient, "create_sales_entry", create)
        patch.setattr(runs, "_end", lambda *args, **kwargs: None)
        with pytest.raises(Killed):
            scenario.run()
    change_order(scenario, clock, number, total="30.00", status="CANCELLED")
    settle(scenario, clock)
    assert scenario.order(number).cancelled_after_posting_at is not None
    assert audited_total(app) == "24.99"
    scenario.check_books()


def test_what_is_unknown_in_an_administration_of_the_past_keeps_no_shop_due(
    app: Flask, scenario: Scenario, sandbox: Sandbox, clock: FrozenClock
) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.fault("snelstart", POST, "drop")
    scenario.run()
    new = sandbox.snelstart.create_administration(name="Nieuwe administratie")
    with app.app_context():
        connect_administration(scenario.shop_id, new.key)
    clock.advance(minutes=10)
    scenario.run()
    assert scenario.order(number).state == "unknown"
    with app.app_context():
        schedule = db.session.get_one(Schedule, scenario.shop_id)
        assert schedule.due_at == schedule.slot_at > clock.now()
