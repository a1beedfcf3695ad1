"""One order for trial, by the protocol of all orders: never another one, never twice, and only when it may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.clients.snelstart.client import SnelStartClient
from webshop.exceptions import ConflictError
from webshop.extensions import db, transaction
from webshop.models import Membership, Order, Schedule, Shop, User
from webshop.services import runs, setup, trial_run
from webshop.services.access import find_shop

pytestmark = pytest.mark.database
POST = "POST /verkoopboekingen"


class Killed(BaseException):
    """A process that is gone."""


@pytest.fixture
def trial(app: Flask, scenario: Scenario) -> Scenario:
    """A shop that is installed and not switched on, with three orders."""
    scenario.change_shop(is_posting_automatic=False, start_on=None, is_fba_used=False)
    with app.app_context():
        owner = owner_of(scenario)
        setup.agree_for(scenario.shop_id, owner)
        setup.confirm_vat(scenario.shop_id, owner)
    scenario.add_orders(3)
    scenario.run()
    return scenario


def owner_of(scenario: Scenario) -> User:
    statement = select(User).join(Membership, Membership.user_id == User.id)
    return db.session.scalars(statement.where(Membership.shop_id == scenario.shop_id)).one()


def ask(scenario: Scenario, number: str) -> None:
    with scenario.app.app_context():
        owner = owner_of(scenario)
        shop = db.session.get_one(Shop, scenario.shop_id)
        tenant = find_shop(owner, UUID(shop.public_id), writes=True)
        order = db.session.scalars(select(Order).where(Order.amazon_order_id == number)).one()
        trial_run.ask_to_post(tenant, order, owner)


def asked_for(scenario: Scenario) -> int | None:
    with scenario.app.app_context():
        return db.session.get_one(Schedule, scenario.shop_id).trial_order_id


def test_exactly_the_order_that_was_asked_for_goes_out(trial: Scenario) -> None:
    number = sorted(trial.orders())[1]
    ask(trial, number)
    ask(trial, number)
    trial.run()
    trial.run()
    assert trial.booked() == {number: 1}
    assert trial.states() == {"posted": 1, "open": 2}
    assert asked_for(trial) is None
    trial.check_books()


def test_without_a_request_nothing_goes_out(trial: Scenario, clock: FrozenClock) -> None:
    for _ in range(3):
        clock.advance(hours=1)
        trial.run()
    assert trial.booked() == {}


def test_a_second_order_waits_for_the_first(trial: Scenario) -> None:
    first, second, _third = sorted(trial.orders())
    ask(trial, first)
    with pytest.raises(ConflictError):
        ask(trial, second)
    trial.run()
    ask(trial, second)
    trial.run()
    assert trial.booked() == {first: 1, second: 1}
    with pytest.raises(ConflictError):
        ask(trial, first)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_death_in_the_middle_doubles_nothing(
    trial: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The request outlives the process; what may have been booked is looked up first."""
    number = sorted(trial.orders())[0]
    ask(trial, number)
    real: Callable[..., Any] = SnelStartClient.create_sales_entry

    def die(client: SnelStartClient, payload: Any) -> Any:
        if moment == "after":
            real(client, payload)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(SnelStartClient, "create_sales_entry", die)
        patch.setattr(runs, "_end", lambda *args, **kwargs: None)
        with pytest.raises(Killed):
            trial.run()
    for _ in range(3):
        clock.advance(minutes=10)
        trial.run()
    assert trial.booked() == ({number: 1} if moment == "after" else {})
    if moment == "before":
        ask(trial, number)
        trial.run()
    assert trial.booked() == {number: 1}
    trial.check_books()


def test_a_killed_process_leaves_the_request_and_still_books_once(
    app: Flask, trial: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = sorted(trial.orders())[0]
    ask(trial, number)
    asked = asked_for(trial)
    trial.fault("snelstart", POST, "commit_then_hang")
    trial.run()
    with app.app_context(), transaction() as session:
        # As after a kill: nothing was tidied up.
        session.execute(update(Schedule).values(trial_order_id=asked))
    for _ in range(4):
        clock.advance(minutes=5)
        trial.run()
    assert trial.booked() == {number: 1}
    assert trial.order(number).state == "posted"


def test_an_answer_that_stays_out_is_looked_up_soon(trial: Scenario, app: Flask, clock: FrozenClock) -> None:
    number = sorted(trial.orders())[0]
    ask(trial, number)
    trial.fault("snelstart", POST, "commit_then_hang")
    trial.run()
    assert trial.order(number).state == "unknown"
    with app.app_context():
        assert db.session.get_one(Schedule, trial.shop_id).due_at <= clock.now() + timedelta(minutes=3)


@pytest.mark.parametrize(
    "change", [{"paused_until": "later"}, {"posting_kind": "sales_order"}, {"start_on": date(2027, 1, 1)}]
)
def test_every_other_stop_still_stops(trial: Scenario, clock: FrozenClock, change: dict[str, Any]) -> None:
    number = sorted(trial.orders())[0]
    ask(trial, number)
    if "paused_until" in change:
        change = {"paused_until": clock.now() + timedelta(days=1)}
    trial.change_shop(**change)
    trial.run()
    assert trial.booked() == {}


def test_a_switch_to_off_in_the_middle_leaves_the_trial_alone(trial: Scenario) -> None:
    """Orders that were let out by the switch stop; the one that was asked for does not depend on it."""
    number = sorted(trial.orders())[0]
    ask(trial, number)
    trial.change_shop(is_posting_automatic=True, start_on=date(2026, 1, 1))
    trial.run()
    assert len(trial.booked()) == 3
    trial.check_books()
