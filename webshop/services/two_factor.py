"""The second factor: codes of an authenticator app, and recovery codes for the day the telephone is gone."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

from webshop.domain import totp
from webshop.exceptions import ConflictError, NotAllowedError
from webshop.extensions import clock, transaction, vault
from webshop.models import User
from webshop.services import accounts, audit, notifications

ISSUER = "Koppeling Amazon-SnelStart"
RECOVERY_CODES = 10
RECOVERY_BYTES = 15
"""120 bits: enough that a plain digest cannot be guessed back."""
_GROUP = 4


def is_asked_of(user: User) -> bool:
    """Return whether the password alone does not let this user in."""
    return user.is_totp_on or user.is_staff


def begin(user: User) -> None:
    """Make a new key for the user's app; it counts once a code of it was shown.

    :raise ConflictError: when the second factor is on already.
    """
    with transaction() as session:
        current = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
        if current.is_totp_on:
            raise ConflictError("the second factor is on already")
        current.sealed_totp_secret = vault().seal(totp.new_secret(), bound_to=place_of(user.id))


def pending_secret(user: User) -> str | None:
    """Return the key that is being set up; None when none is, or when it is in use: then nobody sees it again."""
    return None if user.is_totp_on else _secret(user)


def app_link(user: User, secret: str) -> str:
    return totp.link(secret, user.email, ISSUER)


def grouped(text: str) -> str:
    """Write a key in groups of four, as people copy it."""
    return " ".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def switch_on(user: User, code: str) -> tuple[User, list[str]] | None:
    """Switch on by a first code; return the user and the recovery codes, which are never shown again.

    Every session ends: one that somebody else has was opened without the second factor.
    """
    with transaction() as session:
        current = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
        secret = pending_secret(current)
        step = _step(current, secret, code) if secret else None
        if step is None:
            return None
        codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
        current.is_totp_on, current.totp_last_step = True, step
        current.recovery_digests = [_digest(current, code) for code in codes]
        current.session_number += 1
        audit.record("two_factor_on", user_id=current.id)
        notifications.account_changed(current, "two_factor_on")
    return current, codes


def check(user: User, code: str) -> bool:
    """Return whether a code of the app or a recovery code is right, and use it up."""
    with transaction() as session:
        current = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
        secret = _secret(current) if current.is_totp_on else None
        step = _step(current, secret, code) if secret else None
        digest = _digest(current, code)
        if step is not None:
            current.totp_last_step = step
        elif secret and digest in current.recovery_digests:
            current.recovery_digests = [kept for kept in current.recovery_digests if kept != digest]
            audit.record("recovery_code_used", user_id=user.id, facts={"left": len(current.recovery_digests)})
        else:
            audit.record("second_factor_refused", user_id=user.id)
            return False
        audit.record("logged_in", user_id=user.id)
    return True


def confirm(user: User, code: str) -> bool:
    """Return whether a code of the app is right, and use it up: for what a session alone is not enough."""
    with transaction() as session:
        current = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
        secret = _secret(current) if current.is_totp_on else None
        step = _step(current, secret, code) if secret else None
        if step is None:
            audit.record("second_factor_refused", user_id=user.id)
            return False
        current.totp_last_step = step
        audit.record("second_factor_confirmed", user_id=user.id)
    return True


def switch_off(user: User, password: str) -> bool:
    """Switch off for who knows the password; return whether it was right.

    :raise NotAllowedError: for staff, who cannot do without.
    """
    if user.is_staff:
        raise NotAllowedError("staff need a second factor")
    if not accounts.is_password_of(user, password):
        return False
    with transaction() as session:
        current = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
        current.is_totp_on, current.sealed_totp_secret, current.recovery_digests = False, None, []
        audit.record("two_factor_off", user_id=user.id)
        notifications.account_changed(current, "two_factor_off")
    return True


def _step(user: User, secret: str, code: str) -> int | None:
    after = -1 if user.totp_last_step is None else user.totp_last_step
    return totp.step_of(re.sub(r"\s", "", code), secret, int(clock.now().timestamp()), after=after)


def _secret(user: User) -> str | None:
    return vault().open(user.sealed_totp_secret, bound_to=place_of(user.id)) if user.sealed_totp_secret else None


def place_of(user_id: int) -> str:
    """Return what the key of a user is bound to."""
    return f"user:{user_id}:totp"


def _new_recovery_code() -> str:
    code = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def _digest(user: User, code: str) -> str:
    plain = re.sub(r"[\s-]", "", code).upper()
    return hashlib.sha256(f"{user.id}:{plain}".encode("utf-8", "surrogatepass")).hexdigest()
