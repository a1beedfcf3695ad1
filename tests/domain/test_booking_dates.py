"""The day a sale is booked on: whichever the shop chose, with the VAT of that day and in one VAT return."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.domain.builders import OSS_ROWS, OSS_RULES, RULES, make_item, make_order, make_oss_rules, make_rules
from webshop.domain.booking import BookingDate, Outcome, PostingKind
from webshop.domain.orders import FulfilledBy, Order, Status
from webshop.domain.translate import translate

SHIP = BookingDate.SHIP
HELSINKI = {"to": "FI", "postal_code": "00100"}


def sold(ordered: str, shipped: str | None, **facts: Any) -> Order:
    at = datetime.fromisoformat(ordered).replace(tzinfo=UTC)
    shipped_at = None if shipped is None else datetime.fromisoformat(shipped).replace(tzinfo=UTC)
    return make_order(purchased_at=at, shipped_at=shipped_at, **facts)


@pytest.mark.parametrize(
    ("ordered", "shipped", "by_order", "by_ship"),
    [
        ("2026-03-02T11:00", "2026-03-04T15:00", date(2026, 3, 2), date(2026, 3, 4)),
        # New Year's night: an hour before midnight in UTC is the new year in the Netherlands.
        ("2026-12-31T22:59", "2026-12-31T23:00", date(2026, 12, 31), date(2027, 1, 1)),
        ("2026-12-31T23:30", "2027-01-02T10:00", date(2027, 1, 1), date(2027, 1, 2)),
        # A quarter's last evening in summer time.
        ("2026-06-30T21:00", "2026-06-30T22:00", date(2026, 6, 30), date(2026, 7, 1)),
    ],
)
def test_both_kinds_are_booked_on_the_chosen_day(ordered: str, shipped: str, by_order: date, by_ship: date) -> None:
    order = sold(ordered, shipped)
    for kind in PostingKind:
        for choice, expected in ((BookingDate.ORDER, by_order), (SHIP, by_ship)):
            made = translate(order, make_rules(posting_kind=kind, booking_date=choice))
            document = made.entry or made.sales_order
            assert document is not None
            assert (document.booked_on, made.outcome) == (expected, Outcome.READY)


def test_the_percentage_is_that_of_the_booking_day_and_a_change_on_the_way_is_told() -> None:
    rules = make_oss_rules(mapping=(*OSS_RULES.mapping, *OSS_ROWS))
    order = sold("2024-08-31T10:00", "2024-09-02T10:00", **HELSINKI)

    by_order = translate(order, rules)
    by_ship = translate(order, make_oss_rules(booking_date=SHIP))

    assert [group.percentage for group in by_order.groups] == [Decimal(24)]
    assert [group.percentage for group in by_ship.groups] == [Decimal("25.5")]
    for made in (by_order, by_ship):
        (told,) = made.issues
        assert told.code == "VAT_RATES_CHANGED_BEFORE_SHIPMENT"
        assert told.facts == {"country": "FI", "ordered_on": "2024-08-31", "shipped_on": "2024-09-02"}


def test_what_is_not_sent_yet_waits_for_its_day() -> None:
    rules = make_rules(booking_date=SHIP, statuses=frozenset({Status.UNSHIPPED}))
    for status in (Status.UNSHIPPED, Status.PARTIALLY_SHIPPED):
        made = translate(sold("2026-03-02T11:00", "2026-03-03T11:00", status=status), rules)
        assert (made.outcome, [one.code for one in made.issues]) == (Outcome.DEFERRED, ["SHIP_DATE_PENDING"])
        assert made.entry is None
        by_order = translate(sold("2026-03-02T11:00", None, status=status), make_rules(statuses=rules.statuses))
        assert by_order.outcome is Outcome.READY


@pytest.mark.parametrize(
    "shipped",
    [None, "2026-02-27T10:00", "3026-03-03T10:00"],
    ids=["not told", "before the order", "far in the future"],
)
def test_without_a_usable_ship_date_the_day_of_the_order_stands_in(shipped: str | None) -> None:
    order = sold("2026-03-02T11:00", shipped, fulfilled_by=FulfilledBy.AMAZON)
    made = translate(order, make_rules(booking_date=SHIP))
    assert made.entry is not None
    assert made.entry.booked_on == date(2026, 3, 2)
    assert [(one.code, dict(one.facts)) for one in made.issues] == [("SHIP_DATE_MISSING", {"ordered_on": "2026-03-02"})]


def test_the_first_day_a_shop_books_counts_the_day_of_the_order() -> None:
    order = sold("2026-02-28T11:00", "2026-03-02T11:00")
    made = translate(order, make_rules(booking_date=SHIP, start_on=date(2026, 3, 1)))
    assert [one.code for one in made.issues] == ["BEFORE_START_DATE"]


def test_foreign_vat_is_judged_on_the_booking_day() -> None:
    rules = make_oss_rules(foreign_vat_periods=((date(2026, 3, 3), date(2099, 12, 31)),))
    order = sold("2026-03-02T11:00", "2026-03-04T11:00", to="DE", postal_code="10115")
    assert [one.code for one in translate(order, rules).issues] == ["OSS_NOT_ENABLED_IN_SNELSTART"]
    assert translate(order, make_oss_rules(foreign_vat_periods=rules.foreign_vat_periods, booking_date=SHIP)).is_ready


def test_an_order_of_several_lines_has_one_day() -> None:
    order = sold("2026-03-02T11:00", "2026-03-04T11:00")
    lines = make_order(
        make_item(), make_item("12.95", item_id="2"), purchased_at=order.purchased_at, shipped_at=order.shipped_at
    )
    made = translate(lines, make_rules(booking_date=SHIP))
    assert made.entry is not None
    assert made.entry.booked_on == date(2026, 3, 4)
    assert RULES.booking_date is BookingDate.ORDER
