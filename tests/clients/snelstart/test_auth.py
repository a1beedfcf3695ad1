"""A key that SnelStart does not know asks for the owner; trouble at SnelStart does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.clients.fakes import NOW, Answer, ScriptedAdapter, clock, http_over
from webshop.clients.snelstart.auth import SnelStartAuth, SnelStartToken
from webshop.exceptions import ReconnectRequiredError, RejectedError, RetryableRemoteError, ThrottledError

KEY = "dXNlcjpwYXNz+/=:"
WRONG_KEY = {"error": "GrantType clientkey was found. Parameter clientkey does not contain a valid value"}


def ask(adapter: ScriptedAdapter) -> SnelStartToken:
    http = http_over(adapter, remote="snelstart")
    return SnelStartAuth(http=http, token_url="https://auth.example/b2b/token", clock=clock).token(KEY)


def test_a_key_arrives_whole_and_becomes_a_token() -> None:
    adapter = ScriptedAdapter(Answer(200, {"access_token": "jwt", "token_type": "bearer", "expires_in": 3599}))
    token = ask(adapter)

    assert (token.access_token, token.expires_at) == ("jwt", NOW + timedelta(seconds=3599))
    assert adapter.sent[0].form == {"grant_type": "clientkey", "clientkey": KEY}


@pytest.mark.parametrize(
    ("answer", "error_class"),
    [
        (Answer(400, WRONG_KEY), ReconnectRequiredError),
        (Answer(401, b""), ReconnectRequiredError),
        (Answer(403, b""), RejectedError),
        (Answer(429, b"", {"Retry-After": "9"}), ThrottledError),
        (Answer(502, b"<html>"), RetryableRemoteError),
        (Answer(408, b""), RetryableRemoteError),
    ],
)
def test_each_refusal_means_what_it_should(answer: Answer, error_class: type) -> None:
    with pytest.raises(error_class) as caught:
        ask(ScriptedAdapter(answer))

    assert type(caught.value) is error_class


@pytest.mark.parametrize("body", [b"", [], {"access_token": None}, {"access_token": ""}, {"access_token": "a b\n"}])
def test_an_answer_without_a_usable_token_may_be_asked_for_again(body: Any) -> None:
    with pytest.raises(RetryableRemoteError):
        ask(ScriptedAdapter(Answer(200, body)))


@pytest.mark.parametrize("lifetime", [None, "3599", 0, 10**9])
def test_a_strange_lifetime_becomes_the_documented_one(lifetime: Any) -> None:
    token = ask(ScriptedAdapter(Answer(200, {"access_token": "jwt", "expires_in": lifetime})))

    assert token.expires_at == NOW + timedelta(seconds=3599)
