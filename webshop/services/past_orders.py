"""Store the orders that a migration brings in: those of before the shop's start date."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import case, not_, or_, select, update

from webshop.clients.amazon.client import OrdersPage
from webshop.domain.periods import local_date
from webshop.extensions import clock, db
from webshop.models import Order, Shop
from webshop.services.fetching import SETTLED, show_unreadable, store_orders


def store_past_orders(shop: Shop, page: OrdersPage, migration_id: int) -> None:
    """Store the orders that a migration brings in; part of the caller's transaction.

    What is or may be booked, and what a person decided about, is only counted in. The others are new to
    SnelStart, however long they are known here, and Amazon's answer brings back what was purged.
    """
    numbers = [order.order_id for order in page.orders]
    mine = (Order.shop_id == shop.id, Order.amazon_order_id.in_(numbers))
    is_settled = or_(Order.state.in_(SETTLED), Order.skipped_at.is_not(None))
    settled = set(db.session.scalars(select(Order.amazon_order_id).where(*mine, is_settled)))
    store_orders(shop, [order for order in page.orders if order.order_id not in settled], is_again=True)
    show_unreadable(shop, page.unreadable)
    tomorrow = local_date(clock.now()) + timedelta(days=1)
    db.session.execute(
        update(Order)
        .where(*mine, not_(is_settled))
        # The buyer's time is over long since: kept until it is booked, and for a day at most.
        .values(due_at=clock.now(), purge_on=case((Order.purge_on < tomorrow, tomorrow), else_=Order.purge_on))
    )
    numbers += [order.order_id for order in page.unreadable if order.order_id]
    db.session.execute(
        update(Order)
        .where(Order.shop_id == shop.id, Order.amazon_order_id.in_(numbers))
        .values(sale_migration_id=migration_id)
    )
