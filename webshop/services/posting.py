"""Post a shop's due orders to SnelStart: translate, find the customer, claim, send, record.

One order, one claim, one document. The claim is committed before the call and the answer right after
it; whatever happens in between leaves a row that says "may have been booked" and is looked up, never
sent again blindly (reconciling.py). One bad order never stops the next.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import DataError

from webshop.clients.snelstart.client import CreatedEntry
from webshop.clients.snelstart.payloads import sales_entry_payload
from webshop.domain.booking import Issue, Outcome, Translation
from webshop.exceptions import (
    DuplicateError,
    OutcomeUnknownError,
    RejectedError,
    RetryableRemoteError,
    WebshopError,
)
from webshop.extensions import clock, db, transaction
from webshop.models import (
    Connection,
    ConnectionState,
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
from webshop.services import audit, totals
from webshop.services.connections import SnelStartAccess
from webshop.services.customers import Customer, CustomerIndex, CustomerUnknownError
from webshop.services.issue_catalogue import issue_for_snelstart
from webshop.services.leases import Lease
from webshop.services.mapping import Rulebook
from webshop.services.translation import stored_issues, translate_row

logger = logging.getLogger(__name__)

BATCH = 50
LOOKUP_AFTER = timedelta(seconds=120)
"""How long after an unanswered send it is looked up: longer than SnelStart takes to commit."""
RETRY_FIRST, RETRY_LONGEST = timedelta(minutes=5), timedelta(hours=6)
CRASHES_ALLOWED = 3
# What a mistake of ours looks like when one order's data provokes it. Lost databases and stop signals
# are not among them: those end the run.
BUGS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    DataError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class PostingStoppedError(WebshopError):
    """The shop may not post any more (paused, disconnected, other administration): stop the run."""


@dataclass
class PostResult:
    counts: Counter[str] = field(default_factory=Counter)
    """How many orders ended in each dashboard state."""
    is_complete: bool = True
    """False when time ran out before every due order was handled."""


def post_due_orders(
    shop: Shop, access: SnelStartAccess, rulebook: Rulebook, lease: Lease, *, is_over: Callable[[], bool]
) -> PostResult:
    """Handle the shop's due orders, oldest first, until none is left or the time is up.

    :raise PostingStoppedError: when the shop may no longer post.
    :raise LeaseLostError: when another run has taken over.
    :raise RemoteError: on trouble that concerns every order (unreachable, throttled, key refused).
    :raise BudgetEmptyError: when SnelStart's budget is used up.
    """
    poster = _Poster(shop, access, rulebook, lease)
    result = PostResult()
    while orders := due_orders(shop.id):
        for order in orders:
            if is_over():
                result.is_complete = False
                return result
            try:
                result.counts[poster.handle(order)] += 1
            except BUGS as bug:
                # Our mistake, with this order: set it aside, tell it, and go on with the next.
                logger.exception("order_crashed", extra={"order_id": order.id, "bug": type(bug).__name__})
                result.counts[_set_aside(order)] += 1
    return result


def _set_aside(order: Order) -> str:
    """Try a crashed order again later; after a few times it is parked as an error."""
    db.session.rollback()
    attempts = order.attempts + 1
    if attempts >= CRASHES_ALLOWED:
        with transaction():
            set_state(order, OrderState.ERROR, [Issue("ORDER_CRASHED", {"attempts": str(attempts)})])
        return OrderState.ERROR.value
    with transaction() as session:
        session.execute(
            update(Order).where(Order.id == order.id).values(attempts=attempts, due_at=clock.now() + RETRY_FIRST)
        )
    return order.state


def due_orders(shop_id: int) -> list[Order]:
    with transaction() as session:
        return list(
            session.scalars(
                select(Order)
                .where(Order.shop_id == shop_id, Order.due_at <= clock.now())
                .order_by(Order.due_at, Order.id)
                .limit(BATCH)
                .execution_options(populate_existing=True)
            )
        )


class _Poster:
    """What one run needs to post the orders of one shop."""

    def __init__(self, shop: Shop, access: SnelStartAccess, rulebook: Rulebook, lease: Lease) -> None:
        self._shop = shop
        self._access = access
        self._rulebook = rulebook
        self._lease = lease
        self._customers = CustomerIndex(access, rulebook)

    def handle(self, order: Order) -> str:
        """Bring one order as far as it can go now; return its dashboard state."""
        if order.attempts >= CRASHES_ALLOWED:
            return self._finish(order, OrderState.ERROR, [Issue("ORDER_CRASHED", {"attempts": str(order.attempts)})])
        translation = translate_row(order, self._rulebook.rules)
        if not translation.is_ready or translation.entry is None:
            return self._finish(order, _STATES[translation.outcome], translation.issues, translation)
        return self._post(order, translation)

    def _post(self, order: Order, translation: Translation) -> str:
        self._customers.refresh()
        try:
            customer = self._customers.find(order, translation.vat_country or "NL", self._lease)
        except CustomerUnknownError as waiting:
            issue = Issue("SNELSTART_WRITE_UNKNOWN", {})
            return self._finish(order, OrderState.UNKNOWN, [issue], translation, due_at=waiting.due_at)
        except RejectedError as refusal:
            return self._finish(order, OrderState.ERROR, [_issue_of(refusal)], translation)
        return self._send(order, translation, customer)

    def _send(self, order: Order, translation: Translation, customer: Customer) -> str:
        assert translation.entry is not None
        issues = [*translation.issues, *customer.issues]
        payload = sales_entry_payload(translation.entry, customer_id=customer.relation_id)
        posting = self._claim(order, translation, customer, payload)
        if posting is None:
            return self._follow_existing(order)
        try:
            created = self._access.client.create_sales_entry(payload)
        except DuplicateError:
            # An answer, not a failure: the document stands there already. Reconciling compares it.
            return self._wait_for_lookup(order, posting, "INVOICE_NUMBER_DUPLICATE", clock.now())
        except OutcomeUnknownError as trouble:
            return self._wait_for_lookup(order, posting, trouble.code or "NO_ANSWER", clock.now() + LOOKUP_AFTER)
        except RejectedError as refusal:
            return self._rejected(order, posting, translation, refusal, customer)
        except (RetryableRemoteError, WebshopError) as trouble:
            # Certainly not sent or not accepted: free the claim, then let the run decide.
            self._release(order, posting, trouble)
            raise
        return self._posted(order, posting, created, issues, translation)

    def _claim(self, order: Order, translation: Translation, customer: Customer, payload: dict[str, Any]) -> int | None:
        """Store the intent to send; return the posting's id, or None when the order is not free to send.

        :raise PostingStoppedError: when the shop may no longer post.
        """
        assert translation.entry is not None
        stored = _stored(payload)
        now = clock.now()
        values = {
            "shop_id": order.shop_id,
            "order_id": order.id,
            "kind": PostingKind.SALES_ENTRY.value,
            "state": PostingState.SENDING.value,
            "lease_token": self._lease.token,
            "payload": stored,
            "payload_hash": hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest(),
            "total": translation.entry.total_incl_vat,
            "customer_id": customer.relation_id,
            "sent_at": now,
            "lookup_at": now + LOOKUP_AFTER,
            "last_error_code": None,
        }
        with transaction() as session:
            self._lease.check()
            ensure_may_post(self._shop.id, self._access.administration_id)
            statement = insert(Posting).values(
                administration_id=self._access.administration_id,
                amazon_order_id=order.amazon_order_id,
                purpose=Purpose.SALE.value,
                attempt=1,
                lookups=0,
                **values,
            )
            posting_id: int | None = session.scalar(
                statement.on_conflict_do_update(
                    index_elements=["administration_id", "amazon_order_id", "purpose"],
                    set_={**values, "attempt": Posting.attempt + 1, "lookups": 0},
                    where=Posting.state.in_([PostingState.PENDING.value, PostingState.REJECTED.value]),
                ).returning(Posting.id)
            )
            if posting_id is not None:
                session.execute(update(Order).where(Order.id == order.id).values(attempts=Order.attempts + 1))
        return posting_id

    def _follow_existing(self, order: Order) -> str:
        """Show the order as the posting that stands in the way says; it may be another shop's."""
        with transaction() as session:
            posting = session.scalars(
                select(Posting).where(
                    Posting.administration_id == self._access.administration_id,
                    Posting.amazon_order_id == order.amazon_order_id,
                    Posting.purpose == Purpose.SALE.value,
                )
            ).one()
        if posting.state == PostingState.POSTED.value:
            facts = {"number": posting.external_number or ""}
            return self._finish(order, OrderState.POSTED, [Issue("ALREADY_BOOKED", facts)])
        issue = Issue("SNELSTART_WRITE_UNKNOWN", {})
        due_at = posting.lookup_at if posting.order_id != order.id else None
        return self._finish(order, OrderState.UNKNOWN, [issue], due_at=due_at)

    def _posted(
        self,
        order: Order,
        posting_id: int,
        created: CreatedEntry,
        issues: list[Issue],
        translation: Translation,
    ) -> str:
        with transaction():
            record_posted(posting_id, order, external_id=created.entry_id, external_number=created.number)
            set_state(order, OrderState.POSTED, issues, treatment=translation.treatment.value)
        return OrderState.POSTED.value

    def _wait_for_lookup(self, order: Order, posting_id: int, code: str, lookup_at: datetime) -> str:
        with transaction() as session:
            session.execute(
                update(Posting)
                .where(Posting.id == posting_id)
                .values(state=PostingState.UNKNOWN.value, last_error_code=code[:60], lookup_at=lookup_at)
            )
            audit.record("outcome_unknown", shop_id=order.shop_id, order_id=order.id, facts={"code": code})
            set_state(order, OrderState.UNKNOWN, [Issue("SNELSTART_WRITE_UNKNOWN", {})])
        return OrderState.UNKNOWN.value

    def _rejected(
        self,
        order: Order,
        posting_id: int,
        translation: Translation,
        refusal: RejectedError,
        customer: Customer,
    ) -> str:
        if refusal.code == "REL-0005":
            self._customers.forget(customer.relation_id)
        issue = _issue_of(refusal)
        with transaction() as session:
            session.execute(
                update(Posting)
                .where(Posting.id == posting_id)
                .values(state=PostingState.REJECTED.value, last_error_code=(refusal.code or "")[:60])
            )
            audit.record("rejected", shop_id=order.shop_id, order_id=order.id, facts={"code": refusal.code or ""})
            set_state(order, OrderState.ERROR, [issue], treatment=translation.treatment.value)
        return OrderState.ERROR.value

    def _release(self, order: Order, posting_id: int, trouble: WebshopError) -> None:
        code = getattr(trouble, "code", None) or type(trouble).__name__
        with transaction() as session:
            attempt = session.scalar(
                update(Posting)
                .where(Posting.id == posting_id)
                .values(state=PostingState.PENDING.value, last_error_code=code[:60])
                .returning(Posting.attempt)
            )
            delay = min(RETRY_FIRST * 2 ** min(int(attempt or 1) - 1, 10), RETRY_LONGEST)
            session.execute(update(Order).where(Order.id == order.id).values(attempts=0, due_at=clock.now() + delay))

    def _finish(
        self,
        order: Order,
        state: OrderState,
        issues: list[Issue] | tuple[Issue, ...],
        translation: Translation | None = None,
        *,
        due_at: datetime | None = None,
    ) -> str:
        with transaction():
            self._lease.check()
            treatment = translation.treatment.value if translation else order.treatment
            set_state(order, state, issues, treatment=treatment, due_at=due_at)
        return state.value


_STATES = {
    Outcome.BLOCKED: OrderState.ERROR,
    Outcome.DEFERRED: OrderState.OPEN,
    Outcome.SKIPPED: OrderState.SKIPPED,
}


def ensure_may_post(shop_id: int, administration_id: str) -> None:
    """Make sure, in the transaction that claims an order, that the shop may post right now.

    :raise PostingStoppedError: when posting is off or paused, or the administration is no longer the shop's.
    """
    row = db.session.execute(
        select(Shop.is_posting_automatic, Shop.paused_until, Connection.state, Connection.account_id)
        .join(Connection, (Connection.shop_id == Shop.id) & (Connection.remote == Remote.SNELSTART.value))
        .where(Shop.id == shop_id)
    ).first()
    if row is None or row.state != ConnectionState.ACTIVE.value:
        raise PostingStoppedError("SnelStart is not connected")
    if row.account_id != administration_id:
        raise PostingStoppedError("the shop now books in another administration")
    if not row.is_posting_automatic or (row.paused_until is not None and row.paused_until > clock.now()):
        raise PostingStoppedError("posting is switched off")


def set_state(
    order: Order,
    state: OrderState,
    issues: list[Issue] | tuple[Issue, ...],
    *,
    treatment: str | None = None,
    due_at: datetime | None = None,
    attempts: int = 0,
) -> None:
    """Write an order's new state and the totals that go with it; part of the caller's transaction."""
    db.session.execute(
        update(Order)
        .where(Order.id == order.id)
        .values(
            state=state.value,
            issues=stored_issues(issues),
            treatment=treatment or order.treatment,
            due_at=due_at,
            attempts=attempts,
        )
        .execution_options(synchronize_session=False)
    )
    if order.state != state.value:
        totals.move(
            [(order.shop_id, totals.Entry(order.booked_on, order.state, order.total or Decimal(0)), state.value)]
        )


def record_posted(posting_id: int, order: Order, *, external_id: str, external_number: str | None) -> None:
    """Write that SnelStart has the document; part of the caller's transaction."""
    db.session.execute(
        update(Posting)
        .where(Posting.id == posting_id)
        .values(
            state=PostingState.POSTED.value,
            external_id=external_id,
            external_number=external_number,
            posted_at=clock.now(),
            lookup_at=None,
            last_error_code=None,
        )
    )
    facts = {"document": external_id, "number": external_number or "", "total": str(order.total)}
    audit.record("posted", shop_id=order.shop_id, order_id=order.id, facts=facts)


def _stored(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload as it can be kept: amounts as text, exactly as they are sent."""
    plain: dict[str, Any] = json.loads(json.dumps(payload, default=str))
    return plain


def _issue_of(refusal: RejectedError) -> Issue:
    return issue_for_snelstart(refusal.code or "", refusal.message)
