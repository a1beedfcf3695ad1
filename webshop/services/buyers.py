"""A buyer, opened in memory for the moment a customer is looked for or made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from webshop.domain.vat_numbers import compact
from webshop.extensions import vault
from webshop.models import Order
from webshop.vault import SealBrokenError

COLUMNS = {"email": "sealed_email", "address": "sealed_address", "vat": "sealed_vat_number"}
"""The sealed columns of an order by the name their text is bound to."""


@dataclass(frozen=True)
class Buyer:
    """What a new relation is made of; in memory only."""

    email: str | None
    postal_code: str | None
    city: str | None
    vat_number: str | None = None


def place_of(shop_id: int, amazon_order_id: str, field: str) -> str:
    """Return what a sealed field of an order (email, address, vat) is bound to."""
    return f"shop:{shop_id}:order:{amazon_order_id}:{field}"


def sealed(shop_id: int, amazon_order_id: str, buyer: Buyer) -> dict[str, str | None]:
    """Return what is known of an order's buyer as its columns hold it."""
    has_address = buyer.postal_code or buyer.city
    words = {
        "email": buyer.email,
        "address": json.dumps({"postal_code": buyer.postal_code, "city": buyer.city}) if has_address else None,
        "vat": compact(buyer.vat_number) if buyer.vat_number else None,
    }
    return {
        COLUMNS[field]: vault().seal(word, bound_to=place_of(shop_id, amazon_order_id, field)) if word else None
        for field, word in words.items()
    }


def buyer_of(order: Order | Row[Any]) -> Buyer:
    """Open what is known of an order's buyer; everything is empty once it was purged."""
    address = json.loads(_open(order, order.sealed_address, "address") or "{}")
    email, number = _open(order, order.sealed_email, "email"), _open(order, order.sealed_vat_number, "vat")
    return Buyer(email, address.get("postal_code"), address.get("city"), number)


def _open(order: Order | Row[Any], sealed: str | None, field: str) -> str | None:
    place = place_of(order.shop_id, order.amazon_order_id, field)
    return vault().open(sealed, bound_to=place) if sealed else None


def emails_of(orders: Iterable[Order]) -> Iterator[str]:
    """Yield the addresses that are known of the buyers of these orders."""
    for order in orders:
        # One that cannot be opened is found out when its own turn comes.
        with suppress(SealBrokenError):
            if email := buyer_of(order).email:
                yield email
