"""The one way from an address to a shop: what is not there and what is not yours look the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, and_, exists, func, literal, select
from sqlalchemy.orm import aliased

from webshop.domain.periods import local_date
from webshop.exceptions import NotAllowedError, NotFoundError
from webshop.extensions import clock, db
from webshop.models import (
    Connection,
    DailyTotal,
    InstallerGrant,
    Membership,
    Order,
    OrderState,
    Posting,
    Purpose,
    RecoveryEpoch,
    Remote,
    Role,
    Schedule,
    Shop,
    SubscriptionGap,
    User,
)
from webshop.services import acting


@dataclass(frozen=True)
class Tenant:
    """A shop as one user sees it, with what every page of it shows."""

    shop: Shop
    role: Role
    schedule: Schedule
    amazon: Connection | None
    snelstart: Connection | None
    open: int
    errors: int
    unknown: int
    is_recovering: bool
    """Whether nothing is booked until SnelStart was read again, after a restore of a backup."""
    is_gap_undecided: bool = False
    """Whether orders of a time without a subscription wait for the owner's choice."""
    is_installer: bool = False
    """Whether the user is staff whom the owner let into the setup, and into nothing else."""

    @property
    def may_write(self) -> bool:
        return self.role is not Role.ACCOUNTANT

    @property
    def days_left(self) -> int | None:
        """How many days the shop is still active, today included; None when there is no end."""
        last_day = self.shop.active_until
        return None if last_day is None else max((last_day - local_date(clock.now())).days + 1, 0)

    @property
    def is_paused(self) -> bool:
        return self.shop.paused_until is not None and self.shop.paused_until > clock.now()


def find_shop(user: User, public_id: UUID, *, writes: bool) -> Tenant:
    """Return the shop with this public id, in one statement.

    :raise NotFoundError: when there is no such shop, or the user has no part in it.
    :raise NotAllowedError: when `writes` is asked for and the user may only look.
    """
    is_mine = and_(Membership.shop_id == Shop.id, Membership.user_id == user.id)
    tenant = _load(public_id, select(Membership.role).where(is_mine).correlate(Shop).scalar_subquery())
    if writes and not tenant.may_write:
        raise NotAllowedError("this user may only look")
    return tenant


def find_shop_to_install(user: User, public_id: UUID) -> Tenant:
    """Return the shop for its setup: as find_shop does, and for staff while the owner lets them in.

    :raise NotFoundError: when there is no such shop, or the user may not install it.
    :raise NotAllowedError: when the user may only look.
    """
    if not (user.is_staff and user.is_totp_on):
        return find_shop(user, public_id, writes=True)
    is_let_in = (
        select(literal(Role.MEMBER.value))
        .where(
            InstallerGrant.shop_id == Shop.id,
            InstallerGrant.revoked_at.is_(None),
            InstallerGrant.expires_at > clock.now(),
        )
        .limit(1)
    )
    return replace(_load(public_id, is_let_in.correlate(Shop).scalar_subquery()), is_installer=True)


def _load(public_id: UUID, role_there: ScalarSelect[str]) -> Tenant:
    amazon, snelstart = aliased(Connection), aliased(Connection)
    row = db.session.execute(
        select(
            Shop,
            role_there,
            Schedule,
            amazon,
            snelstart,
            *(_count(state) for state in (OrderState.OPEN, OrderState.ERROR, OrderState.UNKNOWN)),
            exists().where(RecoveryEpoch.administration_id == snelstart.account_id, RecoveryEpoch.closed_at.is_(None)),
            exists().where(SubscriptionGap.shop_id == Shop.id, SubscriptionGap.choice.is_(None)),
        )
        .join(Schedule, Schedule.shop_id == Shop.id)
        .outerjoin(amazon, and_(amazon.shop_id == Shop.id, amazon.remote == Remote.AMAZON.value))
        .outerjoin(snelstart, and_(snelstart.shop_id == Shop.id, snelstart.remote == Remote.SNELSTART.value))
        .where(Shop.public_id == str(public_id), Shop.deleted_at.is_(None), role_there.is_not(None))
    ).one_or_none()
    on_behalf = acting.current()
    if row is None or (on_behalf and row[0].id != on_behalf.shop_id):
        raise NotFoundError("shop")
    shop, role, schedule, amazon_row, snelstart_row, *counts, is_recovering, is_gap_undecided = row
    opened, errors, unknown = (int(number or 0) for number in counts)
    found = (shop, Role(role), schedule, amazon_row, snelstart_row)
    return Tenant(
        *found,
        open=opened,
        errors=errors,
        unknown=unknown,
        is_recovering=bool(is_recovering),
        is_gap_undecided=bool(is_gap_undecided),
    )


def _count(state: OrderState) -> ScalarSelect[Any]:
    return (
        select(func.sum(DailyTotal.orders))
        .where(DailyTotal.shop_id == Shop.id, DailyTotal.state == state.value)
        .correlate(Shop)
        .scalar_subquery()
    )


def find_order(tenant: Tenant, public_id: UUID) -> tuple[Order, Posting | None]:
    """Return an order of this shop with the posting of its sale.

    :raise NotFoundError: when the shop has no such order.
    """
    row = db.session.execute(
        select(Order, Posting)
        .outerjoin(Posting, and_(Posting.order_id == Order.id, Posting.purpose == Purpose.SALE.value))
        .where(Order.shop_id == tenant.shop.id, Order.public_id == str(public_id))
    ).first()
    if row is None:
        raise NotFoundError("order")
    order, posting = row
    return order, posting


def shops_to_connect(user: User, seller_id: str) -> list[tuple[Shop, bool]]:
    """Return the shops in which the user may change the connections, those of this seller first."""
    is_same = and_(
        Connection.shop_id == Shop.id, Connection.remote == Remote.AMAZON.value, Connection.account_id == seller_id
    )
    rows = db.session.execute(
        select(Shop, Connection.id)
        .join(Membership, Membership.shop_id == Shop.id)
        .outerjoin(Connection, is_same)
        .where(Membership.user_id == user.id, Membership.role != Role.ACCOUNTANT.value)
        .order_by(Connection.id.is_(None), Shop.name, Shop.id)
    )
    return [(shop, connection_id is not None) for shop, connection_id in rows]


def shops_of(user: User) -> list[Shop]:
    """Return the user's shops by name."""
    return list(
        db.session.scalars(
            select(Shop)
            .join(Membership, Membership.shop_id == Shop.id)
            .where(Membership.user_id == user.id)
            .order_by(Shop.name, Shop.id)
        )
    )
