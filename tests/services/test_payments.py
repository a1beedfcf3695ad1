"""Payments that are booked through: each sales entry of ours is settled once, or it says why not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.services.test_articles import act
from tests.services.test_posting import Killed, kill_after, kill_before, settle
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.clients.snelstart.client import SnelStartClient
from webshop.exceptions import ConflictError, OutcomeUnknownError, RejectedError, RemoteError, ThrottledError
from webshop.extensions import db, transaction
from webshop.models import AuditEvent, Order, Posting, User
from webshop.sandbox import Sandbox
from webshop.services import order_actions, payments, runs, totals

pytestmark = pytest.mark.database
POST = "POST /memoriaalboekingen"
SALE = "POST /verkoopboekingen"


def identifier(scenario: Scenario, collection: str, number: int) -> str:
    rows = scenario.sandbox.snelstart.documents(scenario.administration_id, collection)
    return next(str(row["id"]) for row in rows if row["nummer"] == number)


@pytest.fixture
def paying(scenario: Scenario) -> Scenario:
    """A shop whose payments are booked through."""
    scenario.change_shop(
        may_post_payments=True,
        are_payments_posted=True,
        journal_id=identifier(scenario, "dagboeken", 2000),
        clearing_ledger_id=identifier(scenario, "grootboeken", 1240),
    )
    return scenario


def pay_by_hand(scenario: Scenario, number: str, amount: str) -> None:
    entry = next(row for row in scenario.entries() if row["factuurnummer"] == number)
    ledger = identifier(scenario, "grootboeken", 1250)
    act(
        scenario,
        "/memoriaalboekingen",
        {
            "datum": "2026-11-23T00:00:00",
            "dagboek": {"id": identifier(scenario, "dagboeken", 2000)},
            "boekstuk": "BANK-7",
            "verkoopboekingBoekingsRegels": [
                {"boekingId": {"id": entry["id"]}, "omschrijving": "bank", "bedrag": float(amount)}
            ],
            "memoriaalBoekingsRegels": [
                {"omschrijving": "bank", "grootboek": {"id": ledger}, "debet": float(amount), "credit": 0}
            ],
        },
    )


def check_paid(scenario: Scenario, numbers: list[str]) -> None:
    """Fail unless exactly these orders were paid, each once and in full."""
    assert scenario.payments() == dict.fromkeys(numbers, 1)
    assert {number: scenario.balances()[number] for number in numbers} == dict.fromkeys(numbers, Decimal(0))
    assert all(scenario.posting(number, "payment").state == "posted" for number in numbers)
    assert all(scenario.order(number).state == "posted" for number in numbers)
    scenario.check_books()


def test_a_payment_settles_the_sale_against_the_clearing_ledger(paying: Scenario) -> None:
    number = paying.add_order(email="a@example.nl", total="24.99")
    result = paying.run()
    assert (result.posted, result.errors, result.error_code) == (1, 0, None)
    (entry,) = paying.sandbox.snelstart.documents(paying.administration_id, "memoriaalboekingen")
    (line,) = entry["memoriaalBoekingsRegels"]
    assert (line["debet"], line["credit"]) == (Decimal("24.99"), Decimal(0))
    assert line["grootboek"]["id"] == identifier(paying, "grootboeken", 1240)
    assert entry["boekstuk"] == number
    posting = paying.posting(number, "payment")
    assert (posting.kind, posting.external_id) == ("journal", entry["id"])
    assert paying.codes(number) == []
    # The one look at the invoices is the reading before the shop's first booking.
    assert (paying.calls(POST), paying.calls("GET /verkoopfacturen")) == (1, 1)
    check_paid(paying, [number])


def test_a_second_run_pays_nothing_twice(paying: Scenario, clock: FrozenClock) -> None:
    numbers = paying.add_orders(3)
    for _ in range(3):
        paying.run()
        clock.advance(hours=1)
    assert paying.calls(POST) == 3
    check_paid(paying, numbers)


@pytest.mark.parametrize("switches", [{"may_post_payments": False}, {"are_payments_posted": False}])
def test_without_contract_or_choice_nothing_is_paid(paying: Scenario, switches: dict[str, bool]) -> None:
    paying.change_shop(**switches)
    number = paying.add_order(email="a@example.nl")
    paying.run()
    assert paying.order(number).state == "posted"
    assert paying.payments() == {}
    with paying.app.app_context():
        assert [posting.purpose for posting in db.session.query(Posting)] == ["sale"]


def test_a_sales_order_is_not_paid(order_scenario: Scenario) -> None:
    order_scenario.change_shop(
        may_post_payments=True,
        are_payments_posted=True,
        journal_id=identifier(order_scenario, "dagboeken", 2000),
        clearing_ledger_id=identifier(order_scenario, "grootboeken", 1240),
    )
    order_scenario.add_orders(2)
    order_scenario.run()
    assert order_scenario.states() == {"posted": 2}
    assert order_scenario.payments() == {}


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
def test_without_an_answer_it_is_looked_up_before_it_is_sent_again(
    paying: Scenario, clock: FrozenClock, kind: str, facts: dict[str, Any]
) -> None:
    number = paying.add_order(email="a@example.nl")
    paying.fault("snelstart", POST, kind, **facts)
    result = paying.run()
    assert (result.posted, result.unknown) == (1, 0), "the order itself is booked"
    assert paying.order(number).state == "posted"
    assert paying.posting(number, "payment").state == "unknown"
    for _ in range(3):
        clock.advance(seconds=70)
        paying.run()
        assert paying.calls(POST) == 1, "sent again before it was looked for twice, two minutes apart"
    settle(paying, clock)
    check_paid(paying, [number])


def test_a_filter_that_is_ignored_leads_to_no_second_payment(paying: Scenario, clock: FrozenClock) -> None:
    paying.add_orders(2)
    paying.run()
    number = paying.add_order(email="late@example.nl")
    paying.fault("snelstart", POST, "commit_then_hang")
    for operation in ("GET /grootboekmutaties", "GET /verkoopfacturen"):
        paying.fault("snelstart", operation, "ignore_filter", times=None)
    clock.advance(hours=1)
    paying.run()
    settle(paying, clock)
    assert paying.payments()[number] == 1
    assert paying.balances()[number] == 0


def test_mutations_that_are_hidden_lead_to_no_second_payment(
    paying: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The open balance tells that somebody paid, if not who."""
    number = paying.add_order(email="a@example.nl")
    paying.fault("snelstart", POST, "commit_then_hang")
    paying.run()
    monkeypatch.setattr(SnelStartClient, "find_ledger_mutations", lambda *args: ())
    settle(paying, clock)
    assert paying.calls(POST) == 1
    assert paying.codes(number) == ["PAYMENT_SETTLED_ELSEWHERE"]
    assert paying.order(number).state == "posted"


@pytest.mark.parametrize("kill", [kill_before, kill_after])
def test_death_around_a_payment_neither_doubles_nor_loses(
    paying: Scenario,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    kill: Callable[[pytest.MonkeyPatch, type, str], None],
) -> None:
    numbers = paying.add_orders(3)
    with monkeypatch.context() as patch:
        kill(patch, SnelStartClient, "create_journal_entry")
        patch.setattr(runs, "_end", lambda *args, **kwargs: None)
        with pytest.raises(Killed):
            paying.run()
    settle(paying, clock)
    check_paid(paying, numbers)


@pytest.mark.parametrize("fault", ["commit_then_hang", "drop"])
def test_a_sale_that_is_found_again_is_paid_too(paying: Scenario, clock: FrozenClock, fault: str) -> None:
    number = paying.add_order(email="a@example.nl")
    paying.fault("snelstart", SALE, fault)
    paying.run()
    assert paying.payments() == {}
    settle(paying, clock)
    check_paid(paying, [number])


def test_death_between_sale_and_payment_loses_no_payment(
    paying: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = paying.add_orders(2)

    def die(*args: Any, **kwargs: Any) -> bool:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(payments, "post_due_payments", die)
        patch.setattr(runs, "_end", lambda *args, **kwargs: None)
        with pytest.raises(Killed):
            paying.run()
    settle(paying, clock)
    check_paid(paying, numbers)


def test_two_runs_at_a_time_pay_once(paying: Scenario) -> None:
    numbers = paying.add_orders(6)
    barrier = threading.Barrier(2)

    def run() -> None:
        barrier.wait()
        paying.run()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paying.calls(POST) == 6
    check_paid(paying, numbers)


# somebody else was first


@pytest.mark.parametrize("amount", ["24.99", "10.00"])
def test_an_invoice_that_was_paid_by_hand_meanwhile_is_left_alone(
    paying: Scenario, clock: FrozenClock, amount: str
) -> None:
    number = paying.add_order(email="a@example.nl", total="24.99")
    paying.fault("snelstart", POST, "throttle")
    paying.run()
    pay_by_hand(paying, number, amount)
    settle(paying, clock)
    assert paying.payments() == {"BANK-7": 1}
    assert (paying.order(number).state, paying.codes(number)) == ("posted", ["PAYMENT_SETTLED_ELSEWHERE"])
    assert paying.calls(POST) == 1
    paying.check_books()


def test_an_unanswered_payment_that_somebody_made_by_hand_is_left_alone(paying: Scenario, clock: FrozenClock) -> None:
    number = paying.add_order(email="a@example.nl", total="24.99")
    paying.fault("snelstart", POST, "drop")
    paying.run()
    pay_by_hand(paying, number, "24.99")
    settle(paying, clock)
    assert paying.payments() == {"BANK-7": 1}
    assert paying.codes(number) == ["PAYMENT_SETTLED_ELSEWHERE"]


def test_a_sale_that_was_deleted_meanwhile_is_told(paying: Scenario, clock: FrozenClock) -> None:
    number = paying.add_order(email="a@example.nl")
    paying.fault("snelstart", POST, "drop")
    paying.run()
    (entry,) = paying.entries()
    paying.sandbox.snelstart.act(paying.administration_id, "DELETE", f"/verkoopboekingen/{entry['id']}")
    settle(paying, clock)
    assert paying.payments() == {}
    assert paying.codes(number) == ["SNELSTART_ENTRY_NOT_FOUND"]


def test_what_another_link_booked_is_not_paid(paying: Scenario, clock: FrozenClock) -> None:
    paying.change_shop(are_payments_posted=False)
    number = paying.add_order(email="a@example.nl")
    paying.run()
    paying.change_shop(are_payments_posted=True)
    with paying.app.app_context(), transaction() as session:
        session.execute(update(Order).values(state="open", due_at=clock.now()))
        session.connection().exec_driver_sql("DELETE FROM postings")
        totals.rebuild(paying.shop_id)
    paying.run()
    settle(paying, clock)
    assert paying.codes(number) == ["ALREADY_IN_SNELSTART"]
    assert paying.payments() == {}


@pytest.mark.parametrize("fault", ["throttle", "drop"])
def test_what_another_link_booked_and_somebody_paid_is_not_paid_again(
    paying: Scenario, clock: FrozenClock, fault: str
) -> None:
    """Our first try came to nothing; the second hears that the number exists."""
    number = paying.add_order(email="a@example.nl", total="24.99")
    paying.change_shop(are_payments_posted=False)
    paying.run()
    pay_by_hand(paying, number, "24.99")
    paying.change_shop(are_payments_posted=True)
    with paying.app.app_context(), transaction() as session:
        session.execute(update(Order).values(state="open", due_at=clock.now()))
        session.connection().exec_driver_sql("DELETE FROM postings")
        totals.rebuild(paying.shop_id)
    paying.fault("snelstart", SALE, fault)
    clock.advance(minutes=1)
    paying.run()
    settle(paying, clock)
    assert paying.balances() == {number: 0}
    assert paying.payments() == {"BANK-7": 1}
    assert paying.codes(number) == ["PAYMENT_SETTLED_ELSEWHERE"]


@pytest.mark.parametrize("answer", [OutcomeUnknownError, RejectedError, ThrottledError])
def test_what_a_frozen_run_hears_late_does_not_undo_a_payment(
    paying: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, answer: type[RemoteError]
) -> None:
    number = paying.add_order(email="a@example.nl")
    real = SnelStartClient.create_journal_entry
    frozen: list[bool] = []

    def work_on() -> None:
        for minutes in (10, 3, 3):
            clock.advance(minutes=minutes)
            paying.run()

    def create(client: SnelStartClient, payload: Any) -> Any:
        if frozen:
            return real(client, payload)
        frozen.append(True)
        other = threading.Thread(target=work_on)
        other.start()
        other.join()
        assert paying.posting(number, "payment").state == "posted"
        raise answer("late", remote="snelstart", operation=POST)

    monkeypatch.setattr(SnelStartClient, "create_journal_entry", create)
    paying.run()
    assert (paying.posting(number, "payment").state, paying.codes(number)) == ("posted", [])
    check_paid(paying, [number])


def test_a_look_up_that_is_refused_is_told_and_keeps_nothing_else_waiting(paying: Scenario, clock: FrozenClock) -> None:
    """A key without the right to read mutations."""
    number = paying.add_order(email="a@example.nl")
    paying.fault("snelstart", POST, "commit_then_hang")
    paying.run()
    paying.fault("snelstart", "GET /grootboekmutaties", "status", status=403, body="", times=1)
    clock.advance(hours=1)
    later = paying.add_order(email="b@example.nl")
    paying.run()
    assert paying.order(later).state == "posted"
    assert (paying.order(number).state, paying.codes(number)) == ("posted", ["SNELSTART_SCOPE_MISSING"])
    clock.advance(minutes=16)
    paying.run()
    assert paying.codes(number) == []
    check_paid(paying, [number, later])


def test_a_late_payment_on_a_clearing_ledger_chosen_before_is_not_made_again(
    paying: Scenario, clock: FrozenClock
) -> None:
    number = paying.add_order(email="a@example.nl")
    paying.fault("snelstart", POST, "delayed_commit", seconds=400)
    paying.run()
    paying.change_shop(clearing_ledger_id=identifier(paying, "grootboeken", 1250))
    settle(paying, clock)
    assert paying.payments() == {number: 1}
    assert paying.balances() == {number: 0}


def test_another_entry_under_the_number_of_an_uncertain_payment_is_told_and_nothing_is_sent_again(
    paying: Scenario, clock: FrozenClock
) -> None:
    number = paying.add_order(email="a@example.nl", total="24.99")
    paying.fault("snelstart", POST, "drop")
    paying.run()
    sent = paying.posting(number, "payment").payload
    line = {**sent["memoriaalBoekingsRegels"][0], "debet": 5.00}
    settled = {**sent["verkoopboekingBoekingsRegels"][0], "bedrag": 5.00}
    act(
        paying,
        "/memoriaalboekingen",
        {**sent, "memoriaalBoekingsRegels": [line], "verkoopboekingBoekingsRegels": [settled]},
    )
    settle(paying, clock)
    assert (paying.posting(number, "payment").state, paying.payments()) == ("rejected", {number: 1})
    (issue,) = paying.order(number).issues
    assert (issue["code"], issue["facts"]["about"]) == ("INVOICE_NUMBER_DUPLICATE_DIFFERENT", "payment")
    with pytest.raises(ConflictError):
        process_again(paying, number)


# refusals, settings and limits


def process_again(paying: Scenario, number: str) -> None:
    """Do what Verwerk does."""
    with paying.app.app_context():
        user = db.session.scalars(select(User)).first()
        assert user is not None
        db.session.rollback()
        order_actions.process_again(paying.order(number), user)


def test_a_refused_payment_is_told_on_the_order_and_nothing_else_changes(paying: Scenario, clock: FrozenClock) -> None:
    first, second = paying.add_orders(2)
    body = '[{"errorCode": "BOE-0042", "message": "De periode is geblokkeerd", "details": null}]'
    paying.fault("snelstart", POST, "status", status=400, body=body)
    result = paying.run()
    assert (result.posted, result.errors, result.error_code) == (2, 0, None)
    assert paying.states() == {"posted": 2}
    refused = first if paying.codes(first) else second
    assert paying.codes(refused) == ["BOOKYEAR_CLOSED"]
    assert paying.posting(refused, "payment").state == "rejected"
    settle(paying, clock)
    assert paying.calls(POST) == 2, "a refusal is not repeated by itself"
    paying.check_books()
    process_again(paying, refused)
    paying.run()
    assert paying.codes(refused) == []
    check_paid(paying, [first, second])


def test_what_somebody_else_settled_is_not_tried_again(paying: Scenario, clock: FrozenClock) -> None:
    number = paying.add_order(email="a@example.nl", total="24.99")
    paying.fault("snelstart", POST, "throttle")
    paying.run()
    pay_by_hand(paying, number, "24.99")
    settle(paying, clock)
    with pytest.raises(ConflictError):
        process_again(paying, number)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"clearing_ledger_id": None}, "CLEARING_LEDGER_MISSING"),
        ({"journal_id": None}, "JOURNAL_INACTIVE"),
        ({"journal_id": "11111111-1111-4111-8111-111111111111"}, "JOURNAL_INACTIVE"),
    ],
)
def test_settings_that_do_not_fit_keep_payments_waiting(
    paying: Scenario, clock: FrozenClock, change: dict[str, Any], code: str
) -> None:
    good = {
        "journal_id": identifier(paying, "dagboeken", 2000),
        "clearing_ledger_id": identifier(paying, "grootboeken", 1240),
    }
    paying.change_shop(**change)
    numbers = paying.add_orders(2)
    assert paying.run().error_code == code
    assert [paying.codes(number) for number in numbers] == [[code], [code]]
    assert paying.calls(POST) == 0
    paying.change_shop(**good)
    clock.advance(hours=1)
    paying.run()
    assert [paying.codes(number) for number in numbers] == [[], []]
    check_paid(paying, numbers)


def test_a_journal_of_another_kind_is_not_used(paying: Scenario) -> None:
    paying.change_shop(journal_id=identifier(paying, "dagboeken", 1300))
    paying.add_orders(1)
    assert paying.run().error_code == "JOURNAL_INACTIVE"
    assert paying.calls(POST) == 0


@pytest.mark.parametrize("kind", ["throttle", "quota"])
def test_payments_wait_while_snelstart_is_throttled(paying: Scenario, clock: FrozenClock, kind: str) -> None:
    numbers = paying.add_orders(3)
    paying.fault("snelstart", POST, kind, skip=1)
    result = paying.run()
    assert (result.posted, result.error_code) == (3, "SNELSTART_THROTTLED")
    paying.run()
    assert paying.calls(POST) == 2, "the pause was not kept"
    assert paying.states() == {"posted": 3}
    settle(paying, clock)
    check_paid(paying, numbers)


def test_a_throttled_payment_is_due_again_when_the_pause_is_over(
    paying: Scenario, clock: FrozenClock, sandbox: Sandbox
) -> None:
    from webshop.services import scheduling

    numbers = paying.add_orders(1)
    paying.fault("snelstart", POST, "throttle")
    paying.run()
    with paying.app.app_context():
        assert scheduling.due_shops(clock.now()) == []
        assert scheduling.due_shops(clock.advance(minutes=5)) == [paying.shop_id], "not only at the next slot"
    paying.run()
    check_paid(paying, numbers)


@pytest.mark.parametrize(
    "change",
    [
        {"is_posting_automatic": False},
        {"paused_until": datetime(2026, 12, 1, tzinfo=UTC)},
        {"may_post_payments": False},
        {"are_payments_posted": False},
    ],
)
def test_a_switch_in_the_middle_of_a_run_counts_at_once(
    paying: Scenario, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    paying.add_orders(3)
    real = SnelStartClient.create_journal_entry

    def create(client: SnelStartClient, payload: Any) -> Any:
        created = real(client, payload)
        paying.change_shop(**change)
        return created

    monkeypatch.setattr(SnelStartClient, "create_journal_entry", create)
    paying.run()
    assert paying.calls(POST) == 1


def test_a_mistake_of_ours_with_one_payment_does_not_stop_the_next(
    paying: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = paying.add_orders(2)
    real = payments._document

    def build(sale: Posting, order: Order, shop: Any) -> Any:
        if sale.amazon_order_id == first:
            raise ZeroDivisionError
        return real(sale, order, shop)

    monkeypatch.setattr(payments, "_document", build)
    paying.run()
    assert paying.payments() == {second: 1}
    assert paying.codes(first) == ["ORDER_CRASHED"]
    assert paying.states() == {"posted": 2}


def test_a_slice_that_is_over_leaves_the_rest_to_the_next(paying: Scenario, app: Flask) -> None:
    numbers = paying.add_orders(3)
    with app.app_context():
        result = runs.run_shop(paying.shop_id, is_stopping=lambda: paying.calls(POST) >= 1)
    assert (paying.calls(POST), result.is_more_due) == (1, True)
    paying.run()
    check_paid(paying, numbers)


def test_every_step_is_in_the_audit(paying: Scenario, clock: FrozenClock) -> None:
    paying.add_order(email="a@example.nl")
    paying.fault("snelstart", POST, "drop")
    paying.run()
    settle(paying, clock)
    with paying.app.app_context():
        actions = [event.action for event in db.session.query(AuditEvent).where(AuditEvent.order_id.is_not(None))]
        assert actions == ["posted", "payment_outcome_unknown", "payment_not_found", "payment_posted"]
