"""What a person decides for one order: book it anew, it was booked by hand, do not book it, look it up now.

Each decision takes the shop's lease, so that no run works on the order meanwhile, and leaves an event.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete, select, update

from webshop.domain.booking import Issue
from webshop.domain.personal_data import mask
from webshop.exceptions import ConflictError, NotAllowedError, RefusedDecisionError
from webshop.extensions import clock, db, transaction
from webshop.models import (
    Membership,
    Order,
    OrderState,
    Posting,
    PostingState,
    Purpose,
    Remote,
    Role,
    User,
)
from webshop.models.posting import ELSEWHERE
from webshop.services import audit, leases, rate_totals, scheduling
from webshop.services.adoption import take_as_posted
from webshop.services.claims import ADMINISTRATION_LEFT, LOOKUP_AFTER
from webshop.services.connections import find_connection
from webshop.services.order_states import set_state
from webshop.services.removal_proof import open_booked_in, prove_gone

LONGEST_REASON = 200
LONGEST_NUMBER = 40
_WRITERS = (Role.OWNER, Role.MEMBER)
_NOT_BOOKED = (OrderState.OPEN.value, OrderState.ERROR.value, OrderState.SKIPPED.value)


def repost_order(order: Order, user: User, reason: str) -> None:
    """Let an order be booked anew after its document was deleted in SnelStart; the next run does it.

    :raise NotAllowedError: when the user is not the shop's owner.
    :raise ConflictError: when there is no reason, the order is not posted or its document still stands.
    :raise RemoteError: when SnelStart does not answer.
    """
    _require_role(order, user, (Role.OWNER,))
    reason = _reason(reason, "a reason is needed to book an order again")
    require_content(order)
    with _alone(order) as lease:
        posting = _posted(order)
        access = open_booked_in(order, posting)
        try:
            prove_gone(order, posting, access)
        finally:
            access.purse.give_back()
        with transaction() as session:
            lease.check()
            changed = session.scalar(
                update(Posting)
                .where(
                    Posting.id == posting.id,
                    Posting.state == PostingState.POSTED.value,
                    Posting.generation == posting.generation,
                )
                .values(
                    state=PostingState.PENDING.value,
                    generation=Posting.generation + 1,
                    external_id=None,
                    external_number=None,
                    posted_at=None,
                    sent_at=None,
                    seen_at=None,
                )
                .returning(Posting.generation)
            )
            if changed is None:
                raise ConflictError("this order is being booked again already")
            rate_totals.take_back(posting.id, session.connection())
            # The payment went with its invoice; a new one follows the new booking.
            session.execute(
                delete(Posting).where(
                    Posting.administration_id == posting.administration_id,
                    Posting.amazon_order_id == posting.amazon_order_id,
                    Posting.purpose == Purpose.PAYMENT.value,
                )
            )
            set_state(order, OrderState.OPEN, [], due_at=clock.now())
            scheduling.make_due(order.shop_id)
            facts = {"reason": reason, "generation": changed, "document": posting.external_id or ""}
            facts["number"] = posting.external_number or ""
            _record("repost_requested", order, user, facts)


def mark_booked_elsewhere(order: Order, user: User, number: str) -> None:
    """Take an order as booked, because a person did so in SnelStart under this number; it is never sent.

    :raise NotAllowedError: when the user may only look.
    :raise ConflictError: without a number, or when the order is booked or may have been.
    """
    _require_role(order, user, _WRITERS)
    number = _text(number, "the number of the booking in SnelStart is needed", LONGEST_NUMBER)
    with _alone(order) as lease, transaction():
        lease.check()
        current = _current(order)
        if _marked_number(order) == number:
            return
        left_in = _settle_left_behind(current)
        if left_in is None:
            _require_state(current, _NOT_BOOKED, "this order is booked already, or may have been")
            connection = find_connection(order.shop_id, Remote.SNELSTART)
            if connection is None:
                raise ConflictError("SnelStart is not connected")
            left_in = connection.account_id
        total = current.total or Decimal(0)
        taken = take_as_posted(current, left_in, kind=ELSEWHERE, total=total, external_id=None, external_number=number)
        if taken is None:
            raise ConflictError("this order is booked already, or may have been")
        db.session.execute(update(Order).where(Order.id == order.id).values(skipped_at=None))
        set_state(current, OrderState.POSTED, [Issue("BOOKED_BY_HAND", {"number": number})])
        _record("booked_by_hand", order, user, {"number": number})


def undo_booked_elsewhere(order: Order, user: User) -> None:
    """Take back that a person booked an order; it is looked up in SnelStart before it is booked.

    :raise NotAllowedError: when the user may only look.
    :raise ConflictError: when the order was not marked so.
    """
    _require_role(order, user, _WRITERS)
    require_content(order)
    with _alone(order) as lease, transaction() as session:
        lease.check()
        undone = session.scalar(
            update(Posting)
            .where(
                Posting.order_id == order.id,
                Posting.purpose == Purpose.SALE.value,
                Posting.state == PostingState.POSTED.value,
                Posting.kind == ELSEWHERE,
            )
            # A new generation is always looked up first: the person did book something.
            .values(state=PostingState.PENDING.value, generation=Posting.generation + 1, external_number=None)
            .returning(Posting.id)
        )
        if undone is None:
            raise ConflictError("this order was not marked as booked by hand")
        _open_again(order)
        _record("booked_by_hand_undone", order, user, {})


def skip_order(order: Order, user: User, reason: str) -> None:
    """Decide that an order is not booked, whatever Amazon tells of it later.

    :raise NotAllowedError: when the user may only look.
    :raise ConflictError: without a reason, or when the order is booked or may have been.
    """
    _require_role(order, user, _WRITERS)
    reason = _reason(reason, "a reason is needed to skip an order")
    with _alone(order) as lease, transaction() as session:
        lease.check()
        current = _current(order)
        if current.skipped_at is not None:
            return
        if _settle_left_behind(current) is None:
            _require_state(
                current,
                (OrderState.OPEN.value, OrderState.ERROR.value),
                "only an order in Open or Fouten can be skipped",
            )
        session.execute(update(Order).where(Order.id == order.id).values(skipped_at=clock.now()))
        set_state(current, OrderState.SKIPPED, [Issue("SKIPPED_BY_HAND", {"reason": reason})])
        _record("skipped_by_hand", order, user, {"reason": reason})


def undo_skip(order: Order, user: User) -> None:
    """Take back that an order is not booked; the next run works on it again.

    :raise NotAllowedError: when the user may only look.
    :raise ConflictError: when nobody skipped the order.
    """
    _require_role(order, user, _WRITERS)
    require_content(order)
    with _alone(order) as lease, transaction() as session:
        lease.check()
        undone = session.scalar(
            update(Order)
            .where(Order.id == order.id, Order.state == OrderState.SKIPPED.value, Order.skipped_at.is_not(None))
            .values(skipped_at=None)
            .returning(Order.id)
        )
        if undone is None:
            raise ConflictError("this order was not skipped by a person")
        _open_again(order)
        _record("skip_undone", order, user, {})


def take_back(order: Order, user: User) -> None:
    """Take back what a person decided about an order: that it is not booked, or was booked by hand.

    :raise NotAllowedError: when the user may only look.
    :raise ConflictError: when nobody decided about the order.
    """
    if order.state == OrderState.POSTED.value:
        undo_booked_elsewhere(order, user)
    else:
        undo_skip(order, user)


def is_decided(order: Order, posting: Posting | None) -> bool:
    """Say whether a person decided that the koppeling leaves an order alone."""
    is_marked = posting is not None and posting.kind == ELSEWHERE and posting.state == PostingState.POSTED.value
    return order.skipped_at is not None or is_marked


def is_left_behind(order: Order) -> bool:
    """Say whether only a person can find out whether the order was booked, where its shop booked before."""
    return order.state == OrderState.UNKNOWN.value and order.issue_code == ADMINISTRATION_LEFT


def look_up_now(order: Order, user: User) -> datetime:
    """Let an uncertain order be looked up as soon as SnelStart can have finished; return when that is.

    :raise ConflictError: when nothing is uncertain about the order.
    """
    now = clock.now()
    with transaction() as session:
        scheduling.make_due(order.shop_id)
        current = session.get_one(Order, order.id, populate_existing=True)
        posting = session.scalars(
            select(Posting)
            .where(Posting.order_id == order.id, Posting.state == PostingState.UNKNOWN.value)
            .order_by(Posting.lookup_at)
            .execution_options(populate_existing=True)
        ).first()
        if posting is not None:
            # Never sooner than planned: SnelStart may still be at it, and two looks are kept apart.
            latest = (posting.sent_at or now) + LOOKUP_AFTER if posting.lookups == 0 else now + LOOKUP_AFTER
            at = min(posting.lookup_at or now, latest)
            posting.lookup_at = at
        elif current.state == OrderState.UNKNOWN.value:
            at = current.due_at or now
        else:
            raise ConflictError("nothing is uncertain about this order any more")
        _record("lookup_requested", order, user, {})
    return max(at, now)


def require_content(order: Order) -> None:
    """Refuse what would book an order whose lines were removed.

    :raise ConflictError: when they were.
    """
    if order.content_purged_at is not None:
        raise RefusedDecisionError("the lines of this order were removed, so it cannot be booked again", "purged")


def _require_role(order: Order, user: User, roles: tuple[Role, ...]) -> None:
    with transaction() as session:
        role = session.scalar(
            select(Membership.role).where(Membership.shop_id == order.shop_id, Membership.user_id == user.id)
        )
    if user.is_staff or not user.is_active or role not in {one.value for one in roles}:
        raise NotAllowedError(f"only the shop's {' or '.join(one.value for one in roles)} may do this")


def _reason(given: str, missing: str) -> str:
    """Return a reason as it is kept: events are never changed, so nothing of a buyer may get into one."""
    return mask(_text(given, missing, LONGEST_REASON))


def _text(given: str, missing: str, longest: int) -> str:
    text = " ".join(given.split())[:longest]
    if not text:
        raise ConflictError(missing)
    return text


@contextmanager
def _alone(order: Order) -> Iterator[leases.Lease]:
    """Hold the shop's lease, so that no run works on its orders meanwhile."""
    lease = leases.acquire(order.shop_id)
    if lease is None:
        raise RefusedDecisionError("the shop's orders are being worked on; try again in a minute", "busy")
    try:
        yield lease
    finally:
        db.session.rollback()
        leases.release(lease)


def _current(order: Order) -> Order:
    return db.session.scalars(
        select(Order).where(Order.id == order.id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _require_state(order: Order, states: tuple[str, ...], otherwise: str) -> None:
    if order.state not in states:
        raise ConflictError(otherwise)


def _settle_left_behind(order: Order) -> str | None:
    """Believe the person who looked in an administration that the shop has left; return which one that is.

    None when the order is not one of those. What was sent is looked up before anything is sent there again.
    """
    if not is_left_behind(order):
        return None
    return db.session.scalar(
        update(Posting)
        .where(
            Posting.order_id == order.id,
            Posting.purpose == Purpose.SALE.value,
            Posting.state == PostingState.UNKNOWN.value,
        )
        .values(
            state=PostingState.REJECTED.value,
            generation=Posting.generation + 1,
            lookup_at=None,
            last_error_code=ADMINISTRATION_LEFT,
        )
        .returning(Posting.administration_id)
    )


def _marked_number(order: Order) -> str | None:
    """Return the number under which a person booked the order, None when nobody did."""
    return db.session.scalar(
        select(Posting.external_number).where(
            Posting.order_id == order.id, Posting.state == PostingState.POSTED.value, Posting.kind == ELSEWHERE
        )
    )


def _open_again(order: Order) -> None:
    set_state(_current(order), OrderState.OPEN, [], due_at=clock.now())
    scheduling.make_due(order.shop_id)


def _posted(order: Order) -> Posting:
    with transaction() as session:
        posting = session.scalars(
            select(Posting)
            .where(
                Posting.order_id == order.id,
                Posting.purpose == Purpose.SALE.value,
                Posting.state == PostingState.POSTED.value,
            )
            .execution_options(populate_existing=True)
        ).one_or_none()
    if posting is None:
        raise ConflictError("this order is not booked, so there is nothing to book again")
    if posting.kind == ELSEWHERE:
        raise ConflictError("this order was booked by hand: take that back instead")
    return posting


def _record(action: str, order: Order, user: User, facts: dict[str, object]) -> None:
    audit.record(action, shop_id=order.shop_id, order_id=order.id, user_id=user.id, facts=facts)
