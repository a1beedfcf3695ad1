"""The made-up orders: as varied as real ones, and always the same."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.amazon import Caller, collect_ids
from tests.support.clock import FrozenClock
from webshop.sandbox.amazon import BAD_INPUTS
from webshop.sandbox.amazon.projection import DATASETS

Document = dict[str, Any]


def amount(money: dict[str, str]) -> Decimal:
    return Decimal(money["amount"])


def parts(proceeds: Document) -> dict[str, Decimal]:
    return {breakdown["type"]: amount(breakdown["subtotal"]) for breakdown in proceeds["breakdowns"]}


def balance(proceeds: Document) -> Decimal:
    """Return what the breakdowns come to: discounts are written as positive amounts."""
    found = parts(proceeds)
    return sum(found.values(), Decimal(0)) - 2 * found.get("DISCOUNT", Decimal(0))


def generated(clock: FrozenClock, count: int, **seller: Any) -> list[Document]:
    caller = Caller(clock, **seller)
    caller.generate(count)
    clock.advance(days=3)
    return [order for order in caller.amazon.orders(caller.seller_id) if order["proceeds"]]


@pytest.mark.parametrize("tax_calculated", [False, True])
def test_breakdowns_lines_and_total_agree_to_the_cent(clock: FrozenClock, tax_calculated: bool) -> None:
    for order in generated(clock, 200, tax_calculated=tax_calculated):
        total = amount(order["proceeds"]["grandTotal"])
        assert balance(order["proceeds"]) == total
        assert sum(amount(item["proceeds"]["proceedsTotal"]) for item in order["orderItems"]) == total
        for item in order["orderItems"]:
            assert balance(item["proceeds"]) == amount(item["proceeds"]["proceedsTotal"])
            for breakdown in item["proceeds"]["breakdowns"]:
                assert amount(breakdown["subtotal"]) > 0
                assert ("detailedBreakdowns" in breakdown) == (breakdown["type"] in ("TAX", "DISCOUNT"))


def test_tax_is_stated_only_when_amazon_calculates_it(clock: FrozenClock) -> None:
    without = generated(clock, 60)
    assert not any("TAX" in parts(order["proceeds"]) for order in without)
    item = without[0]["orderItems"][0]
    gross = amount(item["product"]["price"]["unitPrice"]) * item["quantityOrdered"]
    assert parts(item["proceeds"])["ITEM"] == gross
    calculated = generated(clock, 60, tax_calculated=True)
    item = calculated[0]["orderItems"][0]
    gross = amount(item["product"]["price"]["unitPrice"]) * item["quantityOrdered"]
    tax = {each["subtype"]: amount(each["value"]) for each in item["proceeds"]["breakdowns"][1]["detailedBreakdowns"]}
    assert parts(item["proceeds"])["ITEM"] + tax["ITEM"] == gross


def test_the_tax_breakdown_is_net_of_the_tax_on_discounts(clock: FrozenClock) -> None:
    discounted = 0
    for order in generated(clock, 200, tax_calculated=True):
        for item in order["orderItems"]:
            breakdowns = {each["type"]: each for each in item["proceeds"]["breakdowns"]}
            if "TAX" not in breakdowns:
                continue
            details = {each["subtype"]: amount(each["value"]) for each in breakdowns["TAX"]["detailedBreakdowns"]}
            discount = details.pop("DISCOUNT", Decimal(0))
            discounted += bool(discount)
            assert sum(details.values()) - discount == amount(breakdowns["TAX"]["subtotal"])
    assert discounted


def test_a_few_hundred_orders_hold_every_kind_that_matters(clock: FrozenClock) -> None:
    caller = Caller(clock)
    caller.generate(200)
    caller.generate(200, marketplace="DE")
    clock.advance(days=3)
    orders = caller.amazon.orders(caller.seller_id)
    statuses = Counter(order["fulfillment"]["fulfillmentStatus"] for order in orders)
    assert set(statuses) == {"SHIPPED", "CANCELLED"}
    paid = [order for order in orders if order["proceeds"]]
    kinds = set().union(*(parts(order["proceeds"]) for order in paid))
    assert kinds == {"ITEM", "SHIPPING", "GIFT_WRAP", "DISCOUNT"}
    assert {order["recipient"]["deliveryAddress"]["countryCode"] for order in paid} >= {"NL", "DE", "BE", "FR", "AT"}
    assert {order["fulfillment"]["fulfilledBy"] for order in orders} == {"AMAZON", "MERCHANT"}
    assert any("AMAZON_BUSINESS" in order["programs"] for order in orders)
    assert any(len(order["orderItems"]) > 1 for order in orders)
    assert any(item["quantityOrdered"] > 1 for order in orders for item in order["orderItems"])
    free = [order for order in paid if "associatedOrders" in order]
    assert free
    assert {order["proceeds"]["grandTotal"]["amount"] for order in free} == {"0.00"}
    mails = Counter(order["buyer"]["buyerEmail"] for order in orders if "buyerEmail" in order["buyer"])
    assert mails.most_common(1)[0][1] > 1
    assert {mail.partition("@")[2] for mail in mails} == {"marketplace.amazon.nl", "marketplace.amazon.de"}
    assert len({order["orderId"] for order in orders}) == len(orders)


def test_the_same_seed_makes_the_same_orders(clock: FrozenClock) -> None:
    first, second = Caller(clock), Caller(clock)
    for caller in (first, second):
        caller.generate(30)
    assert first.amazon.orders(first.seller_id) == second.amazon.orders(second.seller_id)
    third = Caller(clock)
    third.generate(30, seed=2)
    assert third.amazon.orders(third.seller_id) != first.amazon.orders(first.seller_id)


def test_an_order_goes_from_pending_without_amounts_to_shipped(clock: FrozenClock) -> None:
    caller = Caller(clock)
    now = clock()
    order_ids = caller.amazon.generate_orders(caller.seller_id, count=40, since=now, until=now)
    seen: dict[str, list[str]] = {order_id: [] for order_id in order_ids}
    for _ in range(32):
        for order_id in order_ids:
            order = caller.amazon.order(caller.seller_id, order_id)
            assert order is not None
            status = order["fulfillment"]["fulfillmentStatus"]
            if status not in seen[order_id]:
                seen[order_id].append(status)
            assert ("proceeds" in order) == (status != "PENDING")
            assert ("recipient" in order) == (status != "PENDING")
        clock.advance(hours=1)
    courses = Counter(tuple(course) for course in seen.values())
    assert courses.most_common(1)[0][0] == ("PENDING", "UNSHIPPED", "SHIPPED")
    assert ("PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED") in courses
    assert all(course[0] == "PENDING" and course[-1] in ("SHIPPED", "CANCELLED") for course in courses)


def test_the_last_update_is_the_time_of_the_last_change(clock: FrozenClock) -> None:
    caller = Caller(clock)
    order_id = caller.amazon.generate_orders(caller.seller_id, count=1, since=clock(), until=clock())[0]
    moments: dict[str, set[str]] = {}
    for _ in range(40):
        order = caller.amazon.order(caller.seller_id, order_id)
        assert order is not None
        moments.setdefault(order["fulfillment"]["fulfillmentStatus"], set()).add(order["lastUpdatedTime"])
        clock.advance(hours=1)
    assert [len(each) for each in moments.values()] == [1] * len(moments)
    assert len(set().union(*moments.values())) == len(moments)


def test_an_order_that_was_generated_ahead_appears_in_its_time(clock: FrozenClock) -> None:
    caller = Caller(clock)
    tomorrow = clock() + timedelta(days=1)
    order_id = caller.amazon.generate_orders(caller.seller_id, count=1, since=tomorrow, until=tomorrow)[0]
    assert caller.order(order_id).status_code == 404
    clock.advance(days=1, minutes=2)
    caller.renew()
    assert collect_ids(caller) == [order_id]


def test_the_trickle_does_not_depend_on_how_often_one_looks(clock: FrozenClock) -> None:
    patient, eager = Caller(clock, orders_per_day=48), Caller(clock, orders_per_day=48)
    for _ in range(24):
        clock.advance(hours=1)
        eager.renew()
        collect_ids(eager)
    patient.renew()
    assert patient.amazon.orders(patient.seller_id) == eager.amazon.orders(eager.seller_id)
    assert 47 <= eager.amazon.count_orders(eager.seller_id) <= 49


def test_a_change_by_hand_ends_the_orders_own_course(clock: FrozenClock) -> None:
    caller = Caller(clock)
    order_id = caller.amazon.generate_orders(caller.seller_id, count=1, since=clock(), until=clock())[0]
    clock.advance(hours=2)
    caller.amazon.update_order(caller.seller_id, order_id, {"fulfillment": {"fulfillmentStatus": "CANCELLED"}})
    clock.advance(days=3)
    order = caller.amazon.order(caller.seller_id, order_id)
    assert order is not None
    assert order["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    assert order["proceeds"] == {}
    assert [item["quantityOrdered"] for item in order["orderItems"]] == [0] * len(order["orderItems"])


@pytest.mark.parametrize("kind", BAD_INPUTS)
def test_every_bad_input_reaches_the_next_search(clock: FrozenClock, kind: str) -> None:
    caller = Caller(clock)
    order_id = caller.amazon.add_bad_input(caller.seller_id, kind)
    assert collect_ids(caller, includedData=",".join(DATASETS)) == [order_id]


def test_bad_inputs_survive_json_as_they_are(clock: FrozenClock) -> None:
    caller = Caller(clock)
    for kind in ("nul_character", "rtl_override", "long_title"):
        caller.amazon.add_bad_input(caller.seller_id, kind)
    answer = caller.search()
    assert "\\u0000" in answer.text
    titles = [order["orderItems"][0]["product"]["title"] for order in answer.json()["orders"]]
    assert any("\x00" in title for title in titles)
    assert any("\u202e" in title for title in titles)
    assert max(map(len, titles)) > 10_000
