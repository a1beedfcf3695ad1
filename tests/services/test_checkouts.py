"""A payment has the effect that Mollie confirms, exactly once, whatever is sent to us and in whatever order."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from tests import factories
from tests.support.clock import FrozenClock
from webshop.exceptions import ConflictError, RejectedError, RetryableRemoteError
from webshop.extensions import clock as product_clock
from webshop.extensions import db, transaction
from webshop.models import AuditEvent, Checkout, CheckoutState, Product, ServiceRequest, Shop, User
from webshop.sandbox import Sandbox
from webshop.sandbox.core import Fault
from webshop.services import checkouts, installer_grants, invoices, sale_migrations

pytestmark = pytest.mark.database

TOTAL = Decimal("180.29")
END, AFTER_A_YEAR, AFTER_TWO = date(2026, 12, 20), date(2027, 12, 20), date(2028, 12, 20)


@pytest.fixture
def shop(app: Flask, sandbox: Sandbox) -> Shop:
    sandbox.mollie.notify = lambda url, payment_id: None
    with app.app_context():
        with transaction():
            found = factories.shop(factories.user("noor@fietsbel.test"), active_until=END)
        db.session.expunge_all()
        return found


def buy(app: Flask, shop: Shop, **facts: object) -> Checkout:
    """Open a checkout and begin its payment."""
    product = facts.pop("product", Product.SUBSCRIPTION)
    with app.app_context():
        opened = checkouts.open_checkout(shop, product, **facts)  # type: ignore[arg-type]
        assert checkouts.start_payment(opened).startswith("http://sandbox.test/mollie/checkout/tr_")
        return db.session.get_one(Checkout, opened.id, populate_existing=True)


def settle(app: Flask, payment_id: str | None) -> Checkout | None:
    assert payment_id is not None
    with app.app_context():
        return checkouts.settle(payment_id)


def end_of(app: Flask, shop: Shop) -> date | None:
    with app.app_context():
        return db.session.get_one(Shop, shop.id).active_until


def states(app: Flask) -> list[str]:
    with app.app_context():
        return [row.state for row in db.session.query(Checkout).order_by(Checkout.id)]


def actions(app: Flask) -> list[str]:
    with app.app_context():
        return [row.action for row in db.session.query(AuditEvent).order_by(AuditEvent.id)]


def refunds(app: Flask) -> list[dict[str, object]]:
    with app.app_context():
        return [row.facts for row in db.session.query(ServiceRequest).filter_by(kind="refund")]


def pay(sandbox: Sandbox, checkout: Checkout, status: str = "paid") -> str:
    assert checkout.payment_id is not None
    sandbox.mollie.end(checkout.payment_id, status, is_told=False)
    return checkout.payment_id


def test_what_mollie_confirms_takes_effect_once_however_often_it_is_told(
    app: Flask, sandbox: Sandbox, shop: Shop
) -> None:
    checkout = buy(app, shop)
    assert (checkout.net, checkout.vat, checkout.total) == (Decimal("149.00"), Decimal("31.29"), TOTAL)
    settle(app, checkout.payment_id)
    assert (states(app), end_of(app, shop)) == (["open"], END)
    payment_id = pay(sandbox, checkout)
    for _again in range(5):
        settle(app, payment_id)
    assert (states(app), end_of(app, shop)) == (["paid"], AFTER_A_YEAR)
    assert actions(app).count("checkout_paid") == actions(app).count("subscription_extended") == 1
    assert refunds(app) == []


@pytest.mark.parametrize(
    ("status", "state"), [("failed", "failed"), ("canceled", "cancelled"), ("expired", "expired"), ("open", "open")]
)
def test_what_is_not_paid_has_no_effect_and_can_be_tried_again(
    app: Flask, sandbox: Sandbox, shop: Shop, status: str, state: str
) -> None:
    checkout = buy(app, shop)
    assert checkout.payment_id is not None
    sandbox.mollie.change(checkout.payment_id, status=status)
    settle(app, checkout.payment_id)
    assert (states(app), end_of(app, shop)) == ([state], END)
    again = buy(app, shop)
    assert (again.id == checkout.id) is (status == "open")
    settle(app, pay(sandbox, again))
    assert end_of(app, shop) == AFTER_A_YEAR


@pytest.mark.parametrize(
    "change",
    [
        {"amount": {"value": "0.01", "currency": "EUR"}},
        {"amount": {"value": "180.28", "currency": "EUR"}},
        {"amount": {"value": "180.30", "currency": "EUR"}},
        {"amount": {"value": "180.29", "currency": "USD"}},
        {"metadata": {"checkout": "00000000-0000-4000-8000-000000000000"}},
        {"metadata": None},
        {"metadata": "x"},
    ],
)
def test_another_amount_currency_or_purpose_has_no_effect_and_is_told_once(
    app: Flask, sandbox: Sandbox, shop: Shop, change: dict[str, object]
) -> None:
    checkout = buy(app, shop)
    payment_id = pay(sandbox, checkout)
    sandbox.mollie.change(payment_id, **change)
    for _again in range(3):
        settle(app, payment_id)
    assert (states(app), end_of(app, shop)) == (["failed"], END)
    assert actions(app).count("payment_refused") == 1
    assert [request["reason"] for request in refunds(app)] == ["payment_refused"]


def test_a_payment_that_is_nobodys_has_no_effect(app: Flask, sandbox: Sandbox, shop: Shop) -> None:
    wish = {"amount": {"value": "180.29", "currency": "EUR"}, "description": "x", "redirectUrl": "http://x.test"}
    for metadata in (None, {"checkout": "00000000-0000-4000-8000-000000000000"}):
        foreign = sandbox.mollie.create({**wish, "metadata": metadata}, "")
        sandbox.mollie.end(foreign["id"], "paid", is_told=False)
        assert settle(app, foreign["id"]) is None
    assert settle(app, "tr_9999999999") is None
    assert (states(app), end_of(app, shop)) == ([], END)


def test_a_call_back_that_comes_before_we_know_the_payment_counts(app: Flask, sandbox: Sandbox, shop: Shop) -> None:
    checkout = buy(app, shop)
    with app.app_context(), transaction() as session:
        session.get_one(Checkout, checkout.id).payment_id = None
    payment_id = pay(sandbox, checkout)
    settle(app, payment_id)
    assert (states(app), end_of(app, shop)) == (["paid"], AFTER_A_YEAR)
    with app.app_context():
        assert db.session.get_one(Checkout, checkout.id).payment_id == payment_id


def test_two_clicks_are_one_checkout_and_one_payment(app: Flask, sandbox: Sandbox, shop: Shop) -> None:
    assert buy(app, shop).id == buy(app, shop).id
    assert len(sandbox.mollie.payments()) == 1


def test_of_two_payments_for_one_offer_the_second_adds_no_year_and_is_to_be_paid_back(
    app: Flask, sandbox: Sandbox, shop: Shop, clock: FrozenClock
) -> None:
    first = buy(app, shop)
    clock.advance(minutes=31)
    sandbox.mollie.change(str(first.payment_id), expiresAt=(clock.now() + timedelta(days=1)).isoformat())
    second = buy(app, shop)
    assert first.id != second.id
    for checkout in (second, first):
        clock.advance(minutes=1)
        payment_id = pay(sandbox, checkout)
        for _again in range(2):
            settle(app, payment_id)
    assert (states(app), end_of(app, shop)) == (["duplicate", "paid"], AFTER_A_YEAR)
    assert actions(app).count("paid_twice") == 1
    assert [(request["reason"], request["payment"]) for request in refunds(app)] == [("paid_twice", first.payment_id)]


def test_a_second_payment_of_one_checkout_is_kept_apart_and_told_once(app: Flask, sandbox: Sandbox, shop: Shop) -> None:
    checkout = buy(app, shop)
    settle(app, pay(sandbox, checkout))
    other = sandbox.mollie.create(
        {
            "amount": {"value": "180.29", "currency": "EUR"},
            "description": "x",
            "redirectUrl": "http://x.test",
            "metadata": {"checkout": checkout.public_id},
        },
        "",
    )
    sandbox.mollie.end(other["id"], "paid", is_told=False)
    for _again in range(3):
        settle(app, other["id"])
    assert (states(app), end_of(app, shop)) == (["paid", "duplicate"], AFTER_A_YEAR)
    assert [request["payment"] for request in refunds(app)] == [other["id"]]


def test_a_second_year_that_is_asked_for_after_the_first_was_paid_is_a_second_year(
    app: Flask, sandbox: Sandbox, shop: Shop, clock: FrozenClock
) -> None:
    for _year in range(2):
        settle(app, pay(sandbox, buy(app, shop)))
        clock.advance(minutes=5)
    assert (states(app), end_of(app, shop)) == (["paid", "paid"], AFTER_TWO)


def test_a_payment_that_comes_after_the_shop_was_deleted_is_to_be_paid_back(
    app: Flask, sandbox: Sandbox, shop: Shop
) -> None:
    checkout = buy(app, shop)
    before = end_of(app, shop)
    with app.app_context(), transaction() as session:
        session.get_one(Shop, shop.id).deleted_at = product_clock.now()
    settle(app, pay(sandbox, checkout))
    assert states(app) == ["duplicate"]
    assert end_of(app, shop) == before
    assert [request["reason"] for request in refunds(app)] == ["paid_after_deletion"]


def test_many_call_backs_at_the_same_moment_are_one_payment(app: Flask, sandbox: Sandbox, shop: Shop) -> None:
    payment_id = pay(sandbox, buy(app, shop))
    start, errors = threading.Barrier(6), []

    def call_back() -> None:
        start.wait()
        try:
            settle(app, payment_id)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=call_back) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert (states(app), end_of(app, shop)) == (["paid"], AFTER_A_YEAR)
    assert actions(app).count("checkout_paid") == 1


def test_an_invoice_that_cannot_be_made_leaves_nothing_half_done(
    app: Flask, sandbox: Sandbox, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(checkout: Checkout) -> None:
        raise RuntimeError("no number")

    monkeypatch.setattr(invoices, "issue", fail)
    payment_id = pay(sandbox, buy(app, shop))
    with pytest.raises(RuntimeError, match="no number"):
        settle(app, payment_id)
    assert (states(app), end_of(app, shop)) == (["open"], END)
    monkeypatch.setattr(invoices, "issue", lambda checkout: None)
    settle(app, payment_id)
    assert (states(app), end_of(app, shop)) == (["paid"], AFTER_A_YEAR)


def test_mollie_that_does_not_answer_changes_nothing(app: Flask, sandbox: Sandbox, shop: Shop) -> None:
    payment_id = pay(sandbox, buy(app, shop))
    sandbox.world.faults.add(Fault("mollie", "getPayment", "status", parameters={"status": 503}))
    with pytest.raises(RetryableRemoteError):
        settle(app, payment_id)
    assert (states(app), end_of(app, shop)) == (["open"], END)


def test_a_lost_call_back_costs_minutes(app: Flask, sandbox: Sandbox, shop: Shop) -> None:
    pay(sandbox, buy(app, shop))
    with app.app_context():
        assert checkouts.settle_open() == {"asked": 1, "expired": 0}
        assert checkouts.settle_open() == {"asked": 0, "expired": 0}
    assert (states(app), end_of(app, shop)) == (["paid"], AFTER_A_YEAR)


def test_an_old_checkout_is_let_go_and_still_counts_when_it_is_paid_after_all(
    app: Flask, sandbox: Sandbox, shop: Shop, clock: FrozenClock
) -> None:
    checkout = buy(app, shop)
    with app.app_context():
        checkouts.open_checkout(shop, Product.MIGRATION, subject_id="m")
    later = (clock.now() + timedelta(days=12)).isoformat()
    sandbox.mollie.change(str(checkout.payment_id), expiresAt=later)
    clock.advance(days=1, minutes=1)
    with app.app_context():
        assert checkouts.settle_open() == {"asked": 1, "expired": 2}
    assert states(app) == ["expired", "expired"]
    settle(app, pay(sandbox, checkout))
    assert (states(app), end_of(app, shop)) == (["paid", "expired"], AFTER_A_YEAR)


def test_the_search_stops_while_mollie_is_away_and_goes_on_later(app: Flask, sandbox: Sandbox, shop: Shop) -> None:
    pay(sandbox, buy(app, shop))
    sandbox.world.faults.add(Fault("mollie", "*", "drop"))
    with app.app_context():
        assert checkouts.settle_open() == {"asked": 1, "expired": 0}
    assert states(app) == ["open"]
    with app.app_context():
        checkouts.settle_open()
    assert states(app) == ["paid"]


def test_a_payment_page_elsewhere_is_not_gone_to(
    app: Flask, sandbox: Sandbox, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = buy(app, shop)
    body = {
        "id": checkout.payment_id,
        "status": "open",
        "amount": {"value": "180.29", "currency": "EUR"},
        "metadata": {"checkout": checkout.public_id},
        "_links": {"checkout": {"href": "https://evil.test/pay"}},
    }
    fault = Fault("mollie", "getPayment", "status", times=2, parameters={"status": 200, "body": body})
    sandbox.world.faults.add(fault)
    with app.app_context(), pytest.raises(RejectedError):
        checkouts.start_payment(checkout)


def test_a_shop_without_an_end_buys_no_year(app: Flask, shop: Shop) -> None:
    with app.app_context():
        with transaction() as session:
            session.get_one(Shop, shop.id).active_until = None
        with pytest.raises(ConflictError):
            checkouts.open_checkout(shop, Product.SUBSCRIPTION)


def test_an_installation_is_paid_once_and_its_request_says_so(app: Flask, sandbox: Sandbox, shop: Shop) -> None:
    with app.app_context():
        owner = db.session.query(User).one()
        installer_grants.request_installation(shop, owner, "")
        asked = installer_grants.open_request(shop.id)
        assert asked is not None and not installer_grants.is_paid(asked)
        public_id = asked.public_id
    checkout = buy(app, shop, product=Product.INSTALLATION, subject_id=public_id)
    assert (checkout.net, checkout.total) == (Decimal("39.50"), Decimal("47.80"))
    settle(app, pay(sandbox, checkout))
    with app.app_context():
        asked = installer_grants.open_request(shop.id)
        assert asked is not None and asked.facts["paid_at"] == product_clock.now().isoformat()
        with pytest.raises(ConflictError):
            checkouts.open_checkout(shop, Product.INSTALLATION, subject_id=public_id)
    assert end_of(app, shop) == END


def test_a_paid_migration_is_told_in_the_same_transaction(
    app: Flask, sandbox: Sandbox, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(sale_migrations, "mark_paid", told.append)
    checkout = buy(app, shop, product=Product.MIGRATION, units=3, subject_id="11111111-1111-4111-8111-111111111111")
    assert (checkout.net, checkout.vat, checkout.total) == (Decimal("202.50"), Decimal("42.53"), Decimal("245.03"))
    settle(app, pay(sandbox, checkout))
    assert told == ["11111111-1111-4111-8111-111111111111"]
    assert states(app) == [CheckoutState.PAID.value]
