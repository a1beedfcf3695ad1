"""Compare one shop's bookings with SnelStart when somebody asks."""

from __future__ import annotations

from webshop.exceptions import ConflictError
from webshop.extensions import transaction
from webshop.models import Remote, Shop
from webshop.services import leases
from webshop.services.connections import active_connection, open_snelstart
from webshop.services.reading import ReadingCounts, reconcile


def reconcile_shop(shop: Shop) -> ReadingCounts:
    """Read the administration's documents to the end and return what came of it.

    What was read stays settled when it breaks off; the next time goes on there.

    :raise ConflictError: when SnelStart is not connected, or a run is working on the shop.
    :raise RemoteError: when SnelStart does not answer.
    :raise BudgetEmptyError: when SnelStart's budget is used up; it says from when on it goes on.
    """
    with transaction():
        connection = active_connection(shop.id, Remote.SNELSTART)
    if connection is None:
        raise ConflictError("SnelStart is not connected")
    lease = leases.acquire(shop.id)
    if lease is None:
        raise ConflictError("the shop's orders are being worked on; try again in a minute")
    access, counts = open_snelstart(connection), ReadingCounts()
    try:
        reconcile(access, lease, counts, is_over=lambda: False)
    finally:
        access.purse.give_back()
        leases.release(lease)
    return counts
