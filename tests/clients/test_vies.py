"""VIES answers yes, no or not now; nothing else may ever count as a yes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from webshop.clients.http import HttpClient, build_session
from webshop.clients.vies import INVALID_REQUESTER, ViesClient, is_about_member_state
from webshop.exceptions import RejectedError, RetryableRemoteError, ThrottledError
from webshop.sandbox import Sandbox, SandboxAdapter, create_sandbox
from webshop.sandbox.core import Fault
from webshop.sandbox.vies import out_of_order

BUYER, SELLER = "DE136695976", "NL004495445B01"


class Bench:
    def __init__(self) -> None:
        self.sandbox: Sandbox = create_sandbox()
        http = HttpClient(
            remote="vies",
            session=build_session(adapter=SandboxAdapter(self.sandbox.wsgi)),
            user_agent="test",
            read_timeout=1.0,
            max_bytes=10_000,
        )
        self.client = ViesClient(http=http, base_url="http://vies.test/vies/rest-api")

    def fault(self, kind: str, **parameters: Any) -> None:
        self.sandbox.world.faults.add(Fault("vies", "check-vat-number", kind, parameters=parameters))


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.sandbox.close()


def test_a_seller_who_names_himself_gets_a_consultation_number(bench: Bench) -> None:
    answer = bench.client.check(BUYER, requester=SELLER)
    assert (answer.is_valid, answer.consultation) == (True, "WAPIAAAA00000001")
    (call,) = bench.sandbox.world.log.entries("vies")
    assert call.body == {
        "countryCode": "DE",
        "vatNumber": "136695976",
        "requesterMemberStateCode": "NL",
        "requesterNumber": "004495445B01",
    }
    assert bench.client.check(BUYER).consultation is None


def test_a_number_that_is_not_registered_is_refused(bench: Bench) -> None:
    bench.sandbox.vies.judge(BUYER, is_valid=False)
    assert bench.client.check(BUYER, requester=SELLER).is_valid is False
    assert bench.client.check("ZZ12").is_valid is False


def test_a_seller_vies_does_not_know_can_ask_without_his_number(bench: Bench) -> None:
    bench.sandbox.vies.judge(SELLER, is_valid=False)
    with pytest.raises(RejectedError) as caught:
        bench.client.check(BUYER, requester=SELLER)
    assert caught.value.code == INVALID_REQUESTER
    assert bench.client.check(BUYER).is_valid is True


@pytest.mark.parametrize(
    ("word", "is_busy", "is_of_country"),
    [
        ("MS_UNAVAILABLE", False, True),
        ("MS_MAX_CONCURRENT_REQ", True, True),
        ("GLOBAL_MAX_CONCURRENT_REQ", True, False),
        ("SERVICE_UNAVAILABLE", False, False),
        ("TIMEOUT", False, False),
        ("IP_BLOCKED", False, False),
        ("A_WORD_OF_TOMORROW", False, False),
    ],
)
def test_trouble_is_no_answer(bench: Bench, word: str, is_busy: bool, is_of_country: bool) -> None:
    bench.sandbox.world.faults.add(out_of_order(word))
    with pytest.raises(RetryableRemoteError) as caught:
        bench.client.check(BUYER, requester=SELLER)
    assert isinstance(caught.value, ThrottledError) is is_busy
    assert is_about_member_state(caught.value) is is_of_country


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("status", {"status": 500, "body": {"valid": True}}),
        ("status", {"status": 429, "body": ""}),
        ("status", {"status": 403, "body": {}}),
        ("status", {"status": 200, "body": []}),
        ("status", {"status": 200, "body": {"valid": "true"}}),
        ("status", {"status": 200, "body": {"valid": 1}}),
        ("status", {"status": 200, "body": {"countryCode": "DE", "vatNumber": "999999999", "valid": True}}),
        ("status", {"status": 200, "body": {"errorWrappers": ["?"], "valid": True}}),
        ("drop", {}),
        ("reset", {}),
        ("truncate", {"bytes": 20}),
        ("huge", {"bytes": 1_000_000}),
        ("redirect", {}),
    ],
)
def test_an_answer_that_says_neither_yes_nor_no_is_none(bench: Bench, kind: str, parameters: dict[str, Any]) -> None:
    bench.fault(kind, **parameters)
    with pytest.raises(RetryableRemoteError):
        bench.client.check(BUYER)


def test_the_number_is_in_no_error(bench: Bench) -> None:
    bench.fault("status", status=500, body={"message": f"{BUYER} failed"})
    with pytest.raises(RetryableRemoteError) as caught:
        bench.client.check(BUYER)
    assert "136695976" not in str(caught.value)
