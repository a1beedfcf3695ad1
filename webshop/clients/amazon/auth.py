"""Login with Amazon: from a code or a refresh token to an access token.

https://developer-docs.amazon.com/sp-api/docs/website-authorization-workflow
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from webshop.clients.amazon import consent
from webshop.clients.http import HttpAnswer, HttpClient, retry_after_seconds
from webshop.exceptions import (
    PartnerAccessError,
    ReconnectRequiredError,
    RejectedError,
    RemoteError,
    RetryableRemoteError,
    ThrottledError,
)

_OPERATION = "token"
_TOKEN_LIMIT = 4_096
_LIFETIME_SECONDS = 3_600
_TEMPORARY = frozenset({"server_error", "temporarily_unavailable"})
_OUR_CREDENTIALS = frozenset({"invalid_client", "unauthorized_client"})


@dataclass(frozen=True)
class AmazonToken:
    """`refresh_token` is the one to keep from now on; None means: keep the old one."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime


class AmazonAuth:
    def __init__(
        self,
        *,
        http: HttpClient,
        token_url: str,
        client_id: str,
        client_secret: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._http = http
        self._token_url = token_url
        self._credentials = {"client_id": client_id, "client_secret": client_secret}
        self._clock = clock

    def exchange_code(self, code: str, redirect_uri: str) -> AmazonToken:
        """Turn the code of the consent page (5 minutes, once) into tokens."""
        asked_at = self._clock()
        answer = consent.exchange_code(
            self._http,
            self._token_url,
            operation=_OPERATION,
            client=self._credentials,
            code=code,
            redirect_uri=redirect_uri,
        )
        return self._read(answer, asked_at)

    def refresh(self, refresh_token: str) -> AmazonToken:
        """Raise ReconnectRequiredError when the seller withdrew or let lapse the authorization."""
        return self._request({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def _request(self, form: Mapping[str, str]) -> AmazonToken:
        asked_at = self._clock()
        answer = self._http.send("POST", self._token_url, operation=_OPERATION, form={**form, **self._credentials})
        return self._read(answer, asked_at)

    def _read(self, answer: HttpAnswer, asked_at: datetime) -> AmazonToken:
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not answer.is_success:
            raise self._error_of(answer, document)
        return self._read_token(answer, document, asked_at)

    def _read_token(self, answer: HttpAnswer, document: Any, asked_at: datetime) -> AmazonToken:
        members: dict[str, Any] = document if isinstance(document, dict) else {}
        access_token: Any = members.get("access_token")
        refresh_token = members.get("refresh_token")
        lifetime = members.get("expires_in")
        if not _is_token(access_token) or not (refresh_token is None or _is_token(refresh_token)):
            raise RetryableRemoteError(
                "the answer holds no usable token",
                remote=self._http.remote,
                operation=_OPERATION,
                status=answer.status,
                code="UNREADABLE_ANSWER",
                request_id=answer.request_id,
            )
        seconds = lifetime if type(lifetime) is int and 0 < lifetime <= _LIFETIME_SECONDS else _LIFETIME_SECONDS
        return AmazonToken(access_token, refresh_token, asked_at + timedelta(seconds=seconds))

    def _error_of(self, answer: HttpAnswer, document: Any) -> RemoteError:
        error = document.get("error") if isinstance(document, dict) else None
        code = error if isinstance(error, str) and error.isidentifier() else None
        facts: dict[str, Any] = {
            "remote": self._http.remote,
            "operation": _OPERATION,
            "status": answer.status,
            "code": code,
            "request_id": answer.request_id,
        }
        if answer.status == 429:
            return ThrottledError("too many requests", retry_after=retry_after_seconds(answer), **facts)
        if answer.status >= 500 or code in _TEMPORARY:
            return RetryableRemoteError("Login with Amazon is out of order", **facts)
        if code == "invalid_grant":
            return ReconnectRequiredError("the seller's authorization is not valid any more", **facts)
        if code in _OUR_CREDENTIALS:
            return PartnerAccessError("the application's own credentials are refused", **facts)
        return RejectedError("Login with Amazon refuses the request", **facts)


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _TOKEN_LIMIT and value.isascii() and value.isprintable()
