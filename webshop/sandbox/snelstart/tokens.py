"""The token host: exchange a koppelsleutel for a bearer token, and tell whose a token is."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from webshop.sandbox.core import World
from webshop.sandbox.snelstart.books import ADMINISTRATIONS, COUNTERS
from webshop.sandbox.snelstart.calls import Answer, Call

TOKENS = "snelstart.tokens"
LIFETIME_SECONDS = 3599
EVERY_SCOPE = (
    "artikelen:read artikelen:write bankieren:* boekhouden:* documenten:* kas:* memoriaal:* orders:*"
    " rapportage relaties:* settings:*"
)


def unknown_key() -> Answer:
    return Answer(400, {"error": "GrantType clientkey was found. Parameter clientkey does not contain a valid value"})


class TokenHost:
    """Hand out and check bearer tokens; a token dies with its key."""

    def __init__(self, world: World) -> None:
        self._world = world

    def exchange(self, call: Call) -> Answer:
        """Answer POST /b2b/token."""
        if call.method != "POST":
            return Answer(405, {"Message": f"The requested resource does not support http method '{call.method}'."})
        if call.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
            return Answer(400, {"error": "invalid_request"})
        form = parse_qs(call.body.decode("utf-8", "replace"), keep_blank_values=True)
        if form.get("grant_type") != ["clientkey"]:
            return Answer(400, {"error": "unsupported_grant_type"})
        keys = form.get("clientkey", [""])
        administration = self._administration_of(keys[0]) if len(keys) == 1 else None
        if administration is None:
            return unknown_key()
        return Answer(
            200,
            {
                "access_token": self._mint(administration),
                "token_type": "bearer",
                "expires_in": LIFETIME_SECONDS,
            },
        )

    def holder(self, token: str) -> dict[str, Any] | None:
        """Return {administration, scopes} of a token that is valid now."""
        record = self._world.store.get(TOKENS, token)
        if record is None or self._world.clock() >= datetime.fromisoformat(record["expires_at"]):
            return None
        administration = self._world.store.get(ADMINISTRATIONS, record["administration"])
        return None if administration is None or administration["revoked"] else record

    def expire(self, token: str) -> None:
        self._world.store.delete(TOKENS, token)

    def _administration_of(self, key: str) -> dict[str, Any] | None:
        for administration in self._world.store.all(ADMINISTRATIONS):
            if administration["key"] == key and not administration["revoked"]:
                return administration
        return None

    def _mint(self, administration: dict[str, Any]) -> str:
        now = self._world.clock()
        self._forget_expired(now)
        expires_at = now + timedelta(seconds=LIFETIME_SECONDS)
        counter = self._world.store.get(COUNTERS, TOKENS) or {"value": 0}
        self._world.store.put(COUNTERS, TOKENS, {"value": counter["value"] + 1})
        claims = {
            "sub": administration["id"],
            "scopes": administration["scopes"],
            "exp": int(expires_at.timestamp()),
            "jti": counter["value"],
        }
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        token = f"{signed}.{_base64(hashlib.sha256(signed.encode()).digest())}"
        self._world.store.put(
            TOKENS,
            token,
            {
                "token": token,
                "administration": administration["id"],
                "scopes": administration["scopes"].split(),
                "expires_at": expires_at.isoformat(),
            },
        )
        return token

    def _forget_expired(self, now: datetime) -> None:
        for record in self._world.store.all(TOKENS):
            if datetime.fromisoformat(record["expires_at"]) <= now:
                self._world.store.delete(TOKENS, record["token"])


def _part(content: dict[str, Any]) -> str:
    return _base64(json.dumps(content, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
