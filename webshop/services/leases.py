"""One run per shop: a lease in the database with a number that only grows.

Whoever holds the highest number may write. A run that was frozen and comes back finds its number
overtaken and stops before it does anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, or_, select, update

from webshop.exceptions import WebshopError
from webshop.extensions import clock, db, settings, transaction
from webshop.models import Schedule
from webshop.models.base import table_of

_schedules = table_of(Schedule)
_TOKEN = select(_schedules.c.lease_token).where(_schedules.c.shop_id == bindparam("of_shop")).with_for_update()


class LeaseLostError(WebshopError):
    """Another run has taken over the shop: stop without writing."""


@dataclass
class Lease:
    shop_id: int
    token: int
    until: datetime

    def check(self, connection: Connection | None = None) -> None:
        """Make sure, inside the caller's transaction, that the lease is still ours.

        :raise LeaseLostError: when it is not.
        """
        connection = connection or db.session.connection()
        self.confirm(connection.execute(_TOKEN, {"of_shop": self.shop_id}).scalar(), connection)

    def confirm(self, current_token: int | None, connection: Connection) -> None:
        """Make sure that the lease is still ours, given the number that stands in the row; extend it when half used.

        :raise LeaseLostError: when it is not.
        """
        now = clock.now()
        length = timedelta(seconds=settings().lease_seconds)
        if current_token != self.token or now >= self.until:
            raise LeaseLostError(f"shop {self.shop_id} is held by another run")
        if self.until - now < length / 2:
            self.until = now + length
            connection.execute(
                update(_schedules).where(_schedules.c.shop_id == self.shop_id).values(lease_until=self.until)
            )


def is_free(now: datetime) -> ColumnElement[bool]:
    """Match the schedules that no living run holds; a lease longer than any was given by a clock that was ahead."""
    longest = now + timedelta(seconds=settings().lease_seconds)
    return or_(Schedule.lease_until.is_(None), Schedule.lease_until <= now, Schedule.lease_until > longest)


def acquire(shop_id: int) -> Lease | None:
    """Return the lease of the shop, or None while another run holds it."""
    now = clock.now()
    until = now + timedelta(seconds=settings().lease_seconds)
    with transaction() as session:
        token = session.scalar(
            update(Schedule)
            .where(Schedule.shop_id == shop_id, is_free(now))
            .values(lease_token=Schedule.lease_token + 1, lease_until=until)
            .returning(Schedule.lease_token)
        )
    return None if token is None else Lease(shop_id, token, until)


def release(lease: Lease) -> None:
    """Give a lease back before its time is over; one that was taken over stays with who has it."""
    with transaction() as session:
        session.execute(
            update(Schedule)
            .where(Schedule.shop_id == lease.shop_id, Schedule.lease_token == lease.token)
            .values(lease_until=None)
        )
