"""A refused login stops one shop or alarms the operator, and the two are never mixed up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.clients.fakes import NOW, Answer, ScriptedAdapter, clock, http_over
from webshop.clients.amazon.auth import AmazonAuth
from webshop.exceptions import (
    PartnerAccessError,
    ReconnectRequiredError,
    RejectedError,
    RetryableRemoteError,
    ThrottledError,
)

URL = "https://api.amazon.example/auth/o2/token"
TOKENS = {"access_token": "Atza|a", "token_type": "bearer", "expires_in": 3600, "refresh_token": "Atzr|r"}


def make_auth(adapter: ScriptedAdapter) -> AmazonAuth:
    return AmazonAuth(http=http_over(adapter), token_url=URL, client_id="id", client_secret="s+/=", clock=clock)


def test_a_code_becomes_tokens_by_a_form() -> None:
    adapter = ScriptedAdapter(Answer(200, TOKENS))
    token = make_auth(adapter).exchange_code("code", "https://us.example/callback")

    assert (token.access_token, token.refresh_token, token.expires_at) == ("Atza|a", "Atzr|r", NOW + timedelta(hours=1))
    assert adapter.sent[0].headers["Content-Type"] == "application/x-www-form-urlencoded;charset=UTF-8"
    assert adapter.sent[0].form == {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": "https://us.example/callback",
        "client_id": "id",
        "client_secret": "s+/=",
    }


def test_a_refresh_token_that_does_not_come_back_is_kept_by_the_caller() -> None:
    adapter = ScriptedAdapter(Answer(200, {"access_token": "Atza|b", "expires_in": 60}))
    token = make_auth(adapter).refresh("Atzr|r")

    assert (token.refresh_token, token.expires_at) == (None, NOW + timedelta(minutes=1))
    assert adapter.sent[0].form["grant_type"] == "refresh_token"
    assert adapter.sent[0].form["refresh_token"] == "Atzr|r"


@pytest.mark.parametrize("lifetime", [None, "3600", -1, 10**9, True])
def test_a_strange_lifetime_becomes_the_documented_one(lifetime: Any) -> None:
    adapter = ScriptedAdapter(Answer(200, {**TOKENS, "expires_in": lifetime}))

    assert make_auth(adapter).refresh("r").expires_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "error", "error_class"),
    [
        (400, "invalid_grant", ReconnectRequiredError),
        (401, "invalid_client", PartnerAccessError),
        (400, "unauthorized_client", PartnerAccessError),
        (400, "server_error", RetryableRemoteError),
        (503, "temporarily_unavailable", RetryableRemoteError),
        (500, None, RetryableRemoteError),
        (429, None, ThrottledError),
        (400, "unsupported_grant_type", RejectedError),
        (400, None, RejectedError),
        (400, {"odd": 1}, RejectedError),
    ],
)
def test_each_refusal_stops_the_right_thing(status: int, error: Any, error_class: type) -> None:
    body = {"error": error, "error_description": "refresh_token canary"}

    with pytest.raises(error_class) as caught:
        make_auth(ScriptedAdapter(Answer(status, body))).refresh("Atzr|r")

    assert type(caught.value) is error_class
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", [], {"access_token": ""}, {"access_token": "a\nb"}, {"access_token": 7}, {"refresh_token": "r"}],
)
def test_an_answer_without_a_usable_token_may_be_asked_for_again(body: Any) -> None:
    with pytest.raises(RetryableRemoteError):
        make_auth(ScriptedAdapter(Answer(200, body))).refresh("Atzr|r")


def test_a_timeout_may_be_tried_again() -> None:
    with pytest.raises(RetryableRemoteError):
        make_auth(ScriptedAdapter(requests.ReadTimeout())).refresh("Atzr|r")
