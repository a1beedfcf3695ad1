"""Faults on Amazon's side, as the adapter gives them to a client."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from urllib3.exceptions import ProtocolError

from tests.sandbox.amazon import ORDERS_URL, TIMEOUT, Caller, collect_ids, create_session, error_of
from tests.support.clock import FrozenClock
from webshop.sandbox.core import Fault


@pytest.fixture
def caller(clock: FrozenClock) -> Caller:
    return Caller(clock)


def switch_on(caller: Caller, kind: str, operation: str = "searchOrders", **options: Any) -> None:
    caller.sandbox.world.faults.add(Fault("amazon", operation, kind, **options))


def statuses(caller: Caller, operation: str = "searchOrders") -> list[int]:
    return [entry.status for entry in caller.sandbox.world.log.entries("amazon", operation)]


@pytest.mark.parametrize(("kind", "logged"), [("drop", 0), ("delayed_commit", 0), ("commit_then_hang", 200)])
def test_silence_is_a_read_timeout_that_takes_the_callers_own_limit(
    caller: Caller, clock: FrozenClock, kind: str, logged: int
) -> None:
    waits: list[float] = []
    session = create_session(caller.sandbox, wait=waits.append)
    session.headers.update(caller.session.headers)
    switch_on(caller, kind)
    with pytest.raises(requests.ReadTimeout):
        session.get(ORDERS_URL, params={"lastUpdatedAfter": "2026-01-01T00:00:00Z"}, timeout=(5, 12))
    assert waits == [12]
    assert statuses(caller) == [logged]
    assert caller.search().status_code == 200


@pytest.mark.parametrize(("kind", "logged"), [("reset", 0), ("commit_then_reset", 200)])
def test_a_reset_is_a_connection_error(caller: Caller, kind: str, logged: int) -> None:
    switch_on(caller, kind)
    with pytest.raises(requests.ConnectionError) as caught:
        caller.search()
    assert not isinstance(caught.value, requests.Timeout)
    assert statuses(caller) == [logged]


def test_a_truncated_answer_is_noticed_by_ordinary_and_streaming_readers(caller: Caller) -> None:
    caller.generate(3)
    switch_on(caller, "truncate", times=2, parameters={"bytes": 40})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.search()
    answer = caller.session.get(
        ORDERS_URL, params={"lastUpdatedAfter": "2026-01-01T00:00:00Z"}, timeout=TIMEOUT, stream=True
    )
    assert len(answer.raw.read1(65_536)) == 40
    with pytest.raises(ProtocolError):
        answer.raw.read1(65_536)


def test_a_slow_answer_trickles_and_counts_its_seconds(caller: Caller) -> None:
    waits: list[float] = []
    session = create_session(caller.sandbox, wait=waits.append)
    session.headers.update(caller.session.headers)
    switch_on(caller, "slow", parameters={"seconds": 3})
    answer = session.get(ORDERS_URL, params={"lastUpdatedAfter": "2026-01-01T00:00:00Z"}, timeout=TIMEOUT, stream=True)
    assert [answer.raw.read1(65_536) for _ in range(3)] == [b"{", b'"', b"o"]
    assert waits == [3.0, 3.0, 3.0]


def test_a_huge_answer_is_made_while_it_is_read(caller: Caller) -> None:
    switch_on(caller, "huge", parameters={"bytes": 10**15})
    answer = caller.session.get(
        ORDERS_URL, params={"lastUpdatedAfter": "2026-01-01T00:00:00Z"}, timeout=TIMEOUT, stream=True
    )
    assert answer.headers["Content-Length"] == str(10**15)
    assert sum(len(answer.raw.read(65_536)) for _ in range(10)) == 655_360


def test_a_huge_answer_that_is_read_to_its_end_is_still_the_answer(caller: Caller) -> None:
    switch_on(caller, "huge", parameters={"bytes": 300_000})
    answer = caller.search()
    assert len(answer.content) == 300_000
    assert answer.json()["orders"] == []


def test_a_redirect_points_away_and_is_not_followed_by_the_sandbox(caller: Caller) -> None:
    switch_on(caller, "redirect")
    answer = caller.session.get(
        ORDERS_URL, params={"lastUpdatedAfter": "2026-01-01T00:00:00Z"}, timeout=TIMEOUT, allow_redirects=False
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://elsewhere.invalid/")


@pytest.mark.parametrize("kind", ["slow", "truncate", "huge", "redirect"])
def test_the_client_never_sees_who_made_the_trouble(caller: Caller, kind: str) -> None:
    switch_on(caller, kind, parameters={"bytes": 1000})
    answer = caller.session.get(
        ORDERS_URL,
        params={"lastUpdatedAfter": "2026-01-01T00:00:00Z"},
        timeout=TIMEOUT,
        stream=True,
        allow_redirects=False,
    )
    assert not [name for name in answer.headers if "sandbox" in name.lower()]


def test_status_answers_in_amazons_shape_or_with_the_given_body(caller: Caller) -> None:
    switch_on(caller, "status", parameters={"status": 500})
    assert error_of(caller.search())[:2] == (500, "InternalFailure")
    switch_on(caller, "status", parameters={"status": 503, "body": "<html>busy</html>"})
    assert caller.search().text == "<html>busy</html>"
    switch_on(caller, "status", operation="token", parameters={"status": 503})
    answer = caller.token(grant_type="refresh_token", refresh_token=caller.refresh_token)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")


def test_a_made_throttle_looks_real_and_is_not_counted_as_ours(caller: Caller) -> None:
    switch_on(caller, "throttle", times=2)
    refusal = caller.search()
    assert error_of(refusal)[:2] == (429, "QuotaExceeded")
    assert "x-amzn-RateLimit-Limit" not in refusal.headers
    assert caller.search().status_code == 429
    assert caller.search().status_code == 200
    assert caller.amazon.self_inflicted_429 == 0


def test_an_expired_access_token_strikes_the_api_and_a_revoked_one_the_refresh(caller: Caller) -> None:
    switch_on(caller, "token_expired")
    assert error_of(caller.search())[3] == "The access token you provided has expired."
    switch_on(caller, "token_revoked", operation="token")
    answer = caller.token(grant_type="refresh_token", refresh_token=caller.refresh_token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert caller.search().status_code == 200


def test_orders_of_the_page_before_come_once_more(caller: Caller) -> None:
    order_ids = caller.generate(6)
    switch_on(caller, "repeat_orders", skip=1, parameters={"count": 2})
    seen = collect_ids(caller, maxResultsPerPage="3")
    assert seen[3:5] == seen[1:3]
    assert set(seen) == set(order_ids)
    assert len(seen) == 8


def test_a_page_token_can_be_refused(caller: Caller) -> None:
    caller.generate(3)
    switch_on(caller, "page_token_invalid", skip=1)
    token = caller.search(maxResultsPerPage="1").json()["pagination"]["nextToken"]
    assert caller.search(maxResultsPerPage="1", paginationToken=token).status_code == 400
    assert caller.search(maxResultsPerPage="1", paginationToken=token).status_code == 200


def test_each_call_is_one_line_in_the_log_with_its_seller(caller: Caller) -> None:
    caller.search(maxResultsPerPage="5")
    entry = caller.sandbox.world.log.entries("amazon", "searchOrders")[0]
    assert (entry.account, entry.method, entry.status) == (caller.seller_id, "GET", 200)
    assert entry.query["maxResultsPerPage"] == "5"
    assert [each.account for each in caller.sandbox.world.log.entries("amazon", "token")] == [caller.seller_id]


def test_a_call_without_a_read_timeout_is_a_bug_of_the_caller(caller: Caller) -> None:
    switch_on(caller, "drop")
    with pytest.raises(AssertionError, match="would hang"):
        caller.session.get(ORDERS_URL)
