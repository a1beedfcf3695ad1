"""What happens when SnelStart does not simply answer 201: nothing twice, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_administration, connect_shop
from webshop.clients.snelstart.client import SnelStartClient
from webshop.extensions import transaction
from webshop.models import Connection, Order, Schedule
from webshop.sandbox import Sandbox
from webshop.services import totals

pytestmark = pytest.mark.database
POST = "POST /verkoopboekingen"


class Killed(BaseException):
    """The process is gone: nothing of ours catches this."""


def settle(scenario: Scenario, clock: FrozenClock, *, rounds: int = 4) -> None:
    """Let time pass and the sweep come by until everything unknown is settled."""
    for _ in range(rounds):
        clock.advance(minutes=6)
        scenario.run()


# outcome unknown


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("drop", {}),
        ("commit_then_hang", {}),
        ("delayed_commit", {"seconds": 45}),
        ("reset", {}),
        ("commit_then_reset", {}),
        ("commit_then_status", {"status": 502, "body": ""}),
        ("commit_then_status", {"status": 500, "body": "<html>"}),
        ("status", {"status": 503, "body": ""}),
        ("truncate", {"bytes": 40}),
        ("without_id", {}),
    ],
)
def test_without_an_answer_it_is_looked_up_before_anything_is_sent_again(
    scenario: Scenario, clock: FrozenClock, kind: str, facts: dict[str, Any]
) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.fault("snelstart", POST, kind, **facts)
    scenario.run()
    assert scenario.order(number).state == "unknown"
    assert scenario.codes(number) == ["SNELSTART_WRITE_UNKNOWN"]
    assert scenario.posting(number).lookup_at is not None
    clock.advance(seconds=60)
    scenario.run()
    assert scenario.calls(POST) == 1, "sent again before SnelStart could have finished"
    settle(scenario, clock)
    assert scenario.booked() == {number: 1}
    assert scenario.order(number).state == "posted"
    scenario.check_books()


@pytest.mark.parametrize(("kind", "sent"), [("status", 2), ("drop", 2), ("commit_then_hang", 2)])
def test_an_outage_in_mid_run_leaves_the_other_orders_unsent(
    scenario: Scenario, clock: FrozenClock, kind: str, sent: int
) -> None:
    """Each one sent while SnelStart is down would stand in Onzeker until it is looked up."""
    scenario.add_orders(8)
    parameters = {"status": 503, "body": ""} if kind == "status" else {}
    scenario.fault("snelstart", "POST /verkoopboekingen", kind, skip=3, times=None, **parameters)
    result = scenario.run()
    assert (result.posted, result.unknown, result.error_code) == (3, sent, "SNELSTART_UNREACHABLE")
    assert scenario.states() == {"posted": 3, "unknown": sent, "open": 5 - sent}
    assert result.errors == 0

    scenario.sandbox.world.faults.clear()
    for _ in range(3):
        clock.advance(minutes=6)
        scenario.run()
    assert scenario.states() == {"posted": 8}
    scenario.check_books()


def test_a_filter_that_is_ignored_leads_to_no_wrong_adoption(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_orders(3)
    scenario.run()
    number = scenario.add_order(email="late@example.nl", total="24.99")
    scenario.fault("snelstart", POST, "drop")
    scenario.fault("snelstart", "GET /verkoopfacturen", "ignore_filter", times=None)
    clock.advance(hours=1)
    scenario.run()
    settle(scenario, clock)
    assert scenario.booked()[number] == 1
    assert scenario.posting(number).external_number == number
    scenario.check_books()


def test_the_number_that_exists_with_our_booking_is_adopted(scenario: Scenario, clock: FrozenClock) -> None:
    """The answer of the first try got lost, and so did the row that told of it."""
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    with scenario.app.app_context(), transaction() as session:
        session.execute(update(Order).values(state="open", due_at=clock.now()))
        session.connection().exec_driver_sql("DELETE FROM postings")
        totals.rebuild(scenario.shop_id)
    scenario.run()
    settle(scenario, clock)
    assert scenario.order(number).state == "posted"
    assert scenario.codes(number) == ["ALREADY_IN_SNELSTART"]
    scenario.check_books()


def test_the_number_that_exists_with_another_amount_is_shown_and_left_alone(
    scenario: Scenario, clock: FrozenClock
) -> None:
    number = scenario.add_order(email="a@example.nl", total="24.99")
    scenario.run()
    entry = scenario.entries()[0]
    content = dict(scenario.order(number).content)
    with scenario.app.app_context(), transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM postings")
        content["grand_total"] = content["items"][0]["total"] = "30.00"
        content["items"][0]["amounts"] = {"ITEM": "30.00"}
        session.execute(update(Order).values(state="open", due_at=clock.now(), content=content))
    scenario.run()
    settle(scenario, clock)
    assert scenario.order(number).state == "error"
    issue = scenario.order(number).issues[0]
    assert issue["code"] == "INVOICE_NUMBER_DUPLICATE_DIFFERENT"
    assert (issue["facts"]["ours"], issue["facts"]["theirs"]) == ("30.00", "24.99")
    assert scenario.entries() == [entry]


def test_a_refusal_names_its_reason_and_the_batch_goes_on(scenario: Scenario) -> None:
    first, second = scenario.add_orders(2)
    body = '[{"errorCode": "BOE-0042", "message": "De periode is geblokkeerd", "details": null}]'
    scenario.fault("snelstart", POST, "status", status=400, body=body)
    scenario.run()
    assert scenario.states() == {"error": 1, "posted": 1}
    refused = first if scenario.order(first).state == "error" else second
    assert scenario.codes(refused) == ["BOOKYEAR_CLOSED"]
    scenario.check_books()


# death between two commits


def kill_after(monkeypatch: pytest.MonkeyPatch, target: type, name: str) -> None:
    real: Callable[..., Any] = getattr(target, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        real(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(target, name, call)


def kill_before(monkeypatch: pytest.MonkeyPatch, target: type, name: str) -> None:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise Killed

    monkeypatch.setattr(target, name, call)


@pytest.mark.parametrize("kill", [kill_before, kill_after])
@pytest.mark.parametrize("call", ["create_sales_entry", "create_relation"])
def test_death_around_a_write_neither_doubles_nor_loses(
    scenario: Scenario,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    kill: Callable[[pytest.MonkeyPatch, type, str], None],
    call: str,
) -> None:
    from webshop.services import runs

    scenario.add_orders(3)
    with monkeypatch.context() as patch:
        kill(patch, SnelStartClient, call)
        # A killed process closes nothing behind itself either.
        patch.setattr(runs, "_end", lambda *args, **kwargs: None)
        with pytest.raises(Killed):
            scenario.run()
    assert scenario.run().state is None, "the dead run still holds the shop"
    settle(scenario, clock)
    assert scenario.states() == {"posted": 3}
    assert len(scenario.customers()) == 3
    scenario.check_books()


# stop means stop


def test_nothing_is_posted_before_posting_is_switched_on(scenario: Scenario) -> None:
    scenario.change_shop(is_posting_automatic=False)
    scenario.add_orders(2)
    result = scenario.run()
    assert (result.fetched, result.posted) == (2, 0)
    assert scenario.booked() == {}
    scenario.change_shop(is_posting_automatic=True)
    scenario.run(kind="manual")
    assert scenario.states() == {"posted": 2}


@pytest.mark.parametrize(
    "change",
    [{"is_posting_automatic": False}, {"paused_until": datetime(2026, 12, 1, tzinfo=UTC)}],
)
def test_a_switch_in_the_middle_of_a_run_counts_at_once(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    scenario.add_orders(3)
    real = SnelStartClient.create_sales_entry

    def create(client: SnelStartClient, payload: Any) -> Any:
        created = real(client, payload)
        scenario.change_shop(**change)
        return created

    monkeypatch.setattr(SnelStartClient, "create_sales_entry", create)
    scenario.run()
    assert len(scenario.entries()) == 1


def test_another_administration_never_gets_what_the_old_one_has(
    app: Flask, scenario: Scenario, sandbox: Sandbox, clock: FrozenClock
) -> None:
    old = scenario.add_orders(2)
    scenario.run()
    other = sandbox.snelstart.create_administration(name="Nieuwe administratie")
    with app.app_context():
        connect_administration(scenario.shop_id, other.key)
        with transaction() as session:
            # As if everything were asked for once more.
            session.execute(update(Order).values(due_at=clock.now(), state="open"))
            totals.rebuild(scenario.shop_id)
    new = scenario.add_order(email="new@example.nl")
    clock.advance(hours=1)
    scenario.run()
    booked = {row["factuurnummer"] for row in sandbox.snelstart.documents(other.id, "verkoopboekingen")}
    assert booked & set(old) == set()
    assert new in booked


def test_two_shops_on_one_administration_book_an_order_once(app: Flask, sandbox: Sandbox, scenario: Scenario) -> None:
    other = connect_shop(app, sandbox, name="Tweede koppeling")
    key = next(row.key for row in sandbox.snelstart.administrations() if row.id == scenario.administration_id)
    with app.app_context():
        connect_administration(other.shop_id, key)
    number = scenario.add_order(email="a@example.nl")
    document = sandbox.amazon.order(scenario.seller_id, number)
    assert document is not None
    sandbox.amazon.add_order(other.seller_id, document)
    scenario.run()
    other.run()
    assert scenario.booked() == {number: 1}


def test_a_run_that_was_overtaken_writes_nothing(
    app: Flask, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen process comes back after its lease went to another."""
    scenario.add_orders(2)
    from webshop.services import posting

    real = posting.translate_row  # type: ignore[attr-defined]

    def overtake(*args: Any) -> Any:
        with transaction() as session:
            session.execute(update(Schedule).values(lease_token=Schedule.lease_token + 1))
        return real(*args)

    monkeypatch.setattr(posting, "translate_row", overtake)
    scenario.run()
    assert scenario.entries() == []


def test_cancelled_after_posting_is_told_and_nothing_is_changed(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    clock.advance(hours=1)
    scenario.sandbox.amazon.update_order(
        scenario.seller_id, number, {"fulfillment": {"fulfillmentStatus": "CANCELLED", "fulfilledBy": "MERCHANT"}}
    )
    clock.advance(hours=1)
    scenario.run()
    assert scenario.order(number).state == "posted"
    assert scenario.order(number).cancelled_after_posting_at is not None
    scenario.check_books()


def test_a_status_that_goes_back_and_forth_is_posted_once(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    for status in ("PENDING", "SHIPPED", "UNSHIPPED", "SHIPPED"):
        scenario.run()
        clock.advance(hours=1)
        scenario.sandbox.amazon.update_order(
            scenario.seller_id, number, {"fulfillment": {"fulfillmentStatus": status, "fulfilledBy": "MERCHANT"}}
        )
        clock.advance(minutes=30)
    scenario.run()
    assert scenario.booked() == {number: 1}
    scenario.check_books()


def test_the_delay_after_trouble_grows_and_ends(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.fault("snelstart", POST, "throttle", times=6)
    dues: list[timedelta] = []
    for _ in range(6):
        scenario.run()
        due_at = scenario.order(number).due_at
        assert due_at is not None
        dues.append(due_at - clock.now())
        clock.set(due_at)
    assert dues == sorted(dues)
    assert dues[-1] > dues[0]
    scenario.run()
    assert scenario.order(number).state == "posted"


def test_a_disconnected_shop_posts_nothing(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_orders(1)
    with app.app_context(), transaction() as session:
        session.execute(update(Connection).where(Connection.remote == "snelstart").values(state="disabled"))
    scenario.run()
    assert scenario.entries() == []
