"""A connection that changes while a run is at work: no call goes to another account than the run began with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_administration
from webshop.clients.snelstart.client import SnelStartClient
from webshop.extensions import db, transaction
from webshop.models import Connection
from webshop.sandbox import Sandbox
from webshop.services import connections

pytestmark = pytest.mark.database
POST = "POST /verkoopboekingen"


def snelstart_of(app: Flask) -> Connection:
    with app.app_context():
        return db.session.scalars(select(Connection).where(Connection.remote == "snelstart")).one()


def do_during_renewal(monkeypatch: pytest.MonkeyPatch, action: Callable[[], None]) -> None:
    """Let something happen once, between asking for a token of SnelStart and keeping it."""
    real = connections._fetch_token
    done: list[bool] = []

    def fetch(connection: Connection, *args: Any) -> Any:
        token = real(connection, *args)
        if connection.remote == "snelstart" and not done:
            done.append(True)
            action()
        return token

    monkeypatch.setattr(connections, "_fetch_token", fetch)


def test_a_token_of_the_old_administration_is_not_kept_for_the_new_one(
    app: Flask, scenario: Scenario, sandbox: Sandbox, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = scenario.add_orders(2)
    new = sandbox.snelstart.create_administration(name="Nieuwe administratie")
    clock.advance(hours=2)
    do_during_renewal(monkeypatch, lambda: connect_administration(scenario.shop_id, new.key))
    scenario.run()
    clock.advance(minutes=10)
    scenario.run()
    assert snelstart_of(app).account_id == new.id
    assert scenario.entries() == []
    assert {row["factuurnummer"] for row in sandbox.snelstart.documents(new.id, "verkoopboekingen")} == set(numbers)


def test_a_booking_made_for_one_administration_is_never_sent_to_the_next(
    scenario: Scenario, sandbox: Sandbox, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner connects another one between the claim and the call, and the token has just run out."""
    number = scenario.add_order(email="a@example.nl")
    new = sandbox.snelstart.create_administration(name="Nieuwe administratie")
    real = SnelStartClient.create_sales_entry

    def create(client: SnelStartClient, payload: Any) -> Any:
        connect_administration(scenario.shop_id, new.key)
        client._tokens._expires_at = None  # type: ignore[attr-defined]
        return real(client, payload)

    with monkeypatch.context() as patch:
        patch.setattr(SnelStartClient, "create_sales_entry", create)
        scenario.run()
    assert sandbox.world.log.count("snelstart", POST) == 0
    clock.advance(minutes=10)
    scenario.run()
    assert [row["factuurnummer"] for row in sandbox.snelstart.documents(new.id, "verkoopboekingen")] == [number]
    assert scenario.entries() == []


def test_a_refusal_of_the_old_key_does_not_stop_the_new_one(
    app: Flask, scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = next(row.key for row in scenario.sandbox.snelstart.administrations() if row.id == scenario.administration_id)
    scenario.add_orders(1)
    clock.advance(hours=2)
    scenario.fault("snelstart", "GET /relaties", "status", status=401, body="", times=2)

    def reconnect() -> None:
        clock.advance(seconds=1)
        connect_administration(scenario.shop_id, key)

    do_during_renewal(monkeypatch, reconnect)
    scenario.run()
    assert snelstart_of(app).state == "active"
    clock.advance(minutes=10)
    scenario.run()
    assert scenario.states() == {"posted": 1}


def test_a_process_that_died_renewing_holds_nobody_up(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    """Also when the clock was ahead at that moment."""
    scenario.add_orders(1)
    clock.advance(hours=2)
    with app.app_context(), transaction() as session:
        session.execute(update(Connection).values(renewing_until=clock.now() + timedelta(days=1)))
    assert scenario.run().posted == 1
