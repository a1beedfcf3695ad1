"""The look-alike answers as Amazon's own models say."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.openapi import validate_answer
from tests.sandbox.amazon import NL, ORDERS_URL, PARTICIPATIONS_URL, TRANSACTIONS_URL, Caller
from tests.support.clock import FrozenClock
from webshop.sandbox.amazon import BAD_INPUTS
from webshop.sandbox.amazon.projection import DATASETS, DEFAULT_ROLES, INVENTORY_AND_ORDER_TRACKING, TAX_INVOICING
from webshop.sandbox.amazon.search import LAG
from webshop.sandbox.amazon.timestamps import format_timestamp
from webshop.sandbox.core import Fault

CONTRACTS = Path(__file__).parents[3] / "shared" / "reference" / "contracts"
pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the vendor's models are not beside the repository"),
]
SEARCH = "/orders/2026-01-01/orders"
ORDER = "/orders/2026-01-01/orders/{orderId}"
TRANSACTIONS = "/finances/2024-06-19/transactions"
PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"
EVERYTHING = ",".join(DATASETS)
# these are wrong on purpose, also by Amazon's model
OUTSIDE_THE_MODEL = {"unknown_status"}


@pytest.fixture(scope="module")
def orders_model() -> dict[str, Any]:
    return dict(json.loads((CONTRACTS / "orders_2026-01-01.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def sellers_model() -> dict[str, Any]:
    return dict(json.loads((CONTRACTS / "sellers.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("tax_calculated", [False, True])
def test_orders_fit_the_model_through_their_whole_life(
    clock: FrozenClock, orders_model: dict[str, Any], tax_calculated: bool
) -> None:
    caller = Caller(clock, roles=DEFAULT_ROLES | {TAX_INVOICING}, tax_calculated=tax_calculated)
    for marketplace in ("NL", "DE"):
        caller.amazon.generate_orders(
            caller.seller_id, count=150, marketplace=marketplace, since=clock(), until=clock() + timedelta(hours=1)
        )
    statuses = set()
    for hours in (1.2, 12, 10, 24):
        clock.advance(hours=hours)
        caller.renew()
        parameters = {"includedData": EVERYTHING}
        while True:
            answer = caller.search(**parameters)
            validate_answer(orders_model, "GET", SEARCH, answer.status_code, answer.json())
            orders = answer.json()["orders"]
            statuses |= {order["fulfillment"]["fulfillmentStatus"] for order in orders}
            if "pagination" not in answer.json():
                break
            parameters["paginationToken"] = answer.json()["pagination"]["nextToken"]
    assert statuses == {"PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED"}


def test_one_order_fits_the_model(clock: FrozenClock, orders_model: dict[str, Any]) -> None:
    caller = Caller(clock)
    for order_id in caller.generate(25):
        for datasets in (EVERYTHING, "PROCEEDS"):
            answer = caller.order(order_id, includedData=datasets)
            validate_answer(orders_model, "GET", ORDER, answer.status_code, answer.json())
        clock.advance(seconds=4)


@pytest.mark.parametrize("kind", sorted(set(BAD_INPUTS) - OUTSIDE_THE_MODEL))
def test_bad_inputs_are_possible_by_the_model(clock: FrozenClock, orders_model: dict[str, Any], kind: str) -> None:
    caller = Caller(clock)
    caller.amazon.add_bad_input(caller.seller_id, kind)
    answer = caller.search(includedData=EVERYTHING)
    validate_answer(orders_model, "GET", SEARCH, answer.status_code, answer.json())


def test_participations_fit_the_model(clock: FrozenClock, sellers_model: dict[str, Any]) -> None:
    answer = Caller(clock, marketplaces=("NL", "DE", "BE", "FR", "SE")).get(PARTICIPATIONS_URL)
    validate_answer(sellers_model, "GET", PARTICIPATIONS, answer.status_code, answer.json())


def test_payments_fit_the_model_and_an_empty_page_can_come(clock: FrozenClock) -> None:
    model = json.loads((CONTRACTS / "finances_2024-06-19.json").read_text(encoding="utf-8"))
    caller = Caller(clock)
    numbers = caller.generate(40)
    now = clock()
    for number in range(100):
        caller.amazon.add_refund(
            caller.seller_id, numbers[0], Decimal("1.25"), now - timedelta(hours=2, seconds=number)
        )
    first, last = format_timestamp(now - timedelta(hours=3)), format_timestamp(now - LAG)
    window = {"postedAfter": first, "postedBefore": last, "marketplaceId": NL}
    counts = []
    while True:
        answer = caller.get(TRANSACTIONS_URL, **window)
        assert answer.status_code == 200, answer.text
        validate_answer(model, "GET", TRANSACTIONS, 200, answer.json())
        payload = answer.json()["payload"]
        counts.append(len(payload["transactions"]))
        if "nextToken" not in payload:
            break
        window["nextToken"] = payload["nextToken"]
    assert sum(counts) >= 100
    for wrong in ({}, {"postedAfter": format_timestamp(now)}, {**window, "nextToken": "x"}, {**window, "size": "1"}):
        refusal = caller.get(TRANSACTIONS_URL, **wrong)
        assert refusal.status_code == 400
        validate_answer(model, "GET", TRANSACTIONS, 400, refusal.json())
    closed = Caller(clock, roles={INVENTORY_AND_ORDER_TRACKING}).get(TRANSACTIONS_URL, **window)
    assert closed.status_code == 403
    validate_answer(model, "GET", TRANSACTIONS, 403, closed.json())


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_refusals_fit_the_model(clock: FrozenClock, orders_model: dict[str, Any], status: int) -> None:
    caller = Caller(clock)
    caller.sandbox.world.faults.add(Fault("amazon", "*", "status", parameters={"status": status}))
    answer = caller.search()
    assert answer.status_code == status
    validate_answer(orders_model, "GET", SEARCH, status, answer.json())


def test_own_refusals_fit_the_model(clock: FrozenClock, orders_model: dict[str, Any]) -> None:
    caller = Caller(clock)
    answers = [
        (SEARCH, caller.get(ORDERS_URL)),
        (SEARCH, caller.search(marketplaceIds="A13V1IB3VIYZZH")),
        (ORDER, caller.order("404-0000000-0000000")),
        *((SEARCH, caller.search()) for _ in range(20)),
    ]
    assert {answer.status_code for _, answer in answers} == {400, 403, 404, 200, 429}
    for path, answer in answers:
        validate_answer(orders_model, "GET", path, answer.status_code, answer.json())
        declared = orders_model["paths"][path]["get"]["responses"][str(answer.status_code)]["headers"]
        assert {name for name in declared if name not in answer.headers} == set()
