"""A changed setting counts for every order that is not booked yet, however many there are."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, update

from tests import factories
from tests.support.scenario import Scenario
from tests.support.statements import counted_statements
from webshop.domain.booking import Issue
from webshop.extensions import db, transaction
from webshop.models import Order, OrderState, Schedule, Shop, VatMapping
from webshop.services import held_orders, leases, mapping, runs, scheduling
from webshop.services.posting import post_due_orders

pytestmark = pytest.mark.database


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_orders, "BATCH", 2)


def drop_mapping(scenario: Scenario) -> None:
    with scenario.app.app_context(), transaction() as session:
        session.execute(delete(VatMapping))


def restore_mapping(scenario: Scenario) -> None:
    """Do what saving the VAT table does."""
    with scenario.app.app_context(), transaction() as session:
        scheduling.ask_review(scenario.shop_id)
        mapping.propose_mapping(session.get_one(Shop, scenario.shop_id), scenario.administration_id)


def schedule_of(scenario: Scenario) -> Schedule:
    with scenario.app.app_context():
        return db.session.get_one(Schedule, scenario.shop_id)


def test_all_held_orders_are_booked_once_the_cause_is_gone(scenario: Scenario, small_pieces: None) -> None:
    drop_mapping(scenario)
    scenario.add_orders(7)
    scenario.run()
    assert scenario.states() == {"error": 7}
    restore_mapping(scenario)
    scenario.run()
    assert scenario.states() == {"posted": 7}
    scenario.check_books()
    assert schedule_of(scenario).review_position is None


def test_a_change_during_a_review_starts_it_again(scenario: Scenario, small_pieces: None) -> None:
    drop_mapping(scenario)
    scenario.add_orders(5)
    scenario.run()
    with scenario.app.app_context():
        lease = leases.acquire(scenario.shop_id)
        assert lease is not None
        with transaction():
            scheduling.ask_review(scenario.shop_id)
        assert held_orders.make_next_due(lease, asked=1)
        with transaction() as session:
            # The rules of before still hold these two; then the settings change once more.
            session.execute(update(Order).values(due_at=None))
            session.execute(update(Schedule).values(lease_until=None))
    restore_mapping(scenario)
    scenario.run()
    assert scenario.states() == {"posted": 5}


def test_a_run_that_began_before_the_change_does_not_end_the_review(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_mapping(scenario)
    scenario.add_orders(3)

    def change_meanwhile(*args: object, **options: object) -> bool:
        restore_mapping(scenario)
        return post_due_orders(*args, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(runs, "post_due_orders", change_meanwhile)
        scenario.run()
    assert scenario.states() == {"error": 3}
    scenario.run()
    assert scenario.states() == {"posted": 3}


def test_a_review_goes_on_where_the_time_was_up(scenario: Scenario, small_pieces: None) -> None:
    drop_mapping(scenario)
    scenario.add_orders(5)
    scenario.run()
    restore_mapping(scenario)
    asked = itertools.count()
    with scenario.app.app_context():
        result = runs.run_shop(scenario.shop_id, is_stopping=lambda: next(asked) > 4)
    assert result.is_more_due
    assert 0 < scenario.states()["posted"] < 5
    scenario.run()
    assert scenario.states() == {"posted": 5}


def test_an_earlier_start_date_reaches_the_orders_that_were_passed_over(scenario: Scenario) -> None:
    today = scenario.sandbox.world.clock().date()
    scenario.change_shop(start_on=today + timedelta(days=1))
    scenario.add_orders(2)
    scenario.run()
    assert scenario.states() == {"skipped": 2}
    scenario.change_shop(start_on=date(2026, 1, 1))
    with scenario.app.app_context(), transaction():
        scheduling.ask_review(scenario.shop_id)
    scenario.run()
    assert scenario.states() == {"posted": 2}


def test_what_a_person_passed_over_or_no_setting_changes_stays_as_it_is(scenario: Scenario) -> None:
    with scenario.app.app_context(), transaction() as session:
        shop = session.get_one(Shop, scenario.shop_id)
        for state, code in (
            (OrderState.SKIPPED, "ORDER_CANCELLED"),
            (OrderState.SKIPPED, "SKIPPED_BY_USER"),
            (OrderState.ERROR, "INVOICE_NUMBER_DUPLICATE_DIFFERENT"),
            (OrderState.UNKNOWN, "SNELSTART_WRITE_UNKNOWN"),
            (OrderState.POSTED, "BEFORE_START_DATE"),
        ):
            factories.order(shop, state, issue=Issue(code))
        due = factories.order(shop, OrderState.ERROR, issue=Issue("VAT_MAPPING_MISSING")).id
        scheduling.ask_review(shop.id)
    with scenario.app.app_context():
        lease = leases.acquire(scenario.shop_id)
        assert lease is not None
        while held_orders.make_next_due(lease, asked=1):
            pass
        found = set(db.session.scalars(select(Order.id).where(Order.due_at.is_not(None))))
    assert found == {due}


def test_a_shop_without_changes_pays_nothing_for_reviews(scenario: Scenario) -> None:
    scenario.run()
    with counted_statements() as statements:
        scenario.run()
    assert not [statement for statement in statements if "review_number=" in statement]


def test_a_switched_off_shop_keeps_its_review_for_later(scenario: Scenario) -> None:
    drop_mapping(scenario)
    scenario.add_orders(2)
    scenario.run()
    restore_mapping(scenario)
    scenario.change_shop(is_posting_automatic=False)
    scenario.run()
    assert scenario.states() == {"error": 2}
    scenario.change_shop(is_posting_automatic=True)
    scenario.run()
    assert scenario.states() == {"posted": 2}
