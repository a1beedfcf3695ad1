"""The Amazon look-alike as tests, the demo and the control page handle it."""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from webshop.sandbox.amazon.bad_inputs import bad_document
from webshop.sandbox.amazon.buckets import Buckets
from webshop.sandbox.amazon.errors import quota_exceeded
from webshop.sandbox.amazon.finances import Refunds
from webshop.sandbox.amazon.grants import Grants
from webshop.sandbox.amazon.order_book import OrderBook
from webshop.sandbox.amazon.projection import DEFAULT_ROLES
from webshop.sandbox.amazon.sellers import Application, Seller
from webshop.sandbox.amazon.signing import Signer
from webshop.sandbox.core import World

_SELLERS = "amazon_sellers"
_APPLICATION = "amazon_application"


class Amazon:
    """`self_inflicted_429` counts refusals of a caller that asked too often, not those of a fault."""

    def __init__(self, world: World, seed: int = 1) -> None:
        self.world = world
        self.signer = Signer(seed)
        self.grants = Grants(world, self.signer)
        self.book = OrderBook(world, seed)
        self.refunds = Refunds(world)
        self.buckets = Buckets()
        self.self_inflicted_429 = 0
        self._request_ids = Random(f"request-ids/{seed}")  # noqa: S311 - repeatable on purpose
        saved = world.store.get(_APPLICATION, "application")
        self.application = Application.from_json(saved) if saved else Application()
        self._sellers = {data["seller_id"]: Seller.from_json(data) for data in world.store.all(_SELLERS)}
        for seller_id in self._sellers:
            self.book.load(seller_id)

    def configure_application(
        self,
        *,
        draft: bool | None = None,
        redirect_uris: Collection[str] | None = None,
        login_uri: str | None = None,
    ) -> None:
        given = {"draft": draft, "redirect_uris": redirect_uris, "login_uri": login_uri}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if redirect_uris is not None:
            changes["redirect_uris"] = tuple(redirect_uris)
        self.application = replace(self.application, **changes)
        self.world.store.put(_APPLICATION, "application", asdict(self.application))

    def create_seller(
        self,
        *,
        name: str,
        seller_id: str | None = None,
        marketplaces: Collection[str] = ("NL", "DE"),
        roles: Collection[str] = DEFAULT_ROLES,
        tax_calculated: bool = False,
        orders_per_day: float = 0,
    ) -> Seller:
        with self.world.store.lock:
            if seller_id is None:
                seller_id = "A3" + self.signer.opaque("seller", len(self._sellers))[:12].upper()
            if seller_id in self._sellers:
                raise ValueError(f"seller {seller_id} exists already")
            seller = Seller(
                seller_id=seller_id,
                name=name,
                marketplaces=tuple(marketplaces),
                created_at=self.world.clock(),
                roles=frozenset(roles),
                tax_calculated=tax_calculated,
                orders_per_day=orders_per_day,
            )
            self._sellers[seller_id] = seller
            self.book.load(seller_id)
            self._save(seller)
        return seller

    def _save(self, seller: Seller) -> None:
        self.world.store.put(_SELLERS, seller.seller_id, seller.to_json())

    def sellers(self) -> list[Seller]:
        return list(self._sellers.values())

    def seller(self, seller_id: str) -> Seller:
        """Return the seller with its trickle up to date; raise KeyError for an unknown one."""
        seller = self._sellers[seller_id]
        if self.book.trickle(seller):
            self._save(seller)
        return seller

    def authorise(self, seller_id: str) -> str:
        """Return the refresh token that a consent would give."""
        return self.grants.authorise(self._sellers[seller_id].seller_id)

    def revoke(self, seller_id: str) -> None:
        self.grants.revoke(seller_id)

    def add_order(self, seller_id: str, document: dict[str, Any]) -> str:
        return self.book.add(seller_id, document)

    def add_bad_input(self, seller_id: str, kind: str) -> str:
        """Add one order of BAD_INPUTS and return its id."""
        seller = self._sellers[seller_id]
        with self.world.store.lock:
            number = len(self.orders(seller_id))
            return self.add_order(seller_id, bad_document(kind, seller, number, self.world.clock()))

    def update_order(self, seller_id: str, order_id: str, changes: dict[str, Any]) -> None:
        """Merge `changes` into the order; its lastUpdatedTime becomes now."""
        self.book.update(seller_id, order_id, changes)

    def add_refund(self, seller_id: str, order_id: str, total: Decimal, at: datetime) -> str:
        """Pay `total` back to the buyer of an order; the order itself does not change."""
        order = self.book.find(seller_id, order_id)
        if order is None:
            raise KeyError(order_id)
        return self.refunds.add(seller_id, order, total, at)

    def orders(self, seller_id: str) -> list[dict[str, Any]]:
        """Return every order placed so far as a complete document in its present state."""
        seller = self.seller(seller_id)
        now = self.world.clock()
        return [copy.deepcopy(order.document(now)) for order in self.book.existing(seller.seller_id)]

    def count_orders(self, seller_id: str) -> int:
        return len(self.book.existing(self.seller(seller_id).seller_id))

    def order(self, seller_id: str, order_id: str) -> dict[str, Any] | None:
        order = self.book.find(self.seller(seller_id).seller_id, order_id)
        return None if order is None else copy.deepcopy(order.document(self.world.clock()))

    def generate_orders(
        self,
        seller_id: str,
        *,
        count: int,
        marketplace: str = "NL",
        since: datetime,
        until: datetime,
        seed: int | None = None,
    ) -> list[str]:
        """Add `count` orders placed between `since` and `until`; return their ids."""
        seller = self._sellers[seller_id]
        order_ids = self.book.generate(
            seller, count=count, marketplace=marketplace, since=since, until=until, seed=seed
        )
        self._save(seller)
        return order_ids

    def spend_request(self, operation: str, seller_id: str) -> None:
        """Take a token of the usage plan or raise a 429."""
        with self.world.store.lock:
            if self.buckets.take(operation, self.application.client_id, seller_id, self.world.clock()):
                return
            self.self_inflicted_429 += 1
        raise quota_exceeded()

    def next_request_id(self) -> str:
        return str(UUID(int=self._request_ids.getrandbits(128)))
