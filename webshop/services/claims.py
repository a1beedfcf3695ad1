"""The claim on an order: a row that says "this is being booked", committed before SnelStart is called.

It is unique per administration, order and purpose, whatever kind of document is sent. Whoever finds it
taken sends nothing. The two statements are built once: they run for every order, and building them
costs more than running them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, not_, or_, select, update
from sqlalchemy import Connection as DbConnection
from sqlalchemy.dialects import postgresql, sqlite

from webshop.clients.snelstart.stored_entries import without_address
from webshop.domain.booking import Issue
from webshop.domain.periods import earliest, is_past, read_from
from webshop.exceptions import WebshopError
from webshop.extensions import clock, db, order_transaction, transaction
from webshop.models import (
    Connection,
    ConnectionState,
    DocumentReading,
    MigrationState,
    Order,
    OrderState,
    Posting,
    PostingKind,
    PostingState,
    Purpose,
    RecoveryEpoch,
    Remote,
    SaleMigration,
    Schedule,
    Shop,
)
from webshop.models.base import table_of
from webshop.models.posting import JOURNAL_ENTRY
from webshop.services import audit
from webshop.services.documents import Document
from webshop.services.leases import Lease, LeaseLostError
from webshop.services.order_states import set_state

LOOKUP_AFTER = timedelta(seconds=120)
"""How long after an unanswered send it is looked up: longer than SnelStart takes to commit."""
_FREE = (PostingState.PENDING.value, PostingState.REJECTED.value)
_TAKEN = (PostingState.POSTED.value, PostingState.SENDING.value, PostingState.UNKNOWN.value)
_IDENTITY = ("administration_id", "amazon_order_id", "purpose")
_LATER = ("id", "external_id", "external_number", "posted_at", "seen_at")
"""Columns that the answer fills."""
_KEPT = (*_IDENTITY, "attempt", "generation")
"""Columns that another attempt does not replace."""

WAITING = (Issue("SNELSTART_WRITE_UNKNOWN", {}),)
ADMINISTRATION_LEFT = "ADMINISTRATION_LEFT"
"""The issue of an order whose outcome is unknown in an administration that its shop has left."""

ORDERS_NOT_AGREED = "SALES_ORDERS_NOT_AGREED"
DIFFERENT_DOCUMENT = "DIFFERENT_DOCUMENT"
"""What a posting is rejected with when another document carries its number: it is looked up before anything is sent."""

NUMBER_TAKEN = "INVOICE_NUMBER_DUPLICATE"
"""What is noted of a posting whose number SnelStart has already, as it says."""

RECOVERING = "RECOVERING"
DOCUMENTS_NOT_READ = "DOCUMENTS_NOT_READ"
ENDED = "ENDED"
"""Why nothing may be made yet: after a restore, or because the shop's first documents were not looked for."""

_postings = table_of(Posting)
_epochs, _readings = table_of(RecoveryEpoch), table_of(DocumentReading)
_migrations = table_of(SaleMigration)
_MIGRATED_IN = (MigrationState.RUNNING.value, MigrationState.FINISHED.value)
"""In these a migration's orders may be sent; after its end those that were put right since."""
_schedules, _shops, _connections = table_of(Schedule), table_of(Shop), table_of(Connection)


def _taken(purpose: object) -> ColumnElement[bool]:
    return and_(_postings.c.purpose == purpose, _postings.c.state.in_(_TAKEN))


def _contested() -> ColumnElement[bool]:
    return func.coalesce(_postings.c.last_error_code, "") == DIFFERENT_DOCUMENT


# Everything that may forbid a posting, in one look: the lease, the switches, the connection, what was read of
# the administration, the migration that brought the order in, and whether the order was or may have been
# booked in an administration the shop had before.
_GUARD = (
    select(
        _schedules.c.lease_token,
        _schedules.c.trial_order_id,
        _shops.c.is_posting_automatic,
        _shops.c.paused_until,
        _shops.c.active_until,
        _shops.c.start_on,
        _shops.c.posting_kind,
        _shops.c.may_post_orders,
        _shops.c.may_post_payments,
        _shops.c.are_payments_posted,
        _connections.c.state.label("connection_state"),
        _connections.c.account_id,
        select(_postings.c.id)
        .where(
            _postings.c.order_id == bindparam("of_order"),
            _postings.c.administration_id != bindparam("in_administration"),
            _taken(bindparam("for_purpose")),
        )
        .limit(1)
        .scalar_subquery()
        .label("elsewhere"),
        select(_epochs.c.started_at)
        .where(_epochs.c.administration_id == bindparam("in_administration"), _epochs.c.closed_at.is_(None))
        .scalar_subquery()
        .label("recovering_since"),
        select(_readings.c.reach_at)
        .where(_readings.c.administration_id == bindparam("in_administration"))
        .scalar_subquery()
        .label("documents_since"),
        _migrations.c.state.label("migration_state"),
        _migrations.c.from_on.label("migrated_from"),
    )
    .select_from(
        _schedules.join(_shops, _shops.c.id == _schedules.c.shop_id)
        .outerjoin(
            _connections,
            and_(_connections.c.shop_id == _shops.c.id, _connections.c.remote == Remote.SNELSTART.value),
        )
        .outerjoin(_migrations, _migrations.c.id == bindparam("of_migration", type_=_migrations.c.id.type))
    )
    .where(_schedules.c.shop_id == bindparam("of_shop"))
    .with_for_update(of=_schedules)
)


def _claim_with(dialect: Any) -> Any:
    """Build the statement that claims an order, or gives nothing back when somebody has it."""
    columns = [column.name for column in _postings.columns if column.name not in _LATER]
    statement = dialect.insert(_postings).values({name: bindparam(name) for name in columns})
    changed = {name: statement.excluded[name] for name in columns if name not in _KEPT}
    return statement.on_conflict_do_update(
        index_elements=_IDENTITY,
        set_={**changed, "attempt": _postings.c.attempt + 1},
        where=and_(_postings.c.state.in_(_FREE), not_(_contested())),
    ).returning(_postings.c.id, _postings.c.attempt)


_CLAIM = {"sqlite": _claim_with(sqlite), "postgresql": _claim_with(postgresql)}


class PostingStoppedError(WebshopError):
    """The shop may not post any more (paused, disconnected, other administration): stop the run.

    `code` is what the run shows, None when the shop's pages say it already.
    """

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Claim:
    """The right to send a document now; `attempt` counts from 1."""

    posting_id: int
    attempt: int


def claim_order(order: Order, document: Document, administration_id: str, lease: Lease) -> Claim | None:
    """Store the intent to send; return the claim, or None when the order is not free to be sent.

    :raise PostingStoppedError: when the shop may not post this at this moment.
    :raise LeaseLostError: when another run has taken over.
    """
    values = _values(order, document, administration_id, lease)
    purpose = document.purpose
    with order_transaction() as connection:
        if not check_stops(order, administration_id, lease, connection, purpose=purpose, kind=document.kind):
            return None
        row = connection.execute(_CLAIM[connection.dialect.name], values).first()
    return None if row is None else Claim(row.id, row.attempt)


def _values(order: Order, document: Document, administration_id: str, lease: Lease) -> dict[str, Any]:
    # Amounts as text, exactly as they are sent.
    text = json.dumps(without_address(document.payload), default=str, sort_keys=True)
    now = clock.now()
    return {
        "administration_id": administration_id,
        "amazon_order_id": order.amazon_order_id,
        "purpose": document.purpose.value,
        "shop_id": order.shop_id,
        "order_id": order.id,
        "kind": document.kind,
        "state": PostingState.SENDING.value,
        "attempt": 1,
        "generation": 1,
        "lookups": 0,
        "lease_token": lease.token,
        "payload": json.loads(text),
        "payload_hash": hashlib.sha256(text.encode()).hexdigest(),
        "total": document.total,
        "rates": list(document.rates) or None,
        "customer_id": document.customer_id,
        "sent_at": now,
        "lookup_at": now + LOOKUP_AFTER,
        "last_error_code": None,
    }


def check_stops(
    order: Order,
    administration_id: str,
    lease: Lease,
    connection: DbConnection,
    *,
    purpose: Purpose = Purpose.SALE,
    kind: str | None = None,
) -> bool:
    """Stop means stop: look at every switch in the transaction that claims something to send.

    With `kind` also whether the shop posts documents of that kind.

    Return False when the order was or may have been booked in an administration the shop had before.

    :raise PostingStoppedError: when posting is off or paused, or the administration is no longer the shop's.
    :raise LeaseLostError: when another run has taken over.
    """
    place = {
        "of_shop": order.shop_id,
        "of_order": order.id,
        "in_administration": administration_id,
        "for_purpose": purpose.value,
        # The payment of what is booked is not a matter of the migration any more.
        "of_migration": order.sale_migration_id if purpose is Purpose.SALE else None,
    }
    guard = connection.execute(_GUARD, place).one()
    lease.confirm(guard.lease_token, connection)
    if guard.connection_state != ConnectionState.ACTIVE.value:
        raise PostingStoppedError("SnelStart is not connected")
    if guard.account_id != administration_id:
        raise PostingStoppedError("the shop now books in another administration")
    is_asked_for = guard.trial_order_id == order.id and purpose is Purpose.SALE
    if not (guard.is_posting_automatic or is_asked_for):
        raise PostingStoppedError("posting is switched off")
    if is_past(guard.active_until, clock.now()):
        raise PostingStoppedError("the subscription has ended", code=ENDED)
    if guard.paused_until is not None and guard.paused_until > clock.now():
        raise PostingStoppedError("posting is paused")
    if guard.recovering_since is not None:
        raise PostingStoppedError("a backup was restored and the documents are read again", code=RECOVERING)
    if guard.migration_state is not None and guard.migration_state not in _MIGRATED_IN:
        raise PostingStoppedError("the migration of past sales is paused or cancelled")
    documents_needed = read_from(earliest(guard.start_on, guard.migrated_from))
    if guard.documents_since is None or guard.documents_since > documents_needed:
        raise PostingStoppedError("the documents of the administration are not read yet", code=DOCUMENTS_NOT_READ)
    if kind is not None:
        check_kind(guard, kind)
    return guard.elsewhere is None


def check_kind(shop: Any, kind: str) -> None:
    """Make sure that the shop posts documents of this kind and that its contract has them.

    `shop` is a Shop or a row with its settings. Another kind is never sent instead.

    :raise PostingStoppedError: when it does not.
    """
    if kind == JOURNAL_ENTRY:
        if not (shop.may_post_payments and shop.are_payments_posted):
            raise PostingStoppedError("payments are not booked through any more")
    elif shop.posting_kind != kind:
        raise PostingStoppedError("the shop now posts documents of another kind")
    elif kind == PostingKind.SALES_ORDER.value and not shop.may_post_orders:
        raise PostingStoppedError("sales orders are not part of the shop's contract", code=ORDERS_NOT_AGREED)


def standing_posting(order: Order, administration_id: str) -> Posting | None:
    """Return the posting of the sale that keeps the order from being sent; it may be another shop's."""
    here = and_(Posting.administration_id == administration_id, Posting.amazon_order_id == order.amazon_order_id)
    stands = or_(_taken(Purpose.SALE.value), and_(here, Posting.purpose == Purpose.SALE.value, _contested()))
    with transaction() as session:
        return session.scalars(
            select(Posting)
            .where(or_(Posting.order_id == order.id, here), stands)
            .order_by(Posting.id)
            .execution_options(populate_existing=True)
        ).first()


def ensure_held(posting_id: int, lease: Lease) -> None:
    """Make sure, in the transaction that writes what came of a claim, that it is still this run's.

    :raise LeaseLostError: when it is not: a run that was overtaken knows less than the one after it.
    """
    held = (Posting.state == PostingState.SENDING.value, Posting.lease_token == lease.token)
    if db.session.scalar(select(Posting.id).where(Posting.id == posting_id, *held).with_for_update()) is None:
        raise LeaseLostError(f"posting {posting_id} was taken over by another run")


def note_unknown(posting_id: int, order: Order, purpose: Purpose, code: str, lookup_at: datetime) -> None:
    """Write that nobody knows whether the document arrived; part of the caller's transaction."""
    update_posting(posting_id, state=PostingState.UNKNOWN.value, last_error_code=code[:60], lookup_at=lookup_at)
    note_event("outcome_unknown", order, purpose, {"code": code})


def note_waiting(order: Order, posting_id: int, code: str, lookup_at: datetime) -> str:
    """Write that an order waits for a look-up of its sale; part of the caller's transaction."""
    note_unknown(posting_id, order, Purpose.SALE, code, lookup_at)
    set_state(order, OrderState.UNKNOWN, WAITING)
    return OrderState.UNKNOWN.value


def note_refused(posting_id: int, order: Order, purpose: Purpose, code: str) -> None:
    """Write that SnelStart refuses the document; part of the caller's transaction."""
    update_posting(posting_id, state=PostingState.REJECTED.value, last_error_code=code[:60], lookup_at=None)
    note_event("rejected", order, purpose, {"code": code[:60]})


def free_claim(posting_id: int, trouble: WebshopError) -> None:
    """Free the claim of a call that was certainly not carried out; part of the caller's transaction."""
    code = getattr(trouble, "code", None) or type(trouble).__name__
    update_posting(posting_id, state=PostingState.PENDING.value, last_error_code=code[:60], lookup_at=None)


def note_event(action: str, order: Order, purpose: Purpose, facts: Mapping[str, str] | None = None) -> None:
    """Record what happened to a posting of an order; the timeline tells sales and payments apart."""
    name = action if purpose is Purpose.SALE else f"payment_{action}"
    audit.record(name, shop_id=order.shop_id, order_id=order.id, facts=dict(facts or {}))


def update_posting(posting_id: int, **values: object) -> None:
    """Change a posting in the caller's transaction."""
    db.session.execute(update(Posting).where(Posting.id == posting_id).values(**values))
