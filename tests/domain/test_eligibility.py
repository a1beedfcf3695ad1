"""When an order is looked at, and what can never be a sound order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.domain.builders import RULES, make_item, make_order, make_rules
from webshop.domain.booking import Outcome
from webshop.domain.eligibility import has_reached
from webshop.domain.orders import Part, Status
from webshop.domain.translate import translate

WAITING = [Status.PENDING_AVAILABILITY, Status.PENDING]
STEPS = [*WAITING, Status.UNSHIPPED, Status.PARTIALLY_SHIPPED, Status.SHIPPED]
NEVER = [Status.CANCELLED, Status.UNFULFILLABLE, Status.UNKNOWN]


@pytest.mark.parametrize("lowest", STEPS)
@pytest.mark.parametrize("status", STEPS)
def test_a_status_counts_from_the_lowest_chosen_one_on(status: Status, lowest: Status) -> None:
    assert has_reached(status, frozenset({lowest, Status.SHIPPED})) is (STEPS.index(status) >= STEPS.index(lowest))


@pytest.mark.parametrize("status", NEVER)
def test_other_statuses_never_count(status: Status) -> None:
    assert not has_reached(status, frozenset(Status))


@pytest.mark.parametrize("status", STEPS)
def test_without_a_chosen_status_nothing_is_booked(status: Status) -> None:
    assert not has_reached(status, frozenset())


@pytest.mark.parametrize(
    ("change", "outcome", "code"),
    [
        ({"is_amazon_sale": False, "marketplace_id": ""}, "SKIPPED", "MCF_ORDER"),
        ({"marketplace_id": "A1PA6795UKMFR9"}, "SKIPPED", "OTHER_MARKETPLACE"),
        ({"status": Status.CANCELLED}, "SKIPPED", "ORDER_CANCELLED"),
        ({"status": Status.UNKNOWN}, "DEFERRED", "ORDER_STATUS_NOT_ELIGIBLE"),
        ({"purchased_at": datetime(2026, 2, 28, 22, 59, tzinfo=UTC)}, "SKIPPED", "BEFORE_START_DATE"),
        ({"purchased_at": datetime(2026, 2, 28, 23, 0, tzinfo=UTC)}, "READY", None),
        ({"status": Status.PENDING, "grand_total": None}, "DEFERRED", "PRICE_PENDING"),
        ({"status": Status.PENDING, "grand_total": Decimal(0), "items": ()}, "DEFERRED", "PRICE_PENDING"),
        ({"status": Status.PENDING, "items": (make_item(total=None),)}, "DEFERRED", "PRICE_PENDING"),
        ({"status": Status.PENDING}, "READY", None),
        ({"grand_total": None}, "BLOCKED", "AMOUNTS_MISSING"),
        ({"items": (make_item(total=None),)}, "BLOCKED", "AMOUNTS_MISSING"),
        ({"items": ()}, "BLOCKED", "NO_ORDER_LINES"),
        ({"grand_total": Decimal("-0.01")}, "BLOCKED", "NEGATIVE_TOTAL"),
        ({"items": (make_item("0.00"),), "grand_total": Decimal("0.00")}, "SKIPPED", "ZERO_TOTAL"),
        ({"items": (make_item(quantity=0),), "grand_total": Decimal(0)}, "SKIPPED", "ZERO_TOTAL"),
        ({"items": (make_item(quantity=0),)}, "BLOCKED", "TOTAL_MISMATCH"),
        ({"items": (make_item(quantity=-3),)}, "BLOCKED", "QUANTITY_INVALID"),
        ({"items": (make_item(quantity=2**31),)}, "BLOCKED", "QUANTITY_INVALID"),
        ({"problems": ("proceeds.grandTotal",)}, "BLOCKED", "ORDER_UNREADABLE"),
        ({"amazon_order_id": "305-1234567-123456"}, "BLOCKED", "ORDER_UNREADABLE"),
        ({"amazon_order_id": "../../companyInfo"}, "BLOCKED", "ORDER_UNREADABLE"),
        ({"amazon_order_id": "٣٠٥-1234567-1234567"}, "BLOCKED", "ORDER_UNREADABLE"),
        ({"currency": None}, "BLOCKED", "ORDER_UNREADABLE"),
        ({"delivery_tip": Decimal("-1.00")}, "BLOCKED", "ORDER_UNREADABLE"),
        ({"purchased_at": datetime.max.replace(tzinfo=UTC)}, "BLOCKED", "ORDER_UNREADABLE"),
        ({"purchased_at": datetime.min.replace(tzinfo=UTC)}, "BLOCKED", "ORDER_UNREADABLE"),
    ],
)
def test_gate(change: dict[str, Any], outcome: str, code: str | None) -> None:
    rules = make_rules(statuses=frozenset({Status.PENDING}), start_on=date(2026, 3, 1))

    translation = translate(make_order(**change), rules)

    assert translation.outcome is Outcome(outcome)
    assert [issue.code for issue in translation.issues] == ([code] if code else [])


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+309", "1000000000", "0.001", "24.995"])
def test_an_impossible_amount_is_held(amount: str) -> None:
    broken = Decimal(amount)
    orders = [
        make_order(grand_total=broken),
        make_order(items=(make_item(total=broken),)),
        make_order(make_item(tax_total=broken)),
        make_order(make_item(amounts={Part.ITEM: broken})),
        make_order(make_item(taxes={Part.DISCOUNT: broken})),
    ]

    for order in orders:
        translation = translate(order, RULES)
        assert translation.outcome is Outcome.BLOCKED
        assert [issue.code for issue in translation.issues] == ["ORDER_UNREADABLE"]


def test_a_part_cannot_cost_less_than_nothing() -> None:
    item = make_item("20.00", amounts={Part.ITEM: Decimal("25.00"), Part.SHIPPING: Decimal("-5.00")})

    assert dict(translate(make_order(item), RULES).issues[0].facts) == {"fields": "shipping"}


def test_a_time_without_a_zone_is_held() -> None:
    naive = datetime(2026, 3, 2, 11, 0)  # noqa: DTZ001 - that is the case

    assert dict(translate(make_order(purchased_at=naive), RULES).issues[0].facts) == {"fields": "purchased_at"}


def test_two_thousand_lines_are_one_booking() -> None:
    items = [make_item("1.01", item_id=str(number)) for number in range(2000)]

    translation = translate(make_order(*items), RULES)

    assert translation.entry is not None
    assert len(translation.entry.lines) == 1
    assert translation.entry.total_incl_vat == Decimal("2020.00")
