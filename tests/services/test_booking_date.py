"""A shop that books on the day of the shipment: the document, its payment and the VAT return agree on one day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.services.test_payments import identifier
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, order_document
from webshop.extensions import db
from webshop.models import DailyTotal
from webshop.sandbox.amazon.timestamps import format_timestamp
from webshop.services.preview import preview_order

pytestmark = pytest.mark.database

ORDERED = datetime(2026, 10, 31, 21, 30, tzinfo=UTC)
SHIPPED = "2026-10-31T23:30:00Z"
"""The last evening of October and the first night of November in the Netherlands."""


def place(scenario: Scenario, *, shipped: str | None = SHIPPED, **facts: Any) -> str:
    document = order_document(ORDERED, email="a@example.nl", **facts)
    changed_at = scenario.sandbox.world.clock() - timedelta(minutes=30)
    document["lastUpdatedTime"] = format_timestamp(changed_at)
    if shipped is not None:
        document["packages"] = [{"packageReferenceId": "1", "shipTime": shipped}]
    return scenario.sandbox.amazon.add_order(scenario.seller_id, document)


def test_a_sales_entry_and_its_payment_bear_the_day_of_the_shipment(scenario: Scenario) -> None:
    scenario.change_shop(
        booking_date="ship",
        may_post_payments=True,
        are_payments_posted=True,
        journal_id=identifier(scenario, "dagboeken", 2000),
        clearing_ledger_id=identifier(scenario, "grootboeken", 1240),
    )
    number = place(scenario)
    scenario.run()
    (entry,) = scenario.entries()
    (payment,) = scenario.sandbox.snelstart.documents(scenario.administration_id, "memoriaalboekingen")
    assert (entry["factuurdatum"][:10], payment["datum"][:10]) == ("2026-11-01", "2026-11-01")
    assert scenario.codes(number) == []
    scenario.check_books()


def test_a_sales_order_bears_the_day_of_the_shipment(order_scenario: Scenario) -> None:
    order_scenario.change_shop(booking_date="ship")
    place(order_scenario)
    order_scenario.run()
    (order,) = order_scenario.sales_orders()
    assert order["datum"][:10] == "2026-11-01"


def test_by_default_the_day_of_the_order_counts_and_amazon_is_not_asked_about_packages(scenario: Scenario) -> None:
    place(scenario)
    scenario.run()
    (entry,) = scenario.entries()
    assert entry["factuurdatum"][:10] == "2026-10-31"
    (search,) = scenario.sandbox.world.log.entries("amazon", "searchOrders")
    assert "PACKAGES" not in search.query["includedData"]


def test_the_preview_shows_the_day_before_anything_is_sent(scenario: Scenario) -> None:
    scenario.change_shop(booking_date="ship", is_posting_automatic=False)
    number = place(scenario)
    scenario.run()
    with scenario.app.app_context():
        preview = preview_order(scenario.order(number))
    assert preview.payload is not None
    assert str(preview.payload["factuurdatum"])[:10] == "2026-11-01"


def test_without_a_ship_date_the_day_of_the_order_is_booked_and_told(scenario: Scenario) -> None:
    scenario.change_shop(booking_date="ship")
    number = place(scenario, shipped=None)
    scenario.run()
    (entry,) = scenario.entries()
    assert entry["factuurdatum"][:10] == "2026-10-31"
    assert scenario.codes(number) == ["SHIP_DATE_MISSING"]


def test_the_daily_totals_keep_the_day_of_the_order(scenario: Scenario) -> None:
    """They are written before Amazon says when the parcel leaves, and must not depend on a setting."""
    scenario.change_shop(booking_date="ship")
    place(scenario)
    scenario.run()
    with scenario.app.app_context():
        (day,) = set(db.session.scalars(db.select(DailyTotal.day).where(DailyTotal.orders > 0)))
    assert day == date(2026, 10, 31)
    scenario.check_totals()


def test_an_order_waits_until_all_of_it_is_sent(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.change_shop(booking_date="ship", statuses=["UNSHIPPED"])
    number = place(scenario, status="PARTIALLY_SHIPPED")
    scenario.run()
    assert (scenario.order(number).state, scenario.codes(number)) == ("open", ["SHIP_DATE_PENDING"])
    scenario.sandbox.amazon.update_order(
        scenario.seller_id, number, {"fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"}}
    )
    clock.advance(hours=1)
    scenario.run()
    assert scenario.order(number).state == "posted"
    (entry,) = scenario.entries()
    assert entry["factuurdatum"][:10] == "2026-11-01"
