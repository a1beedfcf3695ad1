"""Devices on which somebody logged in before.

Guessing at an account from elsewhere uses up the tries of strangers, never those of the owner.
"""

from __future__ import annotations

import hashlib

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from webshop.extensions import settings
from webshop.services.accounts import normalise_email

ONE_YEAR = 365 * 24 * 3600


def login_key() -> str:
    """Return whose tries this login counts for: the account's on this device, or the account's from elsewhere."""
    email = normalise_email(request.form.get("email", ""))
    return f"{_digest(email)}:{'known' if _is_known(email) else 'elsewhere'}"


def remember(response: Response, email: str) -> None:
    response.set_cookie(
        _name(), _signer().dumps(_digest(email)), ONE_YEAR, secure=settings().is_https, httponly=True, samesite="Lax"
    )


def _is_known(email: str) -> bool:
    try:
        return bool(_signer().loads(request.cookies.get(_name(), ""), max_age=ONE_YEAR) == _digest(email))
    except BadSignature:
        return False


def _name() -> str:
    return "__Host-device" if settings().is_https else "device"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="known-device")


def _digest(email: str) -> str:
    return hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()[:32]
