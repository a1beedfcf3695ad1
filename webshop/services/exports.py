"""Record that a file of a shop left us."""

from __future__ import annotations

from sqlalchemy import select

from webshop.extensions import db, order_transaction, transaction
from webshop.models import Shop, User
from webshop.services import audit


def note(shop_public_id: str, user: User, name: str, *, is_reading: bool) -> None:
    """Record a file by its name; `is_reading` says that the request has only read so far.

    Such a request reads on while the file is on its way, so the note gets a transaction of its own
    and the rows that are being read stay as they are.
    """
    shop_id = db.session.scalar(select(Shop.id).where(Shop.public_id == shop_public_id))
    if is_reading:
        with order_transaction() as connection:
            audit.record("exported", shop_id=shop_id, user_id=user.id, facts={"name": name}, connection=connection)
    else:
        with transaction():
            audit.record("exported", shop_id=shop_id, user_id=user.id, facts={"name": name})
