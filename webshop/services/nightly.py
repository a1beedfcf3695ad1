"""The nightly check of a shop: Amazon's last two days once more, open orders by name, and SnelStart's documents.

Changed orders come by themselves every hour; this finds what a late index or a lost change kept back.
It never takes the last searches from the hourly round: what does not fit tonight comes tomorrow.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import update

from webshop.exceptions import BudgetEmptyError, RejectedError
from webshop.extensions import clock, transaction
from webshop.models import Order, Shop
from webshop.services.connections import AmazonAccess, SnelStartAccess
from webshop.services.fetching import fetch_one, store_search
from webshop.services.leases import Lease
from webshop.services.open_orders import MOST_NAMED, next_to_check
from webshop.services.reading import ReadingCounts, reconcile

SEARCH_BACK = timedelta(hours=48)
SEARCHES_LEFT = 3
"""Searches that stay for the hourly round and for a person who fetches by hand."""


@dataclass
class NightResult:
    searched: int = 0
    """Orders that were new or changed in the search of two days."""
    checked: int = 0
    """Open orders that were asked for by name."""
    counts: ReadingCounts = field(default_factory=ReadingCounts)


def check_amazon(
    shop: Shop, access: AmazonAccess, lease: Lease, result: NightResult, *, is_over: Callable[[], bool]
) -> bool:
    """Search two days back and ask for the open orders not seen longest; return False when the time was up.

    :raise RemoteError: when Amazon does not answer; what was stored stays.
    """
    # The searches left belong to the hourly round, which finds changes as well.
    with suppress(BudgetEmptyError):
        result.searched += store_search(shop, access, lease, clock.now() - SEARCH_BACK, is_over=is_over)
    with transaction():
        orders = next_to_check(shop.id, MOST_NAMED)
    for order in orders:
        if is_over():
            return False
        try:
            _check(shop, access, lease, order)
        except BudgetEmptyError:
            return True
        result.checked += 1
    return True


def _check(shop: Shop, access: AmazonAccess, lease: Lease, order: Order) -> None:
    """Ask Amazon for one order; one it does not give is not asked for again before the others."""
    # Another seller's, from before, or one that cannot be read: the other orders go on.
    with suppress(RejectedError):
        fetch_one(shop, access, lease, order.amazon_order_id)
    with transaction() as session:
        lease.check()
        session.execute(update(Order).where(Order.id == order.id).values(seen_at=clock.now()))


def check_snelstart(access: SnelStartAccess, lease: Lease, result: NightResult, *, is_over: Callable[[], bool]) -> bool:
    """Read the administration's documents and compare; return False when the time was up.

    :raise RemoteError: when SnelStart does not answer; the pages before are settled.
    :raise BudgetEmptyError: when SnelStart's budget is used up.
    """
    return reconcile(access, lease, result.counts, is_over=is_over)


def next_night(shop_id: int, now: datetime) -> datetime:
    """Return when the shop is checked in the coming night: between one and four (UTC), each shop at its own minute."""
    minute = shop_id * 37 % 180
    due = now.replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(minutes=minute)
    return due if due > now else due + timedelta(days=1)
