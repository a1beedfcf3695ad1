"""Mollie through our own HTTP: what is asked, what is believed of the answer, and what each failure means."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.clock import FrozenClock
from webshop.clients.http import HttpClient, build_session
from webshop.clients.payments import PaymentRequest, PaymentsClient
from webshop.exceptions import (
    NotFoundRemoteError,
    OutcomeUnknownError,
    PartnerAccessError,
    RejectedError,
    RemoteError,
    RetryableRemoteError,
    ThrottledError,
)
from webshop.sandbox import Sandbox, SandboxAdapter
from webshop.sandbox.core import Fault
from webshop.sandbox.mollie import API_KEY

WISH = PaymentRequest(
    checkout_id="0b6a7c1e-0000-4000-8000-000000000001",
    amount=Decimal("180.29"),
    currency="EUR",
    description="Abonnement koppeling, 1 jaar",
    redirect_url="http://localhost/terug",
    webhook_url="http://localhost/webhooks/mollie",
    locale="nl_NL",
)


def make_client(sandbox: Sandbox, key: str = API_KEY) -> PaymentsClient:
    session = build_session(adapter=SandboxAdapter(sandbox.wsgi))
    http = HttpClient(remote="mollie", session=session, user_agent="Koppeling/test")
    return PaymentsClient(http=http, api_url="http://sandbox.test/mollie/api", api_key=key)


def fail(sandbox: Sandbox, kind: str, **parameters: object) -> None:
    sandbox.world.faults.add(Fault("mollie", "*", kind, parameters=parameters))


def test_a_payment_is_made_for_exactly_the_amount_and_can_be_paid(sandbox: Sandbox) -> None:
    payment = make_client(sandbox).create_payment(WISH)
    (asked,) = sandbox.world.log.entries("mollie", "createPayment")
    assert asked.body["amount"] == {"currency": "EUR", "value": "180.29"}
    assert asked.body["metadata"] == {"checkout": WISH.checkout_id}
    assert asked.body["webhookUrl"] == WISH.webhook_url
    assert "method" not in asked.body  # Mollie shows what the payer's country uses, iDEAL first
    assert (payment.amount, payment.currency, payment.checkout_id) == (Decimal("180.29"), "EUR", WISH.checkout_id)
    assert payment.checkout_url == f"http://sandbox.test/mollie/checkout/{payment.payment_id}"


def test_the_same_wish_twice_is_one_payment(sandbox: Sandbox) -> None:
    client = make_client(sandbox)
    assert client.create_payment(WISH) == client.create_payment(WISH)
    assert len(sandbox.mollie.payments()) == 1


def test_a_payment_that_was_made_without_an_answer_is_found_by_asking_again(sandbox: Sandbox) -> None:
    fail(sandbox, "commit_then_hang")
    client = make_client(sandbox)
    with pytest.raises(OutcomeUnknownError):
        client.create_payment(WISH)
    assert client.create_payment(WISH).status == "open"
    assert len(sandbox.mollie.payments()) == 1


def test_what_became_of_a_payment_is_told_by_mollie(sandbox: Sandbox) -> None:
    client = make_client(sandbox)
    payment_id = client.create_payment(WISH).payment_id
    sandbox.mollie.end(payment_id, "paid", is_told=False)
    paid = client.get_payment(payment_id)
    assert (paid.status, paid.checkout_url) == ("paid", None)


def test_a_payment_that_nobody_pays_expires(sandbox: Sandbox, clock: FrozenClock) -> None:
    client = make_client(sandbox)
    payment_id = client.create_payment(WISH).payment_id
    clock.advance(minutes=16)
    assert client.get_payment(payment_id).status == "expired"


@pytest.mark.parametrize("payment_id", ["tr_0000000009", "tr_../../methods", "tr_", "", "ord_1234", "tr_a?b=c"])
def test_an_id_that_mollie_does_not_know_is_not_there(sandbox: Sandbox, payment_id: str) -> None:
    with pytest.raises(NotFoundRemoteError):
        make_client(sandbox).get_payment(payment_id)
    asked = [entry.path for entry in sandbox.world.log.entries("mollie")]
    assert asked in ([], ["/mollie/api/v2/payments/tr_0000000009"])


@pytest.mark.parametrize(
    ("kind", "parameters", "expected"),
    [
        ("status", {"status": 503}, RetryableRemoteError),
        ("status", {"status": 401}, PartnerAccessError),
        ("status", {"status": 422}, RejectedError),
        ("status", {"status": 200, "body": "<html>"}, RetryableRemoteError),
        ("status", {"status": 502, "body": "<html>"}, RetryableRemoteError),
        ("status", {"status": 200, "body": {"id": "tr_0000000007", "status": "paid"}}, RetryableRemoteError),
        ("throttle", {}, ThrottledError),
        ("redirect", {}, RetryableRemoteError),
        ("drop", {}, RetryableRemoteError),
        ("truncate", {}, RemoteError),
        ("huge", {}, RetryableRemoteError),
    ],
)
def test_each_trouble_has_one_meaning(
    sandbox: Sandbox, kind: str, parameters: dict[str, object], expected: type[RemoteError]
) -> None:
    fail(sandbox, kind, **parameters)
    with pytest.raises(expected):
        make_client(sandbox).get_payment("tr_0000000001")


@pytest.mark.parametrize("value", ["180.2", "180.290", "1e3", "-180.29", 180.29, None])
def test_an_amount_in_another_form_is_no_answer(sandbox: Sandbox, value: object) -> None:
    client = make_client(sandbox)
    payment_id = client.create_payment(WISH).payment_id
    sandbox.mollie.change(payment_id, amount={"value": value, "currency": "EUR"})
    with pytest.raises(RetryableRemoteError):
        client.get_payment(payment_id)


def test_an_answer_about_another_payment_is_no_answer(sandbox: Sandbox) -> None:
    client = make_client(sandbox)
    payment_id = client.create_payment(WISH).payment_id
    sandbox.mollie.change(payment_id, id="tr_0000000099")
    with pytest.raises(RetryableRemoteError):
        client.get_payment(payment_id)


def test_a_refused_key_is_the_operators_trouble_and_is_not_shown(sandbox: Sandbox) -> None:
    with pytest.raises(PartnerAccessError) as caught:
        make_client(sandbox, "test_anotherkeyanotherkeyanotherkey").create_payment(WISH)
    assert "anotherkey" not in str(caught.value)
