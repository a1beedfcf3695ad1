"""The sandbox on a port of its own: what a client with a real socket meets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import IncompleteRead
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from urllib3.exceptions import ProtocolError

from webshop.sandbox import Sandbox, create_sandbox
from webshop.sandbox.core import Fault
from webshop.sandbox.server import SandboxServer

PATH = "/amazon/api/sellers/v1/marketplaceParticipations"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = create_sandbox()
    yield sandbox
    sandbox.close()


@pytest.fixture
def url(sandbox: Sandbox) -> Iterator[str]:
    with SandboxServer(sandbox) as server:
        yield server.url + PATH


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[requests.Session]:
    seller = sandbox.amazon.create_seller(name="Winkel")
    with requests.Session() as session:
        session.trust_env = False
        session.headers["x-amz-access-token"] = sandbox.amazon.grants.refresh(
            sandbox.amazon.authorise(seller.seller_id)
        )
        yield session


def switch_on(sandbox: Sandbox, kind: str, **parameters: Any) -> None:
    sandbox.world.faults.add(Fault("amazon", "*", kind, parameters=parameters))


def test_an_ordinary_call_works(url: str, session: requests.Session) -> None:
    answer = session.get(url, timeout=5)
    assert answer.json()["payload"][0]["storeName"] == "Winkel"


def test_a_dropped_request_times_out_and_the_next_one_works(
    sandbox: Sandbox, url: str, session: requests.Session
) -> None:
    switch_on(sandbox, "drop")
    with pytest.raises(requests.ReadTimeout):
        session.get(url, timeout=0.2)
    assert session.get(url, timeout=5).status_code == 200


def test_a_hanging_answer_ends_after_its_seconds_without_an_answer(
    sandbox: Sandbox, url: str, session: requests.Session
) -> None:
    switch_on(sandbox, "commit_then_hang", seconds=0.05)
    with pytest.raises(requests.ConnectionError):
        session.get(url, timeout=5)


def test_a_reset_is_a_reset_on_the_socket(sandbox: Sandbox, url: str) -> None:
    switch_on(sandbox, "reset")
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            connection.recv(1000)


def test_a_truncated_answer_is_shorter_than_it_says(sandbox: Sandbox, url: str, session: requests.Session) -> None:
    switch_on(sandbox, "truncate", bytes=10)
    answer = session.get(url, timeout=5, stream=True)
    assert int(answer.headers["Content-Length"]) > 10
    with pytest.raises((ProtocolError, IncompleteRead)):
        answer.raw.read()


def test_a_slow_answer_arrives_byte_by_byte(sandbox: Sandbox, url: str, session: requests.Session) -> None:
    switch_on(sandbox, "slow", seconds=0.01)
    with session.get(url, timeout=5, stream=True) as answer:
        assert answer.raw.read1(1000) == b"{"


def test_a_huge_answer_can_be_left_halfway(sandbox: Sandbox, url: str, session: requests.Session) -> None:
    switch_on(sandbox, "huge", bytes=10**12)
    with session.get(url, timeout=5, stream=True) as answer:
        assert answer.headers["Content-Length"] == str(10**12)
        assert len(answer.raw.read(1_000_000)) == 1_000_000
    assert session.get(url, timeout=5).status_code == 200


@pytest.mark.parametrize("kind", ["slow", "truncate", "huge", "redirect"])
def test_the_headers_of_the_fault_stay_inside(sandbox: Sandbox, url: str, session: requests.Session, kind: str) -> None:
    switch_on(sandbox, kind, seconds=0, bytes=500)
    with session.get(url, timeout=5, stream=True, allow_redirects=False) as answer:
        assert not [name for name in answer.headers if "sandbox" in name.lower()]


def test_leaving_the_server_does_not_wait_for_what_hangs(sandbox: Sandbox, session: requests.Session) -> None:
    switch_on(sandbox, "drop", seconds=3600)
    with SandboxServer(sandbox) as server, pytest.raises(requests.ReadTimeout):
        session.get(server.url + PATH, timeout=0.2)
