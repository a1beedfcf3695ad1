"""What retention removes, a step at a time: each takes at most 500 rows, in one transaction, and says how many.

A step that is cut off has done what it committed and is simply called again; nothing is counted twice,
because the count is written in the transaction that removes (retention.py says what goes when).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Text, and_, bindparam, cast, delete, exists, null, or_, select, tuple_, update

from webshop.domain.periods import local_date
from webshop.domain.personal_data import mask, mask_facts
from webshop.extensions import clock, db, transaction
from webshop.models import (
    AccountLink,
    Administration,
    Connection,
    LedgerCache,
    Mail,
    MailState,
    Order,
    OrderState,
    Posting,
    PostingState,
    PrivacyPurge,
    ProblemReport,
    RelationClaim,
    RelationLink,
    ServiceRequest,
    Shop,
)
from webshop.models.base import insert, table_of
from webshop.models.privacy_purge import NO_SHOP
from webshop.models.relation_link import ClaimState
from webshop.services import retention
from webshop.services.buyers import COLUMNS, buyer_of
from webshop.vault import SealBrokenError

BATCH = 500
BUYERS, CONTENTS, WORDS, RELATIONS, MAILS, LINKS = "buyers", "contents", "words", "relations", "mails", "links"
FAREWELLS = ("shop_deleted", "account_deleted")
_SETTLED = (OrderState.POSTED.value, OrderState.SKIPPED.value)

_IS_SEALED = or_(
    Order.sealed_email.is_not(None), Order.sealed_address.is_not(None), Order.sealed_vat_number.is_not(None)
)
_orders, _reports = table_of(Order), table_of(ProblemReport)
_EMPTY = dict.fromkeys(COLUMNS.values())
_SET_ISSUES = update(_orders).where(_orders.c.id == bindparam("of_order")).values(issues=bindparam("issues"))
_SET_REPORT = (
    update(_reports)
    .where(_reports.c.id == bindparam("of_report"))
    .values({name: bindparam(name) for name in ("words", "reply", "snapshot", "purged_at")})
)


@dataclass(frozen=True)
class Due:
    """A shop, and since when its data is over: everything, when the shop is deleted or long ended."""

    shop_id: int
    buyers_until: date
    contents_until: datetime
    is_deleted: bool


def due_of(shop: Row[Any]) -> Due:
    """Return until when the data of a shop (id, deleted at, active until) is over."""
    now = clock.now()
    deleted_at: datetime | None = shop.deleted_at
    active_until: date | None = shop.active_until
    has_ended = active_until is not None and active_until + retention.BUYER_DATA_AFTER_END < local_date(now)
    buyers_until = date.max if deleted_at or has_ended else local_date(now)
    return Due(shop.id, buyers_until, now if deleted_at else now - retention.CONTENT, deleted_at is not None)


def purge_buyers(due: Due) -> int:
    """Empty the sealed columns of orders whose day has come, and mask their buyer where people typed about them."""
    with transaction() as session:
        rows = session.execute(
            select(
                Order.id,
                Order.shop_id,
                Order.amazon_order_id,
                Order.sealed_email,
                Order.sealed_address,
                Order.sealed_vat_number,
                Order.issues,
            )
            .where(Order.shop_id == due.shop_id, _IS_SEALED, Order.purge_on <= due.buyers_until)
            .order_by(Order.purge_on, Order.id)
            .limit(BATCH)
            .with_for_update()
        ).all()
        if not rows:
            return 0
        ids = [row.id for row in rows]
        _mask_issues(rows)
        _mask_reports(
            session.scalars(select(ProblemReport).where(ProblemReport.order_id.in_(ids))),
            {row.id: row for row in rows},
        )
        session.execute(update(Order).where(Order.id.in_(ids)).values(_EMPTY))
        _count(BUYERS, len(ids), due.shop_id)
    return len(ids)


def _mask_issues(rows: Iterable[Any]) -> None:
    """Take the buyer out of what was said about an order, as when SnelStart names what it refuses."""
    changed = []
    for row in rows:
        if row.issues:
            issues = mask_facts(row.issues, _known_of(row))
            if issues != row.issues:
                changed.append({"of_order": row.id, "issues": issues})
    if changed:
        db.session.connection().execute(_SET_ISSUES, changed)


def _known_of(row: Any) -> set[str]:
    """Return the words that are this buyer's; none when no key of ours opens them any more."""
    with suppress(SealBrokenError):
        return {word for word in astuple(buyer_of(row)) if word}
    return set()


def _mask_reports(reports: Iterable[ProblemReport], rows: dict[int, Any]) -> int:
    changed = []
    for report in reports:
        row = rows.get(report.order_id or 0)
        known = _known_of(row) if row is not None else set()
        changed.append(
            {
                "of_report": report.id,
                "words": mask(report.words, known),
                "reply": None if report.reply is None else mask(report.reply, known),
                "snapshot": mask_facts(report.snapshot, known),
                "purged_at": clock.now(),
            }
        )
    if changed:
        db.session.connection().execute(_SET_REPORT, changed)
    return len(changed)


def purge_words(due: Due) -> int:
    """Mask e-mail addresses and postal codes in what people typed, when the time of the buyer they concern is over."""
    is_new = or_(ProblemReport.purged_at.is_(None), ProblemReport.replied_at > ProblemReport.purged_at)
    is_over = or_(
        Order.purge_on <= due.buyers_until,
        and_(ProblemReport.order_id.is_(None), ProblemReport.created_at <= _words_until(due)),
    )
    with transaction() as session:
        reports = session.scalars(
            select(ProblemReport)
            .outerjoin(Order, Order.id == ProblemReport.order_id)
            .where(ProblemReport.shop_id == due.shop_id, is_new, is_over)
            .order_by(ProblemReport.id)
            .limit(BATCH)
        ).all()
        requests = session.scalars(
            select(ServiceRequest)
            .where(
                ServiceRequest.shop_id == due.shop_id,
                ServiceRequest.purged_at.is_(None),
                ServiceRequest.created_at <= _words_until(due),
            )
            .limit(BATCH - len(reports))
        ).all()
        done = _mask_reports(reports, {})
        for request in requests:
            request.words, request.note = mask(request.words), mask(request.note)
            request.facts = mask_facts(request.facts)
            request.purged_at = clock.now()
        done += len(requests)
        if done:
            _count(WORDS, done, due.shop_id)
    return done


def _words_until(due: Due) -> datetime:
    return clock.now() if due.buyers_until == date.max else clock.now() - retention.ORDERLESS_WORDS


def purge_contents(due: Due) -> int:
    """Remove the lines and texts of old orders and what was sent of them; what keeps them from coming twice stays.

    An order that is not settled keeps them until it is: without them it could not be booked.
    """
    is_at_work = exists().where(
        Posting.order_id == Order.id,
        or_(Posting.state != PostingState.POSTED.value, Posting.posted_at >= due.contents_until),
    )
    is_over = (Order.state.in_(_SETTLED), ~is_at_work)
    with transaction() as session:
        ids = session.scalars(
            select(Order.id)
            .where(
                Order.shop_id == due.shop_id,
                Order.content_purged_at.is_(None),
                Order.purchased_at < due.contents_until,
                *(() if due.is_deleted else is_over),
            )
            .order_by(Order.purchased_at, Order.id)
            .limit(BATCH)
            .with_for_update()
        ).all()
        if not ids:
            return 0
        session.execute(
            update(Order)
            .where(Order.id.in_(ids))
            .values(content={}, issues=[], vat_number_check=null(), due_at=None, content_purged_at=clock.now())
        )
        session.execute(update(Posting).where(Posting.order_id.in_(ids)).values(payload={}, customer_id=None))
        _count(CONTENTS, len(ids), due.shop_id)
    return len(ids)


def remove_words(due: Due) -> int:
    """Empty problem reports and requests that are as old as orders whose content goes."""
    done = 0
    with transaction() as session:
        for table, facts in ((ProblemReport, ProblemReport.snapshot), (ServiceRequest, ServiceRequest.facts)):
            is_full = or_(table.words != "", cast(facts, Text) != "{}")
            ids = session.scalars(
                select(table.id)
                .where(table.shop_id == due.shop_id, table.created_at < due.contents_until, is_full)
                .limit(BATCH)
            ).all()
            if ids:
                emptied: dict[str, Any] = {
                    "words": "",
                    facts.key: {},
                    **({"reply": None} if table is ProblemReport else {"note": ""}),
                }
                session.execute(update(table).where(table.id.in_(ids)).values(emptied))
            done += len(ids)
        if done:
            _count(WORDS, done, due.shop_id)
    return done


OF_A_SHOP: Sequence[Callable[[Due], int]] = (purge_buyers, purge_words, purge_contents, remove_words)


def remove_relations() -> int:
    """Forget the buyers of an administration that no shop is connected to any more."""
    is_connected = exists().where(Connection.account_id == RelationLink.administration_id)
    with transaction() as session:
        keys = session.execute(
            select(RelationLink.administration_id, RelationLink.relation_id, RelationLink.fingerprint)
            .where(~is_connected)
            .limit(BATCH)
        ).all()
        if keys:
            key = tuple_(RelationLink.administration_id, RelationLink.relation_id, RelationLink.fingerprint)
            session.execute(delete(RelationLink).where(key.in_([tuple(row) for row in keys])))
            _count(RELATIONS, len(keys))
    return len(keys)


def remove_claims() -> int:
    """Forget who was made in such an administration, and read it from the start when somebody connects it again.

    A claim without an answer stays: it keeps a customer from being made twice.
    """
    is_connected = exists().where(Connection.account_id == RelationClaim.administration_id)
    with transaction() as session:
        keys = session.execute(
            select(RelationClaim.administration_id, RelationClaim.key)
            .where(~is_connected, RelationClaim.state == ClaimState.CREATED.value)
            .limit(BATCH)
        ).all()
        if keys:
            key = tuple_(RelationClaim.administration_id, RelationClaim.key)
            session.execute(delete(RelationClaim).where(key.in_([tuple(row) for row in keys])))
            _count(RELATIONS, len(keys))
    return len(keys)


def remove_lists() -> int:
    """Empty the lists and the name of such an administration."""
    is_connected = exists().where(Connection.account_id == Administration.administration_id)
    is_read = or_(Administration.relations_watermark_at.is_not(None), Administration.name != "")
    with transaction() as session:
        ids = session.scalars(select(Administration.administration_id).where(~is_connected, is_read).limit(BATCH)).all()
        if ids:
            session.execute(delete(LedgerCache).where(LedgerCache.administration_id.in_(ids)))
            session.execute(
                update(Administration)
                .where(Administration.administration_id.in_(ids))
                .values(
                    name="",
                    relations_watermark_at=None,
                    relations_position=0,
                    relations_since_at=None,
                    relations_started_at=None,
                    relations_latest_at=None,
                )
            )
            _count(RELATIONS, len(ids))
    return len(ids)


def remove_mails() -> int:
    """Remove mails that were sent or given up long ago; sooner those to somebody who left us."""
    now = clock.now()
    is_over = or_(
        Mail.created_at < now - retention.MAILS,
        and_(Mail.kind.in_(FAREWELLS), Mail.created_at < now - retention.FAREWELLS),
    )
    return _delete(Mail, MAILS, Mail.state.in_((MailState.SENT.value, MailState.FAILED.value)), is_over)


def remove_links() -> int:
    """Remove mailed links that ended a while ago."""
    return _delete(AccountLink, LINKS, AccountLink.expires_at < clock.now() - retention.LINKS)


def _delete(table: Any, what: str, *conditions: Any) -> int:
    with transaction() as session:
        ids = session.scalars(select(table.id).where(*conditions).order_by(table.id).limit(BATCH)).all()
        if ids:
            session.execute(delete(table).where(table.id.in_(ids)))
            _count(what, len(ids))
    return len(ids)


OF_NO_SHOP: Sequence[Callable[[], int]] = (remove_relations, remove_claims, remove_lists, remove_mails, remove_links)


def _count(what: str, number: int, shop_id: int = NO_SHOP) -> None:
    """Add to the day's count, in the transaction that removes."""
    statement = insert(PrivacyPurge).values(day=local_date(clock.now()), shop_id=shop_id, what=what, number=number)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["day", "shop_id", "what"],
            set_={"number": PrivacyPurge.number + statement.excluded.number},
        )
    )


def shops_behind(shop_id: int) -> Sequence[Any]:
    """Return the next shops by their id, each with what decides about its data."""
    with transaction() as session:
        return session.execute(
            select(Shop.id, Shop.deleted_at, Shop.active_until).where(Shop.id > shop_id).order_by(Shop.id).limit(BATCH)
        ).all()


def counts_since(shop_id: int, days: timedelta) -> dict[str, int]:
    """Return what was removed of a shop in the last so many days."""
    since = local_date(clock.now()) - days
    rows = db.session.execute(
        select(PrivacyPurge.what, PrivacyPurge.number).where(PrivacyPurge.shop_id == shop_id, PrivacyPurge.day > since)
    )
    counts: dict[str, int] = {}
    for what, number in rows:
        counts[what] = counts.get(what, 0) + number
    return counts
