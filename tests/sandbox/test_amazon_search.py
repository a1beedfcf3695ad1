"""searchOrders and getOrder: what a client that misreads the contract runs into."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.sandbox.amazon import NL, ORDERS_URL, PARTICIPATIONS_URL, TIMEOUT, Caller, collect_ids, error_of
from tests.support.clock import FrozenClock
from webshop.sandbox.amazon.projection import DATASETS, FINANCE_AND_ACCOUNTING
from webshop.sandbox.amazon.timestamps import format_timestamp

INVALID = "The input you have submitted is not valid. Please check your input and try again."
PAGE_INVALID = (
    "The paginationToken you have submitted is not valid."
    " All parameters must match the original request except maxResultsPerPage."
)


@pytest.fixture
def caller(clock: FrozenClock) -> Caller:
    return Caller(clock)


def at(clock: FrozenClock, **ago: float) -> str:
    return format_timestamp(clock() - timedelta(**ago))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"createdAfter": "2026-01-01T00:00:00Z", "lastUpdatedAfter": "2026-01-01T00:00:00Z"},
        {"createdAfter": "2026-01-01T00:00:00Z", "lastUpdatedBefore": "2026-02-01T00:00:00Z"},
        {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "createdBefore": "2026-02-01T00:00:00Z"},
        {"lastUpdatedAfter": "2026-02-01T00:00:00Z", "lastUpdatedBefore": "2026-01-01T00:00:00Z"},
        {"lastUpdatedAfter": "yesterday"},
        {"lastUpdatedAfter": "2026-01-01T00:00:00 02:00"},
        {"lastUpdatedAfter": "2026-01-01"},
        {"lastUpdatedAfter": "2026-13-01T00:00:00Z"},
        {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "maxResultsPerPage": "0"},
        {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "maxResultsPerPage": "101"},
        {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "maxResultsPerPage": "ten"},
        {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "marketplaceIds": ",".join([NL] * 51)},
        {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "marketplaceIds": ""},
        {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "fulfillmentStatuses": "Shipped"},
        {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "fulfilledBy": "AFN"},
        {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "includedData": "PROCEEDS,EVERYTHING"},
        {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "MaxResultsPerPage": "50"},
        {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "nextToken": "x"},
    ],
)
def test_a_request_amazon_would_not_understand_is_invalid_input(caller: Caller, parameters: dict[str, str]) -> None:
    answer = caller.get(ORDERS_URL, **parameters)
    assert error_of(answer)[:3] == (400, "InvalidInput", INVALID)


def test_lists_are_comma_separated_not_repeated(caller: Caller) -> None:
    url = f"{ORDERS_URL}?lastUpdatedAfter=2026-01-01T00:00:00Z&includedData=PROCEEDS&includedData=FULFILLMENT"
    assert caller.session.get(url, timeout=TIMEOUT).status_code == 400


def test_a_plus_that_became_a_space_is_refused_and_an_encoded_one_is_not(caller: Caller) -> None:
    raw = f"{ORDERS_URL}?lastUpdatedAfter=2026-01-01T00:00:00+02:00"
    assert caller.session.get(raw, timeout=TIMEOUT).status_code == 400
    assert caller.search(lastUpdatedAfter="2026-01-01T00:00:00+02:00").status_code == 200


def test_the_last_two_minutes_can_not_be_asked_for(caller: Caller, clock: FrozenClock) -> None:
    assert caller.search(lastUpdatedBefore=at(clock, seconds=119)).status_code == 400
    assert caller.search(lastUpdatedBefore=at(clock, minutes=2)).status_code == 200


def test_the_answer_tells_up_to_when_it_looked(caller: Caller, clock: FrozenClock) -> None:
    body = caller.search().json()
    assert body == {"orders": [], "lastUpdatedBefore": at(clock, minutes=2)}
    assert caller.get(ORDERS_URL, createdAfter="2026-01-01T00:00:00Z").json()["createdBefore"] == at(clock, minutes=2)


def test_a_change_shows_after_two_minutes(caller: Caller, clock: FrozenClock) -> None:
    order_id = caller.generate(1)[0]
    caller.amazon.update_order(caller.seller_id, order_id, {"fulfillment": {"fulfillmentStatus": "CANCELLED"}})
    assert collect_ids(caller) == []
    assert caller.order(order_id).status_code == 200
    clock.advance(minutes=2)
    order = caller.search(includedData="FULFILLMENT").json()["orders"][0]
    assert order["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    assert order["lastUpdatedTime"] == at(clock, minutes=2)


def test_every_order_comes_exactly_once_over_the_pages(caller: Caller) -> None:
    order_ids = caller.generate(57)
    for size in ("7", "19", "57", "100"):
        assert sorted(collect_ids(caller, maxResultsPerPage=size)) == sorted(order_ids)


def test_pages_have_at_most_the_wanted_number_and_the_last_has_no_token(caller: Caller) -> None:
    caller.generate(25)
    first = caller.search(maxResultsPerPage="20").json()
    assert len(first["orders"]) == 20
    last = caller.search(maxResultsPerPage="20", paginationToken=first["pagination"]["nextToken"]).json()
    assert len(last["orders"]) == 5
    assert "pagination" not in last
    assert last["lastUpdatedBefore"] == first["lastUpdatedBefore"]


def test_an_order_that_changes_between_two_pages_hides_no_other(caller: Caller, clock: FrozenClock) -> None:
    order_ids = caller.generate(12)
    first = caller.search(maxResultsPerPage="5").json()
    seen = [order["orderId"] for order in first["orders"]]
    clock.advance(minutes=5)
    for order_id in seen:
        caller.amazon.update_order(caller.seller_id, order_id, {})
    token = first["pagination"]["nextToken"]
    while token:
        page = caller.search(maxResultsPerPage="5", paginationToken=token).json()
        seen += [order["orderId"] for order in page["orders"]]
        token = page.get("pagination", {}).get("nextToken")
    assert sorted(seen) == sorted(order_ids)


@pytest.mark.parametrize(
    "change",
    [
        {"lastUpdatedAfter": "2026-01-01T00:00:01Z"},
        {"includedData": "PROCEEDS"},
        {"marketplaceIds": NL},
        {"fulfilledBy": "AMAZON,MERCHANT"},
        {"lastUpdatedBefore": "2026-11-23T08:58:00Z"},
    ],
)
def test_a_page_token_is_bound_to_the_parameters(caller: Caller, change: dict[str, str]) -> None:
    caller.generate(3)
    token = caller.search(maxResultsPerPage="1").json()["pagination"]["nextToken"]
    answer = caller.search(**{"maxResultsPerPage": "1", "paginationToken": token, **change})
    assert error_of(answer)[:3] == (400, "InvalidInput", PAGE_INVALID)


def test_a_page_token_of_another_seller_or_made_up_is_refused(caller: Caller) -> None:
    caller.generate(3)
    token = caller.search(maxResultsPerPage="1").json()["pagination"]["nextToken"]
    assert error_of(caller.search(maxResultsPerPage="1", paginationToken="made-up"))[2] == PAGE_INVALID
    other = caller.amazon.create_seller(name="Ander")
    caller.refresh_token = caller.amazon.authorise(other.seller_id)
    caller.renew()
    assert error_of(caller.search(maxResultsPerPage="1", paginationToken=token))[2] == PAGE_INVALID


def test_a_page_token_lives_a_day(caller: Caller, clock: FrozenClock) -> None:
    caller.generate(3)
    token = caller.search(maxResultsPerPage="1").json()["pagination"]["nextToken"]
    clock.advance(hours=24)
    caller.renew()
    assert caller.search(maxResultsPerPage="1", paginationToken=token).status_code == 200
    clock.advance(seconds=1)
    assert error_of(caller.search(maxResultsPerPage="1", paginationToken=token))[2] == PAGE_INVALID


def test_filters_select_by_status_fulfiller_and_marketplace(caller: Caller) -> None:
    caller.generate(80)
    caller.generate(5, marketplace="DE")
    orders = {order["orderId"]: order for order in caller.amazon.orders(caller.seller_id)}
    shipped = collect_ids(caller, fulfillmentStatuses="SHIPPED,CANCELLED")
    assert {orders[each]["fulfillment"]["fulfillmentStatus"] for each in shipped} == {"SHIPPED", "CANCELLED"}
    by_amazon = collect_ids(caller, fulfilledBy="AMAZON")
    assert {orders[each]["fulfillment"]["fulfilledBy"] for each in by_amazon} == {"AMAZON"}
    assert len(collect_ids(caller, marketplaceIds=NL)) == 80


def test_a_marketplace_the_seller_is_not_on_is_denied(caller: Caller) -> None:
    assert error_of(caller.search(marketplaceIds="A13V1IB3VIYZZH")) == (
        403,
        "Unauthorized",
        "Access to requested resource is denied.",
        "",
    )


def test_datasets_come_only_when_asked_for(caller: Caller, clock: FrozenClock) -> None:
    caller.generate(100)
    clock.advance(days=2)
    caller.renew()
    keys = {dataset.lower() for dataset in DATASETS} - {"fulfillment_orders"}
    bare = caller.search().json()["orders"]
    assert not any(keys & set(node) for order in bare for node in (order, *order["orderItems"]))
    full = caller.search(includedData=",".join(DATASETS)).json()["orders"]
    found = set().union(*(set(node) for order in full for node in (order, *order["orderItems"])))
    assert keys - found == {"expense"}


def test_only_proceeds_brings_no_status(caller: Caller) -> None:
    caller.generate(1)
    order = caller.search(includedData="PROCEEDS").json()["orders"][0]
    assert "proceeds" in order
    assert "fulfillment" not in order


@pytest.mark.parametrize("has_role", [True, False])
def test_personal_data_needs_the_restricted_role(clock: FrozenClock, has_role: bool) -> None:
    caller = Caller(clock) if has_role else Caller(clock, roles={FINANCE_AND_ACCOUNTING})
    caller.generate(60)
    clock.advance(days=2)
    caller.renew()
    orders = caller.search(includedData="BUYER,RECIPIENT,FULFILLMENT", fulfillmentStatuses="SHIPPED").json()["orders"]
    own = [order for order in orders if order["fulfillment"]["fulfilledBy"] == "MERCHANT"]
    fba = [order for order in orders if order["fulfillment"]["fulfilledBy"] == "AMAZON"]
    assert own
    assert fba
    assert all(("buyerEmail" in order["buyer"]) == has_role for order in own)
    assert all(("postalCode" in order["recipient"]["deliveryAddress"]) == has_role for order in own)
    assert not any("buyerEmail" in order["buyer"] or "buyerName" in order["buyer"] for order in fba)
    assert not any("postalCode" in order["recipient"]["deliveryAddress"] for order in fba)
    assert all({"city", "countryCode"} <= set(order["recipient"]["deliveryAddress"]) for order in orders)


def test_without_any_role_the_orders_are_closed(clock: FrozenClock) -> None:
    caller = Caller(clock, roles={"Product Listing"})
    assert error_of(caller.search()) == (403, "Unauthorized", "Access to requested resource is denied.", "")


def test_get_order_knows_only_the_sellers_own_orders(caller: Caller) -> None:
    order_id = caller.generate(1)[0]
    assert caller.order(order_id, includedData="PROCEEDS").json()["order"]["orderId"] == order_id
    other = caller.amazon.create_seller(name="Ander")
    caller.refresh_token = caller.amazon.authorise(other.seller_id)
    caller.renew()
    assert error_of(caller.order(order_id))[:2] == (404, "NotFound")


def test_get_order_refuses_what_is_no_order_id_and_unknown_parameters(caller: Caller) -> None:
    order_id = caller.generate(1)[0]
    assert caller.order("404-123").status_code == 400
    assert caller.order("..%2F404-1234567-1234567").status_code == 400
    assert caller.order(order_id, marketplaceIds=NL).status_code == 400


def test_participations_name_the_marketplaces_of_the_seller(clock: FrozenClock) -> None:
    caller = Caller(clock, marketplaces=("NL", "SE"))
    payload = caller.get(PARTICIPATIONS_URL).json()["payload"]
    assert [(each["marketplace"]["countryCode"], each["marketplace"]["defaultCurrencyCode"]) for each in payload] == [
        ("NL", "EUR"),
        ("SE", "SEK"),
    ]


def test_an_unknown_path_is_not_a_404(caller: Caller) -> None:
    answer = caller.get("http://sandbox.test/amazon/api/orders/v0/orders")
    assert error_of(answer)[:2] == (403, "MissingAuthenticationToken")


def test_a_caller_without_a_name_is_refused(caller: Caller) -> None:
    caller.session.headers["User-Agent"] = ""
    assert caller.search().status_code == 400


def test_the_rate_is_told_with_200_400_and_404_only(caller: Caller) -> None:
    assert caller.search().headers["x-amzn-RateLimit-Limit"] == "0.0056"
    assert caller.search(createdBefore="x").headers["x-amzn-RateLimit-Limit"] == "0.0056"
    assert caller.order("404-0000000-0000000").headers["x-amzn-RateLimit-Limit"] == "0.5"
    caller.session.headers["x-amz-access-token"] = "Atza|x"
    denied = caller.search()
    assert "x-amzn-RateLimit-Limit" not in denied.headers
    assert denied.headers["x-amzn-RequestId"]


@pytest.mark.parametrize(
    ("url", "burst", "interval"),
    [(ORDERS_URL, 20, 178.6), (f"{ORDERS_URL}/404-0000000-0000000", 30, 2.0), (PARTICIPATIONS_URL, 15, 62.5)],
)
def test_the_bucket_empties_and_refills_at_the_published_rate(
    caller: Caller, clock: FrozenClock, url: str, burst: int, interval: float
) -> None:
    statuses = [caller.get(url).status_code for _ in range(burst)]
    assert 429 not in statuses
    refusal = caller.get(url)
    assert error_of(refusal) == (429, "QuotaExceeded", "You exceeded your quota for the requested resource.", "")
    assert not {"x-amzn-RateLimit-Limit", "Retry-After"} & set(refusal.headers)
    clock.advance(seconds=interval - 0.5)
    assert caller.get(url).status_code == 429
    clock.advance(seconds=0.5)
    assert caller.get(url).status_code != 429
    assert caller.get(url).status_code == 429
    assert caller.amazon.self_inflicted_429 == 3


def test_a_bucket_belongs_to_one_seller(caller: Caller) -> None:
    for _ in range(21):
        caller.search()
    other = caller.amazon.create_seller(name="Ander")
    caller.refresh_token = caller.amazon.authorise(other.seller_id)
    caller.renew()
    assert caller.search().status_code == 200
