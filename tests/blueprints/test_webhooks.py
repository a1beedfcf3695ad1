"""What anybody can send to the call-back of payments has no effect beyond what Mollie confirms."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from tests import factories
from webshop.extensions import db, transaction
from webshop.models import AuditEvent, Checkout, Product, Shop
from webshop.sandbox import Sandbox
from webshop.sandbox.core import Fault
from webshop.services import checkouts

pytestmark = pytest.mark.database

ADDRESS = "/webhooks/mollie"
END, AFTER_A_YEAR = date(2026, 12, 20), date(2027, 12, 20)


@pytest.fixture
def payment_id(app: Flask, sandbox: Sandbox) -> str:
    """A payment of a year that has begun; the call-backs are ours to make."""
    sandbox.mollie.notify = lambda url, payment_id: None
    with app.app_context():
        with transaction():
            shop = factories.shop(factories.user(), active_until=END)
        checkout = checkouts.open_checkout(shop, Product.SUBSCRIPTION)
        checkouts.start_payment(checkout)
        return str(db.session.get_one(Checkout, checkout.id, populate_existing=True).payment_id)


def call_back(app: Flask, **facts: Any) -> int:
    return app.test_client().post(ADDRESS, **facts).status_code


def end(app: Flask) -> date | None:
    with app.app_context():
        return db.session.query(Shop).one().active_until


def test_a_paid_payment_counts_once_however_often_the_call_back_is_played(
    app: Flask, sandbox: Sandbox, payment_id: str
) -> None:
    rung: list[int] = []
    app.extensions["ring_shop"] = rung.append
    sandbox.mollie.end(payment_id, "paid", is_told=False)
    answers = [app.test_client().post(ADDRESS, data={"id": payment_id}) for _ in range(4)]
    assert [(answer.status_code, answer.data, "Set-Cookie" in answer.headers) for answer in answers] == [
        (200, b"", False)
    ] * 4
    assert end(app) == AFTER_A_YEAR
    assert rung
    with app.app_context():
        assert db.session.query(AuditEvent).filter_by(action="checkout_paid").count() == 1


def test_a_call_back_about_what_is_not_paid_changes_nothing(app: Flask, payment_id: str) -> None:
    assert call_back(app, data={"id": payment_id, "status": "paid", "amount": "180.29"}) == 200
    assert end(app) == END


@pytest.mark.parametrize(
    "data",
    [
        {"id": "tr_0000009999"},
        {"id": "tr_" + "a" * 2000},
        {"id": "../../v2/methods"},
        {"id": "tr_1' or 1=1 --"},
        {"id": "tr_\x00abcd"},
        {"id": ""},
        {},
        {"id": ["tr_0000009998", "tr_0000009997"]},
    ],
)
def test_a_forged_id_gets_the_same_answer_and_has_no_effect(
    app: Flask, sandbox: Sandbox, payment_id: str, data: dict[str, Any]
) -> None:
    sandbox.world.log.clear()
    assert call_back(app, data=data) == 200
    assert end(app) == END
    # Only what can be an id leads to a question.
    assert sandbox.world.log.count("mollie") == (1 if str(data.get("id", "")).find("999") > 0 else 0)


@pytest.mark.parametrize(
    "facts",
    [
        {"data": b"{", "content_type": "application/json"},
        {"data": b"\xff\xfe\x00", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"", "content_type": "multipart/form-data"},
    ],
)
def test_a_body_of_another_kind_has_no_effect(app: Flask, payment_id: str, facts: dict[str, Any]) -> None:
    assert call_back(app, **facts) in (200, 400)
    assert end(app) == END


@pytest.mark.parametrize("size", [5_000, 1_000_000])
def test_a_large_body_is_not_read(app: Flask, sandbox: Sandbox, payment_id: str, size: int) -> None:
    sandbox.mollie.end(payment_id, "paid", is_told=False)
    assert call_back(app, data={"id": payment_id, "x": "y" * size}) == 413
    assert end(app) == END


def test_other_methods_are_refused(app: Flask) -> None:
    for method in ("get", "put", "delete", "patch"):
        assert getattr(app.test_client(), method)(ADDRESS).status_code == 405


def test_a_page_of_another_site_cannot_press_it(app: Flask, payment_id: str) -> None:
    assert call_back(app, data={"id": payment_id}, headers={"Sec-Fetch-Site": "cross-site"}) == 403


@pytest.mark.parametrize("kind", ["status", "drop", "truncate", "throttle"])
def test_while_mollie_cannot_be_asked_it_is_told_to_try_again(
    app: Flask, sandbox: Sandbox, payment_id: str, kind: str
) -> None:
    sandbox.mollie.end(payment_id, "paid", is_told=False)
    sandbox.world.faults.add(Fault("mollie", "getPayment", kind))
    assert call_back(app, data={"id": payment_id}) == 503
    assert end(app) == END
    assert call_back(app, data={"id": payment_id}) == 200
    assert end(app) == AFTER_A_YEAR


def test_whoever_guesses_ids_is_slowed_down(app: Flask, sandbox: Sandbox) -> None:
    client = app.test_client()
    answers = [client.post(ADDRESS, data={"id": f"tr_00000{number:05}"}).status_code for number in range(125)]
    assert answers[:120] == [200] * 120
    assert set(answers[120:]) == {429}
    assert sandbox.world.log.count("mollie") == 120
