"""Make and use the links that are mailed: each works once, for a while, for one address.

Looking at the page behind a link uses nothing up, so a mail program that opens every link does no harm.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import select, update

from webshop.exceptions import NotFoundError
from webshop.extensions import clock, db
from webshop.models import AccountLink, LinkPurpose

LIFETIMES = {
    LinkPurpose.INSTALL: timedelta(days=14),
    LinkPurpose.RESET: timedelta(minutes=15),
    LinkPurpose.INVITE: timedelta(days=7),
    LinkPurpose.EMAIL: timedelta(days=7),
}


def create(
    purpose: LinkPurpose,
    email: str,
    *,
    user_id: int | None = None,
    shop_id: int | None = None,
    role: str | None = None,
    created_by: int | None = None,
) -> str:
    """Add a link in the caller's transaction and return its token; earlier ones for the same end here."""
    withdraw(purpose, email, shop_id=shop_id)
    token, now = secrets.token_urlsafe(32), clock.now()
    db.session.add(
        AccountLink(
            purpose=purpose.value,
            token_digest=digest(token),
            email=email,
            user_id=user_id,
            shop_id=shop_id,
            role=role,
            created_by=created_by,
            created_at=now,
            expires_at=now + LIFETIMES[purpose],
        )
    )
    return token


def withdraw(purpose: LinkPurpose, email: str, *, shop_id: int | None = None) -> bool:
    """Make the open links of this purpose worthless, in the caller's transaction; return whether there were any."""
    of_shop = AccountLink.shop_id.is_(None) if shop_id is None else AccountLink.shop_id == shop_id
    ended = db.session.execute(
        update(AccountLink)
        .where(AccountLink.purpose == purpose.value, AccountLink.email == email, of_shop, AccountLink.used_at.is_(None))
        .values(used_at=clock.now())
        .returning(AccountLink.id)
    )
    return ended.first() is not None


def find(token: str, purpose: LinkPurpose) -> AccountLink | None:
    """Return a link that still works."""
    return db.session.scalars(
        select(AccountLink).where(
            AccountLink.token_digest == digest(token),
            AccountLink.purpose == purpose.value,
            AccountLink.used_at.is_(None),
            AccountLink.expires_at > clock.now(),
        )
    ).one_or_none()


def use(token: str, purpose: LinkPurpose) -> AccountLink:
    """Use a link up, in the caller's transaction: of two who do so at once, one wins.

    :raise NotFoundError: when it does not work any more.
    """
    link = db.session.scalars(
        update(AccountLink)
        .where(
            AccountLink.token_digest == digest(token),
            AccountLink.purpose == purpose.value,
            AccountLink.used_at.is_(None),
            AccountLink.expires_at > clock.now(),
        )
        .values(used_at=clock.now())
        .returning(AccountLink)
    ).one_or_none()
    if link is None:
        raise NotFoundError("link")
    return link


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
