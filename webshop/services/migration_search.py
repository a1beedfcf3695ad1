"""Search a past period at Amazon, a calendar month at a time, and know where the search goes on.

Amazon honours a page token for a day. A search that was cut off longer begins its month again, not the
whole period, and orders of the month that were counted are not counted twice.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from webshop.clients.amazon.client import OrdersPage, PageTokenInvalidError
from webshop.domain.periods import local_date, start_of_day
from webshop.extensions import clock
from webshop.models import SaleMigration, Shop
from webshop.services.connections import AmazonAccess
from webshop.services.fetching import PAGE_TOKEN_LIFE, needs_packages

SETTLED_AFTER = timedelta(minutes=3)
"""Amazon refuses a period that ends less than two minutes ago."""
_LAST_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Position:
    """The month that is being searched, from this day on, and how far."""

    on: date
    token: str | None = None
    token_at: datetime | None = None
    before: int = 0
    """Orders counted in the months before."""
    here: int = 0
    """Orders counted on the pages of this month."""

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Position:
        at = stored["token_at"]
        return cls(
            on=date.fromisoformat(stored["on"]),
            token=stored["token"],
            token_at=datetime.fromisoformat(at) if at else None,
            before=stored["before"],
            here=stored["here"],
        )

    def stored(self) -> dict[str, Any]:
        at = self.token_at.isoformat() if self.token_at else None
        return {
            "on": self.on.isoformat(),
            "token": self.token,
            "token_at": at,
            "before": self.before,
            "here": self.here,
        }

    @property
    def counted(self) -> int:
        return self.before + self.here

    def anew(self) -> Position:
        return replace(self, token=None, token_at=None, here=0)

    def last_day(self, until_on: date) -> date:
        return min(self.on.replace(day=monthrange(self.on.year, self.on.month)[1]), until_on)

    def after(self, page: OrdersPage, until_on: date, counted: int) -> Position | None:
        """Return the position behind a page, None behind the last one of the period."""
        here = self.here + counted
        if page.next_token is not None:
            return replace(self, token=page.next_token, token_at=clock.now(), here=here)
        last_on = self.last_day(until_on)
        return None if last_on >= until_on else Position(last_on + timedelta(days=1), before=self.before + here)


def may_begin_at(position: Position, until_on: date) -> datetime:
    """Return from when on the month can be searched to its end."""
    return start_of_day(position.last_day(until_on) + timedelta(days=1)) + SETTLED_AFTER


def search_page(
    shop: Shop, migration: SaleMigration, position: Position, access: AmazonAccess, *, is_counting: bool
) -> tuple[Position, OrdersPage]:
    """Ask for the page at a position; return it with the position it belongs to.

    :raise RemoteError: as the client classifies it.
    :raise BudgetEmptyError: when Amazon allows no search now, or the last ones are for the daily work.
    """
    if position.token_at is not None and clock.now() - position.token_at >= PAGE_TOKEN_LIFE:
        position = position.anew()
    period = {
        "marketplace_id": migration.marketplace_id,
        "created_after": start_of_day(position.on),
        "created_before": start_of_day(position.last_day(migration.until_on) + timedelta(days=1)) - _LAST_MOMENT,
        "has_packages": needs_packages(shop),
        "is_counting": is_counting,
    }
    search = access.client.search_created
    try:
        page = search(**period, pagination_token=position.token)  # type: ignore[arg-type]
    except PageTokenInvalidError:
        if position.token is None:
            raise
        position = position.anew()
        page = search(**period)  # type: ignore[arg-type]
    return position, _within(page, migration)


def _within(page: OrdersPage, migration: SaleMigration) -> OrdersPage:
    """Leave out what was not asked for: it was not paid for, and may be booked in another way."""
    orders = tuple(
        order for order in page.orders if migration.from_on <= local_date(order.purchased_at) <= migration.until_on
    )
    return replace(page, orders=orders)
