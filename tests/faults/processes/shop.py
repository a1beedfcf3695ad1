"""A fresh shop for each run, with a seller, an administration and a handful of orders drawn from the seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import update

from tests.faults.processes.stand import Stand
from tests.support.scenario import NETHERLANDS, connect_administration, order_document
from webshop.extensions import transaction
from webshop.models import Connection, ConnectionState, Shop
from webshop.services import connections, onboarding

ENTRIES, PAYMENTS, ORDERS = "entries", "entries and payments", "sales orders"
KINDS = (ENTRIES, PAYMENTS, ORDERS)
_numbers = count(1)


@dataclass
class FaultShop:
    """One connected shop and what was ordered there."""

    stand: Stand
    kind: str
    administration_id: str
    key: str
    shop_ids: list[int] = field(default_factory=list)
    """One, or several that book in the same administration."""
    seller_ids: list[str] = field(default_factory=list)
    totals: dict[str, Decimal] = field(default_factory=dict)
    emails: set[str] = field(default_factory=set)
    skus: set[str] = field(default_factory=set)

    @property
    def shop_id(self) -> int:
        return self.shop_ids[0]

    def connect(self) -> None:
        """Add a shop with a seller of its own, connected, mapped and switched on."""
        number = next(_numbers)
        seller = self.stand.sandbox.control("sellers", name=f"Winkel {number}")
        with self.stand.app.app_context():
            with transaction():
                owner = onboarding.create_user(f"eigenaar{number}@example.nl")
                shop = onboarding.create_shop(f"Winkel {number}", NETHERLANDS, owner)
                shop.start_on = self.stand.clock().date() - timedelta(days=30)
            connections.connect_amazon(shop.id, seller["seller_id"], seller["refresh_token"])
            connect_administration(shop.id, self.key)
            with transaction() as session:
                for name, value in _settings_of(self).items():
                    setattr(session.get_one(Shop, shop.id), name, value)
            self.shop_ids.append(shop.id)
        self.seller_ids.append(seller["seller_id"])

    def add_orders(self, number: int, random: Random) -> None:
        """Place orders of new and returning buyers, also of some that hide their e-mail address."""
        for _ in range(number):
            email = None if random.random() < 0.15 else f"koper{random.randrange(6)}@shop{self.shop_id}.example.nl"
            sku = f"SKU-{self.shop_id}-{random.randrange(5)}"
            total = Decimal(random.randrange(500, 20_000)) / 100
            at = self.stand.clock() - timedelta(minutes=random.randrange(5, 55))
            document = order_document(at, total=str(total), email=email, sku=sku)
            self.stand.sandbox.control("orders", seller_id=random.choice(self.seller_ids), document=document)
            self.totals[document["orderId"]] = total
            self.skus.add(sku)
            if email is not None:
                self.emails.add(email)

    def books(self, collection: str) -> list[dict[str, Any]]:
        return self.stand.sandbox.books(self.administration_id, collection)

    def booked(self) -> Counter[str]:
        """Return how many documents each order has in SnelStart."""
        entries = Counter(entry["factuurnummer"] for entry in self.books("verkoopboekingen"))
        return entries + Counter(order["betalingskenmerk"] for order in self.books("verkooporders"))

    def close(self) -> None:
        """Let no later run work on this shop."""
        with self.stand.app.app_context(), transaction() as session:
            session.execute(
                update(Connection)
                .where(Connection.shop_id.in_(self.shop_ids))
                .values(state=ConnectionState.DISABLED.value)
            )


def open_shop(stand: Stand, random: Random) -> FaultShop:
    """Make a shop that is connected, mapped and switched on, with four to eight orders waiting at Amazon."""
    kind = random.choice(KINDS)
    articles = {"article_code_kind": "Alfanumeriek", "article_code_length": 25} if kind == ORDERS else {}
    administration = stand.sandbox.control("administrations", name="Administratie", **articles)
    shop = FaultShop(stand, kind, administration["id"], administration["key"])
    shop.connect()
    shop.add_orders(random.randint(4, 8), random)
    return shop


def _settings_of(shop: FaultShop) -> dict[str, Any]:
    if shop.kind == ORDERS:
        return {"may_post_orders": True, "posting_kind": "sales_order"}
    if shop.kind == PAYMENTS:
        return {
            "may_post_payments": True,
            "are_payments_posted": True,
            "journal_id": _identifier(shop, "dagboeken", 2000),
            "clearing_ledger_id": _identifier(shop, "grootboeken", 1240),
        }
    return {}


def _identifier(shop: FaultShop, collection: str, number: int) -> str:
    return next(str(row["id"]) for row in shop.books(collection) if row["nummer"] == number)
