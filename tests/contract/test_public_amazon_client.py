"""A client that others wrote, and use against Amazon itself, works on the look-alike unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sp_api.api import OrdersV20260101
from sp_api.auth import AccessTokenClient
from sp_api.util import load_all_pages

from tests.sandbox.amazon import NL
from webshop.sandbox import create_sandbox
from webshop.sandbox.amazon import CLIENT_ID, CLIENT_SECRET, Amazon
from webshop.sandbox.core import utc_now
from webshop.sandbox.server import SandboxServer

pytestmark = pytest.mark.contract


@pytest.fixture
def server() -> Iterator[tuple[Amazon, str]]:
    sandbox = create_sandbox()
    with SandboxServer(sandbox) as server:
        yield sandbox.amazon, server.url
    sandbox.close()


@pytest.fixture
def seller_id(server: tuple[Amazon, str]) -> str:
    return server[0].create_seller(name="Winkel").seller_id


@pytest.fixture
def client(server: tuple[Amazon, str], seller_id: str) -> Iterator[Any]:
    """The client only knows Amazon's own hosts, so its addresses are the one thing we replace."""
    amazon, url = server

    class LoopbackTokens(AccessTokenClient):
        scheme = "http://"
        host = url.removeprefix("http://")
        path = "/amazon/auth/o2/token"

    client = OrdersV20260101(
        marketplace=SimpleNamespace(endpoint=f"{url}/amazon/api", marketplace_id=NL, region="eu-west-1"),
        refresh_token=amazon.authorise(seller_id),
        credentials={"lwa_app_id": CLIENT_ID, "lwa_client_secret": CLIENT_SECRET},
        auth_token_client_class=LoopbackTokens,
    )
    with client:
        yield client
    client._auth._transport.close()


def test_it_gets_every_order_exactly_once_over_several_pages(
    server: tuple[Amazon, str], seller_id: str, client: Any
) -> None:
    now = utc_now()
    order_ids = server[0].generate_orders(
        seller_id, count=70, since=now - timedelta(days=4), until=now - timedelta(hours=1)
    )

    @load_all_pages(throttle_by_seconds=0, next_token_param="paginationToken")
    def pages(**parameters: Any) -> Any:
        return client.search_orders(**parameters)

    answers = list(
        pages(
            lastUpdatedAfter=(now - timedelta(days=5)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            marketplaceIds=[NL],
            includedData=["PROCEEDS", "FULFILLMENT"],
            maxResultsPerPage=20,
        )
    )
    assert len(answers) == 4
    seen = [order["orderId"] for answer in answers for order in answer.payload["orders"]]
    assert sorted(seen) == sorted(order_ids)


def test_it_reads_one_order(server: tuple[Amazon, str], seller_id: str, client: Any) -> None:
    now = utc_now()
    order_id = server[0].generate_orders(seller_id, count=1, since=now - timedelta(days=2), until=now)[0]
    answer = client.get_order(order_id, includedData=["PROCEEDS"])
    assert answer.payload["order"]["orderId"] == order_id
