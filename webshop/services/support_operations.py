"""How the whole of it is doing: what a person of ours looks at when something seems wrong.

Every list is short and every count has a bound, so that looking costs the same however many shops there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from webshop.extensions import clock, db
from webshop.models import (
    Administration,
    Budget,
    Connection,
    Heartbeat,
    Mail,
    MailState,
    Order,
    OrderState,
    Posting,
    PostingState,
    RecoveryEpoch,
    Remote,
    Run,
    Schedule,
    Shop,
)
from webshop.services import budgets, leases, scheduling
from webshop.services.health import HEARTBEAT_LATE, SHOP_LATE
from webshop.services.issue_catalogue import IssueText, describe_code
from webshop.services.readiness import Readiness, check_readiness
from webshop.services.support_shop import WITHOUT_CODE

SHOWN = 10
COUNTED = 1000
"""Counts stop here: more of it is no more alarming."""
ERRORS_SINCE = timedelta(hours=24)
ERRORS_COUNTED = 10_000
RUNS_LOOKED_AT = 100
LOW = Decimal("0.2")


@dataclass(frozen=True)
class DueShop:
    public_id: str
    name: str
    due_at: datetime
    is_running: bool
    late: timedelta

    @property
    def is_alarming(self) -> bool:
        return self.late > SHOP_LATE


@dataclass(frozen=True)
class Beat:
    name: str
    beat_at: datetime
    is_late: bool


@dataclass(frozen=True)
class BudgetRow:
    key: str
    left: Decimal | None
    paused_until: datetime | None


@dataclass(frozen=True)
class CauseRow:
    text: IssueText
    orders: int
    shops: int


@dataclass(frozen=True)
class UnknownRow:
    amazon_order_id: str
    purpose: str
    sent_at: datetime | None
    lookup_at: datetime | None
    shop_public_id: str
    shop_name: str


@dataclass(frozen=True)
class Operations:
    at: datetime
    readiness: Readiness
    beats: Sequence[Beat]
    due_shops: int
    due: Sequence[DueShop]
    unknown_outcomes: int
    unknown: Sequence[UnknownRow]
    causes: Sequence[CauseRow]
    budgets: Sequence[BudgetRow]
    failed_mails: int
    mails: Sequence[Mail]
    epochs: Sequence[tuple[RecoveryEpoch, str]]


def load_operations() -> Operations:
    now = clock.now()
    return Operations(
        at=now,
        readiness=check_readiness(),
        beats=_beats(now),
        due_shops=count_due(now),
        due=_due(now),
        unknown_outcomes=count_unknown(),
        unknown=_unknown(),
        causes=_causes(now),
        budgets=_scarce_budgets(now),
        failed_mails=count_failed_mails(),
        mails=_failed_mails(),
        epochs=_open_epochs(),
    )


def _bounded(query: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(query.limit(COUNTED).subquery())) or 0


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Match the schedules whose time has come, as far as there is work that can be done."""
    return and_(Schedule.due_at <= now, scheduling.may_fetch(now))


def count_due(now: datetime) -> int:
    return _bounded(select(Schedule.shop_id).where(_is_due(now)))


def oldest_due_seconds(now: datetime) -> int:
    """Return how long the shop that waits longest has been waiting."""
    due_at = db.session.scalar(select(func.min(Schedule.due_at)).where(_is_due(now)))
    return int((now - due_at).total_seconds()) if due_at else 0


def _due(now: datetime) -> Sequence[DueShop]:
    oldest = (
        select(Schedule.shop_id, Schedule.due_at, leases.is_free(now).label("is_free"))
        .where(_is_due(now))
        .order_by(Schedule.due_at)
        .limit(SHOWN)
        .subquery()
    )
    rows = db.session.execute(
        select(Shop.public_id, Shop.name, oldest.c.due_at, oldest.c.is_free)
        .join(oldest, oldest.c.shop_id == Shop.id)
        .order_by(oldest.c.due_at)
    )
    return [DueShop(public_id, name, due_at, not is_free, now - due_at) for public_id, name, due_at, is_free in rows]


def _beats(now: datetime) -> Sequence[Beat]:
    rows = db.session.scalars(select(Heartbeat).order_by(Heartbeat.name))
    return [Beat(row.name, row.beat_at, now - row.beat_at > HEARTBEAT_LATE) for row in rows]


def clock_age_seconds(now: datetime) -> int | None:
    """Return how long ago the clock gave a sign of life, None when it never did."""
    beat_at = db.session.scalar(select(Heartbeat.beat_at).where(Heartbeat.name == "clock"))
    return int((now - beat_at).total_seconds()) if beat_at else None


def count_unknown() -> int:
    return _bounded(select(Posting.id).where(Posting.state == PostingState.UNKNOWN.value))


def _unknown() -> Sequence[UnknownRow]:
    rows = db.session.execute(
        select(
            Posting.amazon_order_id,
            Posting.purpose,
            Posting.sent_at,
            Posting.lookup_at,
            Shop.public_id,
            Shop.name,
        )
        .join(Shop, Shop.id == Posting.shop_id)
        .where(Posting.state == PostingState.UNKNOWN.value)
        .order_by(Posting.lookup_at, Posting.id)
        .limit(SHOWN)
    )
    return [UnknownRow(*row) for row in rows]


def _causes(now: datetime) -> Sequence[CauseRow]:
    """Return why orders of the last day are in error, over all shops."""
    recent = (
        select(Order.issue_code, Order.shop_id)
        .where(Order.state == OrderState.ERROR.value, Order.first_seen_at >= now - ERRORS_SINCE)
        .order_by(Order.first_seen_at.desc())
        .limit(ERRORS_COUNTED)
        .subquery()
    )
    orders = func.count()
    rows = db.session.execute(
        select(recent.c.issue_code, orders, func.count(recent.c.shop_id.distinct()))
        .group_by(recent.c.issue_code)
        .order_by(orders.desc(), recent.c.issue_code)
        .limit(SHOWN)
    )
    return [CauseRow(describe_code(code or WITHOUT_CODE), number, shops) for code, number, shops in rows]


def _scarce_budgets(now: datetime) -> Sequence[BudgetRow]:
    """Return what a remote itself told us to pause, and what the shops of the latest runs have nearly used up."""
    keys = [budgets.vies_key()]
    for remote, account_id in _latest_accounts():
        if remote == Remote.SNELSTART.value:
            keys.append(budgets.snelstart_key(account_id))
        else:
            keys += [budgets.amazon_key(account_id, operation) for operation in budgets.AMAZON_OPERATIONS]
    found = db.session.scalars(
        select(Budget).where(or_(Budget.key.in_(keys), Budget.paused_until > now)).order_by(Budget.key)
    )
    rows = [
        BudgetRow(row.key, budgets.left(row, now), row.paused_until if _is_later(row.paused_until, now) else None)
        for row in found
    ]
    return [row for row in rows if row.paused_until or (row.left is not None and row.left < LOW)][:SHOWN]


def _is_later(at: datetime | None, now: datetime) -> bool:
    return at is not None and at > now


def _latest_accounts() -> Sequence[tuple[str, str]]:
    latest = select(Run.shop_id).order_by(Run.id.desc()).limit(RUNS_LOOKED_AT).subquery()
    rows = db.session.execute(
        select(Connection.remote, Connection.account_id)
        .where(Connection.shop_id.in_(select(latest.c.shop_id)))
        .distinct()
        .order_by(Connection.remote, Connection.account_id)
    )
    return [(remote, account_id) for remote, account_id in rows]


def count_failed_mails() -> int:
    return _bounded(select(Mail.id).where(Mail.state == MailState.FAILED.value))


def _failed_mails() -> Sequence[Mail]:
    failed = select(Mail).where(Mail.state == MailState.FAILED.value)
    return db.session.scalars(failed.order_by(Mail.due_at.desc(), Mail.id.desc()).limit(SHOWN)).all()


def count_open_epochs() -> int:
    return _bounded(select(RecoveryEpoch.started_at).where(RecoveryEpoch.closed_at.is_(None)))


def _open_epochs() -> Sequence[tuple[RecoveryEpoch, str]]:
    rows = db.session.execute(
        select(RecoveryEpoch, Administration.name)
        .join(Administration, Administration.administration_id == RecoveryEpoch.administration_id)
        .where(RecoveryEpoch.closed_at.is_(None))
        .order_by(RecoveryEpoch.started_at)
        .limit(SHOWN)
    )
    return [(epoch, name) for epoch, name in rows]
