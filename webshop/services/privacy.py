"""Remove buyers' data when its time is over."""

from __future__ import annotations

from sqlalchemy import or_, select, update

from webshop.domain.periods import local_date
from webshop.extensions import clock, transaction
from webshop.models import Order
from webshop.services import audit, vies

BATCH = 1000


def purge_buyer_data() -> int:
    """Empty the sealed columns of orders whose day has come; return how many there were.

    Works in batches, so that no transaction is long, and goes on where it was cut off.
    """
    purged = 0
    while batch := _purge_batch():
        purged += batch
    vies.forget_old_answers()
    if purged:
        with transaction():
            audit.record("buyer_data_purged", facts={"orders": purged})
    return purged


def _purge_batch() -> int:
    with transaction() as session:
        ids = list(
            session.scalars(
                select(Order.id)
                .where(
                    Order.purge_on <= local_date(clock.now()),
                    or_(
                        Order.sealed_email.is_not(None),
                        Order.sealed_address.is_not(None),
                        Order.sealed_vat_number.is_not(None),
                    ),
                )
                .limit(BATCH)
            )
        )
        if ids:
            session.execute(
                update(Order)
                .where(Order.id.in_(ids))
                .values(sealed_email=None, sealed_address=None, sealed_vat_number=None)
            )
    return len(ids)
