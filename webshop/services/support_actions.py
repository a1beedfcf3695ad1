"""What our staff changes for a shop: its contract, a fetch, another installation link.

Each is an event with the name of who did it; the shop reads it in Activiteit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from webshop.exceptions import ConflictError
from webshop.extensions import db, transaction
from webshop.models import (
    DailyTotal,
    Membership,
    OrderState,
    Posting,
    PostingKind,
    PostingState,
    Purpose,
    Shop,
    User,
)
from webshop.models.daily_total import UNFINISHED
from webshop.services import audit, registration, scheduling
from webshop.services.configuration import lock_shop

CONTRACT = ("may_post_orders", "may_post_payments")


@dataclass(frozen=True)
class ContractEffect:
    """What switching a part of the contract off would hold up, as things stand."""

    are_orders_used: bool
    """The shop books sales orders: without them in its contract nothing of it is booked."""
    are_payments_used: bool
    waiting_orders: int
    waiting_payments: int


def contract_of(shop: Shop) -> dict[str, bool]:
    return {name: getattr(shop, name) for name in CONTRACT}


def contract_effect(shop: Shop) -> ContractEffect:
    """Tell who waits when a part is switched off; the claim on every order looks at the contract anew."""
    waiting_orders = db.session.scalar(
        select(func.sum(DailyTotal.orders)).where(
            UNFINISHED,
            DailyTotal.shop_id == shop.id,
            DailyTotal.state.in_((OrderState.OPEN.value, OrderState.ERROR.value)),
        )
    )
    waiting_payments = db.session.scalar(
        select(func.count())
        .select_from(Posting)
        .where(
            Posting.shop_id == shop.id,
            Posting.purpose == Purpose.PAYMENT.value,
            Posting.state == PostingState.PENDING.value,
        )
    )
    return ContractEffect(
        are_orders_used=shop.posting_kind == PostingKind.SALES_ORDER.value,
        are_payments_used=shop.are_payments_posted,
        waiting_orders=int(waiting_orders or 0),
        waiting_payments=int(waiting_payments or 0),
    )


def holds_up_work(shop: Shop, wanted: Mapping[str, bool]) -> bool:
    """Say whether a change takes away what the shop uses, so that staff has to confirm it."""
    is_kind_lost = shop.posting_kind == PostingKind.SALES_ORDER.value and _is_taken_away(shop, wanted, CONTRACT[0])
    return is_kind_lost or (shop.are_payments_posted and _is_taken_away(shop, wanted, CONTRACT[1]))


def _is_taken_away(shop: Shop, wanted: Mapping[str, bool], name: str) -> bool:
    return bool(getattr(shop, name)) and not wanted[name]


def change_contract(
    shop: Shop, staff: User, wanted: Mapping[str, bool], *, seen: Mapping[str, bool], reason: str
) -> bool:
    """Store what the contract has; return False when that is how it stands already.

    `seen` is the contract as it stood in the form.

    :raise ConflictError: when somebody else changed it in between.
    """
    with transaction():
        current = lock_shop(shop.id)
        before = contract_of(current)
        changed = {name: value for name, value in wanted.items() if value != before[name]}
        if not changed:
            return False
        if before != seen:
            raise ConflictError("the contract was changed in between")
        for name, value in changed.items():
            setattr(current, name, value)
        # What waited for this part of the contract may pass now.
        scheduling.ask_review(shop.id)
        facts = {"old": {name: before[name] for name in changed}, "new": changed, "reason": reason}
        audit.record("contract_changed", shop_id=shop.id, staff_id=staff.id, facts=facts)
    return True


def fetch_now(shop: Shop, staff: User) -> None:
    """Let the next sweep fetch the shop's orders."""
    with transaction():
        scheduling.ask_fetch(shop.id)
        audit.record("fetch_requested", shop_id=shop.id, staff_id=staff.id)


def send_installation_links(shop: Shop, staff: User) -> int:
    """Mail the link anew to everybody of the shop without a password; return how many that were."""
    with transaction() as session:
        waiting = session.scalars(
            select(User)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.shop_id == shop.id, User.password_hash.is_(None), User.is_active.is_(True))
            .order_by(User.id)
        ).all()
        for user in waiting:
            registration.mail_installation(user)
        if waiting:
            audit.record("installation_link_sent", shop_id=shop.id, staff_id=staff.id)
    return len(waiting)
