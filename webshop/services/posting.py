"""Post a shop's due orders to SnelStart: translate, find the customer, claim, send, record.

One order, one claim, one document. The claim is committed before the call and the answer right after
it; whatever happens in between leaves a row that says "may have been booked" and is looked up, never
sent again blindly (reconciling.py). One bad order never stops the next.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import DataError

from webshop.clients.snelstart.payloads import sales_entry_payload
from webshop.domain.booking import Issue, Outcome, SalesEntry, Translation
from webshop.exceptions import DuplicateError, OutcomeUnknownError, RejectedError, WebshopError
from webshop.extensions import clock, db, detached, order_transaction, transaction
from webshop.models import Order, OrderState, Posting, PostingState, Shop
from webshop.services import audit
from webshop.services.claims import LOOKUP_AFTER, Draft, claim_order, standing_posting
from webshop.services.connections import SnelStartAccess
from webshop.services.customers import Customer, CustomerIndex, CustomerRefusedError, CustomerUnknownError
from webshop.services.issue_catalogue import issue_for_snelstart
from webshop.services.leases import Lease, LeaseLostError
from webshop.services.mapping import Rulebook
from webshop.services.order_states import record_posted, set_state
from webshop.services.translation import translate_row
from webshop.vault import SealBrokenError

logger = logging.getLogger(__name__)

BATCH = 50
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
    SealBrokenError,
    TypeError,
    ValueError,
)
WAITING = (Issue("SNELSTART_WRITE_UNKNOWN", {}),)
_STATES = {
    Outcome.BLOCKED: OrderState.ERROR,
    Outcome.DEFERRED: OrderState.OPEN,
    Outcome.SKIPPED: OrderState.SKIPPED,
}


def post_due_orders(
    shop: Shop,
    access: SnelStartAccess,
    rulebook: Rulebook,
    lease: Lease,
    *,
    counts: Counter[str],
    is_over: Callable[[], bool],
) -> bool:
    """Handle the shop's due orders, oldest first; return False when the time was up before the last one.

    Every order is counted in `counts` by the dashboard state it ended in, also when something is raised later.

    :raise PostingStoppedError: when the shop may no longer post.
    :raise LeaseLostError: when another run has taken over.
    :raise RemoteError: on trouble that concerns every order (unreachable, throttled, key refused).
    :raise BudgetEmptyError: when SnelStart's budget is used up.
    """
    poster = _Poster(access, rulebook, lease)
    for order in _each_due(shop.id, poster.prepare):
        if is_over():
            return False
        try:
            counts[poster.handle(order)] += 1
        except BUGS as bug:
            # Our mistake, with this order: set it aside, tell it, and go on with the next.
            logger.exception("order_crashed", extra={"order_id": order.id, "bug": type(bug).__name__})
            counts[_set_aside(order)] += 1
    return True


def _each_due(shop_id: int, prepare: Callable[[list[Order]], None]) -> Iterator[Order]:
    """Yield the due orders, each one once, also when its handling left it due."""
    seen: set[int] = set()
    while fresh := [order for order in due_orders(shop_id) if order.id not in seen]:
        prepare(fresh)
        for order in fresh:
            seen.add(order.id)
            yield order


def due_orders(shop_id: int) -> list[Order]:
    with transaction() as session:
        return detached(
            session,
            session.scalars(
                select(Order)
                .where(
                    Order.shop_id == shop_id,
                    Order.due_at <= clock.now(),
                    Order.state != OrderState.POSTED.value,
                )
                .order_by(Order.due_at, Order.id)
                .limit(BATCH)
                .execution_options(populate_existing=True)
            ),
        )


def _set_aside(order: Order) -> str:
    """Try a crashed order again later; after a few times it is parked as an error."""
    db.session.rollback()
    attempts = order.attempts + 1
    if attempts >= CRASHES_ALLOWED:
        return _park(order, attempts)
    with transaction() as session:
        session.execute(
            update(Order).where(Order.id == order.id).values(attempts=attempts, due_at=clock.now() + RETRY_FIRST)
        )
    return order.state


def _park(order: Order, attempts: int) -> str:
    with transaction():
        set_state(order, OrderState.ERROR, [Issue("ORDER_CRASHED", {"attempts": str(attempts)})])
    return OrderState.ERROR.value


class _Poster:
    """What one run needs to post the orders of one shop."""

    def __init__(self, access: SnelStartAccess, rulebook: Rulebook, lease: Lease) -> None:
        self._access = access
        self._rulebook = rulebook
        self._lease = lease
        self._customers = CustomerIndex(access, rulebook)
        self._next: list[Order] = []

    def prepare(self, orders: list[Order]) -> None:
        """Take note of the orders that come next, so that their customers are looked up together."""
        self._next = orders

    def handle(self, order: Order) -> str:
        """Bring one order as far as it can go now; return its dashboard state."""
        if order.attempts >= CRASHES_ALLOWED:
            return _park(order, order.attempts)
        translation = translate_row(order, self._rulebook.rules)
        treatment = translation.treatment.value
        wish = translation.customer
        if not translation.is_ready or translation.entry is None or wish is None:
            return self._finish(order, _STATES[translation.outcome], translation.issues, treatment=treatment)
        # Only now: a batch in which nothing is ready costs SnelStart no call.
        self._customers.prepare(self._next)
        self._next = []
        try:
            customer = self._customers.find(order, wish, self._lease)
        except CustomerUnknownError as waiting:
            return self._finish(order, OrderState.UNKNOWN, WAITING, treatment=treatment, due_at=waiting.due_at)
        except CustomerRefusedError as refusal:
            return self._finish(order, OrderState.ERROR, [refusal.issue], treatment=treatment)
        except RejectedError as refusal:
            return self._finish(order, OrderState.ERROR, [_issue_of(refusal)], treatment=treatment)
        return self._send(order, translation, translation.entry, customer)

    def _send(self, order: Order, translation: Translation, entry: SalesEntry, customer: Customer) -> str:
        payload = sales_entry_payload(entry, customer_id=customer.relation_id)
        administration_id = self._access.administration_id
        draft = Draft(administration_id, customer.relation_id, payload, entry.total_incl_vat)
        posting_id = claim_order(order, draft, self._lease)
        if posting_id is None:
            return self._follow(order, standing_posting(order, administration_id))
        treatment = translation.treatment.value
        try:
            created = self._access.client.create_sales_entry(payload)
        except DuplicateError:
            # An answer, not a failure: the document stands there already. Reconciling compares it.
            return self._wait_for_lookup(order, posting_id, "INVOICE_NUMBER_DUPLICATE", clock.now())
        except OutcomeUnknownError as trouble:
            return self._wait_for_lookup(order, posting_id, trouble.code or "NO_ANSWER", clock.now() + LOOKUP_AFTER)
        except RejectedError as refusal:
            if refusal.code == "REL-0005":
                self._customers.forget(customer.relation_id)
            return self._write_refusal(order, posting_id, refusal, treatment)
        except WebshopError as trouble:
            # Certainly not carried out: free the claim, then let the run decide.
            self._release(order, posting_id, trouble)
            raise
        issues = [*translation.issues, *customer.issues]
        with order_transaction() as connection:
            record_posted(
                posting_id,
                order,
                external_id=created.entry_id,
                external_number=created.number,
                booked_total=draft.total,
                connection=connection,
            )
            set_state(
                order,
                OrderState.POSTED,
                issues,
                treatment=treatment,
                booked_total=draft.total,
                connection=connection,
            )
        return OrderState.POSTED.value

    def _follow(self, order: Order, posting: Posting | None) -> str:
        """Show the order as the posting says that stands in the way."""
        later = clock.now() + RETRY_FIRST
        if posting is None:
            # Settled in between: the next round sees it as it is then.
            return self._finish(order, OrderState(order.state), [], due_at=later)
        if posting.state == PostingState.POSTED.value:
            issue = Issue("ALREADY_BOOKED", {"number": posting.external_number or ""})
            return self._finish(order, OrderState.POSTED, [issue])
        # Its own posting is settled by the look-up; one of another shop has to be asked about again.
        due_at = None if posting.order_id == order.id else max(posting.lookup_at or later, later)
        return self._finish(order, OrderState.UNKNOWN, WAITING, due_at=due_at)

    def _finish(
        self,
        order: Order,
        state: OrderState,
        issues: Iterable[Issue],
        *,
        treatment: str | None = None,
        due_at: datetime | None = None,
    ) -> str:
        with transaction():
            self._lease.check()
            set_state(order, state, issues, treatment=treatment, due_at=due_at)
        return state.value

    def _wait_for_lookup(self, order: Order, posting_id: int, code: str, lookup_at: datetime) -> str:
        with transaction():
            self._update(posting_id, state=PostingState.UNKNOWN.value, last_error_code=code[:60], lookup_at=lookup_at)
            audit.record("outcome_unknown", shop_id=order.shop_id, order_id=order.id, facts={"code": code})
            set_state(order, OrderState.UNKNOWN, WAITING)
        return OrderState.UNKNOWN.value

    def _write_refusal(self, order: Order, posting_id: int, refusal: RejectedError, treatment: str) -> str:
        code = (refusal.code or "")[:60]
        with transaction():
            self._update(posting_id, state=PostingState.REJECTED.value, last_error_code=code, lookup_at=None)
            audit.record("rejected", shop_id=order.shop_id, order_id=order.id, facts={"code": code})
            set_state(order, OrderState.ERROR, [_issue_of(refusal)], treatment=treatment)
        return OrderState.ERROR.value

    def _release(self, order: Order, posting_id: int, trouble: WebshopError) -> None:
        """Free the claim of a call that was certainly not carried out; the wait grows with every try."""
        code = getattr(trouble, "code", None) or type(trouble).__name__
        with transaction() as session:
            attempt = self._update(
                posting_id, state=PostingState.PENDING.value, last_error_code=code[:60], lookup_at=None
            )
            delay = min(RETRY_FIRST * 2 ** min(attempt - 1, 10), RETRY_LONGEST)
            session.execute(update(Order).where(Order.id == order.id).values(attempts=0, due_at=clock.now() + delay))

    def _update(self, posting_id: int, **values: object) -> int:
        """Write what came of our claim and return how often it was tried.

        :raise LeaseLostError: when it is not ours any more: a run that was overtaken knows less than the one after it.
        """
        ours = (Posting.state == PostingState.SENDING.value, Posting.lease_token == self._lease.token)
        attempt: int | None = db.session.scalar(
            update(Posting).where(Posting.id == posting_id, *ours).values(**values).returning(Posting.attempt)
        )
        if attempt is None:
            raise LeaseLostError(f"posting {posting_id} was taken over by another run")
        return attempt


def _issue_of(refusal: RejectedError) -> Issue:
    return issue_for_snelstart(refusal.code or "", refusal.message)
