"""Orders of the time without a subscription wait for the owner, visibly, and what he chose stays chosen."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.extensions import db, transaction
from webshop.models import GapChoice, Shop, SubscriptionGap, User
from webshop.services import scheduling, subscription, subscription_gaps

pytestmark = pytest.mark.database


def decide(scenario: Scenario, choice: GapChoice) -> bool:
    with scenario.app.app_context():
        shop, user = db.session.get_one(Shop, scenario.shop_id), db.session.query(User).one()
        return subscription_gaps.decide(shop, user, choice)


def pay(scenario: Scenario) -> None:
    with scenario.app.app_context(), transaction():
        subscription.extend(scenario.shop_id)


def waiting(scenario: Scenario) -> int:
    with scenario.app.app_context():
        return subscription_gaps.count_waiting(scenario.shop_id)


def rest(scenario: Scenario, clock: FrozenClock) -> tuple[str, str, str]:
    """End the subscription with an order that still waits, sell in the gap, and pay.

    Return the orders: open at the end, sold in the gap, sold after it.
    """
    last_day = clock.now().date()
    before = scenario.add_order(email="a@example.nl", status="UNSHIPPED", minutes_ago=30)
    scenario.change_shop(active_until=last_day)
    scenario.run()
    assert scenario.states() == {"open": 1}
    clock.advance(days=10)
    scenario.sandbox.amazon.update_order(scenario.seller_id, before, {"fulfillment": {"fulfillmentStatus": "SHIPPED"}})
    between = scenario.add_order(email="b@example.nl", minutes_ago=24 * 60)
    clock.advance(minutes=5)
    pay(scenario)
    clock.advance(hours=1)
    after = scenario.add_order(email="c@example.nl", minutes_ago=10)
    clock.advance(minutes=5)
    scenario.run()
    return before, between, after


def test_orders_of_the_gap_are_fetched_and_wait_in_open_while_later_ones_are_booked(
    scenario: Scenario, clock: FrozenClock
) -> None:
    before, between, after = rest(scenario, clock)
    assert scenario.booked() == {after: 1}
    for number in (before, between):
        assert (scenario.order(number).state, scenario.codes(number)) == ("open", ["GAP_UNDECIDED"])
    assert waiting(scenario) == 2
    for _round in range(3):
        clock.advance(hours=1)
        scenario.run()
    scenario.run(kind="nightly")
    assert scenario.booked() == {after: 1}
    scenario.check_books()


def test_the_owner_who_wants_them_gets_each_booked_once(scenario: Scenario, clock: FrozenClock) -> None:
    before, between, after = rest(scenario, clock)
    assert decide(scenario, GapChoice.POST)
    assert not decide(scenario, GapChoice.LEAVE)
    for _round in range(2):
        scenario.run()
        clock.advance(hours=1)
    assert scenario.booked() == {before: 1, between: 1, after: 1}
    assert waiting(scenario) == 0
    scenario.check_books()


def test_the_owner_who_does_not_want_them_keeps_them_unbooked_also_when_they_change_later(
    scenario: Scenario, clock: FrozenClock
) -> None:
    before, between, after = rest(scenario, clock)
    assert decide(scenario, GapChoice.LEAVE)
    scenario.run()
    for number in (before, between):
        assert (scenario.order(number).state, scenario.codes(number)) == ("skipped", ["GAP_NOT_BOOKED"])
    clock.advance(days=30)
    scenario.sandbox.amazon.update_order(scenario.seller_id, between, {"orderAliases": []})
    clock.advance(minutes=5)
    scenario.run()
    assert scenario.codes(between) == ["GAP_NOT_BOOKED"]
    assert scenario.booked() == {after: 1}
    scenario.check_books()


def test_a_changed_setting_books_nothing_of_an_undecided_gap(scenario: Scenario, clock: FrozenClock) -> None:
    _before, _between, after = rest(scenario, clock)
    with scenario.app.app_context(), transaction():
        scheduling.ask_review(scenario.shop_id)
    scenario.run()
    assert scenario.booked() == {after: 1}


def test_a_second_end_before_the_choice_makes_one_choice_for_both(scenario: Scenario, clock: FrozenClock) -> None:
    before, between, after = rest(scenario, clock)
    with scenario.app.app_context():
        subscription.stop(db.session.get_one(Shop, scenario.shop_id))
    clock.advance(days=2)
    later = scenario.add_order(email="d@example.nl", minutes_ago=24 * 60)
    clock.advance(minutes=5)
    pay(scenario)
    scenario.run()
    with scenario.app.app_context():
        (gap,) = db.session.query(SubscriptionGap).all()
        assert gap.ends_at == clock.now()
    assert scenario.codes(later) == ["GAP_UNDECIDED"]
    decide(scenario, GapChoice.POST)
    scenario.run()
    assert scenario.booked() == dict.fromkeys((before, between, after, later), 1)
    scenario.check_books()


def test_a_decided_gap_stays_decided_when_there_is_another(scenario: Scenario, clock: FrozenClock) -> None:
    before, between, after = rest(scenario, clock)
    decide(scenario, GapChoice.LEAVE)
    scenario.run()
    with scenario.app.app_context():
        subscription.stop(db.session.get_one(Shop, scenario.shop_id))
    clock.advance(days=2)
    pay(scenario)
    decide(scenario, GapChoice.POST)
    scenario.run()
    assert scenario.booked() == {after: 1}
    assert {scenario.order(number).state for number in (before, between)} == {"skipped"}


def test_a_shop_that_never_booked_by_itself_has_no_gap(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.change_shop(start_on=None, active_until=date(2026, 11, 1))
    pay(scenario)
    with scenario.app.app_context():
        assert db.session.query(SubscriptionGap).count() == 0


def test_what_was_booked_before_the_end_is_not_part_of_a_gap(scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    scenario.change_shop(active_until=(clock.now() - timedelta(days=2)).date())
    pay(scenario)
    clock.advance(hours=1)
    scenario.run()
    assert (scenario.order(number).state, scenario.codes(number)) == ("posted", [])
    assert waiting(scenario) == 0
