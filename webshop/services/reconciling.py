"""Settle what is not known: ask SnelStart whether a document stands there, then adopt it or free the order.

Filters of the remote are never believed: the client compares every hit again, and here number,
customer and total decide whether a document is ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from sqlalchemy import or_, select, update

from webshop.clients.snelstart.client import SalesInvoice
from webshop.domain.booking import Issue
from webshop.extensions import clock, db, transaction
from webshop.models import Order, OrderState, Posting, PostingState
from webshop.services import audit
from webshop.services.claims import LOOKUP_AFTER
from webshop.services.connections import SnelStartAccess
from webshop.services.leases import Lease
from webshop.services.order_states import record_posted, set_state

BATCH = 50


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
            posting.state = PostingState.UNKNOWN.value
            now = clock.now()
            posting.lookup_at = min(posting.sent_at or now, now) + LOOKUP_AFTER
            audit.record("outcome_unknown", shop_id=order.shop_id, order_id=order.id, facts={"code": "INTERRUPTED"})
            # The run died with this order in hand: counted, so that a poison order is noticed.
            set_state(order, OrderState.UNKNOWN, [Issue("SNELSTART_WRITE_UNKNOWN", {})], attempts=order.attempts + 1)
    return len(rows)


def look_up_unknown(
    shop_id: int, access: SnelStartAccess, lease: Lease, *, is_over: Callable[[], bool]
) -> Counter[str]:
    """Look up every unknown outcome whose time has come; return how many ended in each state.

    :raise RemoteError: when SnelStart does not answer; nothing was decided for that posting.
    :raise BudgetEmptyError: when SnelStart's budget is used up.
    """
    counts: Counter[str] = Counter()
    for posting, order in _due_lookups(shop_id, access.administration_id):
        if is_over():
            break
        invoices = access.client.find_sales_invoices(order.amazon_order_id)
        counts[_settle(posting, order, list(invoices), lease)] += 1
    return counts


def _due_lookups(shop_id: int, administration_id: str) -> list[tuple[Posting, Order]]:
    with transaction() as session:
        rows = session.execute(
            select(Posting, Order)
            .join(Order, Order.id == Posting.order_id)
            .where(
                Posting.shop_id == shop_id,
                Posting.administration_id == administration_id,
                Posting.state == PostingState.UNKNOWN.value,
                or_(Posting.lookup_at.is_(None), Posting.lookup_at <= clock.now()),
            )
            .order_by(Posting.lookup_at, Posting.id)
            .limit(BATCH)
            .execution_options(populate_existing=True)
        )
        return [(posting, order) for posting, order in rows]


def _settle(posting: Posting, order: Order, invoices: list[SalesInvoice], lease: Lease) -> str:
    with transaction():
        lease.check()
        if not invoices:
            return _free(posting, order)
        invoice = invoices[0]
        if invoice.total == posting.total and invoice.relation_id == posting.customer_id:
            return _adopt(posting, order, invoice)
        return _differs(posting, order, invoice)


def _free(posting: Posting, order: Order) -> str:
    """It was not booked: the order may be sent again."""
    audit.record("not_found", shop_id=order.shop_id, order_id=order.id)
    _update(posting, state=PostingState.PENDING.value, lookup_at=None, lookups=posting.lookups + 1)
    set_state(order, OrderState.OPEN, [], due_at=clock.now(), attempts=order.attempts)
    return OrderState.OPEN.value


def _adopt(posting: Posting, order: Order, invoice: SalesInvoice) -> str:
    was_answered = posting.last_error_code == "INVOICE_NUMBER_DUPLICATE" and posting.attempt == 1
    issues = [Issue("ALREADY_IN_SNELSTART", {"number": invoice.number})] if was_answered else []
    record_posted(
        posting.id,
        order,
        external_id=invoice.entry_id or invoice.invoice_id,
        external_number=invoice.number,
        booked_total=posting.total,
    )
    set_state(order, OrderState.POSTED, issues, booked_total=posting.total)
    return OrderState.POSTED.value


def _differs(posting: Posting, order: Order, invoice: SalesInvoice) -> str:
    facts = {"number": invoice.number, "ours": str(posting.total), "theirs": str(invoice.total)}
    audit.record("differs", shop_id=order.shop_id, order_id=order.id, facts=facts)
    _update(posting, state=PostingState.REJECTED.value, lookup_at=None, last_error_code="DIFFERENT_DOCUMENT")
    set_state(order, OrderState.ERROR, [Issue("INVOICE_NUMBER_DUPLICATE_DIFFERENT", facts)])
    return OrderState.ERROR.value


def _update(posting: Posting, **values: object) -> None:
    db.session.execute(update(Posting).where(Posting.id == posting.id).values(**values))
