"""The trial run: the latest orders as they will be booked, one of them posted for real, then the switch.

Until the switch nothing is posted but that one order, by the very protocol every order goes through: the
request stands in the shop's schedule, so that neither a lost message nor a second click changes
anything (posting.post_trial_order).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, select, update

from webshop.domain.booking import Ledger
from webshop.exceptions import ConflictError
from webshop.extensions import clock, db, transaction
from webshop.models import Order, OrderState, Posting, Purpose, Schedule, Shop, User
from webshop.services import audit, setup
from webshop.services.access import Tenant
from webshop.services.configuration import check_start
from webshop.services.issue_catalogue import IssueText, describe
from webshop.services.mapping import load_rulebook
from webshop.services.overview import issues_of
from webshop.services.preview import Preview, preview_orders

SHOWN = 5
LOOKED_AT = 25
"""Among how many of the latest orders those are sought that can be posted now."""
_ATTEMPTED = (OrderState.POSTED.value, OrderState.UNKNOWN.value)


@dataclass(frozen=True)
class TrialOrder:
    order: Order
    preview: Preview
    waits_for: IssueText | None
    """Why it cannot be posted now."""

    @property
    def may_be_posted(self) -> bool:
        is_held = self.order.state in (OrderState.OPEN.value, OrderState.ERROR.value)
        return is_held and self.preview.payload is not None


@dataclass(frozen=True)
class TrialRun:
    orders: Sequence[TrialOrder]
    ledgers: Mapping[str, Ledger]
    asked: TrialOrder | None
    """The order that was asked for and is being posted."""

    @property
    def posted(self) -> TrialOrder | None:
        return next((one for one in self.orders if one.order.state == OrderState.POSTED.value), None)


def load_trial_run(tenant: Tenant) -> TrialRun:
    """Return up to five orders: what was tried first, then the latest that can be posted, then the others."""
    connection = tenant.snelstart
    if connection is None:
        return TrialRun((), {}, None)
    rulebook = load_rulebook(tenant.shop, connection.account_id)
    found = _latest(tenant)
    previews = preview_orders(found, rulebook, connection.account_id)
    rows = [_row(order, preview) for (order, _), preview in zip(found, previews, strict=True)]
    asked = next((row for row in rows if row.order.id == tenant.schedule.trial_order_id), None)
    rows.sort(key=lambda row: (row is not asked, row.order.state not in _ATTEMPTED, not row.may_be_posted))
    return TrialRun(rows[:SHOWN], rulebook.rules.ledgers, asked)


def _latest(tenant: Tenant) -> list[tuple[Order, Posting | None]]:
    rows = db.session.execute(
        select(Order, Posting)
        .outerjoin(Posting, and_(Posting.order_id == Order.id, Posting.purpose == Purpose.SALE.value))
        .where(Order.shop_id == tenant.shop.id, Order.state.in_(_STATES))
        .order_by(Order.purchased_at.desc(), Order.id.desc())
        .limit(LOOKED_AT)
    )
    return [(order, posting) for order, posting in rows]


_STATES = (OrderState.OPEN.value, OrderState.ERROR.value, *_ATTEMPTED)


def _row(order: Order, preview: Preview) -> TrialOrder:
    issues = issues_of(order)
    if not issues and preview.translation is not None and not preview.translation.is_ready:
        issues = list(preview.translation.issues)
    return TrialOrder(order, preview, describe(issues[0]) if issues else None)


def ask_to_post(tenant: Tenant, order: Order, user: User) -> None:
    """Let the next run post exactly this order; a second request while it stands changes nothing.

    :raise ConflictError: when the order is not there to be posted, something is missing, or another one is asked for.
    """
    if setup.load_state(tenant).missing:
        raise ConflictError("the installation is not finished")
    now = clock.now()
    with transaction() as session:
        schedule = session.scalars(
            select(Schedule)
            .where(Schedule.shop_id == tenant.shop.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        if schedule.trial_order_id == order.id:
            return
        if schedule.trial_order_id is not None:
            raise ConflictError("another order is being posted")
        changed = session.scalar(
            update(Order)
            .where(
                Order.id == order.id,
                Order.shop_id == tenant.shop.id,
                Order.state.in_([OrderState.OPEN.value, OrderState.ERROR.value]),
            )
            .values(due_at=now, attempts=0)
            .returning(Order.id)
        )
        if changed is None:
            raise ConflictError("this order is not to be posted any more")
        schedule.trial_order_id, schedule.due_at = order.id, now
        audit.record("trial_requested", shop_id=tenant.shop.id, order_id=order.id, user_id=user.id)


def switch_on(tenant: Tenant, start_on: date, user: User) -> None:
    """Let orders be posted by themselves from now on, those of before `start_on` never; twice is once.

    :raise InvalidSettingError: when the day cannot be.
    :raise ConflictError: when something is missing.
    """
    if not tenant.shop.is_posting_automatic:
        check_start(tenant.shop, start_on)
    if setup.load_state(tenant).missing:
        raise ConflictError("posting cannot begin like this")
    with transaction() as session:
        session.execute(select(Schedule.shop_id).where(Schedule.shop_id == tenant.shop.id).with_for_update())
        shop = session.get_one(Shop, tenant.shop.id, populate_existing=True, with_for_update={"key_share": True})
        old = {"is_posting_automatic": shop.is_posting_automatic, "start_on": _text(shop.start_on)}
        if shop.is_posting_automatic:
            return
        shop.is_posting_automatic, shop.start_on = True, start_on
        session.execute(update(Schedule).where(Schedule.shop_id == shop.id).values(due_at=clock.now()))
        new = {"is_posting_automatic": True, "start_on": _text(start_on)}
        facts = {"section": "automatic", "old": old, "new": new}
        audit.record("setting_changed", shop_id=shop.id, user_id=user.id, facts=facts)


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
