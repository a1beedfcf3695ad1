"""The OAuth part of Login with Amazon, by Authlib: a state for the way there, tokens for the way back.

Authlib's own redirect and call-back do not fit: Amazon wants `application_id` where OAuth has
`client_id`, and gives the code as `spapi_oauth_code`. So the address is written here, and Authlib's
session makes and authenticates the token request. It travels over our transport, with its limits.

https://developer-docs.amazon.com/sp-api/docs/website-authorization-workflow
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

from webshop.clients.http import HttpAnswer, HttpClient

STATE_LENGTH = 43
"""Characters of a state: more than 250 random bits."""


def new_state() -> str:
    return str(generate_token(STATE_LENGTH))


def consent_address(base: str, *, application_id: str, state: str, redirect_uri: str, is_draft: bool = False) -> str:
    """Return where a seller gives consent; `base` is the Seller Central of the seller's country.

    Amazon refuses a draft of an application (MD1000) unless the address says that it is one.
    """
    query = {"application_id": application_id, "state": state, "redirect_uri": redirect_uri}
    if is_draft:
        query["version"] = "beta"
    return f"{base}/apps/authorize/consent?{urlencode(query)}"


def confirm_address(callback_uri: str, *, amazon_state: str, state: str, redirect_uri: str, version: str) -> str:
    """Return where a seller goes on who came from Amazon; the caller has checked the host of `callback_uri`."""
    query = {"amazon_state": amazon_state, "state": state, "redirect_uri": redirect_uri}
    if version:
        query["version"] = version
    return f"{callback_uri}{'&' if urlsplit(callback_uri).query else '?'}{urlencode(query)}"


class _TokenSession(OAuth2Session):  # type: ignore[misc] # Authlib has no types
    """Authlib's session, over our own transport; `answer` is what came back."""

    def __init__(self, http: HttpClient, operation: str, client_id: str, client_secret: str) -> None:
        super().__init__(client_id, client_secret, token_endpoint_auth_method="client_secret_post")  # noqa: S106
        self._http = http
        self._operation = operation
        self.answer: HttpAnswer | None = None

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:
        body = request.body or ""
        form = dict(parse_qsl(body.decode("ascii") if isinstance(body, bytes) else body, keep_blank_values=True))
        answer = self._http.send("POST", request.url or "", operation=self._operation, form=form)
        self.answer = answer
        response = requests.Response()
        response.status_code = answer.status
        response.headers.update(answer.headers)
        response.raw = io.BytesIO(answer.body)
        response.url = self._operation  # an error's text names it
        return response


def exchange_code(
    http: HttpClient, token_url: str, *, operation: str, client: Mapping[str, str], code: str, redirect_uri: str
) -> HttpAnswer:
    """Send the code for tokens and return the answer as it came: what it means is told in one place, auth.py.

    :raise RemoteError: when there is no answer.
    """
    session = _TokenSession(http, operation, client["client_id"], client["client_secret"])
    try:
        session.fetch_token(token_url, grant_type="authorization_code", code=code, redirect_uri=redirect_uri)
    except (AuthlibBaseError, requests.RequestException, ValueError):
        if session.answer is None:
            raise
    assert session.answer is not None  # noqa: S101 - without one the transport raises
    return session.answer
