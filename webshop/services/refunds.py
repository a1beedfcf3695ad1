"""Read what Amazon paid back to buyers, per month: it is shown so that the VAT can be corrected, never posted.

Amazon tells refunds only among all payments, so whole days are read one after the other, each once. A day
counts when its last page is in; a reading that is cut off goes on at its page, or begins the day again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import or_, select

from webshop.clients.amazon.client import PageTokenInvalidError
from webshop.clients.amazon.transactions import Refund
from webshop.domain.periods import is_past, local_date, start_of_day
from webshop.exceptions import BudgetEmptyError, RejectedError, RemoteError
from webshop.extensions import clock, db, transaction
from webshop.models import (
    Posting,
    PostingState,
    Purpose,
    RefundMonth,
    RefundReading,
    Remote,
    Schedule,
    Shop,
)
from webshop.models.base import insert
from webshop.services import leases, nightly, remote_troubles, scheduling
from webshop.services.connections import AmazonAccess, active_connection, open_amazon
from webshop.services.leases import Lease, LeaseLostError

SETTLED_AFTER_DAYS = 3
"""Amazon may leave out the payments of the last two days: a day is read when nothing is added to it any more."""
LONGEST = timedelta(seconds=60)
AFTER_THE_NIGHT = timedelta(minutes=40)
CLAIMED = timedelta(minutes=10)
SWEEP_LIMIT = 200
MOST_MONTHS = 36
NO_FINANCE_ROLE = "NO_FINANCE_ROLE"
OPERATION = "listTransactions"


@dataclass(frozen=True)
class RefundList:
    """The months with refunds, newest first; `read_until` is the first day that is not in them."""

    months: Sequence[RefundMonth]
    read_until: date | None
    refusal_code: str | None


def load_refunds(shop_id: int) -> RefundList:
    months = db.session.scalars(
        select(RefundMonth).where(RefundMonth.shop_id == shop_id).order_by(RefundMonth.month.desc()).limit(MOST_MONTHS)
    ).all()
    reading = db.session.get(RefundReading, shop_id)
    return RefundList(months, reading.next_on if reading else None, reading.refusal_code if reading else None)


def due_readings(now: datetime) -> list[int]:
    """Return the shops whose refunds are due and that no living run holds."""
    with transaction() as session:
        return list(
            session.scalars(
                select(Schedule.shop_id)
                .outerjoin(RefundReading, RefundReading.shop_id == Schedule.shop_id)
                .where(
                    or_(RefundReading.due_at.is_(None), RefundReading.due_at <= now),
                    leases.is_free(now),
                    scheduling.may_fetch(now),
                )
                .order_by(RefundReading.due_at, Schedule.shop_id)
                .limit(SWEEP_LIMIT)
            )
        )


def read_refunds(shop_id: int, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Read the days that are settled and not read yet; return how many were finished."""
    lease = leases.acquire(shop_id)
    if lease is None:
        return 0
    ends_at = clock.now() + LONGEST
    try:
        return _read(shop_id, lease, lambda: is_stopping() or clock.now() >= ends_at)
    except LeaseLostError:
        return 0
    finally:
        db.session.rollback()
        leases.release(lease)


def _read(shop_id: int, lease: Lease, is_over: Callable[[], bool]) -> int:
    reading = _begin(shop_id, lease)
    with transaction() as session:
        connection = active_connection(shop_id, Remote.AMAZON)
        shop = session.get_one(Shop, shop_id, populate_existing=True)
    now = clock.now()
    next_at, refusal_code = nightly.next_night(shop_id, now) + AFTER_THE_NIGHT, None
    days = 0
    if connection is not None and not is_past(shop.active_until, now):
        access = open_amazon(connection)
        last_on = local_date(now) - timedelta(days=SETTLED_AFTER_DAYS)
        try:
            while reading.next_on <= last_on and not is_over():
                days += _read_page(shop, access, lease, reading)
            if reading.next_on <= last_on:
                next_at = now
        except BudgetEmptyError as empty:
            next_at = empty.due_at
        except RemoteError as trouble:
            db.session.rollback()
            if isinstance(trouble, RejectedError) and trouble.code == "AMAZON_REFUSES":
                # The seller's consent, or our registration, does not cover Amazon's finances.
                refusal_code = NO_FINANCE_ROLE
            else:
                _code, next_at = remote_troubles.note(connection, Remote.AMAZON, trouble, operation=OPERATION)
    with transaction() as session:
        lease.check()
        stored = session.get_one(RefundReading, shop_id, populate_existing=True)
        stored.due_at, stored.refusal_code = next_at, refusal_code
    return days


def _begin(shop_id: int, lease: Lease) -> RefundReading:
    """Return where the reading stands; the first one begins with the month before."""
    now = clock.now()
    first_on = (local_date(now).replace(day=1) - timedelta(days=1)).replace(day=1)
    with transaction() as session:
        lease.check()
        statement = insert(RefundReading).values(shop_id=shop_id, due_at=now + CLAIMED, next_on=first_on)
        session.execute(
            statement.on_conflict_do_update(index_elements=["shop_id"], set_={"due_at": statement.excluded.due_at})
        )
        return session.get_one(RefundReading, shop_id, populate_existing=True)


def _read_page(shop: Shop, access: AmazonAccess, lease: Lease, reading: RefundReading) -> bool:
    """Read one page of the day and store it with where the next begins; return whether the day is complete."""
    day, position = reading.next_on, reading.position or {}
    try:
        page = access.client.list_refunds(
            marketplace_id=shop.marketplace_id,
            posted_after=start_of_day(day),
            posted_before=start_of_day(day + timedelta(days=1)),
            next_token=position.get("token"),
        )
    except PageTokenInvalidError:
        if not position:
            raise
        page, position = None, {}
    with transaction() as session:
        lease.check()
        stored = session.get_one(RefundReading, shop.id, populate_existing=True)
        if page is None:
            stored.position = None
            return False
        seen = dict(position.get("refunds", {}))
        seen |= {one.transaction_id: _plain(one) for one in page.refunds if one.currency == "EUR"}
        if page.next_token is not None:
            stored.position = {"token": page.next_token, "refunds": seen}
            return False
        _count(shop.id, day, seen.values())
        stored.next_on, stored.position = day + timedelta(days=1), None
    return True


def _plain(refund: Refund) -> dict[str, Any]:
    return {"order_id": refund.order_id, "total": str(refund.total)}


def _count(shop_id: int, day: date, refunds: Iterable[dict[str, Any]]) -> None:
    """Add a day's refunds to its month; part of the transaction that moves the reading on."""
    found = list(refunds)
    if not found:
        return
    shares = _vat_shares(shop_id, {one["order_id"] for one in found if one["order_id"]})
    totals = [(Decimal(one["total"]), shares.get(one["order_id"])) for one in found]
    vat = sum((_vat_in(total, share) for total, share in totals if share is not None), Decimal(0))
    unknown = sum(share is None for _total, share in totals)
    month = db.session.get(RefundMonth, (shop_id, day.replace(day=1)), populate_existing=True)
    if month is None:
        month = RefundMonth(
            shop_id=shop_id,
            month=day.replace(day=1),
            refunds=0,
            without_vat=0,
            total_incl_vat=Decimal(0),
            vat=Decimal(0),
            read_at=clock.now(),
        )
        db.session.add(month)
    month.refunds += len(found)
    month.without_vat += unknown
    month.total_incl_vat += sum((total for total, _share in totals), Decimal(0))
    month.vat += vat
    month.read_at = clock.now()


def _vat_in(total: Decimal, share: Decimal) -> Decimal:
    return (total * share).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _vat_shares(shop_id: int, numbers: Iterable[str]) -> dict[str, Decimal]:
    """Return, for each order that we booked, which part of it was VAT; a refund gives back the same part."""
    rows = db.session.execute(
        select(Posting.amazon_order_id, Posting.rates).where(
            Posting.shop_id == shop_id,
            Posting.amazon_order_id.in_(list(numbers)),
            Posting.purpose == Purpose.SALE.value,
            Posting.state == PostingState.POSTED.value,
        )
    ).all()
    shares = {row.amazon_order_id: _share(row.rates or ()) for row in rows}
    return {number: share for number, share in shares.items() if share is not None}


def _share(rates: Sequence[Mapping[str, str]]) -> Decimal | None:
    vat = sum((Decimal(rate["vat"]) for rate in rates), Decimal(0))
    total = vat + sum((Decimal(rate["net"]) for rate in rates), Decimal(0))
    return vat / total if total else None
