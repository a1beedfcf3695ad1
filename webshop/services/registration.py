"""From a trial that is asked for to the first login.

For an address that has an account already the answer is the same and the mail another one: nobody
learns who our customers are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webshop.domain.periods import local_date
from webshop.exceptions import NotFoundError
from webshop.extensions import clock, db, transaction
from webshop.models import AccountLink, LinkPurpose, Membership, Shop, User
from webshop.services import account_links, accounts, audit, letters, notifications, onboarding

TRIAL_DAYS = 30
MARKETPLACE = "A1805IZSGTT6HS"
"""Amazon.nl, until the setup asks."""


@dataclass(frozen=True)
class SignUp:
    """What the form of a trial asks for."""

    company: str
    email: str
    kvk_number: str = ""
    vat_number: str = ""
    locale: str = "nl"


def sign_up(wish: SignUp) -> None:
    """Make a user with a shop on trial and mail the installation link; a known address gets another mail."""
    accounts.spend_a_hash()
    try:
        _sign_up(wish)
    except IntegrityError:
        # The same form twice at the same moment: by now the address is known.
        _sign_up(wish)


def _sign_up(wish: SignUp) -> None:
    with transaction():
        user = accounts.find_by_email(wish.email)
        if user is None:
            user = onboarding.create_user(wish.email)
            user.locale = wish.locale
            _add_trial(user, wish)
        if user.password_hash is None:
            mail_installation(user)
        elif user.is_active:
            _mail_account_exists(user)


def _add_trial(user: User, wish: SignUp) -> Shop:
    shop = onboarding.create_shop(wish.company, MARKETPLACE, user)
    shop.kvk_number, shop.vat_number = wish.kvk_number, wish.vat_number
    shop.active_until = local_date(clock.now()) + timedelta(days=TRIAL_DAYS)
    audit.record("trial_started", shop_id=shop.id, user_id=user.id, facts={"until": shop.active_until.isoformat()})
    return shop


def _mail_account_exists(user: User) -> None:
    # Once an hour at most: whoever fills in somebody's address again and again sends one mail.
    cause = f"account-exists:{user.id}:{clock.now():%Y%m%d%H}"
    notifications.write_mail("account_exists", cause, notifications.recipient(user), letters.account_exists)


def send_installation_link(email: str) -> None:
    """Mail the link anew to somebody who has not installed yet; for anybody else do nothing that shows."""
    with transaction():
        user = accounts.find_by_email(email)
        if user is not None and user.is_active and user.password_hash is None:
            mail_installation(user)


def mail_installation(user: User) -> None:
    """Mail the link with which a user sets the first password; part of the caller's transaction."""
    shop = first_shop(user)
    company = shop.name if shop else ""
    token = account_links.create(LinkPurpose.INSTALL, user.email, user_id=user.id)
    cause = f"install:{account_links.digest(token)[:16]}"
    to = notifications.recipient(user)
    notifications.write_mail("install", cause, to, lambda: letters.installation(company, token), shop=shop)


def first_shop(user: User) -> Shop | None:
    return db.session.scalars(
        select(Shop)
        .join(Membership, Membership.shop_id == Shop.id)
        .where(Membership.user_id == user.id)
        .order_by(Shop.id)
        .limit(1)
    ).first()


def user_of(link: AccountLink) -> User | None:
    """Return the user a link was made for, unless the address or the account changed since."""
    user = db.session.get(User, link.user_id) if link.user_id else None
    return user if user is not None and user.is_active and user.email == link.email else None


def install(token: str, password: str) -> User:
    """Set the first password by the installation link and return the user, who is now to be logged in.

    :raise NotFoundError: when the link does not work any more, or the user has a password already.
    """
    password_hash = accounts.hash_password(password)
    with transaction() as session:
        link = account_links.use(token, LinkPurpose.INSTALL)
        user = session.get_one(User, link.user_id, with_for_update=True, populate_existing=True)
        if user.password_hash is not None or not user.is_active or user.email != link.email:
            raise NotFoundError("link")
        accounts.store_password(user, password_hash)
        user.last_login_at = clock.now()
        audit.record("installed", user_id=user.id)
    return user
