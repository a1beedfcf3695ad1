"""One run of one shop: fetch, post, look up, and set when it is due again.

A run holds the shop's lease and works a minute at most, so that a giant never starves the others.
Trouble with a remote ends the run in a clear state; what was stored stays, the rest comes later.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select, update

from webshop.domain.periods import is_past
from webshop.exceptions import BudgetEmptyError, RemoteError, WebshopError
from webshop.extensions import clock, db, transaction
from webshop.models import Connection, ConnectionState, OrderState, Remote, Run, RunKind, RunState, Schedule, Shop
from webshop.services import held_orders, leases, nightly, payments, recovery, remote_troubles, scheduling
from webshop.services.claims import ENDED, RECOVERING, PostingStoppedError
from webshop.services.connections import (
    SnelStartAccess,
    active_connection,
    find_connection,
    mark_success,
    open_amazon,
    open_snelstart,
)
from webshop.services.due_orders import due_orders
from webshop.services.fetching import fetch_orders
from webshop.services.leases import Lease, LeaseLostError
from webshop.services.mapping import load_rulebook
from webshop.services.migration_work import count_sales, is_at_work, migrate_sales, release_cancelled
from webshop.services.posting import post_due_orders
from webshop.services.reading import read_what_is_missing
from webshop.services.reconciling import find_abandoned, look_up_unknown, tell_left_behind

logger = logging.getLogger(__name__)

SLICE = timedelta(seconds=60)
NIGHT_AGAIN = timedelta(minutes=10)


@dataclass
class RunResult:
    """What came of a run; `state` is None when the shop was busy or gone and nothing was done."""

    state: RunState | None = None
    fetched: int = 0
    posted: int = 0
    errors: int = 0
    unknown: int = 0
    open: int = 0
    error_code: str | None = None
    is_more_due: bool = False
    """Whether work was left over because the time was up."""


@dataclass
class _Work:
    """One run while it lasts."""

    shop: Shop
    lease: Lease
    run_id: int
    slot_at: datetime
    night_at: datetime | None
    reviews_asked: int
    is_review_left: bool
    """Whether held orders have not all had their turn since a setting changed."""
    has_migration: bool
    """Whether a migration of past sales waits for what the daily work leaves of the slice."""
    trial_order_id: int | None
    """The one order that may be posted while posting is not automatic."""
    is_over: Callable[[], bool]
    """Whether the slice is used up or the process has to stop: finish the order at hand, start no other."""
    result: RunResult = field(default_factory=RunResult)
    retry_at: datetime | None = None
    worked: list[int] = field(default_factory=list)
    """Ids of the connections that answered."""
    is_careful: bool = False
    """Whether the run before died or failed: one of the orders may be what did it."""
    may_post: bool = False
    are_payments_left: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether the trial or subscription is over: then nothing is fetched or booked, only looked up."""
        return is_past(self.shop.active_until, clock.now())

    @property
    def may_migrate(self) -> bool:
        return self.has_migration and not (self.result.is_more_due or self.retry_at or self.has_ended)


def run_shop(
    shop_id: int, *, kind: str = RunKind.HOURLY.value, is_stopping: Callable[[], bool] = lambda: False
) -> RunResult:
    """Work on one shop for at most a minute, or until `is_stopping`, and return what came of it.

    Two at a time do the work of one: the second finds the lease taken and returns at once.
    """
    lease = leases.acquire(shop_id)
    if lease is None:
        return RunResult()
    work = _begin(shop_id, lease, kind, is_stopping)
    try:
        # Before Amazon's news: what may have been booked keeps the amount it was sent with.
        find_abandoned(lease)
        if kind == RunKind.NIGHTLY.value:
            _check_by_night(work)
        else:
            _fetch(work, is_asked_for=kind == RunKind.MANUAL.value)
        _book(work)
        if work.may_migrate:
            work.result.is_more_due = count_sales(work.shop, work.lease, is_over=work.is_over)
    except LeaseLostError:
        logger.warning("lease_lost", extra={"shop_id": shop_id})
        return work.result
    except BaseException:
        _end(work, RunState.FAILED, error_code="CRASHED")
        raise
    _end(work, RunState.FINISHED)
    return work.result


def _begin(shop_id: int, lease: Lease, kind: str, is_stopping: Callable[[], bool]) -> _Work:
    now = clock.now()
    with transaction() as session:
        latest = session.scalar(select(Run.state).where(Run.shop_id == shop_id).order_by(Run.id.desc()).limit(1))
        session.execute(
            update(Run)
            .where(Run.shop_id == shop_id, Run.state == RunState.RUNNING.value)
            .values(state=RunState.INTERRUPTED.value, finished_at=now)
        )
        run = Run(shop_id=shop_id, kind=kind, state=RunState.RUNNING.value, lease_token=lease.token, started_at=now)
        session.add(run)
        session.flush()
        # Before the settings: a change that comes in between is then reviewed once more, and never missed.
        schedule = session.execute(
            select(
                Schedule.slot_at,
                Schedule.night_at,
                Schedule.reviews_asked,
                Schedule.review_number,
                Schedule.review_position,
                Schedule.trial_order_id,
                is_at_work(shop_id).label("has_migration"),
            ).where(Schedule.shop_id == shop_id)
        ).one()
        is_reviewed = schedule.reviews_asked == schedule.review_number and schedule.review_position is None
        shop = session.get_one(Shop, shop_id, populate_existing=True)
        return _Work(
            shop,
            lease,
            run.id,
            scheduling.believable_slot(schedule.slot_at, now),
            schedule.night_at or nightly.next_night(shop_id, now),
            schedule.reviews_asked,
            not is_reviewed,
            schedule.has_migration,
            schedule.trial_order_id,
            lambda: is_stopping() or clock.now() >= now + SLICE,
            is_careful=latest in (RunState.RUNNING.value, RunState.FAILED.value),
        )


def _fetch(work: _Work, *, is_asked_for: bool) -> None:
    """Fetch when the slot has come or a person asks; trouble with Amazon does not stop the posting."""
    now = clock.now()
    if not is_asked_for and work.slot_at > now:
        return
    with transaction():
        connection = active_connection(work.shop.id, Remote.AMAZON)
    if work.has_ended:
        work.result.error_code = ENDED
    if connection is None or work.has_ended:
        work.slot_at = scheduling.after_fetch(work.slot_at, now)
        return
    try:
        fetched = fetch_orders(work.shop, open_amazon(connection), work.lease, is_over=work.is_over)
    except (RemoteError, BudgetEmptyError) as trouble:
        _note_trouble(work, connection, Remote.AMAZON, trouble)
        return
    work.result.fetched = fetched.orders
    work.worked.append(connection.id)
    if fetched.is_complete:
        work.slot_at = scheduling.after_fetch(work.slot_at, now)
    else:
        work.result.is_more_due = True


def _check_by_night(work: _Work) -> None:
    """Do the nightly check; what trouble or the end of the slice kept back is tried again later the same night."""
    result, is_complete = nightly.NightResult(), True
    for remote in Remote:
        with transaction():
            connection = active_connection(work.shop.id, remote)
        if connection is None or (work.has_ended and remote is Remote.AMAZON):
            continue
        try:
            is_complete &= _check_remote(work, connection, remote, result)
            work.worked.append(connection.id)
        except (RemoteError, BudgetEmptyError) as trouble:
            _note_trouble(work, connection, remote, trouble)
            is_complete = False
    work.result.fetched = result.searched
    now = clock.now()
    work.night_at = nightly.next_night(work.shop.id, now) if is_complete else now + NIGHT_AGAIN
    logger.info("night_checked", extra={"shop_id": work.shop.id, "checked": result.checked, **vars(result.counts)})


def _check_remote(work: _Work, connection: Connection, remote: Remote, result: nightly.NightResult) -> bool:
    if remote is Remote.AMAZON:
        amazon = open_amazon(connection, searches_left=nightly.SEARCHES_LEFT)
        return nightly.check_amazon(work.shop, amazon, work.lease, result, is_over=work.is_over)
    access = open_snelstart(connection)
    try:
        return nightly.check_snelstart(access, work.lease, result, is_over=work.is_over)
    finally:
        access.purse.give_back()


def _book(work: _Work) -> None:
    """Settle what is unknown and post what is due; trouble with SnelStart ends it until later."""
    with transaction():
        connection = active_connection(work.shop.id, Remote.SNELSTART)
        # What is unknown is settled even when posting is switched off: it is only looked up.
        is_on = work.shop.is_posting_automatic and not work.has_ended
        work.may_post = connection is not None and is_on and not _is_disconnected(work.shop.id)
    if connection is None:
        return
    access = open_snelstart(connection)
    try:
        tell_left_behind(work.lease, access.administration_id)
        _count(work, look_up_unknown(work.shop, access, work.lease, is_over=work.is_over))
        if work.has_migration:
            release_cancelled(work.shop.id, work.lease)
        if not _read_first(work, access):
            pass
        elif work.may_post:
            if due_orders(work.shop.id):
                _post(work, access)
                work.worked.append(connection.id)
            _review(work, access)
            _pay(work, access)
            _migrate(work, access)
        elif work.trial_order_id is not None and not _is_disconnected(work.shop.id):
            _post_trial_order(work, access)
            work.worked.append(connection.id)
    except PostingStoppedError as stop:
        work.may_post = False
        work.result.error_code = work.result.error_code or stop.code
    except (RemoteError, BudgetEmptyError) as trouble:
        _note_trouble(work, connection, Remote.SNELSTART, trouble)
        # Payments that wait have no time of their own: they go on when the orders do.
        work.are_payments_left = payments.are_due(work.shop, access.administration_id)
    finally:
        access.purse.give_back()


def _is_disconnected(shop_id: int) -> bool:
    """Say whether the owner took Amazon away: then what was fetched before is not booked either."""
    amazon = find_connection(shop_id, Remote.AMAZON)
    return amazon is not None and amazon.state == ConnectionState.DISABLED.value


def _read_first(work: _Work, access: SnelStartAccess) -> bool:
    """Read the documents that must be known before anything is made; return whether all of them are."""
    since = recovery.since_needed(work.shop, access.administration_id)
    with transaction():
        is_recovering = recovery.is_open(access.administration_id)
    if since is None or not (work.may_post or is_recovering or work.trial_order_id is not None):
        return since is None
    is_complete = read_what_is_missing(since, access, work.lease, is_over=work.is_over)
    if not is_complete:
        work.result.is_more_due = True
        work.result.error_code = work.result.error_code or (RECOVERING if is_recovering else None)
    return is_complete


def _post_trial_order(work: _Work, access: SnelStartAccess) -> None:
    """Post the one order that a person asked for; one request is one attempt, whatever comes of it."""
    try:
        _post(work, access, only=work.trial_order_id)
    finally:
        db.session.rollback()
        with transaction() as session:
            mine = (Schedule.shop_id == work.shop.id, Schedule.lease_token == work.lease.token)
            session.execute(update(Schedule).where(*mine).values(trial_order_id=None))


def _post(work: _Work, access: SnelStartAccess, **chosen: int | None) -> bool:
    """Post what is due, or of it what is chosen as posting does; return False when the time was up first."""
    with transaction():
        current = active_connection(work.shop.id, Remote.SNELSTART)
        if current is None or current.account_id != access.administration_id:
            # While the books were read: the table of the new administration does not fit the old one's ledgers.
            raise PostingStoppedError("the shop now books in another administration")
        rulebook = load_rulebook(work.shop, access.administration_id)
    counts: Counter[str] = Counter()
    try:
        is_complete = post_due_orders(
            work.shop,
            access,
            rulebook,
            work.lease,
            counts=counts,
            is_over=work.is_over,
            **chosen,
            is_careful=work.is_careful,
        )
    finally:
        _count(work, counts)
    work.result.is_more_due = work.result.is_more_due or not is_complete
    return is_complete


def _review(work: _Work, access: SnelStartAccess) -> None:
    """Give held orders another chance when settings changed, a piece at a time."""
    while work.is_review_left and not work.is_over():
        work.is_review_left = held_orders.make_next_due(work.lease, work.reviews_asked)
        if due_orders(work.shop.id):
            _post(work, access)
    work.result.is_more_due = work.result.is_more_due or work.is_review_left


def _pay(work: _Work, access: SnelStartAccess) -> None:
    """Book the payments of what stands; settings that do not fit keep them waiting."""
    if not payments.are_due(work.shop, access.administration_id):
        return
    obstacle = payments.note_obstacle(work.shop, access.administration_id)
    if obstacle is not None:
        work.result.error_code = work.result.error_code or obstacle
        return
    is_complete = payments.post_due_payments(work.shop, access, work.lease, is_over=work.is_over)
    work.result.is_more_due = work.result.is_more_due or not is_complete


def _migrate(work: _Work, access: SnelStartAccess) -> None:
    """Go on with a paid migration of past sales, once nothing of the daily work is left."""
    if work.may_migrate:
        post = partial(_post, work, access)
        work.result.is_more_due = migrate_sales(work.shop, access, work.lease, post=post, is_over=work.is_over)


def _count(work: _Work, counts: Counter[str]) -> None:
    work.result.posted += counts[OrderState.POSTED.value]
    work.result.errors += counts[OrderState.ERROR.value]
    work.result.unknown += counts[OrderState.UNKNOWN.value]
    work.result.open += counts[OrderState.OPEN.value]


def _note_trouble(work: _Work, connection: Connection, remote: Remote, trouble: WebshopError) -> None:
    code, work.retry_at = remote_troubles.note(connection, remote, trouble)
    work.result.error_code = code or work.result.error_code


def _end(work: _Work, state: RunState, *, error_code: str | None = None) -> None:
    """Close the run, give back the lease and set when the shop is due again: one commit."""
    db.session.rollback()
    result = work.result
    result.state = state
    result.error_code = error_code or result.error_code
    now = clock.now()
    with transaction() as session:
        session.execute(
            update(Run)
            .where(Run.id == work.run_id, Run.state == RunState.RUNNING.value)
            .values(
                state=state.value,
                finished_at=now,
                fetched=result.fetched,
                posted=result.posted,
                errors=result.errors,
                unknown=result.unknown,
                error_code=result.error_code,
            )
        )
        is_work_left = result.is_more_due or work.are_payments_left
        due_at = now if is_work_left else scheduling.next_due(work.shop.id, work.slot_at, may_post=work.may_post)
        if work.retry_at is not None:
            due_at = max(due_at, min(work.retry_at, work.slot_at) if work.slot_at > now else work.retry_at)
        if state is RunState.FAILED:
            due_at = max(due_at, now + timedelta(minutes=1))
        session.execute(
            update(Schedule)
            .where(Schedule.shop_id == work.shop.id, Schedule.lease_token == work.lease.token)
            .values(slot_at=work.slot_at, due_at=due_at, lease_until=None, night_at=work.night_at)
        )
        mark_success(work.worked)
    logger.info(
        "run_finished",
        extra={"shop_id": work.shop.id, "run_id": work.run_id, "fetched": result.fetched, "posted": result.posted},
    )
