"""Sums per day agree with the orders they stand for, whatever happens to those."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from tests.services.test_changed_orders import change_order
from tests.services.test_order_decisions import decide, delete_entry
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.domain.periods import local_date
from webshop.extensions import clock as product_clock
from webshop.extensions import db, transaction
from webshop.models import AT_AMAZON, DailyTotal, RateTotal
from webshop.services import order_decisions, rate_totals, reconciliation, totals

pytestmark = pytest.mark.database
POST = "POST /verkoopboekingen"


def kept(app: Flask, table: Any) -> set[tuple[Any, ...]]:
    """Return what is kept, without days and states that came and went."""
    names = [column.name for column in table.__table__.columns]
    with app.app_context():
        rows = [tuple(getattr(row, name) for name in names) for row in db.session.query(table)]
    return {row for row in rows if row[names.index("orders")]}


def check(app: Flask, scenario: Scenario) -> None:
    """Fail unless counting again gives what was kept."""
    before = kept(app, DailyTotal), kept(app, RateTotal)
    with app.app_context(), transaction():
        totals.rebuild(scenario.shop_id)
        rate_totals.rebuild(scenario.shop_id)
    assert (kept(app, DailyTotal), kept(app, RateTotal)) == before


def this_year(app: Flask, scenario: Scenario) -> reconciliation.TieOut:
    with app.app_context():
        today = local_date(product_clock.now())
        return reconciliation.load_reconciliation(scenario.shop_id, today).whole


def rates(app: Flask, scenario: Scenario) -> list[tuple[Any, ...]]:
    with app.app_context():
        quarter = reconciliation.quarter_of(local_date(product_clock.now()))
        lines = reconciliation.load_rates(scenario.shop_id, quarter)
    return [(line.country, line.percentage, line.orders, line.net, line.vat) for line in lines]


def test_booked_vat_is_added_up_per_country_and_rate(app: Flask, scenario: Scenario) -> None:
    scenario.add_order(total="121.00")
    scenario.add_order(total="12.10", country="BE", postal_code="2000", city="Antwerpen")
    scenario.add_order(total="24.20", status="UNSHIPPED")
    scenario.add_order(total="10.00", country="ZZ")
    scenario.run()
    # Below the threshold the Dutch rate is due; what is not booked is in no line.
    assert rates(app, scenario) == [
        ("NL", Decimal(21), 1, Decimal("10.00"), Decimal("2.10")),
        ("NL", Decimal(21), 1, Decimal("100.00"), Decimal("21.00")),
    ]
    year = this_year(app, scenario)
    assert (year.orders(AT_AMAZON), year.total(AT_AMAZON)) == (4, Decimal("167.30"))
    assert year.is_right
    check(app, scenario)


def test_an_adopted_booking_counts_once(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_order(total="121.00")
    scenario.fault("snelstart", POST, "commit_then_hang")
    scenario.run()
    for _ in range(2):
        clock.advance(minutes=3)
        scenario.run()
    scenario.check_books()
    assert [line[2:] for line in rates(app, scenario)] == [(1, Decimal("100.00"), Decimal("21.00"))]
    check(app, scenario)


def test_a_change_after_booking_shows_as_a_difference(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(total="24.99")
    scenario.run()
    change_order(scenario, clock, number, total="20.00")
    scenario.run(kind="manual")
    year = this_year(app, scenario)
    assert (year.missing_orders, year.difference, year.is_right) == (0, Decimal("-4.99"), False)
    check(app, scenario)


def test_the_vat_of_a_booking_that_was_removed_is_not_counted_until_it_is_booked_again(
    app: Flask, scenario: Scenario
) -> None:
    number = scenario.add_order(email="a@example.nl", total="121.00")
    scenario.run()
    delete_entry(scenario)
    decide(scenario, number, order_decisions.repost_order, "verkeerde klant")
    assert [line[2:] for line in rates(app, scenario)] in ([], [(0, Decimal(0), Decimal(0))])
    check(app, scenario)
    scenario.run()
    assert [line[2:] for line in rates(app, scenario)] == [(1, Decimal("100.00"), Decimal("21.00"))]
    check(app, scenario)


def test_the_vat_of_what_stood_in_snelstart_already_is_counted_when_it_is_what_we_calculate(
    app: Flask, scenario: Scenario
) -> None:
    number = scenario.add_order(email="a@example.nl", total="121.00")
    scenario.run()
    posting = scenario.posting(number)
    delete_entry(scenario)
    decide(scenario, number, order_decisions.repost_order, "verkeerde klant")
    scenario.sandbox.snelstart.act(scenario.administration_id, "POST", "/verkoopboekingen", posting.payload)
    scenario.run()
    assert scenario.codes(number) == ["FOUND_IN_SNELSTART"]
    assert [line[2:] for line in rates(app, scenario)] == [(1, Decimal("100.00"), Decimal("21.00"))]
    check(app, scenario)


def test_no_vat_is_counted_for_what_a_person_booked(app: Flask, scenario: Scenario) -> None:
    number = scenario.add_order(email="a@example.nl", total="121.00", country="ZZ")
    scenario.run()
    decide(scenario, number, order_decisions.mark_booked_elsewhere, "2026-1")
    assert rates(app, scenario) == []
    assert this_year(app, scenario).is_right
    check(app, scenario)
