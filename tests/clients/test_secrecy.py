"""No key, token, address or postal code gets into a log line or an error, not even at DEBUG."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.clients.fakes import NOW, Server, clock, read_request
from webshop.clients.amazon.auth import AmazonAuth, AmazonToken
from webshop.clients.amazon.client import AmazonClient
from webshop.clients.http import HttpAnswer, HttpClient
from webshop.clients.snelstart.auth import SnelStartAuth, SnelStartToken
from webshop.clients.snelstart.client import SnelStartClient
from webshop.clients.snelstart.payloads import relation_payload
from webshop.clients.transport import build_session
from webshop.exceptions import WebshopError

SECRET = "canary-secret"
EMAIL = "canary@marketplace.amazon.nl"
POSTAL_CODE = "9999 ZZ"
NAME = "Jan Kanarie"
TELLTALES = ("canary", "9999", "Kanarie")
ECHO = f'{{"errors": [{{"code": "X", "message": "{EMAIL} {POSTAL_CODE}"}}], "error": "{SECRET}", "a": "{NAME}"}}'
COMPLAINT = f'[{{"errorCode": "REL-0061", "message": "{EMAIL} van {NAME}, {POSTAL_CODE}, is niet geldig"}}]'


class SecretTokens:
    def get(self) -> str:
        return SECRET

    def renew(self, rejected: str) -> str:
        return SECRET


def http(remote: str) -> HttpClient:
    return HttpClient(remote=remote, session=build_session(), user_agent="Koppeling/test", read_timeout=0.3)


def search(url: str) -> Any:
    client = AmazonClient(
        http=http("amazon"), base_url=url, tokens=SecretTokens(), take=lambda operation: None, clock=clock
    )
    return client.search_orders(
        marketplace_id="A1", last_updated_after=datetime(2026, 11, 1, tzinfo=UTC), pagination_token=SECRET
    )


def refresh(url: str) -> Any:
    auth = AmazonAuth(http=http("amazon"), token_url=url, client_id="id", client_secret=SECRET, clock=clock)
    return auth.refresh(SECRET)


def exchange(url: str) -> Any:
    auth = AmazonAuth(http=http("amazon"), token_url=url, client_id="id", client_secret=SECRET, clock=clock)
    return auth.exchange_code(SECRET, "https://us.example")


def mint(url: str) -> Any:
    return SnelStartAuth(http=http("snelstart"), token_url=url, clock=clock).token(SECRET)


def snelstart(url: str) -> SnelStartClient:
    return SnelStartClient(
        http=http("snelstart"),
        base_url=url,
        subscription_key=SECRET,
        tokens=SecretTokens(),
        take=lambda operation: None,
    )


def find_customer(url: str) -> Any:
    return snelstart(url).find_relations(EMAIL)


def find_name(url: str) -> Any:
    return snelstart(url).find_relations_by_name(NAME)


def create_customer(url: str) -> Any:
    return snelstart(url).create_relation(
        relation_payload(name=NAME, email=EMAIL, postal_code=POSTAL_CODE, city=NAME, country_id="nl")
    )


CALLS = [search, refresh, exchange, mint, find_customer, find_name, create_customer]


def answer(head: str, body: str) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    return behave


def reflect(connection: socket.socket) -> None:
    """Answer with the request itself, as some proxies do."""
    request = read_request(connection)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(request) + request)


BEHAVIOURS = {
    "ok": answer("200 OK", ECHO),
    "created": answer("201 Created", ECHO),
    "refused": answer("400 Bad Request", ECHO),
    "complaint": answer("400 Bad Request", COMPLAINT),
    "no token": answer("401 Unauthorized", ECHO),
    "forbidden": answer("403 Forbidden", ECHO),
    "missing": answer("404 Not Found", ECHO),
    "throttled": answer("429 Too Many Requests", ECHO),
    "broken": answer("500 Internal Server Error", ECHO),
    "redirect": answer(f"302 Found\r\nLocation: https://elsewhere.example/{EMAIL}", ""),
    "odd header": answer(f"500 Oops\r\nx-amzn-RequestId: 1\r\n{EMAIL}", ECHO),
    "reflected": reflect,
    "silent": lambda connection: read_request(connection),
    "no http": lambda connection: connection.sendall(f"{EMAIL}\r\n\r\n".encode()),
}


@pytest.fixture
def every_log_line(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    caplog.set_level(logging.DEBUG)
    yield caplog


@pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS.keys())
@pytest.mark.parametrize("call", CALLS)
def test_nothing_secret_or_personal_is_logged_or_raised(
    call: Callable[[str], Any],
    behaviour: Callable[[socket.socket], object],
    every_log_line: pytest.LogCaptureFixture,
) -> None:
    server = Server(behaviour)
    try:
        call(server.url)
    except WebshopError as error:
        logging.getLogger("test").exception("caught")
        shown = "".join(traceback.format_exception(error)) + f"{error!r} {error.__dict__}"
        # The source lines of this very file are part of a traceback, its values are not.
        seen = f"{shown} {every_log_line.text}"
    else:
        seen = every_log_line.text
    finally:
        server.close()

    assert "webshop.clients.http" in every_log_line.text
    assert not [telltale for telltale in TELLTALES if telltale in seen]


def test_tokens_and_answers_hide_what_they_hold() -> None:
    shown = [
        AmazonToken(SECRET, SECRET, NOW),
        SnelStartToken(SECRET, NOW),
        HttpAnswer(200, {"x": SECRET}, SECRET.encode()),
    ]

    assert not [telltale for telltale in TELLTALES if telltale in f"{shown!r}"]
