"""No page is skipped, no shop disconnected without reason, and no address built from a stranger's text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.clients.amazon.orders import ORDER_ID, make_order
from tests.clients.fakes import NOW, Answer, FakeTokens, ScriptedAdapter, clock, http_over
from webshop.clients.amazon.client import AmazonClient, OrdersPage, PageTokenInvalidError
from webshop.exceptions import (
    BudgetEmptyError,
    NotFoundRemoteError,
    PartnerAccessError,
    ReconnectRequiredError,
    RejectedError,
    RetryableRemoteError,
    ThrottledError,
)

AFTER = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
EXPIRED = "The access token you provided has expired."
REVOKED = "The access token you provided is revoked, malformed or invalid."


class Bench:
    """A client over a script, with what it sent and spent."""

    def __init__(self, *script: Answer | Exception) -> None:
        self.adapter = ScriptedAdapter(*script)
        self.tokens = FakeTokens()
        self.taken: list[str] = []
        self.client = AmazonClient(
            http=http_over(self.adapter),
            base_url="https://spapi.example/",
            tokens=self.tokens,
            take=self.taken.append,
            clock=clock,
        )

    def search(self, token: str | None = None) -> OrdersPage:
        return self.client.search_orders(
            marketplace_id="A1805IZSGTT6HS", last_updated_after=AFTER, pagination_token=token
        )


def refused(status: int, *, code: str = "Unauthorized", message: str = "Access denied.", details: str = "") -> Answer:
    return Answer(status, {"errors": [{"code": code, "message": message, "details": details}]})


def page(*orders: Any, **members: Any) -> Answer:
    return Answer(200, {"orders": list(orders), "lastUpdatedBefore": "2026-11-23T08:58:00.000Z", **members})


# searching


def test_a_search_asks_for_what_we_use_and_nothing_else() -> None:
    bench = Bench(page())
    bench.search()
    (sent,) = bench.adapter.sent

    assert (sent.method, sent.path) == ("GET", "/orders/2026-01-01/orders")
    assert sent.query == {
        "marketplaceIds": "A1805IZSGTT6HS",
        "lastUpdatedAfter": "2026-11-20T10:00:00.000Z",
        "maxResultsPerPage": "100",
        "includedData": "PROCEEDS,FULFILLMENT,TAX,RECIPIENT,BUYER,PAYMENT",
    }
    assert sent.headers["x-amz-access-token"] == "token-1"
    assert sent.headers["x-amz-date"] == "20261123T090000Z"
    assert bench.taken == ["searchOrders"]


def test_a_moment_of_another_zone_is_sent_in_utc_without_a_plus() -> None:
    bench = Bench(page())
    moment = datetime(2026, 11, 20, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    bench.client.search_orders(marketplace_id="A", last_updated_after=moment)

    assert bench.adapter.sent[0].query["lastUpdatedAfter"] == "2026-11-20T10:00:00.000Z"


def test_a_moment_without_a_zone_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="zone"):
        Bench(page()).client.search_orders(marketplace_id="A", last_updated_after=datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_page_says_how_far_it_goes_and_what_comes_next() -> None:
    result = Bench(page(make_order(), pagination={"nextToken": "next+/="})).search()

    assert [order.order_id for order in result.orders] == [ORDER_ID]
    assert result.next_token == "next+/="
    assert result.last_updated_before == NOW - timedelta(minutes=2)
    assert result.unreadable == ()


def test_the_next_page_is_asked_for_with_the_same_arguments() -> None:
    bench = Bench(page())
    bench.search()
    bench.search("next+/=")
    first, second = (sent.query for sent in bench.adapter.sent)

    assert second == {**first, "paginationToken": "next+/="}


def test_the_last_page_has_no_next() -> None:
    assert Bench(page(pagination={})).search().next_token is None
    assert Bench(page(pagination=None)).search().next_token is None


def test_an_order_that_cannot_be_read_does_not_take_the_page_with_it() -> None:
    result = Bench(page(make_order(orderId="../x"), make_order(), "odd", make_order(createdTime=None))).search()

    assert len(result.orders) == 1
    assert [(order.order_id, order.problem) for order in result.unreadable] == [
        (None, "orderId"),
        (None, "it is not an object"),
        (ORDER_ID, "createdTime"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"orders": {}}',
        b'{"payload": {}}',
        b'{"orders": [], "pagination": 7}',
        b'{"orders": [], "pagination": {"nextToken": 7}}',
        b"[" * 10_000,
        b'{"orders": [], "orders": []}',
    ],
)
def test_an_answer_that_is_no_page_is_never_taken_for_an_empty_one(body: bytes) -> None:
    with pytest.raises(RetryableRemoteError) as caught:
        Bench(Answer(200, body)).search()

    assert caught.value.code == "UNREADABLE_ANSWER"


@pytest.mark.parametrize(
    "message",
    ["The paginationToken you have submitted is not valid.", "The input you have submitted is not valid."],
)
def test_a_page_token_that_is_too_old_says_so(message: str) -> None:
    with pytest.raises(PageTokenInvalidError):
        Bench(refused(400, code="InvalidInput", message=message)).search("old")


def test_a_bad_request_without_a_page_token_is_no_matter_of_a_page_token() -> None:
    with pytest.raises(RejectedError) as caught:
        Bench(refused(400, code="InvalidInput")).search()

    assert (type(caught.value), caught.value.code) == (RejectedError, "InvalidInput")


# access


@pytest.mark.parametrize("details", [EXPIRED, REVOKED])
def test_a_refused_token_is_renewed_once_and_the_call_goes_on(details: str) -> None:
    bench = Bench(refused(403, details=details), page(make_order()))

    assert len(bench.search().orders) == 1
    assert bench.tokens.renewed == ["token-1"]
    assert [sent.headers["x-amz-access-token"] for sent in bench.adapter.sent] == ["token-1", "token-2"]
    assert bench.taken == ["searchOrders", "searchOrders"]


@pytest.mark.parametrize("answer", [refused(403, details=EXPIRED), refused(403, details=REVOKED), Answer(401)])
def test_a_token_that_is_refused_again_needs_the_owner(answer: Answer) -> None:
    bench = Bench(answer)

    with pytest.raises(ReconnectRequiredError):
        bench.search()

    assert len(bench.adapter.sent) == 2


@pytest.mark.parametrize("answer", [refused(403), Answer(403, b""), Answer(403, {"errors": []}), Answer(403, [7])])
def test_a_403_without_a_reason_does_not_disconnect_the_shop(answer: Answer) -> None:
    bench = Bench(answer)

    with pytest.raises(RejectedError) as caught:
        bench.search()

    assert (caught.value.code, bench.tokens.renewed) == ("AMAZON_REFUSES", [])


def test_our_own_expired_secret_is_one_alarm_and_no_sellers_fault() -> None:
    bench = Bench(refused(403, message="The LWA secret token you provided has expired."))

    with pytest.raises(PartnerAccessError):
        bench.search()

    assert bench.tokens.renewed == []


@pytest.mark.parametrize(
    ("answer", "error_class"),
    [
        (refused(429, code="QuotaExceeded"), ThrottledError),
        (Answer(429, b""), ThrottledError),
        (refused(500, code="InternalFailure"), RetryableRemoteError),
        (Answer(503, b"<html>"), RetryableRemoteError),
        (Answer(408, b""), RetryableRemoteError),
        (refused(404, code="NotFound"), NotFoundRemoteError),
        (refused(415), RejectedError),
        (Answer(302, b"", {"Location": "https://elsewhere.example"}), RetryableRemoteError),
    ],
)
def test_each_refusal_means_what_it_should(answer: Answer, error_class: type) -> None:
    with pytest.raises(error_class) as caught:
        Bench(answer).search()

    assert type(caught.value) is error_class


def test_an_error_carries_the_id_amazons_support_asks_for() -> None:
    answer = Answer(500, b"", {"x-amzn-requestid": "request-1"})

    with pytest.raises(RetryableRemoteError) as caught:
        Bench(answer).search()

    assert (caught.value.request_id, caught.value.status, caught.value.operation) == ("request-1", 500, "searchOrders")


def test_an_empty_budget_means_that_nothing_is_sent() -> None:
    bench = Bench(page())

    def refuse(operation: str) -> None:
        raise BudgetEmptyError("amazon", NOW)

    client = AmazonClient(
        http=http_over(bench.adapter), base_url="https://x.example", tokens=bench.tokens, take=refuse, clock=clock
    )

    with pytest.raises(BudgetEmptyError):
        client.get_order(ORDER_ID)

    assert bench.adapter.sent == []


# one order


def test_one_order_is_asked_for_by_its_number() -> None:
    bench = Bench(Answer(200, {"order": make_order()}))

    assert bench.client.get_order(ORDER_ID).order_id == ORDER_ID
    assert bench.adapter.sent[0].path == f"/orders/2026-01-01/orders/{ORDER_ID}"
    assert set(bench.adapter.sent[0].query) == {"includedData"}
    assert bench.taken == ["getOrder"]


@pytest.mark.parametrize(
    "order_id", ["../../tokens", "404-1234567-1234567/..", "", "404-1234567-123456٧", "%2e%2e", "x\n"]
)
def test_a_number_that_is_none_never_becomes_part_of_an_address(order_id: str) -> None:
    bench = Bench(Answer(200, {}))

    with pytest.raises(RejectedError):
        bench.client.get_order(order_id)

    assert (bench.adapter.sent, bench.taken) == ([], [])


@pytest.mark.parametrize("answer", [refused(404), Answer(200, {"payload": {}}), Answer(200, {"order": None})])
def test_an_unknown_order_is_not_found_in_whatever_way_amazon_says_it(answer: Answer) -> None:
    with pytest.raises(NotFoundRemoteError):
        Bench(answer).client.get_order(ORDER_ID)


def test_an_order_that_cannot_be_read_is_refused_by_itself() -> None:
    with pytest.raises(RejectedError) as caught:
        Bench(Answer(200, {"order": make_order(createdTime="x")})).client.get_order(ORDER_ID)

    assert caught.value.code == "UNREADABLE_ORDER"


def test_another_order_than_the_one_asked_for_is_not_taken() -> None:
    with pytest.raises(RetryableRemoteError):
        Bench(Answer(200, {"order": make_order(orderId="404-7654321-7654321")})).client.get_order(ORDER_ID)


# marketplaces


def participation(**marketplace: Any) -> dict[str, Any]:
    return {
        "marketplace": {
            "id": "A1805IZSGTT6HS",
            "name": "Amazon.nl",
            "countryCode": "NL",
            "defaultCurrencyCode": "EUR",
            "defaultLanguageCode": "nl_NL",
            "domainName": "www.amazon.nl",
            **marketplace,
        },
        "storeName": "Winkel",
        "participation": {"isParticipating": True, "hasSuspendedListings": False},
    }


def test_the_sellers_marketplaces_are_read_and_odd_rows_left_out() -> None:
    rows = [participation(), participation(id=None), {}, 7, participation(id="A38D8NSA03LJTC", name=None)]
    bench = Bench(Answer(200, {"payload": rows}))
    found = bench.client.marketplace_participations()

    assert [(one.marketplace_id, one.name) for one in found] == [
        ("A1805IZSGTT6HS", "Amazon.nl"),
        ("A38D8NSA03LJTC", ""),
    ]
    assert found[0].is_participating and not found[0].has_suspended_listings
    assert (found[0].currency, found[0].country_code, found[0].domain) == ("EUR", "NL", "www.amazon.nl")
    assert bench.taken == ["getMarketplaceParticipations"]


def test_an_answer_without_marketplaces_is_not_a_seller_without_marketplaces() -> None:
    with pytest.raises(RetryableRemoteError):
        Bench(Answer(200, {})).client.marketplace_participations()
