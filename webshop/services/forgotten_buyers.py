"""An order that waited so long that its buyer was removed: ask Amazon once more, right before it is booked.

What Amazon answers stays in memory, on the order that is being posted; the database keeps nothing of it.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from webshop.domain.booking import Translation
from webshop.domain.periods import local_date
from webshop.exceptions import BudgetEmptyError, RejectedError, RemoteError
from webshop.extensions import clock, transaction
from webshop.models import Order, Remote, Shop
from webshop.services import remote_troubles, vies
from webshop.services.buyers import COLUMNS, Buyer, sealed
from webshop.services.connections import AmazonAccess, active_connection, open_amazon

logger = logging.getLogger(__name__)

ASK_AGAIN = timedelta(minutes=15)


def is_forgotten(order: Order) -> bool:
    """Say whether the buyer of an order was removed because the time was over."""
    is_empty = all(getattr(order, column) is None for column in COLUMNS.values())
    return is_empty and order.purge_on <= local_date(clock.now())


class BuyerRecall:
    """Asks Amazon for the buyers of one shop's orders, as one run does."""

    def __init__(self, shop: Shop) -> None:
        self._shop_id = shop.id
        self._access: AmazonAccess | None = None

    def before_booking(self, order: Order, translation: Translation) -> datetime | None:
        """Recall the buyer of an order that needs one now; see recall()."""
        is_needed = translation.is_ready or vies.retry_at(order, translation.issues) is not None
        return self.recall(order) if is_needed and is_forgotten(order) else None

    def recall(self, order: Order) -> datetime | None:
        """Put the buyer on the order in memory; return None, or when to ask again because Amazon did not answer.

        An order that Amazon gives no longer stays without a buyer: it is booked as one whose address is missing.
        """
        access = self._open()
        if access is None:
            return clock.now() + ASK_AGAIN
        try:
            found = access.client.get_order(order.amazon_order_id)
        except RejectedError as refusal:
            logger.info("buyer_not_given", extra={"order_id": order.id, "code": refusal.code or ""})
            return None
        except (RemoteError, BudgetEmptyError) as trouble:
            _code, retry_at = remote_troubles.note(access.connection, Remote.AMAZON, trouble, operation="getOrder")
            return retry_at
        buyer = Buyer(found.buyer_email, found.postal_code, found.city, found.buyer_vat_number)
        for column, text in sealed(order.shop_id, order.amazon_order_id, buyer).items():
            setattr(order, column, text)
        return None

    def _open(self) -> AmazonAccess | None:
        if self._access is None:
            with transaction():
                connection = active_connection(self._shop_id, Remote.AMAZON)
            self._access = None if connection is None else open_amazon(connection)
        return self._access
