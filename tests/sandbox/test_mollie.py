"""The payment page of the sandbox: it ends a payment once, tells the webhook and sends the payer back."""

from __future__ import annotations

from typing import Any

import pytest

from webshop.sandbox import Sandbox

WISH: dict[str, Any] = {
    "amount": {"value": "180.29", "currency": "EUR"},
    "description": "Abonnement",
    "redirectUrl": "http://localhost/terug",
    "webhookUrl": "http://localhost/webhooks/mollie",
}


@pytest.fixture
def told(sandbox: Sandbox) -> list[tuple[str, str]]:
    calls: list[tuple[str, str]] = []
    sandbox.mollie.notify = lambda url, payment_id: calls.append((url, payment_id))
    return calls


def test_the_page_ends_a_payment_once_tells_the_webhook_and_leads_back(
    sandbox: Sandbox, told: list[tuple[str, str]]
) -> None:
    payment = sandbox.mollie.create(WISH, "")
    client, address = sandbox.app.test_client(), f"/mollie/checkout/{payment['id']}"
    page = client.get(address).text
    assert [word for word in ("180,29", "Betaald", "Mislukt", "Annuleren") if word not in page] == []
    for status in ("paid", "canceled"):
        answer = client.post(address, data={"status": status})
        assert (answer.status_code, answer.headers["Location"]) == (303, "http://localhost/terug")
    ended = sandbox.mollie.payment(payment["id"])
    assert ended is not None and ended["status"] == "paid"
    assert told == [("http://localhost/webhooks/mollie", payment["id"])]
    assert "afgelopen" in client.get(address).text


def test_other_ends_than_the_buttons_are_refused(sandbox: Sandbox, told: list[tuple[str, str]]) -> None:
    payment = sandbox.mollie.create(WISH, "")
    assert sandbox.app.test_client().post(f"/mollie/checkout/{payment['id']}", data={"status": "x"}).status_code == 400
    assert sandbox.app.test_client().get("/mollie/checkout/tr_9999").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": {"value": "180.3", "currency": "EUR"}}, "amount"),
        ({"amount": {"value": "180.29", "currency": "USD"}}, "amount"),
        ({"amount": {"value": "0.00", "currency": "EUR"}}, "amount"),
        ({"description": ""}, "description"),
        ({"redirectUrl": "javascript:1"}, "redirectUrl"),
        ({"webhookUrl": "ftp://x"}, "webhookUrl"),
        ({"locale": "xx"}, "locale"),
    ],
)
def test_a_wish_that_mollie_would_refuse_is_refused(sandbox: Sandbox, change: dict[str, Any], field: str) -> None:
    answer = sandbox.app.test_client().post(
        "/mollie/api/v2/payments",
        json=WISH | change,
        headers={"Authorization": f"Bearer {sandbox.mollie.api_key}"},
    )
    assert (answer.status_code, answer.json["field"]) == (422, field)  # type: ignore[index]
