"""Codes of an authenticator app: RFC 6238 on HMAC-SHA1, six digits, thirty seconds.

SHA-1 because every app knows it; as a keyed hash it is not weak.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote

STEP_SECONDS = 30
DIGITS = 6
DRIFT = 1
"""How many steps a clock may be off, either way."""


def new_secret() -> str:
    """Return a fresh key of 160 bits in base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int, digits: int = DIGITS) -> str:
    """Return the code of a time step."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_of(code: str, secret: str, seconds: int, *, after: int = -1) -> int | None:
    """Return the time step a code belongs to, None when it fits none around `seconds` later than step `after`.

    All steps are compared, in a time that does not depend on the code.
    """
    now = seconds // STEP_SECONDS
    found = None
    for step in range(max(now - DRIFT, 0), now + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode("utf-8", "replace")) and step > after:
            found = step
    return found


def link(secret: str, account: str, issuer: str) -> str:
    """Return the address that authenticator apps open."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer, safe='')}"
