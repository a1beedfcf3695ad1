"""Login with Amazon: codes, refresh tokens and access tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from webshop.sandbox.amazon.errors import (
    ACCESS_EXPIRED,
    ACCESS_INVALID,
    CODE_INVALID,
    GRANT_INVALID,
    GRANT_REVOKED,
    access_denied,
    invalid_grant,
)
from webshop.sandbox.amazon.signing import Signer
from webshop.sandbox.core import World

CODE_LIFETIME = timedelta(minutes=5)
ACCESS_TOKEN_LIFETIME = timedelta(hours=1)
AUTHORISATION_LIFETIME = timedelta(days=365)

_CODES = "amazon_codes"
_GRANTS = "amazon_grants"


class Grants:
    def __init__(self, world: World, signer: Signer) -> None:
        self._world = world
        self._signer = signer
        self._issued = 0

    def issue_code(self, seller_id: str, redirect_uri: str) -> str:
        with self._world.store.lock:
            code = "RH" + self._signer.opaque("code", len(self._world.store.all(_CODES)))
            self._world.store.put(
                _CODES,
                code,
                {
                    "seller_id": seller_id,
                    "redirect_uri": redirect_uri,
                    "issued_at": self._world.clock().isoformat(),
                    "used": False,
                },
            )
        return code

    def exchange(self, code: str, redirect_uri: str) -> str:
        """Return a refresh token for a code, which counts once."""
        with self._world.store.lock:
            record = self._world.store.get(_CODES, code)
            if record is None or record["used"] or record["redirect_uri"] != redirect_uri:
                raise invalid_grant(CODE_INVALID)
            if self._age(record) > CODE_LIFETIME:
                raise invalid_grant(CODE_INVALID)
            self._world.store.put(_CODES, code, {**record, "used": True})
            return self.authorise(record["seller_id"])

    def authorise(self, seller_id: str) -> str:
        with self._world.store.lock:
            refresh_token = "Atzr|" + self._signer.opaque("refresh", len(self._world.store.all(_GRANTS)))
            self._world.store.put(
                _GRANTS,
                refresh_token,
                {
                    "refresh_token": refresh_token,
                    "seller_id": seller_id,
                    "issued_at": self._world.clock().isoformat(),
                    "revoked": False,
                },
            )
        return refresh_token

    def revoke(self, seller_id: str) -> None:
        """Withdraw every authorisation of the seller; the access tokens die with it."""
        with self._world.store.lock:
            for record in self._world.store.all(_GRANTS):
                if record["seller_id"] == seller_id:
                    self._world.store.put(_GRANTS, record["refresh_token"], {**record, "revoked": True})

    def refresh(self, refresh_token: str) -> str:
        """Return a fresh access token."""
        record = self._world.store.get(_GRANTS, refresh_token)
        if record is None:
            raise invalid_grant(GRANT_INVALID)
        if not self._is_valid(record):
            raise invalid_grant(GRANT_REVOKED)
        self._issued += 1
        return "Atza|" + self._signer.sign(
            {
                "grant": refresh_token,
                "at": self._world.clock().isoformat(),
                "number": self._issued,
            }
        )

    def seller_of(self, access_token: str) -> str:
        """Return the seller id; raise a 403 when the token is not valid (any more)."""
        payload = self._read(access_token)
        record = self._world.store.get(_GRANTS, payload["grant"]) if payload else None
        if payload is None or record is None or not self._is_valid(record):
            raise access_denied(ACCESS_INVALID)
        if self._world.clock() - datetime.fromisoformat(payload["at"]) >= ACCESS_TOKEN_LIFETIME:
            raise access_denied(ACCESS_EXPIRED)
        seller_id: str = record["seller_id"]
        return seller_id

    def account_of(self, token: str) -> str:
        """Return the seller id behind any token or code, valid or not, for the request log."""
        payload = self._read(token)
        key = payload["grant"] if payload else token
        record = self._world.store.get(_GRANTS, key) or self._world.store.get(_CODES, key)
        return record["seller_id"] if record else ""

    def _read(self, access_token: str) -> dict[str, Any] | None:
        return self._signer.read(access_token.removeprefix("Atza|"))

    def _age(self, record: dict[str, Any]) -> timedelta:
        return self._world.clock() - datetime.fromisoformat(record["issued_at"])

    def _is_valid(self, record: dict[str, Any]) -> bool:
        return not record["revoked"] and self._age(record) < AUTHORISATION_LIFETIME
