"""The loop most connectors are: per order fetch it, look for the customer, look for a double, post.

It runs against the same sandbox and stands beside our figures, so that they mean something.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import requests

from tests.support.clock import FrozenClock
from tests.support.scenario import order_document
from webshop.sandbox import Sandbox, SandboxAdapter, create_sandbox

HOST = "http://sandbox.test"
NETHERLANDS = "A1805IZSGTT6HS"
HIGH_REVENUE = "VerkopenOmzetHoog"


class Time(Protocol):
    """What the loop needs of a clock."""

    def now(self) -> datetime: ...

    def advance(self, *, seconds: float) -> object: ...


@dataclass
class Naive:
    """What such a loop knows: two sets of credentials and nothing between two runs."""

    sandbox: Sandbox
    clock: Time
    session: requests.Session
    seller_id: str
    refresh_token: str
    key: str
    look_back: timedelta = timedelta(hours=2)

    def amazon(self, path: str, token: str, **params: str) -> Any:
        while True:
            answer = self.session.get(
                f"{HOST}/amazon/api{path}",
                params=params,
                headers={"x-amz-access-token": token, "user-agent": "naive/1"},
                timeout=30,
            )
            if answer.status_code != 429:
                answer.raise_for_status()
                return answer.json()
            self.clock.advance(seconds=2)  # what it waits for a token of the bucket

    def snelstart(self, method: str, path: str, token: str, **facts: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Ocp-Apim-Subscription-Key": "sandbox-subscription-key"}
        answer = self.session.request(method, f"{HOST}/snelstart/api/v2{path}", headers=headers, timeout=30, **facts)
        answer.raise_for_status()
        return answer.json()

    def run(self) -> int:
        """Post every order that changed lately; return how many."""
        amazon_token = self.session.post(
            f"{HOST}/amazon/auth/o2/token",
            data={
                "grant_type": "refresh_token",
                "refresh_token": self.refresh_token,
                "client_id": "amzn1.application-oa2-client.sandbox",
                "client_secret": "sandbox-secret",
            },
            timeout=30,
        ).json()["access_token"]
        snelstart_token = self.session.post(
            f"{HOST}/snelstart/auth/b2b/token", data={"grant_type": "clientkey", "clientkey": self.key}, timeout=30
        ).json()["access_token"]
        ledgers = self.snelstart("GET", "/grootboeken", snelstart_token)
        ledger = next(row["id"] for row in ledgers if row["grootboekfunctie"] == HIGH_REVENUE and not row["nonactief"])
        after = (self.clock.now() - self.look_back).strftime("%Y-%m-%dT%H:%M:%SZ")
        found = self.amazon(
            "/orders/2026-01-01/orders", amazon_token, marketplaceIds=NETHERLANDS, lastUpdatedAfter=after
        )
        for order in found["orders"]:
            self.post(order["orderId"], amazon_token, snelstart_token, ledger)
        return len(found["orders"])

    def fetch(self, order_id: str, token: str) -> Any:
        included = "PROCEEDS,RECIPIENT,BUYER"
        return self.amazon(f"/orders/2026-01-01/orders/{order_id}", token, includedData=included)["order"]

    def customer(self, order: Any, token: str) -> str:
        """Return the id of the buyer's relation, having made it when it was not found."""
        email = order["buyer"]["buyerEmail"]
        customers = self.snelstart("GET", "/relaties", token, params={"$filter": f"Email eq '{email}'"})
        if not customers:
            body = {"relatiesoort": ["Klant"], "naam": "Amazon", "email": email}
            customers = [self.snelstart("POST", "/relaties", token, json=body)]
        return str(customers[0]["id"])

    def post(self, order_id: str, amazon_token: str, snelstart_token: str, ledger: str) -> None:
        order = self.fetch(order_id, amazon_token)
        customer = self.customer(order, snelstart_token)
        wanted = {"$filter": f"Factuurnummer eq '{order_id}'"}
        if self.snelstart("GET", "/verkoopfacturen", snelstart_token, params=wanted):
            return
        total = float(order["proceeds"]["grandTotal"]["amount"])
        vat = round(total * 21 / 121, 2)
        line = {"grootboek": {"id": ledger}, "bedrag": round(total - vat, 2), "btwSoort": "Hoog", "omschrijving": "x"}
        self.snelstart(
            "POST",
            "/verkoopboekingen",
            snelstart_token,
            json={
                "factuurnummer": order_id,
                "klant": {"id": customer},
                "factuurdatum": order["createdTime"][:19],
                "factuurbedrag": total,
                "boekingsregels": [line],
                "btw": [{"btwSoort": "VerkopenHoog", "btwBedrag": vat}],
            },
        )


def measure(orders: int) -> tuple[float, float]:
    """Return requests per posted order, with new and with known customers."""
    clock = FrozenClock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    sandbox = create_sandbox(clock=clock)
    seller = sandbox.amazon.create_seller(name="Naive")
    administration = sandbox.snelstart.create_administration(name="Naive")
    session = requests.Session()
    session.mount(HOST, SandboxAdapter(sandbox.wsgi))
    loop = Naive(
        sandbox, clock, session, seller.seller_id, sandbox.amazon.authorise(seller.seller_id), administration.key
    )
    figures = []
    for _ in range(2):
        clock.advance(hours=3)
        for number in range(orders):
            at = clock.now() - timedelta(hours=1)
            sandbox.amazon.add_order(seller.seller_id, order_document(at, email=f"koper{number}@example.nl"))
        sandbox.world.log.clear()
        loop.run()
        answered = [entry for entry in sandbox.world.log.entries() if entry.status != 429]
        figures.append(len(answered) / orders)
    sandbox.close()
    return figures[0], figures[1]


def main() -> None:
    new, known = measure(100)
    print(f"naive loop       {new:.2f} requests per order with new customers, {known:.2f} with known ones")


if __name__ == "__main__":
    main()
