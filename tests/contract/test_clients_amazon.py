"""Our requests fit Amazon's own model, and the client gets along with the look-alike in good and bad times."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.clients.fakes import NOW, clock
from webshop.clients.amazon.auth import AmazonAuth
from webshop.clients.amazon.client import AmazonClient, OrdersPage, PageTokenInvalidError
from webshop.clients.amazon.parsing import parse_order
from webshop.clients.amazon.transactions import TransactionsPage, read_page
from webshop.clients.http import HttpClient, build_user_agent
from webshop.clients.transport import build_session
from webshop.exceptions import (
    PartnerAccessError,
    ReconnectRequiredError,
    RejectedError,
    RetryableRemoteError,
    ThrottledError,
)
from webshop.sandbox import Sandbox, SandboxAdapter, create_sandbox
from webshop.sandbox.amazon import BAD_INPUTS, CLIENT_ID, CLIENT_SECRET
from webshop.sandbox.core import Fault

MODELS = Path(__file__).parents[3] / "shared" / "reference" / "contracts"
MARKETPLACE = "A1805IZSGTT6HS"

pytestmark = pytest.mark.contract
needs_models = pytest.mark.skipif(not MODELS.exists(), reason="the vendor's models are not beside the repository")


def load(name: str) -> dict[str, Any]:
    return dict(json.loads((MODELS / name).read_text(encoding="utf-8")))


class Seller:
    """A seller of the look-alike with 150 orders, and our client for it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.id = sandbox.amazon.create_seller(name="Winkel").seller_id
        sandbox.amazon.generate_orders(
            self.id, count=150, since=NOW - timedelta(days=3), until=NOW - timedelta(hours=1)
        )
        self.http = HttpClient(
            remote="amazon",
            session=build_session(adapter=SandboxAdapter(sandbox.wsgi)),
            user_agent=build_user_agent("1.0"),
            max_bytes=5_000_000,
        )
        self.refresh_token = sandbox.amazon.authorise(self.id)
        self.token = self.auth().refresh(self.refresh_token).access_token
        self.client = AmazonClient(
            http=self.http, base_url="http://sandbox/amazon/api", tokens=self, take=lambda operation: None, clock=clock
        )

    def auth(self, secret: str = CLIENT_SECRET) -> AmazonAuth:
        return AmazonAuth(
            http=self.http,
            token_url="http://sandbox/amazon/auth/o2/token",
            client_id=CLIENT_ID,
            client_secret=secret,
            clock=clock,
        )

    def get(self) -> str:
        return self.token

    def renew(self, rejected: str) -> str:
        self.token = self.auth().refresh(self.refresh_token).access_token
        return self.token

    def search(self, token: str | None = None) -> OrdersPage:
        return self.client.search_orders(
            marketplace_id=MARKETPLACE, last_updated_after=NOW - timedelta(days=5), pagination_token=token
        )

    def refunds(self, token: str | None = None) -> TransactionsPage:
        return self.client.list_refunds(
            marketplace_id=MARKETPLACE,
            posted_after=NOW - timedelta(days=4),
            posted_before=NOW - timedelta(hours=1),
            next_token=token,
        )

    def strike(self, kind: str, operation: str = "searchOrders", **parameters: Any) -> None:
        self.sandbox.world.faults.add(Fault("amazon", operation, kind, parameters=parameters))


@pytest.fixture
def seller() -> Iterator[Seller]:
    sandbox = create_sandbox(clock=clock)
    yield Seller(sandbox)
    sandbox.close()


# the model


def check_query(spec: dict[str, Any], path: str, query: dict[str, str]) -> None:
    """Fail for a parameter the operation does not know or a value it does not allow."""
    known = {each["name"]: each for each in spec["paths"][path]["get"]["parameters"] if each["in"] == "query"}
    assert set(query) <= set(known)
    assert all(name in query for name, each in known.items() if each.get("required"))
    for name, value in query.items():
        if known[name]["type"] == "array":
            allowed = known[name]["items"].get("enum")
            values = value.split(",")
            assert allowed is None or set(values) <= set(allowed)
            assert len(values) == len(set(values)) <= known[name].get("maxItems", 99)
        elif known[name]["type"] == "integer":
            assert 1 <= int(value) <= 100


@needs_models
def test_every_request_fits_the_model(seller: Seller) -> None:
    page = seller.search()
    seller.search(page.next_token)
    seller.client.get_order(page.orders[0].order_id)
    seller.client.marketplace_participations()
    seller.refunds()
    orders, sellers = load("orders_2026-01-01.json"), load("sellers.json")
    calls = {
        (entry.operation, tuple(sorted(entry.query.items()))) for entry in seller.sandbox.world.log.entries("amazon")
    }

    assert {operation for operation, _ in calls} == {
        "token",
        "searchOrders",
        "getOrder",
        "getMarketplaceParticipations",
        "listTransactions",
    }
    for operation, query in calls:
        if operation == "searchOrders":
            check_query(orders, "/orders/2026-01-01/orders", dict(query))
        elif operation == "getOrder":
            check_query(orders, "/orders/2026-01-01/orders/{orderId}", dict(query))
        elif operation == "listTransactions":
            check_query(load("finances_2024-06-19.json"), "/finances/2024-06-19/transactions", dict(query))
        elif operation == "getMarketplaceParticipations":
            assert query == ()
            assert "/sellers/v1/marketplaceParticipations" in sellers["paths"]


def samples() -> list[dict[str, Any]]:
    if not MODELS.exists():
        return []
    found: list[dict[str, Any]] = []
    for methods in load("orders_2026-01-01.json")["paths"].values():
        for case in methods["get"]["responses"]["200"]["x-amzn-api-sandbox"]["static"]:
            answer = case["response"]
            found += answer["orders"] if "orders" in answer else [answer["order"]]
    return found


@needs_models
@pytest.mark.parametrize("document", samples(), ids=lambda document: document["orderId"])
def test_amazons_own_samples_are_read_without_a_problem(document: dict[str, Any]) -> None:
    order = parse_order(document)

    assert order.problems == ()
    assert order.grand_total is not None
    assert sum(item.total or 0 for item in order.items) == order.grand_total


# the look-alike


def test_all_orders_come_over_page_by_page(seller: Seller) -> None:
    first = seller.search()
    second = seller.search(first.next_token)
    order_ids = [order.order_id for page in (first, second) for order in page.orders]

    assert sorted(order_ids) == sorted(order["orderId"] for order in seller.sandbox.amazon.orders(seller.id))
    assert second.next_token is None
    assert first.last_updated_before == NOW - timedelta(minutes=2)
    assert not [order.problems for order in (*first.orders, *second.orders) if order.problems]


def test_one_order_is_the_same_in_a_page_and_by_itself(seller: Seller) -> None:
    order = seller.search().orders[0]

    assert seller.client.get_order(order.order_id) == order


def test_a_consent_becomes_a_connection_that_works(seller: Seller) -> None:
    redirect_uri = seller.sandbox.amazon.application.redirect_uris[0]
    code = seller.sandbox.amazon.grants.issue_code(seller.id, redirect_uri)
    seller.token = seller.auth().exchange_code(code, redirect_uri).access_token

    assert {found.country_code for found in seller.client.marketplace_participations()} == {"NL", "DE"}
    with pytest.raises(ReconnectRequiredError):
        seller.auth().exchange_code(code, redirect_uri)


@pytest.mark.parametrize("kind", BAD_INPUTS)
def test_a_strange_order_never_takes_the_others_with_it(seller: Seller, kind: str) -> None:
    seller.sandbox.amazon.add_bad_input(seller.id, kind)
    first = seller.search()
    second = seller.search(first.next_token)

    assert len(first.orders) + len(second.orders) + len(first.unreadable) + len(second.unreadable) == 151


def test_an_expired_token_costs_one_renewal(seller: Seller) -> None:
    before = seller.token
    seller.strike("token_expired")

    assert len(seller.search().orders) == 100
    assert seller.token != before


def test_a_withdrawn_authorization_needs_the_owner(seller: Seller) -> None:
    seller.sandbox.amazon.revoke(seller.id)

    with pytest.raises(ReconnectRequiredError):
        seller.auth().refresh(seller.refresh_token)


def test_a_wrong_secret_of_ours_is_no_sellers_fault(seller: Seller) -> None:
    with pytest.raises(PartnerAccessError):
        seller.auth("wrong").refresh(seller.refresh_token)


@pytest.mark.parametrize(
    ("kind", "parameters", "error_class"),
    [
        ("drop", {}, RetryableRemoteError),
        ("reset", {}, RetryableRemoteError),
        ("commit_then_hang", {}, RetryableRemoteError),
        ("truncate", {"bytes": 100}, RetryableRemoteError),
        ("huge", {"bytes": 10_000_000}, RetryableRemoteError),
        ("redirect", {}, RetryableRemoteError),
        ("throttle", {}, ThrottledError),
        ("status", {"status": 500}, RetryableRemoteError),
        ("status", {"status": 503}, RetryableRemoteError),
        ("status", {"status": 403}, RejectedError),
        ("status", {"status": 400}, RejectedError),
    ],
)
def test_trouble_at_amazon_means_what_it_should(
    seller: Seller, kind: str, parameters: dict[str, Any], error_class: type[Exception]
) -> None:
    seller.strike(kind, **parameters)

    with pytest.raises(error_class) as caught:
        seller.search()

    assert type(caught.value) is error_class


def test_a_page_token_that_is_refused_says_so(seller: Seller) -> None:
    page = seller.search()
    seller.strike("page_token_invalid")

    with pytest.raises(PageTokenInvalidError):
        seller.search(page.next_token)


def test_a_refund_among_the_payments_is_found_with_its_order_and_amount(seller: Seller) -> None:
    order_id = seller.search().orders[0].order_id
    seller.sandbox.amazon.add_refund(seller.id, order_id, Decimal("12.34"), NOW - timedelta(days=1))
    page = seller.refunds()
    found = list(page.refunds)
    while page.next_token is not None:
        page = seller.refunds(page.next_token)
        found += page.refunds
    assert [(one.order_id, one.total) for one in found] == [(order_id, Decimal("12.34"))]


@needs_models
def test_the_vendors_own_example_of_a_payment_is_no_refund() -> None:
    path = load("finances_2024-06-19.json")["paths"]["/finances/2024-06-19/transactions"]
    (case,) = path["get"]["responses"]["200"]["x-amzn-api-sandbox"]["static"]
    page = read_page(case["response"]["payload"])
    assert (page.refunds, page.unreadable, page.next_token) == ((), 0, "Next token value")


def test_asking_more_than_the_plan_allows_is_told_as_such(seller: Seller) -> None:
    calls: list[Callable[[], Any]] = [seller.client.marketplace_participations] * 16

    with pytest.raises(ThrottledError):
        for call in calls:
            call()
