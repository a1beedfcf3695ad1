"""Passwords and logging in.

A wrong password, an unknown e-mail address and a closed account look and take the same.
"""

from __future__ import annotations

import threading
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update

from webshop.extensions import clock, db, settings, transaction
from webshop.models import User
from webshop.services import audit

EMAIL_LIMIT = 254
PASSWORD_LIMIT = 1024
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
        return None
    values: dict[str, object] = {"last_login_at": clock.now()}
    if _hasher(settings().password_hash_memory_kib).check_needs_rehash(user.password_hash or ""):
        values["password_hash"] = hash_password(password)
    with transaction() as session:
        session.execute(update(User).where(User.id == user.id).values(**values))
        audit.record("logged_in", user_id=user.id)
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


def normalise_email(email: str) -> str:
    return email.strip().lower()


def _is_password(password_hash: str | None, password: str) -> bool:
    """Compare; without a hash spend the same time on one that fits no password."""
    memory_kib = settings().password_hash_memory_kib
    if len(password) > PASSWORD_LIMIT:
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
