"""Read an administration's sales documents in bulk, and settle with what stands there.

It finds what no look-up by number asks for, and what a filter hid: after a restore, before a shop's first
booking in an administration, and every night. A page is one transaction, so that a crash, a pause or
an empty budget goes on where it stopped. What we booked is compared and told, never overwritten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from webshop.domain.booking import Issue
from webshop.extensions import clock, db, transaction
from webshop.models import (
    Connection,
    DocumentReading,
    FoundDocument,
    Order,
    OrderState,
    Posting,
    PostingKind,
    PostingState,
    Purpose,
    Remote,
    Shop,
)
from webshop.models.base import insert
from webshop.models.posting import ELSEWHERE
from webshop.services import payments, recovery
from webshop.services.adoption import adopt, forget_found, remember
from webshop.services.connections import SnelStartAccess
from webshop.services.leases import Lease
from webshop.services.order_states import drift_of, note_drift
from webshop.services.standing import Standing, get_standing, of_invoice, of_order, orders_page

PAGE = 500
# Between two pages a document may be removed, and all behind it move up by one.
PAGES_OVERLAP = 25
# SnelStart's clock and ours may differ; reading a few rows twice is cheap.
CLOCKS_DIFFER = timedelta(minutes=10)
DELETIONS_BACK = timedelta(days=31)
"""How far back documents of ours are missed when they are gone: nobody tells that they were removed."""
MOST_CHECKED = 50
_ORDER_NUMBER = re.compile(r"[0-9]{3}-[0-9]{7}-[0-9]{7}")
_KINDS = (PostingKind.SALES_ORDER.value, PostingKind.SALES_ENTRY.value)
_UNDER_WAY = (PostingState.SENDING.value, PostingState.UNKNOWN.value)
_TWICE = "TWICE_IN_SNELSTART"
_MAY_BE_ADOPTED = (OrderState.OPEN.value, OrderState.ERROR.value)


@dataclass
class ReadingCounts:
    """What a bulk reading came upon."""

    read: int = 0
    adopted: int = 0
    changed: int = 0
    """Documents of ours that are other than they were sent, or stand there twice."""
    gone: int = 0
    found: int = 0
    """Documents under numbers of orders that are not known, or that differ from them."""


@dataclass(frozen=True)
class _Position:
    since_at: datetime
    began_at: datetime
    kind: str
    skip: int


def read_what_is_missing(
    since: datetime, access: SnelStartAccess, lease: Lease, *, is_over: Callable[[], bool]
) -> bool:
    """Read everything that changed since then; return False when the time was up before the end.

    :raise RemoteError: when SnelStart does not answer; the pages before are settled.
    :raise BudgetEmptyError: when SnelStart's budget is used up.
    :raise LeaseLostError: when another run has taken over.
    """
    return _read(access, lease, since, ReadingCounts(), is_over)


def reconcile(access: SnelStartAccess, lease: Lease, counts: ReadingCounts, *, is_over: Callable[[], bool]) -> bool:
    """Read what changed since the last time and what was booked lately; return False when the time was up.

    Raises what `read_what_is_missing` raises.
    """
    with transaction() as session:
        reading = session.get(DocumentReading, access.administration_id, populate_existing=True)
    since = clock.now() - DELETIONS_BACK
    if reading is not None and reading.until_at is not None:
        since = min(since, reading.until_at)
    if reading is not None and reading.began_at is not None and reading.since_at is not None:
        since = reading.since_at
    if not _read(access, lease, since, counts, is_over):
        return False
    return _tell_what_is_gone(access, lease, since, counts, is_over)


def _read(
    access: SnelStartAccess, lease: Lease, since: datetime, counts: ReadingCounts, is_over: Callable[[], bool]
) -> bool:
    position: _Position | None = _begin(access.administration_id, since)
    while position is not None:
        if is_over():
            return False
        position = _read_page(access, lease, position, counts)
    return True


def _begin(administration_id: str, since: datetime) -> _Position:
    """Return where a reading goes on, or begin one; one that began later than `since` begins again."""
    now = clock.now()
    with transaction() as session:
        session.execute(
            insert(DocumentReading).values(administration_id=administration_id, skip=0).on_conflict_do_nothing()
        )
        reading = session.scalars(
            select(DocumentReading)
            .where(DocumentReading.administration_id == administration_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        if reading.began_at is None or reading.since_at is None or reading.kind is None or reading.since_at > since:
            reading.began_at, reading.since_at, reading.kind, reading.skip = now, since, _KINDS[0], 0
        return _Position(reading.since_at, reading.began_at, reading.kind, reading.skip)


def _read_page(access: SnelStartAccess, lease: Lease, position: _Position, counts: ReadingCounts) -> _Position | None:
    """Settle one page; return where the next one is, None behind the last one."""
    page: dict[str, Any] = {
        "modified_since": position.since_at - CLOCKS_DIFFER,
        "skip": position.skip,
        "top": PAGE,
    }
    if position.kind == _KINDS[0]:
        documents = [of_order(order) for order in orders_page(access.client, **page)]
    else:
        documents = [of_invoice(invoice) for invoice in access.client.sales_invoices_page(**page)]
    following = _following(position, len(documents))
    with transaction():
        lease.check()
        # Before the last step, which ends an epoch: what was found in it is most likely ours.
        forgotten_until = recovery.forgotten_until(access.administration_id)
        if _advance(access.administration_id, position, following):
            settlement = _Settlement(access.administration_id, position.began_at, forgotten_until, counts)
            settlement.settle(documents)
        else:
            # Another shop's run read this page, or a new epoch began: what stands in the table counts.
            return _standing_position(access.administration_id)
    return following


def _following(position: _Position, rows: int) -> _Position | None:
    if rows >= PAGE:
        return _Position(position.since_at, position.began_at, position.kind, position.skip + PAGE - PAGES_OVERLAP)
    if position.kind == _KINDS[0]:
        return _Position(position.since_at, position.began_at, _KINDS[1], 0)
    return None


def _advance(administration_id: str, position: _Position, following: _Position | None) -> bool:
    """Move on from a position, once; the last step makes what was read count."""
    reading = db.session.scalars(
        select(DocumentReading)
        .where(
            DocumentReading.administration_id == administration_id,
            DocumentReading.began_at == position.began_at,
            DocumentReading.since_at == position.since_at,
            DocumentReading.kind == position.kind,
            DocumentReading.skip == position.skip,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if reading is None:
        return False
    if following is not None:
        reading.kind, reading.skip = following.kind, following.skip
        return True
    is_joined = reading.reach_at is not None and reading.until_at is not None and position.since_at <= reading.until_at
    reading.reach_at = min(reading.reach_at or position.since_at, position.since_at) if is_joined else position.since_at
    reading.until_at = position.began_at
    reading.began_at = reading.since_at = reading.kind = None
    # A start of an epoch takes every reading back, so one that ends here began after it.
    recovery.close_epoch(administration_id, position.since_at)
    return True


def _standing_position(administration_id: str) -> _Position | None:
    reading = db.session.get(DocumentReading, administration_id, populate_existing=True)
    if reading is None or reading.began_at is None or reading.since_at is None or reading.kind is None:
        return None
    return _Position(reading.since_at, reading.began_at, reading.kind, reading.skip)


@dataclass(frozen=True)
class _Settlement:
    """What is done with the documents of one page; part of the caller's transaction."""

    administration_id: str
    began_at: datetime
    forgotten_until: datetime | None
    """Until when an order was placed that we may have booked ourselves before a restore."""
    counts: ReadingCounts

    def settle(self, documents: list[Standing]) -> None:
        self.counts.read += len(documents)
        documents = [one for one in documents if _ORDER_NUMBER.fullmatch(one.amazon_order_id)]
        numbers = {one.amazon_order_id for one in documents}
        if not numbers:
            return
        postings, orders = _postings(self.administration_id, numbers), _orders(self.administration_id, numbers)
        drifted = _drifted(posting.order_id for posting in postings.values())
        seen: list[int] = []
        unaccounted: list[Standing] = []
        twice: list[Standing] = []
        for one in documents:
            posting, order = postings.get(one.amazon_order_id), orders.get(one.amazon_order_id)
            if posting is not None and posting.state == PostingState.POSTED.value:
                if one.document_id == posting.external_id:
                    seen.append(posting.id)
                elif posting.kind != ELSEWHERE:
                    twice.append(one)
                self.counts.changed += _compare(posting, one, told=drifted.get(posting.order_id))
            elif posting is not None and posting.state in _UNDER_WAY:
                # It is looked up by itself, and compared with exactly what was sent.
                continue
            elif order is not None and _is_the_same(order, one) and self._adopt(order, one):
                postings |= _postings(self.administration_id, {one.amazon_order_id})
            else:
                unaccounted.append(one)
        self.counts.found += len(unaccounted)
        remember(self.administration_id, unaccounted + twice)
        db.session.execute(update(Posting).where(Posting.id.in_(seen)).values(seen_at=self.began_at))

    def _adopt(self, order: Order, one: Standing) -> bool:
        issues = [Issue("FOUND_IN_SNELSTART", {"number": one.number})]
        posting_id = adopt(order, self.administration_id, one, issues)
        if posting_id is None:
            return False
        self.counts.adopted += 1
        if self.forgotten_until is not None and order.purchased_at < self.forgotten_until:
            # Ours, most likely: its payment may not have been made yet. Its balance tells.
            payments.add_payment_of(db.session.get_one(Shop, order.shop_id), posting_id)
        return True


def _postings(administration_id: str, numbers: Iterable[str]) -> dict[str, Posting]:
    rows = db.session.scalars(
        select(Posting)
        .where(
            Posting.administration_id == administration_id,
            Posting.amazon_order_id.in_(numbers),
            Posting.purpose == Purpose.SALE.value,
        )
        .execution_options(populate_existing=True)
    )
    return {posting.amazon_order_id: posting for posting in rows}


def _orders(administration_id: str, numbers: Iterable[str]) -> dict[str, Order]:
    rows = db.session.scalars(
        select(Order)
        .join(Connection, (Connection.shop_id == Order.shop_id) & (Connection.remote == Remote.SNELSTART.value))
        .where(Connection.account_id == administration_id, Order.amazon_order_id.in_(numbers))
        .where(Order.state.in_(_MAY_BE_ADOPTED))
        .order_by(Order.id.desc())
        .execution_options(populate_existing=True)
    )
    return {order.amazon_order_id: order for order in rows}


def _is_the_same(order: Order, one: Standing) -> bool:
    return one.total is not None and order.total == one.total


def _drifted(order_ids: Iterable[int]) -> dict[int, str | None]:
    """Return what each of these orders says about its document."""
    rows = db.session.execute(select(Order.id, Order.issues).where(Order.id.in_(list(order_ids))))
    return {order_id: drift_of(issues) for order_id, issues in rows}


def _compare(posting: Posting, one: Standing, *, told: str | None) -> bool:
    """Tell on the order when its document is another than was sent, once; return whether it is."""
    if posting.kind == ELSEWHERE:
        return False
    facts = {"number": one.number, "ours": str(posting.total), "theirs": str(one.total)}
    if one.document_id != posting.external_id:
        issue = Issue(_TWICE, {"number": posting.external_number or "", "other": one.number})
    elif one.total is not None and one.total != posting.total and one.kind == PostingKind.SALES_ENTRY.value:
        # SnelStart reckons the total of a sales order itself; that was told when it was booked.
        issue = Issue("CHANGED_IN_SNELSTART", facts)
    else:
        # Whether the other one of two is gone, only that one's own id tells.
        if told is not None and told != _TWICE:
            note_drift(posting.order_id, None)
        return False
    note_drift(posting.order_id, issue)
    return True


def _tell_what_is_gone(
    access: SnelStartAccess, lease: Lease, since: datetime, counts: ReadingCounts, is_over: Callable[[], bool]
) -> bool:
    """Ask by its id for each document of ours that the reading did not see; return False when the time was up."""
    for posting in _unseen(access.administration_id, since):
        if is_over():
            return False
        is_there = get_standing(access.client, posting.kind, posting.external_id or "")
        with transaction():
            lease.check()
            if is_there:
                db.session.execute(update(Posting).where(Posting.id == posting.id).values(seen_at=clock.now()))
            else:
                counts.gone += 1
                facts = {"number": posting.external_number or "", "ours": str(posting.total)}
                note_drift(posting.order_id, Issue("GONE_FROM_SNELSTART", facts))
    return _forget_seconds(access, lease, is_over)


def _forget_seconds(access: SnelStartAccess, lease: Lease, is_over: Callable[[], bool]) -> bool:
    """Drop the second documents of booked orders that are gone; return False when the time was up."""
    for found, posting in _unseen_seconds(access.administration_id):
        if is_over():
            return False
        if not get_standing(access.client, found.kind, found.document_id):
            with transaction():
                lease.check()
                forget_found(access.administration_id, found.document_id)
                note_drift(posting.order_id, None)
    return True


def _unseen_seconds(administration_id: str) -> list[tuple[FoundDocument, Posting]]:
    with transaction() as session:
        reading = session.get_one(DocumentReading, administration_id, populate_existing=True)
        rows = session.execute(
            select(FoundDocument, Posting)
            .join(
                Posting,
                (Posting.administration_id == FoundDocument.administration_id)
                & (Posting.amazon_order_id == FoundDocument.amazon_order_id),
            )
            .where(
                FoundDocument.administration_id == administration_id,
                FoundDocument.found_at < reading.until_at,
                Posting.purpose == Purpose.SALE.value,
                Posting.state == PostingState.POSTED.value,
            )
            .limit(MOST_CHECKED)
        )
        return [(found, posting) for found, posting in rows]


def _unseen(administration_id: str, since: datetime) -> list[Posting]:
    with transaction() as session:
        reading = session.get_one(DocumentReading, administration_id, populate_existing=True)
        return list(
            session.scalars(
                select(Posting)
                .where(
                    Posting.administration_id == administration_id,
                    Posting.purpose == Purpose.SALE.value,
                    Posting.state == PostingState.POSTED.value,
                    Posting.kind.in_(_KINDS),
                    Posting.external_id.is_not(None),
                    Posting.posted_at >= since + CLOCKS_DIFFER,
                    # What was booked while the pages were read may stand behind them.
                    Posting.posted_at < (reading.until_at or since) - CLOCKS_DIFFER,
                    or_(Posting.seen_at.is_(None), Posting.seen_at < (reading.until_at or since)),
                )
                .order_by(Posting.posted_at.desc(), Posting.id)
                .limit(MOST_CHECKED)
            )
        )
