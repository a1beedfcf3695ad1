"""Passwords and logging in.

A wrong password, an unknown e-mail address and a closed account look and take the same.
"""

from __future__ import annotations

import threading
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update

from webshop.domain.passwords import LARGEST_BYTES, PasswordProblem, find_problem
from webshop.exceptions import NotFoundError
from webshop.extensions import clock, db, settings, transaction
from webshop.models import LinkPurpose, Membership, Shop, User
from webshop.services import account_links, audit, letters, notifications

EMAIL_LIMIT = 254
PASSWORD_LIMIT = LARGEST_BYTES
# Each hash takes tens of megabytes: two at a time is what a small dyno can spare.
_hashing = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    with _hashing:
        return _hasher(settings().password_hash_memory_kib).hash(password)


def log_in(email: str, password: str) -> User | None:
    """Return the user when the password is right and the account is open; note it and keep the hash up to date."""
    email = normalise_email(email)
    with transaction() as session:
        # A NUL is no character of an address, and PostgreSQL refuses to look for it.
        is_sane = len(email) <= EMAIL_LIMIT and "\0" not in email
        user = session.scalars(select(User).where(User.email == email)).one_or_none() if is_sane else None
    is_right = _is_password(user.password_hash if user else None, password)
    if user is None or not is_right or not user.is_active:
        # Also for an address nobody has, without it: the time of the answer must not tell which it was.
        with transaction():
            audit.record("login_refused", user_id=user.id if user else None)
        return None
    values: dict[str, object] = {"last_login_at": clock.now()}
    if _hasher(settings().password_hash_memory_kib).check_needs_rehash(user.password_hash or ""):
        values["password_hash"] = hash_password(password)
    with transaction() as session:
        session.execute(update(User).where(User.id == user.id).values(**values))
        needs_more = user.is_totp_on or user.is_staff
        audit.record("password_accepted" if needs_more else "logged_in", user_id=user.id)
    return user


def find_user(public_id: str, *, session_number: int) -> User | None:
    """Return the user of a session that was not ended, if the account is open."""
    return db.session.scalars(
        select(User).where(User.public_id == public_id, User.session_number == session_number, User.is_active.is_(True))
    ).one_or_none()


def end_sessions(user: User) -> None:
    """End every session of the user, on every device."""
    with transaction() as session:
        session.execute(update(User).where(User.id == user.id).values(session_number=User.session_number + 1))
        audit.record("logged_out", user_id=user.id)


def find_by_email(email: str) -> User | None:
    """Return the user with this address, whatever the state of the account."""
    if len(email) > EMAIL_LIMIT or "\0" in email:
        return None
    return db.session.scalars(select(User).where(User.email == normalise_email(email))).one_or_none()


def password_problem(password: str, user: User) -> PasswordProblem | None:
    """Return why this user may not have this password, None when it is fine."""
    mine = select(Membership.shop_id).where(Membership.user_id == user.id)
    names = db.session.scalars(select(Shop.name).where(Shop.id.in_(mine)).limit(20)).all()
    return find_problem(password, own=(user.email, user.name, *names), is_staff=user.is_staff)


def is_password_of(user: User, password: str) -> bool:
    """Return whether this is the user's password, for what asks for it again."""
    return _is_password(user.password_hash, password)


def store_password(user: User, password_hash: str) -> None:
    """Give a user another password, in the caller's transaction: every session and every open link ends."""
    user.password_hash = password_hash
    user.session_number += 1
    account_links.withdraw(LinkPurpose.RESET, user.email)
    audit.record("password_changed", user_id=user.id)


def change_password(user: User, password: str) -> User:
    """Give a logged-in user another password and return the user, whose sessions have all ended."""
    password_hash = hash_password(password)
    with transaction() as session:
        current = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
        store_password(current, password_hash)
        notifications.account_changed(current, "password")
    return current


def spend_a_hash() -> None:
    """Take the time of a log-in, known address or not, so that the time of an answer tells nothing."""
    _is_password(None, "")


def request_reset(email: str) -> None:
    """Mail a link to set another password; for an address nobody has, do nothing that shows."""
    email = normalise_email(email)
    spend_a_hash()
    with transaction():
        user = find_by_email(email)
        if user is None or not user.is_active or user.password_hash is None:
            return
        token = account_links.create(LinkPurpose.RESET, user.email, user_id=user.id)
        cause = f"reset:{account_links.digest(token)[:16]}"
        notifications.write_mail("reset", cause, notifications.recipient(user), lambda: letters.reset(token))
        audit.record("reset_requested", user_id=user.id)


def reset_password(token: str, password: str) -> None:
    """Set another password by the link that was mailed.

    :raise NotFoundError: when the link does not work any more.
    """
    password_hash = hash_password(password)
    with transaction() as session:
        link = account_links.use(token, LinkPurpose.RESET)
        user = session.get_one(User, link.user_id, with_for_update=True, populate_existing=True)
        if user.email != link.email or not user.is_active:
            raise NotFoundError("link")
        store_password(user, password_hash)
        notifications.account_changed(user, "password")


def normalise_email(email: str) -> str:
    return email.strip().lower()


def _is_password(password_hash: str | None, password: str) -> bool:
    """Compare; without a hash spend the same time on one that fits no password."""
    memory_kib = settings().password_hash_memory_kib
    if len(password) > PASSWORD_LIMIT:  # as many bytes at least
        return False
    try:
        with _hashing:
            _hasher(memory_kib).verify(password_hash or _dummy_hash(memory_kib), password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
    return password_hash is not None


@lru_cache
def _hasher(memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=memory_kib, parallelism=1)


@lru_cache
def _dummy_hash(memory_kib: int) -> str:
    return _hasher(memory_kib).hash("nobody's password")
