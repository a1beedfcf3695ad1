"""What a person decides for one order is done once, by whom it may be, and never books twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.services.test_payments import paying  # noqa: F401
from tests.services.test_posting import Killed, kill_after, kill_before, settle
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.clients.snelstart.client import SnelStartClient
from webshop.exceptions import ConflictError, NotAllowedError, RetryableRemoteError
from webshop.extensions import db, transaction
from webshop.models import AuditEvent, Membership, Order, Role, Shop, User
from webshop.services import leases, onboarding, order_decisions

pytestmark = pytest.mark.database
REASON = "verkeerde klant"


def decide(scenario: Scenario, number: str, decision: Callable[..., Any], *words: str, role: Role = Role.OWNER) -> Any:
    with scenario.app.app_context():
        user = person(scenario, role)
        order = db.session.scalars(select(Order).where(Order.amazon_order_id == number)).one()
        db.session.rollback()
        return decision(order, user, *words)


def person(scenario: Scenario, role: Role) -> User:
    with transaction() as session:
        found = session.scalars(
            select(User)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.shop_id == scenario.shop_id, Membership.role == role.value)
        ).first()
        if found is None:
            found = onboarding.create_user(f"{role.value}@example.nl")
            onboarding.add_member(session.get_one(Shop, scenario.shop_id), found, role)
    return found


def delete_entry(scenario: Scenario) -> None:
    scenario.sandbox.snelstart.books(scenario.administration_id)
    for entry in scenario.entries():
        path = f"/verkoopboekingen/{entry['id']}"
        assert scenario.sandbox.snelstart.act(scenario.administration_id, "DELETE", path).status == 200


def actions(scenario: Scenario) -> list[str]:
    with scenario.app.app_context():
        return list(db.session.scalars(select(AuditEvent.action).where(AuditEvent.user_id.is_not(None))))


# booking anew


def test_an_order_is_booked_anew_when_its_document_is_gone(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    delete_entry(scenario)
    decide(scenario, number, order_decisions.repost_order, REASON)
    assert scenario.order(number).state == "open"
    scenario.run()
    assert scenario.booked() == {number: 1}
    assert scenario.posting(number).generation == 2
    assert "repost_requested" in actions(scenario)
    settle(scenario, clock)
    scenario.check_books()


def test_a_sales_order_is_booked_anew(order_scenario: Scenario, clock: FrozenClock) -> None:
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.run()
    (order,) = order_scenario.sales_orders()
    order_scenario.sandbox.snelstart.act(order_scenario.administration_id, "DELETE", f"/verkooporders/{order['id']}")
    decide(order_scenario, number, order_decisions.repost_order, REASON)
    order_scenario.run()
    assert order_scenario.booked() == {number: 1}


def test_what_still_stands_is_never_booked_anew(order_scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    number = order_scenario.add_order(email="a@example.nl")
    order_scenario.run()
    with pytest.raises(ConflictError, match="still stands"):
        decide(order_scenario, number, order_decisions.repost_order, REASON)
    # Also when the filter on its number hides it.
    monkeypatch.setattr(SnelStartClient, "find_sales_orders", lambda *args: ())
    with pytest.raises(ConflictError, match="still stands"):
        decide(order_scenario, number, order_decisions.repost_order, REASON)
    order_scenario.run()
    assert order_scenario.booked() == {number: 1}


def test_one_that_comes_back_before_it_is_booked_anew_is_adopted(scenario: Scenario, clock: FrozenClock) -> None:
    """The owner asked, and then booked it by hand after all."""
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    posting = scenario.posting(number)
    delete_entry(scenario)
    decide(scenario, number, order_decisions.repost_order, REASON)
    answer = scenario.sandbox.snelstart.act(scenario.administration_id, "POST", "/verkoopboekingen", posting.payload)
    assert answer.status == 201
    scenario.run()
    assert scenario.booked() == {number: 1}
    assert scenario.codes(number) == ["FOUND_IN_SNELSTART"]
    scenario.check_books()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.ACCOUNTANT])
def test_only_the_owner_has_an_order_booked_anew(scenario: Scenario, role: Role) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    delete_entry(scenario)
    with pytest.raises(NotAllowedError):
        decide(scenario, number, order_decisions.repost_order, REASON, role=role)
    scenario.run()
    assert scenario.booked() == {}


def test_staff_and_strangers_decide_nothing(scenario: Scenario) -> None:
    number = scenario.add_order(email="a@example.nl", status="UNSHIPPED")
    scenario.run()
    with scenario.app.app_context():
        with transaction():
            staff = onboarding.create_user("staff@example.nl", is_staff=True)
            stranger = onboarding.create_user("stranger@example.nl")
        for user in (staff, stranger):
            for decision, words in (
                (order_decisions.repost_order, REASON),
                (order_decisions.skip_order, REASON),
                (order_decisions.mark_booked_elsewhere, "2026-1"),
            ):
                with pytest.raises(NotAllowedError):
                    decision(scenario.order(number), user, words)
    assert scenario.order(number).state == "open"


def test_without_a_reason_nothing_is_booked_anew(scenario: Scenario) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    delete_entry(scenario)
    with pytest.raises(ConflictError, match="reason"):
        decide(scenario, number, order_decisions.repost_order, "  \n ")


def test_an_order_that_was_not_booked_cannot_be_booked_anew(scenario: Scenario) -> None:
    number = scenario.add_order(email="a@example.nl", status="UNSHIPPED")
    scenario.run()
    with pytest.raises(ConflictError, match="not booked"):
        decide(scenario, number, order_decisions.repost_order, REASON)


def test_without_an_answer_nothing_is_proved(scenario: Scenario) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    delete_entry(scenario)
    scenario.fault("snelstart", "GET /verkoopfacturen", "status", status=503, body="")
    with pytest.raises(RetryableRemoteError):
        decide(scenario, number, order_decisions.repost_order, REASON)
    assert scenario.posting(number).generation == 1
    decide(scenario, number, order_decisions.repost_order, REASON)
    assert scenario.posting(number).generation == 2


def test_asking_twice_at_a_time_is_asking_once(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    delete_entry(scenario)
    barrier, outcomes = threading.Barrier(2), []

    def ask() -> None:
        barrier.wait()
        try:
            decide(scenario, number, order_decisions.repost_order, REASON)
            outcomes.append("done")
        except ConflictError:
            outcomes.append("refused")

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]
    assert scenario.posting(number).generation == 2
    settle(scenario, clock)
    assert scenario.booked() == {number: 1}


@pytest.mark.parametrize("kill", [kill_before, kill_after])
def test_death_while_booking_anew_neither_doubles_nor_loses(
    scenario: Scenario,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    kill: Callable[[pytest.MonkeyPatch, type, str], None],
) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    delete_entry(scenario)
    with monkeypatch.context() as patch:
        kill(patch, SnelStartClient, "find_sales_invoices")
        # A killed process gives no lease back.
        patch.setattr(leases, "release", lambda lease: None)
        with pytest.raises(Killed):
            decide(scenario, number, order_decisions.repost_order, REASON)
    assert scenario.order(number).state == "posted"
    clock.advance(minutes=6)
    decide(scenario, number, order_decisions.repost_order, REASON)
    settle(scenario, clock)
    assert scenario.booked() == {number: 1}


def test_a_payment_that_still_stands_keeps_its_order_from_being_booked_anew(
    paying: Scenario,  # noqa: F811
) -> None:
    number = paying.add_order(email="a@example.nl")
    paying.run()
    books = paying.sandbox.snelstart.books(paying.administration_id)
    books.remove("verkoopfacturen", books.all("verkoopfacturen")[0]["id"])
    books.remove("verkoopboekingen", books.all("verkoopboekingen")[0]["id"])
    with pytest.raises(ConflictError, match="payment"):
        decide(paying, number, order_decisions.repost_order, REASON)
    books.remove("memoriaalboekingen", books.all("memoriaalboekingen")[0]["id"])
    decide(paying, number, order_decisions.repost_order, REASON)
    paying.run()
    assert (paying.booked(), paying.payments()) == ({number: 1}, {number: 1})


# booked by hand, skipped


def test_an_order_that_was_booked_by_hand_is_never_sent(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl", status="UNSHIPPED")
    scenario.run()
    decide(scenario, number, order_decisions.mark_booked_elsewhere, "2026-0044", role=Role.MEMBER)
    scenario.sandbox.amazon.update_order(
        scenario.seller_id, number, {"fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"}}
    )
    clock.advance(hours=1)
    scenario.run()
    assert (scenario.order(number).state, scenario.codes(number)) == ("posted", ["BOOKED_BY_HAND"])
    assert scenario.posting(number).external_number == "2026-0044"
    assert scenario.booked() == {}
    scenario.check_totals()


def test_booked_by_hand_is_taken_back_and_looked_up_first(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl", country="ZZ")
    scenario.run()
    decide(scenario, number, order_decisions.mark_booked_elsewhere, "2026-0044")
    with pytest.raises(ConflictError):
        decide(scenario, number, order_decisions.mark_booked_elsewhere, "2026-0045")
    decide(scenario, number, order_decisions.undo_booked_elsewhere)
    with pytest.raises(ConflictError):
        decide(scenario, number, order_decisions.undo_booked_elsewhere)
    scenario.run()
    assert scenario.order(number).state == "error"
    scenario.check_totals()


@pytest.mark.parametrize("decision", [order_decisions.mark_booked_elsewhere, order_decisions.skip_order])
def test_what_may_have_been_booked_is_not_decided_about(scenario: Scenario, decision: Callable[..., None]) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.fault("snelstart", "POST /verkoopboekingen", "commit_then_hang")
    scenario.run()
    assert scenario.order(number).state == "unknown"
    with pytest.raises(ConflictError):
        decide(scenario, number, decision, "2026-1")


def test_a_skipped_order_stays_so_whatever_amazon_tells(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl", status="UNSHIPPED")
    scenario.run()
    decide(scenario, number, order_decisions.skip_order, "proefbestelling")
    clock.advance(minutes=30)
    scenario.sandbox.amazon.update_order(
        scenario.seller_id, number, {"fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"}}
    )
    clock.advance(minutes=40)
    scenario.run()
    assert (scenario.order(number).state, scenario.codes(number)) == ("skipped", ["SKIPPED_BY_HAND"])
    assert scenario.booked() == {}
    decide(scenario, number, order_decisions.undo_skip)
    scenario.run()
    assert scenario.booked() == {number: 1}
    scenario.check_books()


def test_no_decision_is_taken_while_a_run_is_at_work(scenario: Scenario) -> None:
    number = scenario.add_order(email="a@example.nl", status="UNSHIPPED")
    scenario.run()
    with scenario.app.app_context():
        assert leases.acquire(scenario.shop_id) is not None
    with pytest.raises(ConflictError, match="worked on"):
        decide(scenario, number, order_decisions.skip_order, REASON)
    assert scenario.order(number).state == "open"


# looking up now


def test_looking_up_now_keeps_the_waiting_time(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    sent_at = clock.now()
    scenario.fault("snelstart", "POST /verkoopboekingen", "commit_then_hang")
    scenario.run()
    at = decide(scenario, number, order_decisions.look_up_now, role=Role.ACCOUNTANT)
    assert at == sent_at + timedelta(seconds=120)
    scenario.run()
    assert scenario.order(number).state == "unknown"
    clock.set(at)
    scenario.run()
    assert scenario.order(number).state == "posted"
    with pytest.raises(ConflictError):
        decide(scenario, number, order_decisions.look_up_now)
    scenario.check_books()
