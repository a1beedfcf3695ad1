"""Where is this order? In our lists, or at Amazon, or why it is not here: one answer, on the spot.

A person waits for it, so Amazon is asked within the request, inside the budget and a deadline; the shop's lease is
taken for that moment, because storing an order is a run's work and there is never more than one of those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import select

from webshop.clients.amazon.parsing import ORDER_ID
from webshop.domain.orders import Status
from webshop.domain.periods import is_past, local_date
from webshop.exceptions import (
    BudgetEmptyError,
    ConflictError,
    NotFoundRemoteError,
    ReconnectRequiredError,
    RejectedError,
    RemoteError,
)
from webshop.extensions import clock, db, transaction
from webshop.models import Connection, ConnectionState, Order, OrderState, Remote, Shop, User
from webshop.services import audit, leases, scheduling
from webshop.services.access import Tenant
from webshop.services.connections import active_connection, deadline, mark_error, open_amazon
from webshop.services.fetching import fetch_one
from webshop.services.leases import LeaseLostError

SECONDS = 5
AMAZON_KEEPS = timedelta(days=730)
_DIGITS = re.compile(r"\D")


class Place(StrEnum):
    """Where an order turned out to be, or why it is nowhere."""

    OPEN = "open"
    ERROR = "error"
    UNKNOWN = "unknown"
    POSTED = "posted"
    SKIPPED = "skipped"
    FETCHED = "fetched"
    CANCELLED = "cancelled"
    BEFORE_START = "before_start"
    OTHER_MARKETPLACE = "other_marketplace"
    NOT_AT_AMAZON = "not_at_amazon"
    TOO_NEW = "too_new"
    TOO_OLD = "too_old"
    UNREADABLE = "unreadable"
    BUSY = "busy"
    ENDED = "ended"
    NOT_CONNECTED = "not_connected"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Whereabouts:
    place: Place
    order: Order | None = None


def read_order_number(text: str) -> str | None:
    """Return an Amazon order number as 3-7-7, also when it was typed without dashes; None when it is none."""
    digits = _DIGITS.sub("", text)
    number = f"{digits[:3]}-{digits[3:10]}-{digits[10:]}"
    is_number = ORDER_ID.fullmatch(number) and not re.search(r"[^\d\s-]", text)
    return number if is_number and len(digits) == 17 else None


def find_order(tenant: Tenant, number: str, ordered_on: date | None, user: User) -> Whereabouts:
    """Find an order by its number; one that we do not have yet, or that still waits, is fetched from Amazon."""
    known = _known(tenant, number)
    if known is not None and known.state != OrderState.OPEN.value:
        return Whereabouts(Place(known.state), known)
    if tenant.amazon is None or tenant.amazon.state != ConnectionState.ACTIVE.value:
        return Whereabouts(Place.OPEN, known) if known else Whereabouts(Place.NOT_CONNECTED)
    if is_past(tenant.shop.active_until, clock.now()):
        return Whereabouts(Place.OPEN, known) if known else Whereabouts(Place.ENDED)
    trouble = _fetch(tenant.shop, tenant.amazon, number, user)
    found = _known(tenant, number)
    if found is None:
        return Whereabouts(_why_not_there(trouble, ordered_on))
    if found.amazon_status == Status.CANCELLED.value:
        return Whereabouts(Place.CANCELLED, found)
    if tenant.shop.start_on is not None and found.booked_on < tenant.shop.start_on:
        return Whereabouts(Place.BEFORE_START, found)
    return Whereabouts(Place.OPEN if known else Place.FETCHED, found)


def _known(tenant: Tenant, number: str) -> Order | None:
    with transaction() as session:
        return session.scalars(
            select(Order)
            .where(Order.shop_id == tenant.shop.id, Order.amazon_order_id == number)
            .execution_options(populate_existing=True)
        ).one_or_none()


def fetch_by_number(shop: Shop, number: str, user: User | None = None) -> bool:
    """Fetch one order from Amazon now; return whether it belongs to the shop's marketplace and was stored.

    :raise ConflictError: when the subscription is over, Amazon is not connected, or a run is working on the shop.
    :raise RemoteError: when Amazon does not know it or does not answer.
    :raise BudgetEmptyError: when Amazon allows no call now.
    """
    if is_past(shop.active_until, clock.now()):
        raise ConflictError("the trial or subscription has ended, so nothing is fetched")
    with transaction():
        connection = active_connection(shop.id, Remote.AMAZON)
    if connection is None:
        raise ConflictError("Amazon is not connected")
    lease = leases.acquire(shop.id)
    if lease is None:
        raise ConflictError("the shop's orders are being worked on; try again in a minute")
    try:
        is_stored = fetch_one(shop, open_amazon(connection), lease, number)
        if is_stored:
            with transaction():
                scheduling.make_due(shop.id)
                user_id = user.id if user else None
                audit.record("order_fetched", shop_id=shop.id, user_id=user_id, facts={"number": number})
    finally:
        leases.release(lease)
    return is_stored


def _fetch(shop: Shop, connection: Connection, number: str, user: User) -> Place | None:
    """Ask Amazon for the order and store it; return what stood in the way."""
    # The shop is only read from here on; no transaction is open during the call.
    db.session.commit()
    try:
        with deadline(SECONDS):
            is_ours = fetch_by_number(shop, number, user)
    except NotFoundRemoteError:
        return Place.NOT_AT_AMAZON
    except ReconnectRequiredError:
        mark_error(connection, f"{Remote.AMAZON.value.upper()}_RECONNECT", needs_reconnect=True)
        return Place.NOT_CONNECTED
    except RejectedError as refusal:
        return Place.UNREADABLE if refusal.code == "UNREADABLE_ORDER" else Place.NOT_AT_AMAZON
    except (RemoteError, BudgetEmptyError):
        return Place.UNREACHABLE
    except (ConflictError, LeaseLostError):
        return Place.BUSY
    return None if is_ours else Place.OTHER_MARKETPLACE


def _why_not_there(trouble: Place | None, ordered_on: date | None) -> Place:
    if trouble is Place.NOT_AT_AMAZON and ordered_on is not None:
        today = local_date(clock.now())
        if ordered_on >= today:
            return Place.TOO_NEW
        if ordered_on < today - AMAZON_KEEPS:
            return Place.TOO_OLD
    return trouble or Place.NOT_AT_AMAZON
