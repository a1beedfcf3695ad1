"""A connected shop on the sandbox, with the words a test of a run needs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import select

from webshop.extensions import db, transaction
from webshop.models import Order, OrderState, Posting, Shop
from webshop.sandbox import Sandbox
from webshop.sandbox.amazon.projection import DEFAULT_ROLES
from webshop.sandbox.amazon.timestamps import format_timestamp
from webshop.sandbox.core import Fault
from webshop.services import connections, key_trial, mapping, onboarding, reference_lists, totals
from webshop.services.runs import RunResult, run_shop

NETHERLANDS = "A1805IZSGTT6HS"
_numbers = iter(range(1, 10_000_000))


def money(amount: str | Decimal, currency: str = "EUR") -> dict[str, str]:
    return {"amount": str(amount), "currencyCode": currency}


def order_document(
    at: datetime,
    *,
    total: str = "24.99",
    email: str | None = None,
    country: str = "NL",
    postal_code: str | None = "1012 AB",
    city: str = "Amsterdam",
    status: str = "SHIPPED",
    fulfilled_by: str = "MERCHANT",
    title: str = "USB-C kabel 2 m",
    order_id: str | None = None,
    quantity: int = 1,
    sku: str | None = None,
    shipping: str | None = None,
) -> dict[str, Any]:
    """Return one order in Amazon's own form: a single line that costs `total`, VAT and shipping included."""
    number = next(_numbers)
    address = {"countryCode": country, "city": city, "postalCode": postal_code, "name": "J. de Vries"}
    item = Decimal(total) - Decimal(shipping or 0)
    breakdowns = [{"type": "ITEM", "subtotal": money(item)}]
    if shipping is not None:
        breakdowns.append({"type": "SHIPPING", "subtotal": money(shipping)})
    proceeds = {"proceedsTotal": money(total), "breakdowns": breakdowns}
    document: dict[str, Any] = {
        "orderId": order_id or f"404-{number:07d}-{number:07d}",
        "createdTime": format_timestamp(at),
        "lastUpdatedTime": format_timestamp(at),
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": NETHERLANDS, "marketplaceName": "Amazon.nl"},
        "fulfillment": {"fulfillmentStatus": status, "fulfilledBy": fulfilled_by},
        "recipient": {"deliveryAddress": {name: value for name, value in address.items() if value is not None}},
        "proceeds": {
            "grandTotal": money(total),
            "breakdowns": breakdowns,
        },
        "orderItems": [
            {
                "orderItemId": f"{number:014d}",
                "quantityOrdered": quantity,
                "product": {"asin": f"B0{number:08d}", "title": title, "sellerSku": sku or f"SKU-{number}"},
                "proceeds": proceeds,
                "fulfillment": {"quantityFulfilled": quantity, "quantityUnfulfilled": 0},
            }
        ],
    }
    if email:
        document["buyer"] = {"buyerEmail": email}
    return document


@dataclass
class Scenario:
    """One shop, its seller at Amazon and its administration at SnelStart."""

    app: Flask
    sandbox: Sandbox
    shop_id: int
    seller_id: str
    administration_id: str

    def add_order(self, *, minutes_ago: float = 60, **facts: Any) -> str:
        """Place an order at Amazon and return its number."""
        at = self.sandbox.world.clock() - timedelta(minutes=minutes_ago)
        return self.sandbox.amazon.add_order(self.seller_id, order_document(at, **facts))

    def add_orders(self, count: int, **facts: Any) -> list[str]:
        return [self.add_order(**{"email": f"koper{next(_numbers)}@example.nl", **facts}) for _ in range(count)]

    def run(self, kind: str = "hourly") -> RunResult:
        with self.app.app_context():
            return run_shop(self.shop_id, kind=kind)

    def fault(self, remote: str, operation: str, kind: str, **facts: Any) -> None:
        options = {name: facts.pop(name) for name in ("times", "skip") if name in facts}
        self.sandbox.world.faults.add(Fault(remote, operation, kind, parameters=facts, **options))

    def change_shop(self, **values: Any) -> None:
        with self.app.app_context(), transaction() as session:
            shop = session.get_one(Shop, self.shop_id)
            for name, value in values.items():
                setattr(shop, name, value)

    # what came of it

    def entries(self) -> list[dict[str, Any]]:
        """Return what stands in SnelStart."""
        return self.sandbox.snelstart.documents(self.administration_id, "verkoopboekingen")

    def sales_orders(self) -> list[dict[str, Any]]:
        return self.sandbox.snelstart.documents(self.administration_id, "verkooporders")

    def articles(self) -> dict[str, dict[str, Any]]:
        """Return the articles in SnelStart by their code; fail when a code is there twice."""
        rows = self.sandbox.snelstart.documents(self.administration_id, "artikelen")
        articles = {row["artikelcode"]: row for row in rows}
        assert len(articles) == len(rows), "an article was made twice"
        return articles

    def payments(self) -> Counter[str]:
        """Return how often each order was paid by an entry in the journal."""
        entries = self.sandbox.snelstart.documents(self.administration_id, "memoriaalboekingen")
        return Counter(entry["boekstuk"] for entry in entries)

    def balances(self) -> dict[str, Decimal]:
        """Return what is still to be paid of every invoice."""
        invoices = self.sandbox.snelstart.documents(self.administration_id, "verkoopfacturen")
        return {invoice["factuurnummer"]: invoice["openstaandSaldo"] for invoice in invoices}

    def booked(self) -> Counter[str]:
        """Return how many documents each order has, sales entries and sales orders together."""
        entries = Counter(entry["factuurnummer"] for entry in self.entries())
        return entries + Counter(order["betalingskenmerk"] for order in self.sales_orders())

    def customers(self) -> list[dict[str, Any]]:
        """Return the relations in SnelStart, without the three that every administration has."""
        relations = self.sandbox.snelstart.documents(self.administration_id, "relaties")
        return [row for row in relations if row["relatiecode"] > 0 and row["relatiesoort"] != ["Eigen"]]

    def orders(self) -> dict[str, Order]:
        with self.app.app_context():
            return {order.amazon_order_id: order for order in db.session.scalars(select(Order))}

    def order(self, amazon_order_id: str) -> Order:
        return self.orders()[amazon_order_id]

    def posting(self, amazon_order_id: str, purpose: str = "sale") -> Posting:
        with self.app.app_context():
            return db.session.scalars(
                select(Posting).where(Posting.amazon_order_id == amazon_order_id, Posting.purpose == purpose)
            ).one()

    def states(self) -> Counter[str]:
        return Counter(order.state for order in self.orders().values())

    def codes(self, amazon_order_id: str) -> list[str]:
        return [issue["code"] for issue in self.order(amazon_order_id).issues]

    def calls(self, operation: str) -> int:
        return self.sandbox.world.log.count(operation=operation)

    def check_books(self) -> None:
        """Fail unless every order has exactly one document or a visible state, and all sums agree."""
        booked = self.booked()
        doubles = {number: count for number, count in booked.items() if count > 1}
        assert not doubles, f"booked more than once: {doubles}"
        orders = self.orders()
        for number, order in orders.items():
            assert (order.state == OrderState.POSTED.value) == (number in booked), f"{number} is {order.state}"
        posted = [order for order in orders.values() if order.state == OrderState.POSTED.value]
        in_snelstart = sum((entry["factuurbedrag"] for entry in self.entries()), Decimal(0))
        in_snelstart += sum((order["totaalInclusiefBtw"] for order in self.sales_orders()), Decimal(0))
        assert sum((order.total or Decimal(0) for order in posted), Decimal(0)) == in_snelstart
        self.check_totals()

    def check_totals(self) -> None:
        with self.app.app_context():
            sums = {state: sums for state, sums in totals.sums_per_state(self.shop_id).items() if sums[0]}
        expected: dict[str, tuple[int, Decimal]] = {}
        for order in self.orders().values():
            count, total = expected.get(order.state, (0, Decimal(0)))
            expected[order.state] = (count + 1, total + (order.total or Decimal(0)))
        assert sums == expected


def connect_shop(
    app: Flask,
    sandbox: Sandbox,
    *,
    name: str = "Testwinkel",
    roles: Collection[str] = DEFAULT_ROLES,
    **administration_facts: Any,
) -> Scenario:
    """Make a shop that is connected, mapped and switched on, for orders of this year."""
    seller = sandbox.amazon.create_seller(name=name, roles=roles)
    administration = sandbox.snelstart.create_administration(name=f"{name} administratie", **administration_facts)
    slug = re.sub(r"\W", "", name).lower()
    with app.app_context():
        with transaction():
            owner = onboarding.create_user(f"{slug}{next(_numbers)}@example.nl")
            shop = onboarding.create_shop(name, NETHERLANDS, owner)
            shop.start_on = date(2026, 1, 1)
        token = sandbox.amazon.authorise(seller.seller_id)
        connections.connect_amazon(shop.id, seller.seller_id, token, name=name)
        connect_administration(shop.id, administration.key)
        shop_id = shop.id
    return Scenario(app, sandbox, shop_id, seller.seller_id, administration.id)


def connect_order_shop(app: Flask, sandbox: Sandbox, **facts: Any) -> Scenario:
    """Make a shop that posts sales orders, in an administration whose article codes may be SKUs."""
    scenario = connect_shop(app, sandbox, **{"article_code_kind": "Alfanumeriek", "article_code_length": 25, **facts})
    scenario.change_shop(may_post_orders=True, posting_kind="sales_order")
    return scenario


def connect_administration(shop_id: int, key: str) -> None:
    """Connect SnelStart as the setup does, in the current application context."""
    company = key_trial.try_snelstart_key(key)
    access = connections.open_snelstart(connections.connect_snelstart(shop_id, key, company))
    reference_lists.refresh(access.administration_id, access.client)
    access.purse.give_back()
    with transaction() as session:
        mapping.propose_mapping(session.get_one(Shop, shop_id), access.administration_id)
        session.get_one(Shop, shop_id).is_posting_automatic = True
