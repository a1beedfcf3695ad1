"""Sales orders: SnelStart computes their VAT and lets the same order in twice, so we may not send it twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.services.test_articles import act, move_article, process_again
from tests.services.test_posting import Killed, kill_after, kill_before, settle
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_order_shop
from webshop.clients.snelstart.client import SnelStartClient
from webshop.extensions import db, transaction
from webshop.models import AuditEvent, Order, Posting, Shop
from webshop.sandbox import Sandbox
from webshop.services import documents, onboarding, runs, support_actions, totals

pytestmark = pytest.mark.database
POST = "POST /verkooporders"
GET = "GET /verkooporders"


def test_an_order_stands_in_snelstart_to_the_cent(order_scenario: Scenario) -> None:
    number = order_scenario.add_order(
        email="a@example.nl", sku="KABEL", total="24.99", shipping="4.99", quantity=2, city="Utrecht"
    )
    order_scenario.run()
    (order,) = order_scenario.sales_orders()
    assert order["totaalInclusiefBtw"] == Decimal("24.99")
    assert (order["betalingskenmerk"], order["verkooporderBtwIngaveModel"]) == (number, "Exclusief")
    assert (order["afleveradres"]["postcode"], order["afleveradres"]["plaats"]) == ("1012 AB", "Utrecht")
    posting = order_scenario.posting(number)
    assert (posting.kind, posting.external_id) == ("sales_order", order["id"])
    assert posting.external_number == str(order["nummer"])
    order_scenario.check_books()


def test_the_address_of_the_buyer_is_not_kept(order_scenario: Scenario) -> None:
    number = order_scenario.add_order(email="a@example.nl", postal_code="9999 XX", city="Spijk")
    order_scenario.run()
    kept = str(order_scenario.posting(number).payload)
    assert "9999 XX" not in kept
    assert "Spijk" not in kept


def test_a_price_that_exclusive_cannot_reach_is_sent_including_vat(order_scenario: Scenario) -> None:
    numbers = [order_scenario.add_order(email="a@example.nl", total=f"0.{cents:02}") for cents in range(1, 20)]
    order_scenario.run()
    models = {order["verkooporderBtwIngaveModel"] for order in order_scenario.sales_orders()}
    assert models == {"Exclusief", "Inclusief"}
    assert any("PRICES_SENT_INCLUDING_VAT" in order_scenario.codes(number) for number in numbers)
    order_scenario.check_books()


def test_a_total_that_differs_is_told_and_the_order_is_never_sent_again(
    order_scenario: Scenario, clock: FrozenClock
) -> None:
    order_scenario.add_order(email="a@example.nl", sku="KABEL", total="24.20")
    order_scenario.run()
    move_article(order_scenario, "KABEL", group=2)
    clock.advance(hours=1)
    number = order_scenario.add_order(email="b@example.nl", sku="KABEL", total="24.20")
    later = order_scenario.add_order(email="c@example.nl", sku="KABEL", total="24.20", minutes_ago=59)
    order_scenario.run()
    (issue,) = order_scenario.order(number).issues
    assert issue["code"] == "ORDER_TOTAL_DIFFERS"
    assert (Decimal(issue["facts"]["ours"]), Decimal(issue["facts"]["theirs"])) == (Decimal("24.20"), Decimal("21.80"))
    assert order_scenario.order(number).state == "posted"
    # The article is read again before the next order, which then comes to its total.
    assert (order_scenario.order(later).state, order_scenario.codes(later)) == ("posted", [])
    calls = order_scenario.calls(POST)
    process_again(order_scenario, number, clock)
    assert order_scenario.calls(POST) == calls
    order_scenario.check_totals()


# outcome unknown


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("drop", {}),
        ("commit_then_hang", {}),
        ("delayed_commit", {"seconds": 45}),
        ("delayed_commit", {"seconds": 200}),
        ("reset", {}),
        ("commit_then_reset", {}),
        ("commit_then_status", {"status": 502, "body": ""}),
        ("status", {"status": 503, "body": ""}),
        ("truncate", {"bytes": 40}),
        ("without_id", {}),
    ],
)
def test_without_an_answer_it_is_looked_up_twice_before_it_is_sent_again(
    order_scenario: Scenario, clock: FrozenClock, kind: str, facts: dict[str, Any]
) -> None:
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, kind, **facts)
    order_scenario.run()
    assert order_scenario.order(number).state == "unknown"
    assert order_scenario.codes(number) == ["SNELSTART_WRITE_UNKNOWN"]
    for _ in range(3):
        clock.advance(seconds=70)
        order_scenario.run()
        assert order_scenario.calls(POST) == 1, "sent again before it was looked for twice, two minutes apart"
    settle(order_scenario, clock)
    assert order_scenario.booked() == {number: 1}
    assert order_scenario.order(number).state == "posted"
    order_scenario.check_books()


def test_looking_up_takes_two_requests_two_minutes_apart(order_scenario: Scenario, clock: FrozenClock) -> None:
    order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, "drop")
    order_scenario.run()
    order_scenario.sandbox.world.log.clear()
    clock.advance(seconds=121)
    order_scenario.run()
    order_scenario.run()
    assert (order_scenario.calls(GET), order_scenario.calls(POST)) == (1, 0)
    clock.advance(seconds=121)
    order_scenario.run()
    assert order_scenario.calls(POST) == 1
    assert order_scenario.booked().total() == 1


def test_a_filter_that_is_ignored_hides_no_order(
    order_scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SnelStart then answers its first page of everything: ours is not on it."""
    monkeypatch.setattr(documents, "PAGE", 2)
    order_scenario.add_orders(3)
    order_scenario.run()
    monkeypatch.setattr(SnelStartClient, "find_sales_orders", lambda client, number: ())
    number = order_scenario.add_order(email="late@example.nl")
    order_scenario.fault("snelstart", POST, "commit_then_hang")
    order_scenario.fault("snelstart", GET, "ignore_filter", times=None)
    clock.advance(hours=1)
    order_scenario.run()
    settle(order_scenario, clock)
    assert order_scenario.booked()[number] == 1
    assert order_scenario.order(number).state == "posted"
    order_scenario.check_books()


def test_an_equal_document_with_another_total_is_adopted_with_a_warning(
    order_scenario: Scenario, clock: FrozenClock
) -> None:
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, "commit_then_hang")
    order_scenario.run()
    (order,) = order_scenario.sales_orders()
    order_scenario.sandbox.snelstart.change_document(
        order_scenario.administration_id, "verkooporders", order["id"], totaalInclusiefBtw=Decimal("20.00")
    )
    settle(order_scenario, clock)
    assert order_scenario.order(number).state == "posted"
    assert order_scenario.codes(number) == ["ORDER_TOTAL_DIFFERS"]
    assert order_scenario.booked() == {number: 1}


def test_another_order_with_its_number_is_shown_and_nothing_is_sent_until_it_is_gone(
    order_scenario: Scenario, clock: FrozenClock
) -> None:
    number = order_scenario.add_order(email="a@example.nl", sku="KABEL")
    order_scenario.fault("snelstart", POST, "drop")
    order_scenario.run()
    other = act(
        order_scenario,
        "/verkooporders",
        {
            "relatie": {"id": order_scenario.customers()[0]["id"]},
            "datum": "2026-11-23T00:00:00",
            "betalingskenmerk": number,
            "regels": [{"artikel": {"id": order_scenario.articles()["KABEL"]["id"]}, "aantal": 9, "stuksprijs": 1}],
        },
    )
    settle(order_scenario, clock)
    assert order_scenario.order(number).state == "error"
    assert order_scenario.codes(number) == ["INVOICE_NUMBER_DUPLICATE_DIFFERENT"]
    process_again(order_scenario, number, clock)
    settle(order_scenario, clock)
    assert order_scenario.order(number).state == "error"
    assert order_scenario.calls(POST) == 1, "Verwerk sent it beside the other one"
    order_scenario.sandbox.snelstart.act(order_scenario.administration_id, "DELETE", f"/verkooporders/{other['id']}")
    process_again(order_scenario, number, clock)
    settle(order_scenario, clock)
    assert order_scenario.booked() == {number: 1}
    assert order_scenario.order(number).state == "posted"


@pytest.mark.parametrize("kill", [kill_before, kill_after])
@pytest.mark.parametrize("call", ["create_sales_order", "create_relation"])
def test_death_around_a_write_neither_doubles_nor_loses(
    order_scenario: Scenario,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    kill: Callable[[pytest.MonkeyPatch, type, str], None],
    call: str,
) -> None:
    order_scenario.add_orders(3)
    with monkeypatch.context() as patch:
        kill(patch, SnelStartClient, call)
        patch.setattr(runs, "_end", lambda *args, **kwargs: None)
        with pytest.raises(Killed):
            order_scenario.run()
    assert order_scenario.run().state is None, "the dead run still holds the shop"
    settle(order_scenario, clock)
    assert order_scenario.states() == {"posted": 3}
    assert len(order_scenario.customers()) == 3
    order_scenario.check_books()


def test_two_runs_at_a_time_do_the_work_of_one(order_scenario: Scenario) -> None:
    order_scenario.add_orders(6, sku="KABEL")
    barrier, results = threading.Barrier(2), []

    def run() -> None:
        barrier.wait()
        results.append(order_scenario.run())

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.posted for result in results) == [0, 6]
    assert order_scenario.calls(POST) == 6
    order_scenario.check_books()


def test_a_throttled_snelstart_pauses_and_nothing_is_lost(order_scenario: Scenario, clock: FrozenClock) -> None:
    order_scenario.add_orders(3)
    order_scenario.fault("snelstart", POST, "throttle", skip=1)
    assert order_scenario.run().error_code == "SNELSTART_THROTTLED"
    settle(order_scenario, clock)
    assert order_scenario.states() == {"posted": 3}
    order_scenario.check_books()


# the kind is a setting, the order goes out once


@pytest.mark.parametrize("kinds", [("sales_entry", "sales_order"), ("sales_order", "sales_entry")])
@pytest.mark.parametrize(
    ("fault", "facts"),
    [("drop", {}), ("commit_then_hang", {}), ("delayed_commit", {"seconds": 200}), ("throttle", {})],
)
def test_switching_the_kind_between_a_posting_and_its_retry_books_once(
    order_scenario: Scenario, clock: FrozenClock, kinds: tuple[str, str], fault: str, facts: dict[str, Any]
) -> None:
    order_scenario.change_shop(posting_kind=kinds[0])
    number = order_scenario.add_order(email="a@example.nl")
    operation = {"sales_entry": "POST /verkoopboekingen", "sales_order": POST}[kinds[0]]
    order_scenario.fault("snelstart", operation, fault, **facts)
    order_scenario.run()
    order_scenario.change_shop(posting_kind=kinds[1])
    settle(order_scenario, clock)
    assert order_scenario.booked() == {number: 1}
    assert order_scenario.order(number).state == "posted"
    order_scenario.check_books()


def test_a_posted_order_is_not_posted_as_another_kind(order_scenario: Scenario, clock: FrozenClock) -> None:
    order_scenario.add_orders(2)
    order_scenario.run()
    order_scenario.change_shop(posting_kind="sales_entry")
    with order_scenario.app.app_context(), transaction() as session:
        session.execute(update(Order).values(state="open", due_at=clock.now()))
        totals.rebuild(order_scenario.shop_id)
    order_scenario.run()
    assert order_scenario.entries() == []
    order_scenario.check_books()


def test_a_switch_in_the_middle_of_a_run_stops_it(order_scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    order_scenario.add_orders(3)
    real = SnelStartClient.create_sales_order

    def create(client: SnelStartClient, payload: Any) -> Any:
        created = real(client, payload)
        order_scenario.change_shop(posting_kind="sales_entry")
        return created

    monkeypatch.setattr(SnelStartClient, "create_sales_order", create)
    order_scenario.run()
    assert (len(order_scenario.sales_orders()), order_scenario.entries()) == (1, [])
    monkeypatch.undo()
    order_scenario.run("manual")
    assert len(order_scenario.entries()) == 2
    order_scenario.check_books()


def test_without_the_contract_nothing_is_posted_and_the_run_says_so(order_scenario: Scenario) -> None:
    order_scenario.change_shop(may_post_orders=False)
    order_scenario.add_orders(2)
    assert order_scenario.run().error_code == "SALES_ORDERS_NOT_AGREED"
    assert order_scenario.booked() == {}
    assert order_scenario.states() == {"open": 2}
    order_scenario.change_shop(may_post_orders=True)
    assert order_scenario.run("manual").error_code is None
    assert order_scenario.states() == {"posted": 2}


def test_what_staff_takes_out_of_the_contract_stops_a_run_that_is_under_way(
    order_scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sent stays booked; the rest waits, and is booked when the contract has it again."""
    order_scenario.add_orders(3)
    real = SnelStartClient.create_sales_order

    def agree(is_agreed: bool) -> None:
        before = {"may_post_orders": not is_agreed, "may_post_payments": False}
        wanted = {**before, "may_post_orders": is_agreed}
        with order_scenario.app.app_context():
            shop = db.session.get_one(Shop, order_scenario.shop_id)
            staff = onboarding.create_user(f"eva-{is_agreed}@office.test", is_staff=True)
            db.session.commit()
            assert support_actions.change_contract(shop, staff, wanted, seen=before, reason="Anders afgesproken")

    def create(client: SnelStartClient, payload: Any) -> Any:
        created = real(client, payload)
        agree(False)
        return created

    monkeypatch.setattr(SnelStartClient, "create_sales_order", create)
    assert order_scenario.run().error_code == "SALES_ORDERS_NOT_AGREED"
    assert order_scenario.states() == {"posted": 1, "open": 2}
    monkeypatch.undo()
    agree(True)
    order_scenario.run("manual")
    assert order_scenario.states() == {"posted": 3}
    assert len(order_scenario.sales_orders()) == 3
    order_scenario.check_books()


def test_a_package_without_sales_orders_is_told(app: Flask, sandbox: Sandbox) -> None:
    scenario = connect_order_shop(app, sandbox, package="inKaart")
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    assert (scenario.order(number).state, scenario.codes(number)) == ("error", ["SNELSTART_PACKAGE_TOO_LOW"])
    scenario.check_books()


def test_a_refusal_names_its_reason_and_the_batch_goes_on(order_scenario: Scenario) -> None:
    order_scenario.add_orders(2)
    body = '[{"errorCode": "VOR-0010", "message": "Het land bestaat niet", "details": null}]'
    order_scenario.fault("snelstart", POST, "status", status=400, body=body)
    order_scenario.run()
    assert order_scenario.states() == {"error": 1, "posted": 1}
    order_scenario.check_books()


def test_every_step_is_in_the_audit(order_scenario: Scenario, clock: FrozenClock) -> None:
    order_scenario.add_order(email="a@example.nl")
    order_scenario.fault("snelstart", POST, "drop")
    order_scenario.run()
    settle(order_scenario, clock)
    with order_scenario.app.app_context():
        actions = [event.action for event in db.session.query(AuditEvent).where(AuditEvent.order_id.is_not(None))]
        assert actions == ["outcome_unknown", "not_found", "posted"]
        assert db.session.query(Posting).one().attempt == 2


def test_known_customers_and_articles_cost_one_request_each(order_scenario: Scenario, clock: FrozenClock) -> None:
    for _ in range(2):
        for number in range(20):
            order_scenario.add_order(email=f"koper{number}@example.nl", sku=f"SKU-{number % 5}")
        order_scenario.sandbox.world.log.clear()
        order_scenario.run()
        clock.advance(hours=1)
    assert order_scenario.calls(POST) == 20
    assert len(order_scenario.sandbox.world.log.entries()) <= 24
