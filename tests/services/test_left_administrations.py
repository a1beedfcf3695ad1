"""What became uncertain in an administration that the shop has left is told, and a person can settle it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.services.test_order_decisions import decide
from tests.services.test_posting import POST, settle
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_administration
from webshop.exceptions import ConflictError
from webshop.sandbox import Sandbox
from webshop.services import order_decisions

pytestmark = pytest.mark.database


@pytest.fixture
def leave(app: Flask, sandbox: Sandbox, scenario: Scenario, clock: FrozenClock) -> Callable[[str], str]:
    """Send an order with this fault, go to another administration and return the order's number."""

    def leave(fault: str) -> str:
        number = scenario.add_order(email="a@example.nl")
        scenario.fault("snelstart", POST, fault)
        scenario.run()
        other = sandbox.snelstart.create_administration(name="Nieuwe administratie")
        with app.app_context():
            connect_administration(scenario.shop_id, other.key)
        settle(scenario, clock)
        return number

    return leave


def entries_elsewhere(scenario: Scenario) -> int:
    """Count the entries in all administrations but the first."""
    books = scenario.sandbox.snelstart
    others = [one.id for one in books.administrations() if one.id != scenario.administration_id]
    return sum(len(books.documents(identifier, "verkoopboekingen")) for identifier in others)


def test_an_uncertain_order_names_the_administration_where_it_may_stand(
    scenario: Scenario, leave: Callable[[str], str]
) -> None:
    number = leave("commit_then_hang")
    (issue,) = scenario.order(number).issues
    assert (issue["code"], issue["facts"]) == ("ADMINISTRATION_LEFT", {"name": "Testwinkel administratie"})
    assert scenario.order(number).state == "unknown"
    assert entries_elsewhere(scenario) == 0


def test_who_found_it_there_says_so_and_it_is_never_sent_again(
    app: Flask, scenario: Scenario, clock: FrozenClock, leave: Callable[[str], str]
) -> None:
    number = leave("commit_then_hang")
    decide(scenario, number, order_decisions.mark_booked_elsewhere, number)
    settle(scenario, clock)
    assert (scenario.order(number).state, scenario.codes(number)) == ("posted", ["BOOKED_BY_HAND"])
    with app.app_context():
        connect_administration(scenario.shop_id, scenario.sandbox.snelstart.administrations()[0].key)
    settle(scenario, clock)
    assert (scenario.booked(), entries_elsewhere(scenario)) == ({number: 1}, 0)
    scenario.check_books()


def test_who_did_not_find_it_skips_it_and_may_have_it_booked_where_the_shop_is_now(
    scenario: Scenario, clock: FrozenClock, leave: Callable[[str], str]
) -> None:
    number = leave("drop")
    decide(scenario, number, order_decisions.skip_order, "staat er niet")
    settle(scenario, clock)
    assert (scenario.order(number).state, entries_elsewhere(scenario)) == ("skipped", 0)
    decide(scenario, number, order_decisions.undo_skip)
    settle(scenario, clock)
    assert scenario.order(number).state == "posted"
    assert (scenario.booked(), entries_elsewhere(scenario)) == ({}, 1)


def test_who_overlooked_it_gets_no_second_one_in_the_old_administration(
    app: Flask, scenario: Scenario, clock: FrozenClock, leave: Callable[[str], str]
) -> None:
    number = leave("commit_then_hang")
    decide(scenario, number, order_decisions.skip_order, "niet gezien")
    with app.app_context():
        connect_administration(scenario.shop_id, scenario.sandbox.snelstart.administrations()[0].key)
    decide(scenario, number, order_decisions.undo_skip)
    settle(scenario, clock)
    assert scenario.codes(number) == ["FOUND_IN_SNELSTART"]
    assert (scenario.booked(), entries_elsewhere(scenario)) == ({number: 1}, 0)


def test_an_uncertain_order_that_is_still_looked_up_is_nobodys_to_decide(scenario: Scenario) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.fault("snelstart", POST, "commit_then_hang")
    scenario.run()
    for decision, words in (
        (order_decisions.mark_booked_elsewhere, number),
        (order_decisions.skip_order, "staat er niet"),
    ):
        with pytest.raises(ConflictError):
            decide(scenario, number, decision, words)
    assert scenario.order(number).state == "unknown"
