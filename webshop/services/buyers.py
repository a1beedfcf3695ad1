"""A buyer, opened in memory for the moment a customer is looked for or made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from webshop.extensions import vault
from webshop.models import Order
from webshop.vault import SealBrokenError


@dataclass(frozen=True)
class Buyer:
    """What a new relation is made of; in memory only."""

    email: str | None
    postal_code: str | None
    city: str | None
    vat_number: str | None = None


def buyer_of(order: Order) -> Buyer:
    """Open what is known of an order's buyer; everything is empty once it was purged."""
    place = f"shop:{order.shop_id}:order:{order.amazon_order_id}"
    email = vault().open(order.sealed_email, bound_to=f"{place}:email") if order.sealed_email else None
    address: dict[str, str | None] = {}
    if order.sealed_address:
        address = json.loads(vault().open(order.sealed_address, bound_to=f"{place}:address"))
    number = vault().open(order.sealed_vat_number, bound_to=f"{place}:vat") if order.sealed_vat_number else None
    return Buyer(email, address.get("postal_code"), address.get("city"), number)


def emails_of(orders: Iterable[Order]) -> Iterator[str]:
    """Yield the addresses that are known of the buyers of these orders."""
    for order in orders:
        # One that cannot be opened is found out when its own turn comes.
        with suppress(SealBrokenError):
            if email := buyer_of(order).email:
                yield email
