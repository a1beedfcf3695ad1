"""Post a shop's due orders to SnelStart: translate, find the customer, claim, send, record.

One order, one claim, one document. The claim is committed before the call and the answer right after
it; whatever happens in between leaves a row that says "may have been booked" and is looked up, never
sent again blindly (reconciling.py). One bad order never stops the next.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from webshop.clients.snelstart.payloads import DeliveryAddress
from webshop.domain.articles import EXTRA_CODES, article_code
from webshop.domain.booking import Issue, Outcome, PostingKind, SalesOrder, Translation
from webshop.domain.eligibility import gate
from webshop.exceptions import DuplicateError, OutcomeUnknownError, RejectedError, TranslationError, WebshopError
from webshop.extensions import clock, order_transaction, transaction
from webshop.models import Order, OrderState, Posting, PostingState, Purpose, Shop
from webshop.services import payments, vies
from webshop.services.articles import ArticleIndex, ArticleUnknownError, RevenueGroupMissingError
from webshop.services.bugs import BUGS
from webshop.services.buyers import buyer_of
from webshop.services.claims import (
    DIFFERENT_DOCUMENT,
    LOOKUP_AFTER,
    NUMBER_TAKEN,
    WAITING,
    check_kind,
    claim_order,
    ensure_held,
    free_claim,
    note_refused,
    note_waiting,
    standing_posting,
)
from webshop.services.connections import SnelStartAccess
from webshop.services.customers import (
    Customer,
    CustomerIndex,
    CustomerRefusedError,
    CustomerUnknownError,
)
from webshop.services.documents import Document, entry_document, order_document, send, total_differs
from webshop.services.due_orders import CRASHES_ALLOWED, RETRY_FIRST, each_due, note_attempts, park, put_off, set_aside
from webshop.services.forgotten_buyers import BuyerRecall
from webshop.services.issue_catalogue import issue_for_snelstart
from webshop.services.leases import Lease
from webshop.services.look_first import has_come_late, look_first
from webshop.services.mapping import Rulebook
from webshop.services.order_states import record_posted, set_state
from webshop.services.rate_totals import rates_of
from webshop.services.recovery import orders_to_look_up
from webshop.services.relation_reading import ReadingUnfinishedError
from webshop.services.translation import order_of, translate_row
from webshop.services.vies import VatNumberProof
from webshop.vault import EncryptionKeyMissingError

logger = logging.getLogger(__name__)

RETRY_LONGEST = timedelta(hours=6)
KEY_WAIT = timedelta(minutes=15)
_ARTICLE_ISSUES = frozenset({"VAT_RATE_UNDECIDED", "ARTICLE_INACTIVE", "ARTICLE_REVENUE_GROUP_MISMATCH"})
"""What an article in SnelStart may settle, or no longer say since it was read."""
_CUSTOMER_REFUSALS = frozenset({"REL-0005", "BOE-0060", "VOR-0002"})
"""What SnelStart may say of a relation that is gone: it calls it no customer as well as not found."""
_ARTICLE_REFUSALS = frozenset({"ART-0001", "ALG-0105"})
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
    only: int | None = None,
    migration_id: int | None = None,
    is_careful: bool = False,
) -> bool:
    """Handle the shop's due orders, oldest first; return False when the time was up before the last one.

    Every order is counted in `counts` by the dashboard state it ended in, also when something is raised later.
    With `migration_id` they are those of that migration, else of the daily work; with `only` no other than
    that one, which a person asked for in the trial run. `is_careful` writes down every order before it is
    touched: one that kills the process each time is then noticed and parked, and the others go on.

    :raise PostingStoppedError: when the shop may no longer post.
    :raise LeaseLostError: when another run has taken over.
    :raise RemoteError: on trouble that concerns every order (unreachable, throttled, key refused).
    :raise BudgetEmptyError: when SnelStart's budget is used up.
    """
    check_kind(shop, rulebook.rules.posting_kind.value)
    poster = _Poster(shop, access, rulebook, lease, is_over)
    for order in each_due(shop.id, poster.prepare, only, migration_id):
        if is_over():
            return False
        try:
            if is_careful:
                note_attempts(order, order.attempts + 1)
            counts[poster.handle(order)] += 1
        except ReadingUnfinishedError:
            if is_careful:
                note_attempts(order, order.attempts)
            return False
        except EncryptionKeyMissingError:
            logger.error("encryption_key_missing", extra={"order_id": order.id})
            counts[poster.wait_for_key(order)] += 1
        except BUGS as bug:
            # Our mistake, with this order: set it aside, tell it, and go on with the next.
            logger.exception("order_crashed", extra={"order_id": order.id, "bug": type(bug).__name__})
            counts[set_aside(order)] += 1
        except WebshopError:
            if is_careful:
                note_attempts(order, order.attempts)
            raise
    return True


class _Poster:
    """What one run needs to post the orders of one shop."""

    def __init__(
        self,
        shop: Shop,
        access: SnelStartAccess,
        rulebook: Rulebook,
        lease: Lease,
        is_over: Callable[[], bool],
    ) -> None:
        self._access = access
        self._rulebook = rulebook
        self._lease = lease
        self._customers = CustomerIndex(access, rulebook, is_over=is_over)
        self._articles = ArticleIndex(access, shop, rulebook.rules.domestic_rates)
        self._rules = rulebook.rules
        self._rules_with_articles = replace(rulebook.rules, articles=self._articles.known)
        self._has_articles = rulebook.rules.posting_kind is PostingKind.SALES_ORDER
        self._has_payments = payments.are_posted(shop)
        self._proof: VatNumberProof | None = None
        if self._rules.is_vies_used:
            self._proof = VatNumberProof(access.administration_id, rulebook.vat_number)
        self._recall = BuyerRecall(shop)
        self._batch: list[Order] = []
        self._to_look_up: set[str] = set()
        """Numbers of orders that may stand in SnelStart without our knowing."""
        self._is_customer_batch_new = False
        self._codes: set[str] | None = None

    def prepare(self, orders: list[Order]) -> None:
        """Take note of the orders that come next, so that their customers and articles are looked up together."""
        self._batch = orders
        self._to_look_up = orders_to_look_up(orders, self._access.administration_id)
        self._is_customer_batch_new = True
        self._codes = None

    def handle(self, order: Order) -> str:
        """Bring one order as far as it can go now; return its dashboard state."""
        if order.attempts >= CRASHES_ALLOWED:
            return park(order, order.attempts)
        translation = self._translate(order)
        later = self._recall.before_booking(order, translation)
        if later is not None:
            return self._wait(order, later)
        if self._proof is not None and self._proof.settle(order, translation):
            translation = self._translate(order)
        if not translation.is_ready:
            return self._finish_unready(order, translation)
        if order.amazon_order_id in self._to_look_up:
            settled = look_first(order, translation, self._access, self._lease, has_payments=self._has_payments)
            if settled is not None:
                return settled
        # Only now: a batch in which nothing is ready costs SnelStart no call.
        if self._is_customer_batch_new:
            self._customers.prepare(self._batch)
            self._is_customer_batch_new = False
        treatment = translation.treatment.value
        try:
            customer = self._find_customer(order, translation)
            remarks = (*customer.issues, *self._make_articles(order, translation.sales_order))
            if translation.sales_order is not None and translation.sales_order.new_articles:
                # What turned out to exist may say something else about the VAT than what was to be made.
                translation = translate_row(order, self._rules_with_articles)
        except (CustomerUnknownError, ArticleUnknownError) as waiting:
            return self._finish(order, OrderState.UNKNOWN, WAITING, treatment=treatment, due_at=waiting.due_at)
        except (CustomerRefusedError, RevenueGroupMissingError) as refusal:
            return self._finish(order, OrderState.ERROR, [refusal.issue], treatment=treatment)
        except RejectedError as refusal:
            issue = issue_for_snelstart(refusal.code or "", refusal.message)
            return self._finish(order, OrderState.ERROR, [issue], treatment=treatment)
        if not translation.is_ready:
            return self._finish_unready(order, translation)
        document = replace(self._document(order, translation, customer), rates=tuple(rates_of(translation)))
        return self._send(order, document, (*translation.issues, *remarks), treatment)

    def _translate(self, order: Order) -> Translation:
        """Translate an order, asking SnelStart about its articles where they decide the VAT.

        A sales entry asks when nothing else tells the rate. What was remembered is read again before it
        keeps an order from being posted.
        """
        if self._has_articles:
            if self._codes is None:
                self._articles.facts(self._batch_codes())
            translation = translate_row(order, self._rules_with_articles)
        else:
            translation = translate_row(order, self._rules)
        if not any(issue.code in _ARTICLE_ISSUES for issue in translation.issues):
            return translation
        try:
            self._articles.read(self._batch_codes())
        except RejectedError:
            # A key or package without articles: then they tell nothing, also about the next order.
            self._codes = set()
            return translation
        return translate_row(order, self._rules_with_articles)

    def _batch_codes(self) -> set[str]:
        """Return the article codes of the orders of this batch that may be posted."""
        if self._codes is None:
            self._codes = set()
            for row in self._batch:
                # One that cannot be read is found out when its own turn comes.
                with suppress(*BUGS):
                    order = order_of(row)
                    if not gate(order, self._rules):
                        self._codes |= {code for item in order.items if (code := article_code(item))}
        return self._codes

    def _find_customer(self, order: Order, translation: Translation) -> Customer:
        wish = translation.customer
        if wish is None:
            raise TranslationError("a ready order wishes for no customer")
        return self._customers.find(order, wish, self._lease)

    def _make_articles(self, order: Order, sales_order: SalesOrder | None) -> tuple[Issue, ...]:
        """Make the articles a sales order needs; return what is to be told about them."""
        new_articles = sales_order.new_articles if sales_order is not None else ()
        made = [new.code for new in new_articles if self._articles.create(new, order, self._lease)]
        return tuple(Issue("ARTICLE_UNKNOWN", {"sku": code[:40]}) for code in made if code not in EXTRA_CODES)

    def _document(self, order: Order, translation: Translation, customer: Customer) -> Document:
        if translation.entry is not None:
            return entry_document(translation.entry, customer.relation_id)
        if (sales_order := translation.sales_order) is None:
            raise TranslationError("a ready order has no document")
        buyer = buyer_of(order)
        country_id = self._rulebook.country_ids[sales_order.customer.country]
        ids = {line.article_code: self._articles.known[line.article_code].article_id for line in sales_order.lines}
        address = DeliveryAddress(buyer.postal_code, buyer.city, country_id)
        return order_document(sales_order, customer.relation_id, ids, address)

    def _send(self, order: Order, document: Document, issues: tuple[Issue, ...], treatment: str) -> str:
        administration_id = self._access.administration_id
        self._access.window.open()
        claim = claim_order(order, document, administration_id, self._lease)
        if claim is None:
            return self._follow(order, standing_posting(order, administration_id))
        posting_id = claim.posting_id
        try:
            if claim.attempt > 1 and self._has_articles and has_come_late(posting_id, self._access.client):
                return self._wait_for_lookup(order, posting_id, "CAME_LATE", clock.now())
            receipt = send(self._access.client, document)
        except DuplicateError:
            # An answer, not a failure: the document stands there already. Reconciling compares it.
            return self._wait_for_lookup(order, posting_id, NUMBER_TAKEN, clock.now())
        except OutcomeUnknownError as trouble:
            self._access.window.note_unanswered()
            return self._wait_for_lookup(order, posting_id, trouble.code or "NO_ANSWER", clock.now() + LOOKUP_AFTER)
        except RejectedError as refusal:
            return self._refused(order, posting_id, document, refusal, treatment)
        except WebshopError as trouble:
            # Certainly not carried out: free the claim, then let the run decide.
            self._release(order, posting_id, trouble)
            raise
        differs = total_differs(receipt, document.total)
        with order_transaction() as connection:
            record_posted(
                posting_id,
                order,
                external_id=receipt.document_id,
                external_number=receipt.number,
                booked_total=document.total,
                connection=connection,
            )
            set_state(
                order,
                OrderState.POSTED,
                (*differs, *issues),
                treatment=treatment,
                booked_total=document.total,
                connection=connection,
            )
            if self._has_payments:
                payments.add_payment(posting_id, connection)
        if differs:
            # The articles may be in other groups by now: read them again before the next order.
            self._articles.forget(document.article_codes)
        return OrderState.POSTED.value

    def _refused(
        self, order: Order, posting_id: int, document: Document, refusal: RejectedError, treatment: str
    ) -> str:
        if refusal.code in _CUSTOMER_REFUSALS and document.customer_id is not None:
            self._customers.forget(document.customer_id)
        is_about_articles = self._has_articles and refusal.code in _ARTICLE_REFUSALS
        if is_about_articles and self._articles.forget(document.article_codes):
            # What was remembered is not so any more: the next run reads the articles first.
            with transaction():
                ensure_held(posting_id, self._lease)
                free_claim(posting_id, refusal)
                put_off(order, clock.now())
            return order.state
        with transaction():
            ensure_held(posting_id, self._lease)
            note_refused(posting_id, order, Purpose.SALE, refusal.code or "")
            set_state(
                order, OrderState.ERROR, [issue_for_snelstart(refusal.code or "", refusal.message)], treatment=treatment
            )
        return OrderState.ERROR.value

    def wait_for_key(self, order: Order) -> str:
        """Let an order wait whose buyer's data no key of ours opens; it goes on when the key is back."""
        later = clock.now() + KEY_WAIT
        return self._finish(order, OrderState.OPEN, [Issue("ENCRYPTION_KEY_MISSING", {})], due_at=later)

    def _wait(self, order: Order, due_at: datetime) -> str:
        with transaction():
            self._lease.check()
            put_off(order, due_at, attempts=0)
        return order.state

    def _finish_unready(self, order: Order, translation: Translation) -> str:
        state = _STATES[translation.outcome]
        due_at = vies.retry_at(order, translation.issues)
        return self._finish(order, state, translation.issues, treatment=translation.treatment.value, due_at=due_at)

    def _follow(self, order: Order, posting: Posting | None) -> str:
        """Show the order as the posting says that stands in the way."""
        later = clock.now() + RETRY_FIRST
        if posting is None:
            # Settled in between: the next round sees it as it is then.
            return self._finish(order, OrderState(order.state), [], due_at=later)
        if posting.state == PostingState.POSTED.value:
            issue = Issue("ALREADY_BOOKED", {"number": posting.external_number or ""})
            return self._finish(order, OrderState.POSTED, [issue])
        if posting.state == PostingState.REJECTED.value and posting.order_id == order.id:
            # Another document carried its number: only a look-up tells whether that is still so.
            with transaction():
                self._lease.check()
                return note_waiting(order, posting.id, DIFFERENT_DOCUMENT, clock.now())
        if posting.state == PostingState.REJECTED.value:
            # The other shop found that document: it stands in the way of this one's order as well.
            with transaction() as session:
                other = session.get_one(Order, posting.order_id, populate_existing=True)
            issues = [Issue(issue["code"], issue["facts"]) for issue in other.issues]
            return self._finish(order, OrderState.ERROR, issues)
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
            ensure_held(posting_id, self._lease)
            return note_waiting(order, posting_id, code, lookup_at)

    def _release(self, order: Order, posting_id: int, trouble: WebshopError) -> None:
        """Free the claim of a call that was certainly not carried out; the wait grows with every try."""
        with transaction() as session:
            ensure_held(posting_id, self._lease)
            free_claim(posting_id, trouble)
            attempt = session.scalars(select(Posting.attempt).where(Posting.id == posting_id)).one()
            put_off(order, clock.now() + min(RETRY_FIRST * 2 ** min(attempt - 1, 10), RETRY_LONGEST), attempts=0)
