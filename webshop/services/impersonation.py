"""Let our staff look at a shop as one of its users: with a reason, half an hour at most, visible to the customer.

Nothing about it is remembered between requests: `find` reads it anew for each, and `ending_of` says
whether it is over. What may be done meanwhile is decided in blueprints/impersonation/policy.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, literal, select, update
from sqlalchemy.orm import aliased

from webshop.domain.personal_data import mask
from webshop.exceptions import NotAllowedError, NotFoundError
from webshop.extensions import clock, db, transaction
from webshop.models import Impersonation, Membership, Shop, User
from webshop.models.base import UtcDateTime, insert
from webshop.services import acting, audit, letters, notifications, two_factor

LIFETIME = timedelta(minutes=30)
SHORTEST_REASON = 10


class Ending(StrEnum):
    """Why an impersonation is over."""

    STOPPED = "stopped"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """The owner does not let support look any more."""
    STAFF = "staff"
    """Whoever looked has no session, or is no staff any more."""
    USER = "user"
    """The user as whom has no part in the shop any more."""


class Refusal(StrEnum):
    """Why an impersonation does not begin."""

    SECOND_FACTOR = "second_factor"
    SUPPORT = "support"
    USER = "user"
    RUNNING = "running"


class RefusedError(NotAllowedError):
    """An impersonation does not begin; it is recorded."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"no impersonation: {refusal.value}")
        self.refusal = refusal


@dataclass(frozen=True)
class Impersonated:
    """A running impersonation as a request needs it; what pages show of it does not hang on the session."""

    id: int
    public_id: str
    staff: User
    user: User
    staff_name: str
    user_name: str
    shop_id: int
    shop_public_id: str
    shop_name: str
    is_support_allowed: bool
    is_member: bool
    expires_at: datetime
    ended_at: datetime | None
    is_raised: bool

    @property
    def minutes_left(self) -> int:
        """Return the minutes that are left; the one that has begun counts."""
        return -((clock.now() - self.expires_at) // timedelta(minutes=1))

    @property
    def acting(self) -> acting.Acting:
        return acting.Acting(self.public_id, self.staff.id, self.user.id, self.shop_id)


def find(public_id: str) -> Impersonated | None:
    """Return an impersonation, running or not, in one statement."""
    staff, user = aliased(User), aliased(User)
    is_member = exists().where(Membership.user_id == user.id, Membership.shop_id == Shop.id)
    row = db.session.execute(
        select(Impersonation, staff, user, Shop, is_member)
        .join(staff, staff.id == Impersonation.staff_id)
        .join(user, user.id == Impersonation.user_id)
        .join(Shop, Shop.id == Impersonation.shop_id)
        .where(Impersonation.public_id == public_id)
    ).one_or_none()
    if row is None:
        return None
    found, by, whom, shop, takes_part = row
    return Impersonated(
        id=found.id,
        public_id=found.public_id,
        staff=by,
        user=whom,
        staff_name=by.name or by.email,
        user_name=whom.name or whom.email,
        shop_id=shop.id,
        shop_public_id=shop.public_id,
        shop_name=shop.name,
        is_support_allowed=shop.is_support_allowed,
        is_member=takes_part,
        expires_at=found.expires_at,
        ended_at=found.ended_at,
        is_raised=found.raised_at is not None,
    )


def ending_of(found: Impersonated) -> Ending | None:
    """Return why an impersonation is over, None while it goes on."""
    if found.ended_at is not None:
        return Ending.STOPPED
    if found.expires_at <= clock.now():
        return Ending.EXPIRED
    if not is_able(found.staff):
        return Ending.STAFF
    if not found.is_support_allowed:
        return Ending.WITHDRAWN
    return None if found.is_member and _is_customer(found.user) else Ending.USER


def is_able(staff: User) -> bool:
    """Return whether this is a member of staff who logs in in two steps."""
    return staff.is_active and staff.is_staff and staff.is_totp_on


def _is_customer(user: User) -> bool:
    return user.is_active and not user.is_staff


def find_shop(public_id: UUID) -> Shop:
    """Return the shop with this id, for staff.

    :raise NotFoundError: when there is none.
    """
    shop = db.session.scalars(select(Shop).where(Shop.public_id == str(public_id))).one_or_none()
    if shop is None:
        raise NotFoundError("shop")
    return shop


def users_of(shop_id: int) -> Sequence[User]:
    """Return as whom the shop can be looked at."""
    return db.session.scalars(_users(shop_id).order_by(Membership.id)).all()


def _users(shop_id: int) -> Select[User]:
    return (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.shop_id == shop_id, User.is_active.is_(True), User.is_staff.is_(False))
    )


def start(staff: User, shop: Shop, user_public_id: str, reason: str, code: str) -> str | None:
    """Begin to look at the shop as one of its users; return the public id, None when the code is wrong.

    :raise RefusedError: when this is not to be, whatever the code.
    """
    user = db.session.scalars(_users(shop.id).where(User.public_id == user_public_id)).one_or_none()
    with transaction() as session:
        end(Impersonation.staff_id == staff.id, Impersonation.expires_at <= clock.now(), ending=Ending.EXPIRED)
        current = session.get_one(Shop, shop.id, populate_existing=True)
        refusal = _refusal(staff, current, user)
        if refusal is not None:
            _record_refusal(staff, shop, refusal)
    if refusal is not None or user is None:
        raise RefusedError(refusal or Refusal.USER)
    return _begin(staff, shop, user, mask(reason)) if two_factor.confirm(staff, code) else None


def _refusal(staff: User, shop: Shop, user: User | None) -> Refusal | None:
    if not is_able(staff):
        return Refusal.SECOND_FACTOR
    if not shop.is_support_allowed:
        return Refusal.SUPPORT
    if user is None or user.id == staff.id:
        return Refusal.USER
    return Refusal.RUNNING if running_of(staff) is not None else None


def running_of(staff: User) -> Shop | None:
    """Return where this member of staff looks in at this moment, in any browser."""
    return db.session.scalars(
        select(Shop)
        .join(Impersonation, Impersonation.shop_id == Shop.id)
        .where(
            Impersonation.staff_id == staff.id, Impersonation.ended_at.is_(None), Impersonation.expires_at > clock.now()
        )
    ).first()


def _begin(staff: User, shop: Shop, user: User, reason: str) -> str:
    now = clock.now()
    values = {"staff_id": staff.id, "user_id": user.id, "shop_id": shop.id, "reason": reason}
    with transaction() as session:
        public_id = session.scalar(
            insert(Impersonation)
            .values(started_at=now, expires_at=now + LIFETIME, **values)
            .on_conflict_do_nothing()
            .returning(Impersonation.public_id)
        )
        if public_id is None:
            _record_refusal(staff, shop, Refusal.RUNNING)
        else:
            facts = {"reason": reason, "impersonation": public_id}
            audit.record("impersonation_started", shop_id=shop.id, user_id=user.id, staff_id=staff.id, facts=facts)
            _tell_owners(shop, staff, user, reason, public_id)
    if public_id is None:
        raise RefusedError(Refusal.RUNNING)
    return str(public_id)


def _record_refusal(staff: User, shop: Shop, refusal: Refusal) -> None:
    facts = {"refusal": refusal.value}
    audit.record("impersonation_refused", shop_id=shop.id, staff_id=staff.id, facts=facts)


def _tell_owners(shop: Shop, staff: User, user: User, reason: str, public_id: str) -> None:
    for to in notifications.owners_of(shop):
        notifications.write_mail(
            "support_looks", f"impersonation:{public_id}", to,
            lambda: letters.support_looks(shop, staff, user, reason), shop=shop,
        )  # fmt: skip


def raise_to_writing(found: Impersonated, reason: str, code: str) -> bool:
    """Allow changes until the impersonation ends; return whether the code was right. Raised already is fine."""
    if not two_factor.confirm(found.staff, code):
        return False
    now, reason = clock.now(), mask(reason)
    with transaction() as session:
        raised = session.execute(
            update(Impersonation)
            .where(
                Impersonation.id == found.id,
                Impersonation.ended_at.is_(None),
                Impersonation.expires_at > now,
                Impersonation.raised_at.is_(None),
            )
            .values(raised_at=now, raised_reason=reason)
            .returning(Impersonation.id)
        )
        if raised.first() is not None:
            audit.record("impersonation_raised", shop_id=found.shop_id, facts={"reason": reason})
    return True


def record_refused(found: Impersonated, endpoint: str) -> None:
    """Note that something was tried that may not be done while acting as somebody else."""
    with transaction():
        audit.record("impersonation_refused", shop_id=found.shop_id, facts={"page": endpoint})


def finish(public_id: str, ending: Ending) -> None:
    """End an impersonation; one that is over already stays as it ended."""
    with transaction():
        end(Impersonation.public_id == public_id, ending=ending)


def stop(staff: User) -> None:
    """End what this member of staff has running, in whatever browser."""
    with transaction():
        end(Impersonation.staff_id == staff.id, ending=Ending.STOPPED)


def close_expired() -> int:
    """End what nobody came back to after its time, so that the customer sees that it ended."""
    with transaction():
        return end(Impersonation.expires_at <= clock.now(), ending=Ending.EXPIRED)


def end(*which: ColumnElement[bool], ending: Ending) -> int:
    """End the running ones among these, in the caller's transaction; each is recorded once."""
    now = literal(clock.now(), UtcDateTime)
    ended_at = case((Impersonation.expires_at < now, Impersonation.expires_at), else_=now)
    rows = db.session.execute(
        update(Impersonation)
        .where(and_(*which), Impersonation.ended_at.is_(None))
        .values(ended_at=ended_at, ending=ending.value)
        .returning(Impersonation.public_id, Impersonation.shop_id, Impersonation.user_id, Impersonation.staff_id)
        .execution_options(synchronize_session=False)
    ).all()
    for public_id, shop_id, user_id, staff_id in rows:
        facts = {"ending": ending.value, "impersonation": public_id}
        audit.record("impersonation_ended", shop_id=shop_id, user_id=user_id, staff_id=staff_id, facts=facts)
    return len(rows)
