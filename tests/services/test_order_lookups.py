"""Finding a sales order again that may have been booked: what people, filters and slowness do meanwhile."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from tests.services.test_articles import act, process_again
from tests.services.test_posting import settle
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_administration
from webshop.clients.snelstart.client import SnelStartClient
from webshop.exceptions import RejectedError
from webshop.sandbox import Sandbox
from webshop.services import posting
from webshop.services.runs import run_shop

pytestmark = pytest.mark.database
POST = "POST /verkooporders"
GET = "GET /verkooporders"


def change_order(scenario: Scenario, order: dict[str, Any], **changes: Any) -> None:
    """Let a person change a sales order in SnelStart."""
    scenario.sandbox.snelstart.change_document(scenario.administration_id, "verkooporders", order["id"], **changes)


def hide_from_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SnelStartClient, "find_sales_orders", lambda client, number: ())


@pytest.mark.parametrize("reference", [None, "", "4040000001"])
def test_an_order_whose_payment_reference_was_changed_is_not_sent_again(
    order_scenario: Scenario, clock: FrozenClock, reference: str | None
) -> None:
    """By a person, or by SnelStart, for which a betalingskenmerk is a number."""
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, "commit_then_hang")
    order_scenario.run()
    (order,) = order_scenario.sales_orders()
    change_order(order_scenario, order, betalingskenmerk=reference)
    settle(order_scenario, clock)
    assert len(order_scenario.sales_orders()) == 1
    assert (order_scenario.order(number).state, order_scenario.codes(number)) == ("posted", [])
    assert order_scenario.posting(number).external_id == order["id"]


def test_ours_is_found_behind_another_order_with_its_number(
    order_scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_scenario.add_order(email="a@example.nl", sku="KABEL")
    order_scenario.run()
    hide_from_filter(monkeypatch)
    clock.advance(hours=1)
    number = order_scenario.add_order(email="b@example.nl", sku="KABEL")
    act(
        order_scenario,
        "/verkooporders",
        {
            "relatie": {"id": order_scenario.customers()[0]["id"]},
            "datum": "2026-11-23T00:00:00",
            "betalingskenmerk": number,
            "regels": [{"artikel": {"id": order_scenario.articles()["KABEL"]["id"]}, "aantal": 9, "stuksprijs": 1}],
        },
    )
    order_scenario.fault("snelstart", POST, "commit_then_hang")
    order_scenario.run()
    ours = order_scenario.sales_orders()[-1]
    settle(order_scenario, clock)
    assert order_scenario.order(number).state == "posted"
    assert order_scenario.posting(number).external_id == ours["id"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda order, customers: {"relatie": {"id": customers[0]["id"], "uri": ""}},
        lambda order, customers: {"regels": [line | {"aantal": Decimal(3)} for line in order["regels"]]},
        lambda order, customers: {"regels": []},
    ],
)
def test_an_order_that_a_person_changed_meanwhile_is_shown_and_not_sent_again(
    order_scenario: Scenario, clock: FrozenClock, spoil: Any
) -> None:
    order_scenario.add_order(email="a@example.nl")
    order_scenario.run()
    clock.advance(hours=1)
    number = order_scenario.add_order(email="b@example.nl")
    order_scenario.fault("snelstart", POST, "commit_then_hang")
    order_scenario.run()
    order = order_scenario.sales_orders()[-1]
    change_order(order_scenario, order, **spoil(order, order_scenario.customers()))
    settle(order_scenario, clock)
    assert order_scenario.booked()[number] == 1
    assert order_scenario.codes(number) == ["INVOICE_NUMBER_DUPLICATE_DIFFERENT"]


def test_an_order_that_was_invoiced_meanwhile_is_adopted(order_scenario: Scenario, clock: FrozenClock) -> None:
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, "commit_then_hang")
    order_scenario.run()
    (order,) = order_scenario.sales_orders()
    change_order(order_scenario, order, procesStatus="Factuur", omschrijving="Weborder", memo="betaald")
    settle(order_scenario, clock)
    assert order_scenario.order(number).state == "posted"
    order_scenario.check_books()


def test_an_order_that_came_after_the_last_look_up_is_not_sent_again(
    order_scenario: Scenario, clock: FrozenClock
) -> None:
    """It was free to be sent again, SnelStart was too busy to take it, and then the first one stood there."""
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, "delayed_commit", seconds=400)
    order_scenario.run()
    order_scenario.fault("snelstart", POST, "throttle")
    for _ in range(2):
        clock.advance(seconds=125)
        order_scenario.run()
    assert (order_scenario.calls(POST), order_scenario.posting(number).state) == (2, "pending")
    settle(order_scenario, clock)
    assert order_scenario.booked() == {number: 1}
    assert (order_scenario.order(number).state, order_scenario.codes(number)) == ("posted", [])
    order_scenario.check_books()


def test_a_late_entry_is_not_joined_by_an_order(order_scenario: Scenario, clock: FrozenClock) -> None:
    """The shop went over to sales orders while SnelStart was still at the entry."""
    order_scenario.change_shop(posting_kind="sales_entry")
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", "POST /verkoopboekingen", "delayed_commit", seconds=200)
    order_scenario.fault("snelstart", "POST /verkoopboekingen", "throttle")
    order_scenario.run()
    clock.advance(seconds=121)
    order_scenario.run()
    order_scenario.change_shop(posting_kind="sales_order")
    for _ in range(4):
        clock.advance(seconds=30)
        order_scenario.run("manual")
    settle(order_scenario, clock)
    assert order_scenario.booked() == {number: 1}
    assert order_scenario.order(number).state == "posted"


def test_a_filter_that_snelstart_refuses_is_done_without(
    order_scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(client: SnelStartClient, number: str) -> Any:
        raise RejectedError("Ongeldig filter", remote="snelstart", operation=GET, code="ALG-0104")

    monkeypatch.setattr(SnelStartClient, "find_sales_orders", refuse)
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, "commit_then_hang")
    order_scenario.run()
    settle(order_scenario, clock)
    assert order_scenario.order(number).state == "posted"
    assert order_scenario.booked() == {number: 1}


def test_a_look_up_that_is_refused_is_told_and_keeps_no_other_order_waiting(
    order_scenario: Scenario, clock: FrozenClock
) -> None:
    """The package no longer has sales orders, and the shop went over to entries."""
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, "commit_then_hang")
    order_scenario.run()
    body = "Het ingelogde account heeft geen rechten op verkooporders."
    order_scenario.fault("snelstart", GET, "status", status=400, body=body, times=8)
    order_scenario.change_shop(posting_kind="sales_entry")
    clock.advance(hours=1)
    later = order_scenario.add_order(email="b@example.nl")
    settle(order_scenario, clock, rounds=3)
    assert order_scenario.order(later).state == "posted"
    assert order_scenario.order(number).state == "unknown"
    assert order_scenario.codes(number) == ["SNELSTART_WRITE_UNKNOWN", "SNELSTART_PACKAGE_TOO_LOW"]
    for _ in range(8):
        clock.advance(minutes=16)
        order_scenario.run()
    assert (order_scenario.order(number).state, order_scenario.codes(number)) == ("posted", [])
    assert order_scenario.booked() == {number: 1, later: 1}


@pytest.mark.parametrize(("kind", "facts"), [("throttle", {}), ("status", {"status": 503, "body": ""}), ("drop", {})])
def test_without_an_answer_to_the_last_look_nothing_is_sent(
    order_scenario: Scenario, clock: FrozenClock, kind: str, facts: dict[str, Any]
) -> None:
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, "throttle")
    order_scenario.run()
    order_scenario.fault("snelstart", GET, kind, **facts)
    clock.advance(minutes=6)
    order_scenario.run()
    assert (order_scenario.calls(POST), order_scenario.posting(number).state) == (1, "pending")
    for _ in range(3):
        clock.advance(minutes=16)
        order_scenario.run()
    assert order_scenario.order(number).state == "posted"
    order_scenario.check_books()


def test_a_worker_that_has_to_stop_leaves_the_look_ups_to_the_next(
    order_scenario: Scenario, clock: FrozenClock
) -> None:
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, "commit_then_hang")
    order_scenario.run()
    clock.advance(minutes=6)
    looks = order_scenario.calls(GET)
    with order_scenario.app.app_context():
        run_shop(order_scenario.shop_id, is_stopping=lambda: True)
    assert (order_scenario.calls(GET), order_scenario.order(number).state) == (looks, "unknown")
    settle(order_scenario, clock)
    assert order_scenario.booked() == {number: 1}


def test_a_number_that_snelstart_has_and_does_not_show_ends_as_an_error(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    taken = '[{"errorCode": "BOE-0021", "message": "Het factuurnummer bestaat al", "details": null}]'
    scenario.fault("snelstart", "POST /verkoopboekingen", "status", times=None, status=400, body=taken)
    scenario.run()
    settle(scenario, clock, rounds=6)
    assert scenario.calls("POST /verkoopboekingen") == 1
    assert (scenario.order(number).state, scenario.posting(number).state) == ("error", "rejected")
    assert scenario.codes(number) == ["INVOICE_NUMBER_DUPLICATE_HIDDEN"]
    scenario.sandbox.world.faults.clear()
    process_again(scenario, number, clock)
    assert scenario.booked() == {number: 1}
    scenario.check_books()


def test_a_mistake_of_ours_right_after_the_send_neither_doubles_nor_loses(
    order_scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_scenario.add_orders(2)

    def fail(*args: Any) -> Any:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(posting, "total_differs", fail)
        order_scenario.run()
    assert order_scenario.calls(POST) == 2
    settle(order_scenario, clock)
    assert order_scenario.states() == {"posted": 2}
    order_scenario.check_books()


def test_an_administration_that_is_left_and_comes_back_settles_what_it_may_have(
    app: Flask, order_scenario: Scenario, sandbox: Sandbox, clock: FrozenClock
) -> None:
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, "commit_then_hang")
    order_scenario.run()
    own = next(row for row in sandbox.snelstart.administrations() if row.id == order_scenario.administration_id)
    other = sandbox.snelstart.create_administration(
        name="Andere administratie", article_code_kind="Alfanumeriek", article_code_length=25
    )
    with app.app_context():
        connect_administration(order_scenario.shop_id, other.key)
    settle(order_scenario, clock)
    process_again(order_scenario, number, clock)
    assert sandbox.snelstart.documents(other.id, "verkooporders") == []
    assert order_scenario.order(number).state == "unknown"
    with app.app_context():
        connect_administration(order_scenario.shop_id, own.key)
    settle(order_scenario, clock)
    assert order_scenario.booked() == {number: 1}
    assert order_scenario.order(number).state == "posted"


def test_an_order_that_came_too_late_and_stands_twice_is_told(order_scenario: Scenario, clock: FrozenClock) -> None:
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, "delayed_commit", seconds=400)
    order_scenario.run()
    order_scenario.fault("snelstart", POST, "commit_then_hang")
    for _ in range(2):
        clock.advance(seconds=125)
        order_scenario.run()
    settle(order_scenario, clock)
    assert order_scenario.booked() == {number: 2}
    (issue,) = order_scenario.order(number).issues
    assert issue["code"] == "TWICE_IN_SNELSTART"
    assert set(issue["facts"].values()) == {str(order["nummer"]) for order in order_scenario.sales_orders()}
