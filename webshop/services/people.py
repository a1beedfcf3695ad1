"""Who takes part in a shop: invite, change what somebody may, take out, leave.

A shop always has an owner. Whoever changes that holds the shop's row, so that two owners who remove
each other at the same moment do not both succeed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from webshop.exceptions import ConflictError, NotAllowedError, NotFoundError
from webshop.extensions import clock, db, transaction
from webshop.models import AccountLink, LinkPurpose, Membership, Role, Shop, User
from webshop.services import account_links, accounts, audit, letters, notifications, onboarding
from webshop.services.access import Tenant

MOST_OPEN_INVITATIONS = 20


class LastOwnerError(ConflictError):
    """A shop without an owner could not be managed by anybody."""


@dataclass(frozen=True)
class Person:
    public_id: str
    name: str
    email: str
    role: str
    is_two_factor_on: bool
    has_password: bool
    """False until the installation link was used."""


def check_owner(tenant: Tenant) -> None:
    """Refuse what only an owner may do.

    :raise NotAllowedError: for anybody else.
    """
    if tenant.role is not Role.OWNER:
        raise NotAllowedError("only an owner may do this")


def people_of(shop_id: int) -> Sequence[Person]:
    """Return who takes part, in the order in which they came."""
    rows = db.session.execute(
        select(
            User.public_id,
            User.name,
            User.email,
            Membership.role,
            User.is_totp_on,
            User.password_hash.is_not(None),
        )
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.shop_id == shop_id)
        .order_by(Membership.id)
    )
    return [Person(*row) for row in rows]


def open_invitations(shop_id: int) -> Sequence[AccountLink]:
    return db.session.scalars(
        select(AccountLink)
        .where(
            AccountLink.shop_id == shop_id,
            AccountLink.purpose == LinkPurpose.INVITE.value,
            AccountLink.used_at.is_(None),
            AccountLink.expires_at > clock.now(),
        )
        .order_by(AccountLink.id)
        .limit(MOST_OPEN_INVITATIONS)
    ).all()


def invite(shop: Shop, inviter: User, email: str, role: Role, locale: str) -> None:
    """Mail an invitation; a second one to the same address replaces the first.

    :raise ConflictError: when this person takes part already, or too many invitations are open.
    """
    email = accounts.normalise_email(email)
    with transaction():
        user = accounts.find_by_email(email)
        if user is not None and _membership(shop.id, user.id) is not None:
            raise ConflictError("member")
        if len(open_invitations(shop.id)) >= MOST_OPEN_INVITATIONS:
            raise ConflictError("full")
        token = account_links.create(
            LinkPurpose.INVITE,
            email,
            user_id=user.id if user else None,
            shop_id=shop.id,
            role=role.value,
            created_by=inviter.id,
        )
        to = notifications.Recipient(email, user.locale if user else locale)
        cause = f"invite:{account_links.digest(token)[:16]}"
        notifications.write_mail(
            "invite", cause, to, lambda: letters.invitation(shop, inviter, role.value, token), shop=shop
        )
        audit.record("person_invited", shop_id=shop.id, user_id=inviter.id, facts={"role": role.value})


def withdraw_invitation(shop: Shop, by: User, email: str) -> None:
    """Make an invitation worthless; one that is gone already is no trouble."""
    with transaction():
        if account_links.withdraw(LinkPurpose.INVITE, accounts.normalise_email(email), shop_id=shop.id):
            audit.record("invitation_withdrawn", shop_id=shop.id, user_id=by.id)


def accept(token: str, user: User) -> Shop:
    """Let a user with an account join by the invitation that was mailed to that account's address.

    :raise NotFoundError: when the invitation does not work, or is somebody else's.
    """
    with transaction() as session:
        link = account_links.use(token, LinkPurpose.INVITE)
        if link.email != user.email:
            raise NotFoundError("link")
        shop = session.get_one(Shop, link.shop_id)
        _join(shop, user, link)
    return shop


def accept_as_newcomer(token: str, name: str, password: str, locale: str) -> tuple[User, Shop]:
    """Make an account by an invitation and join; return the user, who is now to be logged in.

    :raise NotFoundError: when the invitation does not work.
    :raise ConflictError: when there is an account meanwhile.
    """
    password_hash = accounts.hash_password(password)
    with transaction() as session:
        link = account_links.use(token, LinkPurpose.INVITE)
        user = accounts.find_by_email(link.email)
        if user is not None and user.password_hash is not None:
            raise ConflictError("there is an account already")
        user = user or onboarding.create_user(link.email)
        user.name, user.locale, user.password_hash, user.last_login_at = name, locale, password_hash, clock.now()
        shop = session.get_one(Shop, link.shop_id)
        _join(shop, user, link)
    return user, shop


def _join(shop: Shop, user: User, link: AccountLink) -> None:
    if _membership(shop.id, user.id) is None:
        onboarding.add_member(shop, user, Role(link.role or Role.ACCOUNTANT))
        audit.record("person_joined", shop_id=shop.id, user_id=user.id, facts={"role": link.role})


def change_role(shop: Shop, by: User, public_id: str, role: Role) -> None:
    """Change what somebody may.

    :raise NotFoundError: when this person does not take part.
    :raise LastOwnerError: when nobody else is owner.
    """
    with transaction():
        membership = _locked_membership(shop, public_id)
        if membership.role == role.value:
            return
        _keep_an_owner(membership)
        facts = {"person": membership.user_id, "old": membership.role, "new": role.value}
        membership.role = role.value
        audit.record("role_changed", shop_id=shop.id, user_id=by.id, facts=facts)


def remove(shop: Shop, by: User, public_id: str) -> None:
    """Take somebody out, or oneself; the next request of that person finds no shop.

    :raise NotFoundError: when this person does not take part.
    :raise LastOwnerError: when nobody else is owner.
    """
    with transaction() as session:
        membership = _locked_membership(shop, public_id)
        _keep_an_owner(membership)
        facts = {"person": membership.user_id, "role": membership.role}
        session.delete(membership)
        action = "person_left" if membership.user_id == by.id else "person_removed"
        audit.record(action, shop_id=shop.id, user_id=by.id, facts=facts)


def _membership(shop_id: int, user_id: int) -> Membership | None:
    return db.session.scalars(
        select(Membership).where(Membership.shop_id == shop_id, Membership.user_id == user_id)
    ).one_or_none()


def _locked_membership(shop: Shop, public_id: str) -> Membership:
    db.session.execute(select(Shop.id).where(Shop.id == shop.id).with_for_update(key_share=True))
    membership = db.session.scalars(
        select(Membership)
        .join(User, User.id == Membership.user_id)
        .where(Membership.shop_id == shop.id, User.public_id == public_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if membership is None:
        raise NotFoundError("person")
    return membership


def _keep_an_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER.value:
        return
    others = db.session.scalar(
        select(func.count())
        .select_from(Membership)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.shop_id == membership.shop_id,
            Membership.role == Role.OWNER.value,
            Membership.id != membership.id,
            User.is_active.is_(True),
        )
    )
    if not others:
        raise LastOwnerError("the last owner cannot go")
