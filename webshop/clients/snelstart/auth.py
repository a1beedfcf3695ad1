"""SnelStart's token endpoint: from a customer's key to an access token of an hour.

https://b2bapi-developer.snelstart.nl/ (Authenticatie)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from webshop.clients.http import HttpAnswer, HttpClient, retry_after_seconds
from webshop.exceptions import (
    ReconnectRequiredError,
    RejectedError,
    RemoteError,
    RetryableRemoteError,
    ThrottledError,
)

_OPERATION = "token"
_TOKEN_LIMIT = 16_384
_LIFETIME_SECONDS = 3_599


@dataclass(frozen=True)
class SnelStartToken:
    access_token: str = field(repr=False)
    expires_at: datetime


class SnelStartAuth:
    def __init__(self, *, http: HttpClient, token_url: str, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._token_url = token_url
        self._clock = clock

    def token(self, key: str) -> SnelStartToken:
        """Raise ReconnectRequiredError when SnelStart does not know the key (any more)."""
        asked_at = self._clock()
        form = {"grant_type": "clientkey", "clientkey": key}
        answer = self._http.send("POST", self._token_url, operation=_OPERATION, form=form)
        if not answer.is_success:
            raise self._error_of(answer)
        return self._read_token(answer, asked_at)

    def _read_token(self, answer: HttpAnswer, asked_at: datetime) -> SnelStartToken:
        try:
            document = answer.json()
        except ValueError:
            document = None
        members: dict[str, Any] = document if isinstance(document, dict) else {}
        token: Any = members.get("access_token")
        lifetime = members.get("expires_in")
        is_usable = isinstance(token, str) and token.isascii() and token.isprintable()
        if not is_usable or not 0 < len(token) <= _TOKEN_LIMIT:
            raise RetryableRemoteError(
                "the answer holds no usable token", code="UNREADABLE_ANSWER", **self._facts(answer)
            )
        seconds = lifetime if type(lifetime) is int and 0 < lifetime <= _LIFETIME_SECONDS else _LIFETIME_SECONDS
        return SnelStartToken(token, asked_at + timedelta(seconds=seconds))

    def _error_of(self, answer: HttpAnswer) -> RemoteError:
        facts = self._facts(answer)
        if answer.status == 429:
            return ThrottledError("too many requests", retry_after=retry_after_seconds(answer), **facts)
        if answer.status >= 500 or answer.status == 408:
            return RetryableRemoteError("SnelStart's login is out of order", **facts)
        if answer.status in (400, 401):
            return ReconnectRequiredError("SnelStart does not accept the key", **facts)
        return RejectedError("SnelStart's login refuses the request", **facts)

    def _facts(self, answer: HttpAnswer) -> dict[str, Any]:
        return {
            "remote": self._http.remote,
            "operation": _OPERATION,
            "status": answer.status,
            "request_id": answer.request_id,
        }
