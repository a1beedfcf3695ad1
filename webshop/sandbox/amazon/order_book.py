"""The orders of every seller, and the trickle that keeps new ones coming."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import Any

from webshop.sandbox.amazon.generator import Stream, generate_order
from webshop.sandbox.amazon.lifecycle import StoredOrder
from webshop.sandbox.amazon.marketplaces import BY_COUNTRY
from webshop.sandbox.amazon.sellers import Seller
from webshop.sandbox.amazon.timestamps import format_timestamp, round_to_milliseconds
from webshop.sandbox.core import World

_DAY = timedelta(days=1)


def _collection(seller_id: str) -> str:
    return f"amazon_orders/{seller_id}"


class OrderBook:
    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed
        self._orders: dict[str, dict[str, StoredOrder]] = {}

    def load(self, seller_id: str) -> None:
        """Read what the store has of this seller."""
        stored = (StoredOrder.from_json(data) for data in self._world.store.all(_collection(seller_id)))
        self._orders[seller_id] = {order.order_id: order for order in stored}

    def put(self, seller_id: str, order: StoredOrder) -> None:
        with self._world.store.lock:
            self._orders[seller_id][order.order_id] = order
            self._world.store.put(_collection(seller_id), order.order_id, order.to_json())

    def add(self, seller_id: str, document: dict[str, Any]) -> str:
        """Add a document as it is; missing times become now."""
        now = format_timestamp(self._world.clock())
        self.put(seller_id, StoredOrder({"createdTime": now, "lastUpdatedTime": now, **copy.deepcopy(document)}))
        return str(document["orderId"])

    def update(self, seller_id: str, order_id: str, changes: dict[str, Any]) -> None:
        """Merge the changes into the order; a new status ends the order's own course."""
        now = round_to_milliseconds(self._world.clock())
        with self._world.store.lock:
            order = self._orders[seller_id][order_id]
            base = _merge(order.base, changes)
            status = changes.get("fulfillment", {}).get("fulfillmentStatus")
            if not order.steps:
                self.put(seller_id, StoredOrder({**base, "lastUpdatedTime": format_timestamp(now)}))
            elif status is None:
                self.put(seller_id, StoredOrder(base, order.steps, now))
            else:
                past = [step for step in order.steps if step[0] <= now]
                self.put(seller_id, StoredOrder(base, [*past, (now, status)]))

    def generate(
        self, seller: Seller, *, count: int, marketplace: str, since: datetime, until: datetime, seed: int | None
    ) -> list[str]:
        """Spread `count` orders over the time between `since` and `until`; return their ids."""
        stream = Stream(self._seed if seed is None else seed, seller.seller_id, "generated")
        order_ids = []
        with self._world.store.lock:
            for number in range(count):
                created_at = since + (until - since) * (number + 0.5) / count
                order = generate_order(
                    stream,
                    seller.orders_generated,
                    BY_COUNTRY[marketplace],
                    created_at,
                    tax_calculated=seller.tax_calculated,
                )
                seller.orders_generated += 1
                self.put(seller.seller_id, order)
                order_ids.append(order.order_id)
        return order_ids

    def trickle(self, seller: Seller) -> bool:
        """Materialise the orders that arrived since the last look; say whether there were any."""
        if seller.orders_per_day <= 0:
            return False
        stream = Stream(self._seed, seller.seller_id, "trickle")
        interval = _DAY / seller.orders_per_day
        now = self._world.clock()
        before = seller.orders_trickled
        with self._world.store.lock:
            while True:
                slot = seller.orders_trickled
                random = stream.random(-1 - slot)
                created_at = seller.created_at + interval * (slot + random.random())
                if created_at > now:
                    return seller.orders_trickled > before
                order = generate_order(
                    stream,
                    slot,
                    BY_COUNTRY[random.choice(seller.marketplaces)],
                    created_at,
                    tax_calculated=seller.tax_calculated,
                )
                self.put(seller.seller_id, order)
                seller.orders_trickled += 1

    def existing(self, seller_id: str) -> list[StoredOrder]:
        """Return the orders placed so far, in the order they were added."""
        now = self._world.clock()
        with self._world.store.lock:
            return [order for order in self._orders[seller_id].values() if order.exists(now)]

    def find(self, seller_id: str, order_id: str) -> StoredOrder | None:
        order = self._orders[seller_id].get(order_id)
        return order if order is not None and order.exists(self._world.clock()) else None


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        present = base.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            merged[key] = _merge(present, value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged
