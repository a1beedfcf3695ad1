"""The rates per product as a table: page by page, changed one by one or by a file that is shown first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import delete, select, tuple_

from webshop.extensions import db, transaction
from webshop.models import SkuRate, User
from webshop.services.configuration import InvalidSettingError, lock_shop, record_change
from webshop.services.sku_rates import store

PAGE_SIZE = 50
MOST_RATES = 50_000
"""How many rates a shop may have: a run loads them all."""
SHOWN = 50
"""How many changes of a file are shown one by one."""

Key = tuple[str, str]
"""SKU and country; no country means every country."""


@dataclass(frozen=True)
class RatesPage:
    rates: Sequence[SkuRate]
    next: Key | None


@dataclass(frozen=True)
class Difference:
    """What a file would change: (key, old percentage or None, new) of the first changes, and numbers of all."""

    added: int
    changed: int
    same: int
    shown: Sequence[tuple[Key, Decimal | None, Decimal]]


def rates_page(shop_id: int, search: str, after: Key | None) -> RatesPage:
    """Return a page of the rates whose SKU begins with `search`, in the order of their SKUs."""
    query = select(SkuRate).where(SkuRate.shop_id == shop_id)
    if search:
        query = query.where(SkuRate.sku.istartswith(search, autoescape=True))
    if after is not None:
        query = query.where(tuple_(SkuRate.sku, SkuRate.country) > after)
    found = db.session.scalars(query.order_by(SkuRate.sku, SkuRate.country).limit(PAGE_SIZE + 1)).all()
    last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    return RatesPage(found[:PAGE_SIZE], (last.sku, last.country) if last else None)


def compare(shop_id: int, rates: Mapping[Key, Decimal]) -> Difference:
    """Say what these rates would change, without changing it."""
    known = _known(shop_id)
    changes = [(key, known.get(key), new) for key, new in rates.items() if known.get(key) != new]
    changed = sum(old is not None for _key, old, _new in changes)
    return Difference(len(changes) - changed, changed, len(rates) - len(changes), changes[:SHOWN])


def save_rates(shop_id: int, rates: Mapping[Key, Decimal], user: User) -> int:
    """Add or replace rates; return how many are new or other than before.

    :raise InvalidSettingError: when the shop would get more rates than it may have.
    """
    with transaction():
        shop = lock_shop(shop_id)
        known = _known(shop_id)
        changed = {key: new for key, new in rates.items() if known.get(key) != new}
        if len(known.keys() | changed.keys()) > MOST_RATES:
            raise InvalidSettingError("sku", "too_many_rates")
        if changed:
            store(shop.id, changed)
            old = {name: text for name, text in _named(known, changed).items() if text is not None}
            record_change(shop_id, "rates", old, {**_named(changed, changed), "rates": len(changed)}, user)
    return len(changed)


def remove_rate(shop_id: int, key: Key, user: User) -> bool:
    """Remove a rate; return False when it was not there any more."""
    with transaction() as session:
        shop = lock_shop(shop_id)
        sku, country = key
        old = session.get(SkuRate, (shop_id, sku, country))
        if old is None:
            return False
        record_change(shop_id, "rates", {f"{sku} {country}".strip(): f"{old.percentage:f}"}, {}, user)
        session.execute(
            delete(SkuRate).where(SkuRate.shop_id == shop_id, SkuRate.sku == sku, SkuRate.country == country)
        )
        left = session.scalar(select(SkuRate.sku).where(SkuRate.shop_id == shop_id).limit(1))
        shop.has_sku_rates = left is not None
    return True


def _known(shop_id: int) -> dict[Key, Decimal]:
    query = select(SkuRate.sku, SkuRate.country, SkuRate.percentage).where(SkuRate.shop_id == shop_id)
    return {(sku, country): percentage for sku, country, percentage in db.session.execute(query)}


def _named(rates: Mapping[Key, Decimal], keys: Mapping[Key, Decimal]) -> dict[str, str | None]:
    """Return the first of some rates as the audit keeps them."""
    chosen = list(keys)[:SHOWN]
    return {" ".join(key).strip(): f"{rates[key]:f}" if key in rates else None for key in chosen}
