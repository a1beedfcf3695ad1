"""A caller of the Amazon look-alike, for the tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import requests

from tests.support.clock import FrozenClock
from webshop.sandbox import Sandbox, SandboxAdapter, create_sandbox
from webshop.sandbox.amazon import CLIENT_ID, CLIENT_SECRET

ORIGIN = "http://sandbox.test"
TOKEN_URL = f"{ORIGIN}/amazon/auth/o2/token"
ORDERS_URL = f"{ORIGIN}/amazon/api/orders/2026-01-01/orders"
PARTICIPATIONS_URL = f"{ORIGIN}/amazon/api/sellers/v1/marketplaceParticipations"
TRANSACTIONS_URL = f"{ORIGIN}/amazon/api/finances/2024-06-19/transactions"
NL = "A1805IZSGTT6HS"
LONG_AGO = "2026-01-01T00:00:00Z"
TIMEOUT = (5, 30)


def create_session(sandbox: Sandbox, **options: Any) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount(ORIGIN, SandboxAdapter(sandbox.wsgi, **options))
    return session


class Caller:
    """One authorised seller of a new sandbox, and a session that holds its access token."""

    def __init__(self, clock: FrozenClock, **seller: Any) -> None:
        self.clock = clock
        self.sandbox = create_sandbox(clock=clock)
        self.amazon = self.sandbox.amazon
        self.seller_id = self.amazon.create_seller(name="Winkel", **seller).seller_id
        self.refresh_token = self.amazon.authorise(self.seller_id)
        self.session = create_session(self.sandbox)
        self.renew()

    def token(self, **form: str) -> requests.Response:
        credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return self.session.post(TOKEN_URL, data={**credentials, **form}, timeout=TIMEOUT)

    def renew(self) -> None:
        answer = self.token(grant_type="refresh_token", refresh_token=self.refresh_token)
        self.session.headers["x-amz-access-token"] = answer.json()["access_token"]

    def get(self, url: str, **parameters: str) -> requests.Response:
        return self.session.get(url, params=parameters, timeout=TIMEOUT)

    def search(self, **parameters: str) -> requests.Response:
        return self.get(ORDERS_URL, **{"lastUpdatedAfter": LONG_AGO, **parameters})

    def order(self, order_id: str, **parameters: str) -> requests.Response:
        return self.get(f"{ORDERS_URL}/{order_id}", **parameters)

    def generate(self, count: int, **options: Any) -> list[str]:
        """Generate orders of the last days, all placed an hour ago or longer."""
        now = self.clock()
        return self.amazon.generate_orders(
            self.seller_id, count=count, since=now - timedelta(days=5), until=now - timedelta(hours=1), **options
        )


def collect_ids(caller: Caller, **parameters: str) -> list[str]:
    """Walk all pages and return the order ids in the order in which they came."""
    order_ids: list[str] = []
    while True:
        answer = caller.search(**parameters)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        order_ids += [order["orderId"] for order in body["orders"]]
        if "pagination" not in body:
            return order_ids
        parameters["paginationToken"] = body["pagination"]["nextToken"]


def error_of(answer: requests.Response) -> tuple[int, str, str, str]:
    error = answer.json()["errors"][0]
    return answer.status_code, error["code"], error["message"], error["details"]
