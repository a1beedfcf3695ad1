"""Our budgets allow what the remotes allow, and never one call more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.exceptions import BudgetEmptyError
from webshop.services import budgets


@pytest.mark.database
def test_a_bucket_gives_its_burst_and_then_one_per_interval(app: Flask, clock: FrozenClock) -> None:
    with app.app_context():
        for _ in range(20):
            assert budgets.take("key", budgets.SEARCH_ORDERS, 1) == 1
        with pytest.raises(BudgetEmptyError) as empty:
            budgets.take("key", budgets.SEARCH_ORDERS, 1)
        clock.set(empty.value.due_at)
        assert budgets.take("key", budgets.SEARCH_ORDERS, 1) == 1
        with pytest.raises(BudgetEmptyError):
            budgets.take("key", budgets.SEARCH_ORDERS, 1)


@pytest.mark.database
def test_windows_allow_500_in_a_minute(app: Flask, clock: FrozenClock) -> None:
    with app.app_context():
        assert sum(budgets.take("key", budgets.SNELSTART, 25) for _ in range(20)) == 500
        with pytest.raises(BudgetEmptyError) as empty:
            budgets.take("key", budgets.SNELSTART, 25)
        assert timedelta(seconds=60) <= empty.value.due_at - clock.now() <= timedelta(seconds=66)


@pytest.mark.database
def test_what_was_not_spent_is_given_back(app: Flask) -> None:
    with app.app_context():
        purse = budgets.Purse("key", budgets.SNELSTART, block=25)
        purse.spend()
        purse.give_back()
        assert sum(budgets.take("key", budgets.SNELSTART, 25) for _ in range(20)) == 499


@pytest.mark.database
def test_a_pause_by_the_remote_holds_for_everyone(app: Flask, clock: FrozenClock) -> None:
    with app.app_context():
        budgets.pause("key", clock.now() + timedelta(minutes=3))
        with pytest.raises(BudgetEmptyError) as paused:
            budgets.take("key", budgets.GET_ORDER, 1)
        assert paused.value.due_at == clock.now() + timedelta(minutes=3)
        clock.advance(minutes=4)
        assert budgets.take("key", budgets.GET_ORDER, 1) == 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 90_000), st.integers(1, 120)), min_size=1, max_size=60))
def test_no_window_ever_holds_more_calls_than_allowed(steps: list[tuple[int, int]]) -> None:
    state: dict[str, object] = {}
    now, calls = 0, []
    for wait, wanted in steps:
        now += wait
        allowed, _due = budgets.SNELSTART.take(state, now, wanted)
        # The worst case: every call is made at the very end of what a block may be kept for.
        calls += [now, now + 4_000] * (allowed // 2) + [now + 4_000] * (allowed % 2)
    for start in calls:
        assert sum(1 for at in calls if start <= at < start + 60_000) <= 500
        assert sum(1 for at in calls if start <= at < start + 3_600_000) <= 5_000


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=80))
def test_a_bucket_never_overflows_amazons_own(waits: list[int]) -> None:
    state: dict[str, object] = {}
    now, tokens, seen = 0, 20.0, 0
    for wait in waits:
        now += wait
        tokens = min(20.0, tokens + (now - seen) * 0.0056 / 1000)
        seen = now
        allowed, _due = budgets.SEARCH_ORDERS.take(state, now, 1)
        tokens -= allowed
        assert tokens > -1e-6


def test_a_day_of_orders_causes_no_429_of_our_own(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_orders(300)
    for _ in range(6):
        scenario.run()
        clock.advance(minutes=2)
    assert scenario.states() == {"posted": 300}
    assert scenario.sandbox.snelstart.self_inflicted_429 == 0
    assert scenario.sandbox.amazon.self_inflicted_429 == 0
