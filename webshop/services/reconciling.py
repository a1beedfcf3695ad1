"""Settle what is not known: ask SnelStart whether a document stands there, then adopt it or free the order.

Filters of the remote are never believed: the client compares every hit again, and documents.py says of
each kind what makes a document ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import exists, or_, select

from webshop.domain.booking import Issue
from webshop.exceptions import RejectedError
from webshop.extensions import clock, db, transaction
from webshop.models import (
    Administration,
    Connection,
    ConnectionState,
    Order,
    OrderState,
    Posting,
    PostingState,
    Purpose,
    Remote,
    Shop,
)
from webshop.services import payments
from webshop.services.claims import (
    ADMINISTRATION_LEFT,
    DIFFERENT_DOCUMENT,
    LOOKUP_AFTER,
    NUMBER_TAKEN,
    note_event,
    note_refused,
    note_unknown,
    update_posting,
)
from webshop.services.connections import SnelStartAccess
from webshop.services.documents import Found, find, find_unfiltered, is_twice, open_balance, total_differs
from webshop.services.issue_catalogue import issue_for_snelstart
from webshop.services.leases import Lease
from webshop.services.order_states import note_payment, record_paid, record_posted, set_state

BATCH = 50
LOOKUPS_NEEDED = 2
"""How often a document is looked for in vain before the order may be sent again.

A sales entry that comes later than that does no harm to another entry, which SnelStart refuses by its
number; but the shop may post sales orders by then.
"""
REFUSED_AGAIN = timedelta(minutes=15)
"""How long until a look-up that SnelStart refused is tried again: the longest wait there is."""
WAITING = (Issue("SNELSTART_WRITE_UNKNOWN", {}),)


def find_abandoned(lease: Lease) -> int:
    """Turn claims of runs that are gone into unknown outcomes; return how many there were."""
    with transaction() as session:
        lease.check()
        rows = session.execute(
            select(Posting, Order)
            .join(Order, Order.id == Posting.order_id)
            .where(
                Posting.shop_id == lease.shop_id,
                Posting.state == PostingState.SENDING.value,
                Posting.lease_token < lease.token,
            )
        ).all()
        for posting, order in rows:
            now = clock.now()
            lookup_at = min(posting.sent_at or now, now) + LOOKUP_AFTER
            note_unknown(posting.id, order, Purpose(posting.purpose), "INTERRUPTED", lookup_at)
            if posting.purpose == Purpose.SALE.value:
                # The run died with this order in hand: counted, so that a poison order is noticed.
                set_state(order, OrderState.UNKNOWN, WAITING, attempts=order.attempts + 1)
    return len(rows)


def tell_left_behind(lease: Lease, administration_id: str) -> None:
    """Tell what is unknown in an administration that the shop has left, where nobody can look it up any more."""
    somebody_is_there = exists().where(
        Connection.remote == Remote.SNELSTART.value,
        Connection.account_id == Posting.administration_id,
        Connection.state == ConnectionState.ACTIVE.value,
    )
    with transaction() as session:
        rows = session.execute(
            select(Order, Administration.name)
            .join(Posting, Posting.order_id == Order.id)
            .join(Administration, Administration.administration_id == Posting.administration_id)
            .where(
                Posting.shop_id == lease.shop_id,
                Posting.administration_id != administration_id,
                Posting.purpose == Purpose.SALE.value,
                Posting.state == PostingState.UNKNOWN.value,
                ~somebody_is_there,
                Order.state == OrderState.UNKNOWN.value,
                Order.issue_code != ADMINISTRATION_LEFT,
            )
        ).all()
        if rows:
            lease.check()
        for order, name in rows:
            issue = Issue(ADMINISTRATION_LEFT, {"name": name})
            set_state(order, OrderState.UNKNOWN, [issue], attempts=order.attempts)


def look_up_unknown(shop: Shop, access: SnelStartAccess, lease: Lease, *, is_over: Callable[[], bool]) -> Counter[str]:
    """Look up every unknown outcome whose time has come; return how many sales ended in each state.

    One that SnelStart refuses is told and asked for again later.

    :raise RemoteError: when SnelStart does not answer; nothing was decided for that posting.
    :raise BudgetEmptyError: when SnelStart's budget is used up.
    """
    counts: Counter[str] = Counter()
    for posting, order in _due_lookups(shop.id, access.administration_id):
        if is_over():
            break
        try:
            state = _look_up(posting, order, shop, access, lease)
        except RejectedError as refusal:
            state = _postpone(posting, order, refusal, lease)
        if posting.purpose == Purpose.SALE.value:
            counts[state] += 1
    return counts


def _look_up(posting: Posting, order: Order, shop: Shop, access: SnelStartAccess, lease: Lease) -> str:
    found = find(access.client, posting)
    if posting.purpose == Purpose.PAYMENT.value:
        _settle_payment(posting, order, found, access, lease)
        return order.state
    is_last = posting.lookups + 1 >= LOOKUPS_NEEDED
    if found is None and is_last:
        found = find_unfiltered(access.client, posting)
    return _settle(posting, order, found, shop, lease, is_last=is_last)


def _postpone(posting: Posting, order: Order, refusal: RejectedError, lease: Lease) -> str:
    """SnelStart refuses this look-up: tell why, ask again later, and keep nothing else waiting for it."""
    issue = issue_for_snelstart(refusal.code or "", refusal.message)
    with transaction():
        lease.check()
        update_posting(posting.id, lookup_at=clock.now() + REFUSED_AGAIN)
        if posting.purpose == Purpose.PAYMENT.value:
            note_payment(order, issue)
        else:
            set_state(order, OrderState.UNKNOWN, (*WAITING, issue), attempts=order.attempts)
    return OrderState.UNKNOWN.value


def _due_lookups(shop_id: int, administration_id: str) -> list[tuple[Posting, Order]]:
    """Return what the shop has to look up, and what another one left behind when it went elsewhere."""
    now = clock.now()
    # A time further away than any we set was set by a clock that was ahead.
    is_due = or_(Posting.lookup_at.is_(None), Posting.lookup_at <= now, Posting.lookup_at > now + REFUSED_AGAIN)
    owner_is_here = exists().where(
        Connection.shop_id == Posting.shop_id,
        Connection.remote == Remote.SNELSTART.value,
        Connection.account_id == Posting.administration_id,
    )
    with transaction() as session:
        rows = session.execute(
            select(Posting, Order)
            .join(Order, Order.id == Posting.order_id)
            .where(
                or_(Posting.shop_id == shop_id, ~owner_is_here),
                Posting.administration_id == administration_id,
                Posting.state == PostingState.UNKNOWN.value,
                is_due,
            )
            .order_by(Posting.lookup_at, Posting.id)
            .limit(BATCH)
            .execution_options(populate_existing=True)
        )
        return [(posting, order) for posting, order in rows]


def _settle(posting: Posting, order: Order, found: Found | None, shop: Shop, lease: Lease, *, is_last: bool) -> str:
    with transaction():
        lease.check()
        if found is None:
            return _free(posting, order) if is_last else _wait_again(posting)
        return _adopt(posting, order, found, shop) if found.is_ours else _differs(posting, order, found)


def _wait_again(posting: Posting) -> str:
    """It is not there yet: a slow server may still be at it, so it is looked for once more."""
    update_posting(posting.id, lookup_at=clock.now() + LOOKUP_AFTER, lookups=posting.lookups + 1)
    return OrderState.UNKNOWN.value


def _free(posting: Posting, order: Order) -> str:
    """It was not booked: the order may be sent again, unless SnelStart said that its number is taken."""
    if posting.last_error_code == NUMBER_TAKEN:
        note_refused(posting.id, order, Purpose.SALE, NUMBER_TAKEN)
        set_state(
            order, OrderState.ERROR, [Issue("INVOICE_NUMBER_DUPLICATE_HIDDEN", {"number": order.amazon_order_id})]
        )
        return OrderState.ERROR.value
    _release(posting, order)
    set_state(order, OrderState.OPEN, [], due_at=clock.now(), attempts=order.attempts)
    return OrderState.OPEN.value


def _release(posting: Posting, order: Order) -> None:
    note_event("not_found", order, Purpose(posting.purpose))
    update_posting(
        posting.id,
        state=PostingState.PENDING.value,
        lookup_at=None,
        lookups=posting.lookups + 1,
        last_error_code=None,
    )


def _adopt(posting: Posting, order: Order, found: Found, shop: Shop) -> str:
    was_answered = posting.last_error_code == NUMBER_TAKEN and posting.attempt == 1
    issues = [Issue("ALREADY_IN_SNELSTART", {"number": found.number})] if was_answered else []
    record_posted(
        posting.id,
        order,
        external_id=found.document_id,
        external_number=found.number,
        booked_total=posting.total,
    )
    update_posting(posting.id, lookups=posting.lookups + 1)
    issues += (*total_differs(found, posting.total), *is_twice(found))
    set_state(order, OrderState.POSTED, issues, booked_total=posting.total)
    if payments.are_posted(shop) and not was_answered:
        # What somebody else booked before, may have been paid before too: only our own entries are settled.
        payments.add_payment(posting.id, db.session.connection())
    return OrderState.POSTED.value


def _differs(posting: Posting, order: Order, found: Found) -> str:
    facts = _contest(posting, order, found)
    set_state(order, OrderState.ERROR, [Issue("INVOICE_NUMBER_DUPLICATE_DIFFERENT", facts)])
    return OrderState.ERROR.value


def _contest(posting: Posting, order: Order, found: Found) -> dict[str, str]:
    facts = {"number": found.number, "ours": str(posting.total), "theirs": str(found.total)}
    note_event("differs", order, Purpose(posting.purpose), facts)
    update_posting(posting.id, state=PostingState.REJECTED.value, lookup_at=None, last_error_code=DIFFERENT_DOCUMENT)
    return facts


def _settle_payment(posting: Posting, order: Order, found: Found | None, access: SnelStartAccess, lease: Lease) -> None:
    """Settle a payment: it stands, somebody else paid, it is looked for once more, or it is sent again."""
    balance: Decimal | None = None
    if found is None:
        balance = open_balance(access.client, order.amazon_order_id)
    with transaction():
        lease.check()
        if found is not None and found.is_ours:
            record_paid(posting.id, order, external_id=found.document_id)
        elif found is not None:
            note_payment(order, Issue("INVOICE_NUMBER_DUPLICATE_DIFFERENT", _contest(posting, order, found)))
        elif balance != posting.total:
            payments.settle_without_us(posting, order, balance)
        elif posting.lookups + 1 < LOOKUPS_NEEDED:
            _wait_again(posting)
        else:
            _release(posting, order)
