"""Abonnement: what a year costs, the way to the payment page and back, stopping, and the choice afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, Visitor, World
from tests.support import mailbox
from tests.support.clock import FrozenClock
from tests.support.statements import counted_statements
from webshop.domain.booking import Issue
from webshop.extensions import clock as product_clock
from webshop.extensions import db
from webshop.models import AuditEvent, Checkout, GapChoice, Schedule, ServiceRequest, Shop, SubscriptionGap
from webshop.sandbox import Sandbox
from webshop.sandbox.core import Fault
from webshop.services import installer_grants

END = date(2026, 12, 3)
ADDRESSES = (
    ("get", "subscription"),
    ("post", "subscription/pay"),
    ("get", "subscription/stop"),
    ("post", "subscription/stop"),
    ("get", "subscription/gap"),
    ("post", "subscription/gap"),
    ("get", "checkouts/00000000-0000-4000-8000-000000000000"),
    ("get", "checkouts/00000000-0000-4000-8000-000000000000/state"),
    ("post", "setup/help/pay"),
)
OWNERS_ONLY = (
    ("post", "subscription/pay"),
    ("get", "subscription/stop"),
    ("post", "subscription/stop"),
    ("post", "subscription/gap"),
    ("post", "setup/help/pay"),
)


@pytest.fixture(autouse=True)
def _quiet(sandbox: Sandbox) -> Iterator[None]:
    """Call-backs do not leave the process; a test that wants one makes it."""
    sandbox.mollie.notify = lambda url, payment_id: None
    yield


@pytest.fixture
def ends(world: World) -> World:
    with world.rows() as shop:
        shop.active_until = END
    return world


def shop_row(world: World) -> Shop:
    with world.app.app_context():
        return db.session.query(Shop).filter_by(public_id=world.shop_id).one()


def checkout_rows(world: World) -> list[Checkout]:
    with world.app.app_context():
        return db.session.query(Checkout).order_by(Checkout.id).all()


def actions(world: World) -> list[str]:
    with world.app.app_context():
        return [row.action for row in db.session.query(AuditEvent).order_by(AuditEvent.id)]


def pay(visitor: Visitor, world: World) -> str:
    """Go to the payment page and return the address one comes back to."""
    visitor.post(f"{world.place}/subscription/pay")
    assert visitor.response.headers["Location"].startswith("http://sandbox.test/mollie/checkout/tr_")
    return f"{world.place}/checkouts/{checkout_rows(world)[-1].public_id}"


def open_gap(world: World, waiting: int = 2) -> None:
    with world.rows() as shop:
        now = product_clock.now()
        db.session.add(SubscriptionGap(shop_id=shop.id, starts_at=now - timedelta(days=9), ends_at=now))
        for _number in range(waiting):
            factories.order(shop, issue=Issue("GAP_UNDECIDED", {"ordered_on": "2026-11-20"}))


# Who may what


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_strangers_and_the_logged_out_get_nothing(ends: World, method: str, address: str) -> None:
    path = f"{ends.place}/{address}"
    stranger = ends.visitor(CHARLIE)
    getattr(stranger, method)(path, 404)
    nobody = ends.visitor()
    getattr(nobody, method)(path, 302)
    getattr(nobody, method)(path, 401, htmx=True)
    assert checkout_rows(ends) == []


@pytest.mark.parametrize(("method", "address"), OWNERS_ONLY)
@pytest.mark.parametrize("email", [BOB, DORA])
def test_only_owners_pay_stop_and_choose(ends: World, method: str, address: str, email: str) -> None:
    open_gap(ends)
    getattr(ends.visitor(email), method)(f"{ends.place}/{address}", 403)
    assert (shop_row(ends).active_until, checkout_rows(ends)) == (END, [])


@pytest.mark.parametrize("email", [BOB, DORA])
def test_others_see_the_page_without_buttons(ends: World, email: str) -> None:
    visitor = ends.visitor(email)
    for address in ("subscription", "subscription/gap"):
        page = visitor.get(f"{ends.place}/{address}")
        assert page.main.find("button", type="submit") is None


def test_wrong_methods_are_refused(ends: World) -> None:
    visitor = ends.visitor(ALICE)
    for address in ("subscription/pay", "setup/help/pay"):
        visitor.get(f"{ends.place}/{address}", 405)
    for address in ("subscription", "checkouts/00000000-0000-4000-8000-000000000000"):
        visitor.post(f"{ends.place}/{address}", 405)


def test_a_form_without_token_does_nothing(ends: World) -> None:
    visitor = ends.visitor(ALICE)
    for address in ("subscription/pay", "subscription/stop", "subscription/gap"):
        visitor.post(f"{ends.place}/{address}", 400, csrf_token="")
    assert (shop_row(ends).active_until, checkout_rows(ends)) == (END, [])


# The page


def test_the_page_shows_the_price_with_its_vat_and_the_year_it_buys(ends: World) -> None:
    text = ends.visitor(ALICE).get(f"{ends.place}/subscription").main.text
    for part in ("149,00", "31,29", "180,29", "4 dec 2026", "3 dec 2027", "11 dagen te gaan"):
        assert part in " ".join(text.replace("\xa0", " ").split()), part


def test_the_page_of_a_shop_without_an_end_sells_nothing(world: World) -> None:
    page = world.visitor(ALICE).get(f"{world.place}/subscription")
    assert page.find("form", action=f"{world.place}/subscription/pay") is None
    world.visitor(ALICE).post(f"{world.place}/subscription/pay", 409)


@pytest.mark.parametrize(
    ("days", "words"), [(13, "Nog 14 dagen actief"), (0, "Nog 1 dag actief"), (-1, "Gestopt op"), (14, None)]
)
def test_every_page_counts_down_the_last_two_weeks(world: World, days: int, words: str | None) -> None:
    with world.rows() as shop:
        shop.active_until = product_clock.now().date() + timedelta(days=days)
    for address in ("", "open", "profile"):
        bar = world.visitor(ALICE).get(f"{world.place}/{address}").find(id="countdown")
        assert (bar is None) if words is None else words in bar.text


@pytest.mark.parametrize("address", ["subscription", "subscription/gap", "profile", ""])
def test_few_statements(ends: World, address: str) -> None:
    open_gap(ends, waiting=1)
    visitor = ends.visitor(ALICE)
    visitor.get(f"{ends.place}/{address}")
    counts = []
    for _again in range(2):
        with counted_statements() as statements:
            visitor.get(f"{ends.place}/{address}")
        counts.append(len(statements))
        with ends.rows() as shop:
            for _number in range(60):
                factories.order(shop, issue=Issue("GAP_UNDECIDED", {"ordered_on": "2026-11-20"}))
    assert counts[0] == counts[1]
    # The overview has one more for as long as a choice is open.
    assert counts[0] <= (7 if address == "" else 6), statements


# Paying


def test_paying_leads_to_mollie_and_back_to_a_page_that_tells_the_truth(ends: World, sandbox: Sandbox) -> None:
    rung: list[int] = []
    ends.app.extensions["ring_shop"] = rung.append
    visitor = ends.visitor(ALICE)
    back = pay(visitor, ends)
    page = visitor.get(back)
    assert page.find(id="checkout")["data-state"] == "open"
    (payment,) = sandbox.mollie.payments()
    assert urlsplit(payment["redirectUrl"]).path == back
    assert payment["webhookUrl"] == "http://localhost/webhooks/mollie"
    sandbox.mollie.end(payment["id"], "paid", is_told=False)
    page = visitor.get(back)
    assert page.find(id="checkout")["data-state"] == "paid"
    assert "3 dec 2027" in page.main.text
    assert shop_row(ends).active_until == date(2027, 12, 3)
    visitor.get(back)
    assert actions(ends).count("checkout_paid") == 1
    assert rung


def test_two_clicks_are_one_payment(ends: World, sandbox: Sandbox) -> None:
    visitor = ends.visitor(ALICE)
    assert pay(visitor, ends) == pay(visitor, ends)
    assert len(sandbox.mollie.payments()) == 1


@pytest.mark.parametrize(
    ("status", "words"), [("failed", "niet gelukt"), ("canceled", "geannuleerd"), ("expired", "verlopen")]
)
def test_what_is_not_paid_is_said_with_a_way_to_try_again(
    ends: World, sandbox: Sandbox, status: str, words: str
) -> None:
    visitor = ends.visitor(ALICE)
    back = pay(visitor, ends)
    sandbox.mollie.end(sandbox.mollie.payments()[0]["id"], status, is_told=False)
    page = visitor.get(back)
    assert words in page.main.text
    assert page.find("form", action=f"{ends.place}/subscription/pay") is not None
    assert shop_row(ends).active_until == END
    assert pay(visitor, ends) != back


def test_the_waiting_part_asks_until_it_knows_and_stops_by_itself(ends: World, sandbox: Sandbox) -> None:
    visitor = ends.visitor(ALICE)
    back = pay(visitor, ends)
    visitor.get(f"{back}/state", 303)
    part = visitor.get(back).find(id="checkout")
    assert "delay:3s" in part["hx-trigger"]
    asked = 0
    while part.get("hx-get"):
        asked += 1
        assert asked <= 20
        part = visitor.get(part["hx-get"], htmx=True).find(id="checkout")
    assert asked == 20
    assert "Je hoeft hier niet te wachten" in part.text
    sandbox.mollie.end(sandbox.mollie.payments()[0]["id"], "paid", is_told=False)
    part = visitor.get(f"{back}/state?asked=-5&x=y", htmx=True).find(id="checkout")
    assert (part["data-state"], part.get("hx-get")) == ("paid", None)


def test_while_mollie_is_away_nothing_is_lost_and_nothing_is_claimed(ends: World, sandbox: Sandbox) -> None:
    visitor = ends.visitor(ALICE)
    sandbox.world.faults.add(Fault("mollie", "createPayment", "drop"))
    page = visitor.post(f"{ends.place}/subscription/pay", 503)
    assert "niet bereikbaar" in page.find(role="alert").text
    back = pay(visitor, ends)
    assert len(checkout_rows(ends)) == 1
    sandbox.world.faults.add(Fault("mollie", "getPayment", "drop", times=1))
    assert visitor.get(back).find(id="checkout")["data-state"] == "open"


def test_a_second_payment_of_the_same_offer_is_said_to_be_paid_back(
    ends: World, sandbox: Sandbox, clock: FrozenClock
) -> None:
    visitor = ends.visitor(ALICE)
    first = pay(visitor, ends)
    later = (clock.advance(minutes=31) + timedelta(hours=1)).isoformat()
    sandbox.mollie.change(sandbox.mollie.payments()[0]["id"], expiresAt=later)
    second = pay(visitor, ends)
    for payment in sandbox.mollie.payments():
        sandbox.mollie.end(payment["id"], "paid", is_told=False)
    assert visitor.get(second).find(id="checkout")["data-state"] == "paid"
    page = visitor.get(first)
    assert page.find(id="checkout")["data-state"] == "duplicate"
    assert "storten haar terug" in page.main.text
    assert shop_row(ends).active_until == date(2027, 12, 3)


def test_a_checkout_of_another_shop_is_not_there(ends: World) -> None:
    back = pay(ends.visitor(ALICE), ends)
    ends.visitor(CHARLIE).get(back.replace(ends.shop_id, ends.other_shop_id), 404)


def test_pages_name_the_payment_host_in_their_policy(ends: World) -> None:
    visitor = ends.visitor(ALICE)
    visitor.get(f"{ends.place}/subscription")
    policy = visitor.response.headers["Content-Security-Policy"]
    assert re.search(r"form-action 'self' http://sandbox\.test;", policy)


# Installation


def test_an_installation_can_be_paid_from_its_request(ends: World, sandbox: Sandbox) -> None:
    visitor = ends.visitor(ALICE)
    visitor.post(f"{ends.place}/setup/help/pay", 409)
    visitor.post(f"{ends.place}/setup/help", words="")
    page = visitor.get(f"{ends.place}/setup/help")
    assert "47,80" in page.find("form", class_="pay").text
    visitor.post(f"{ends.place}/setup/help/pay")
    (payment,) = sandbox.mollie.payments()
    assert payment["amount"] == {"currency": "EUR", "value": "47.80"}
    sandbox.mollie.end(payment["id"], "paid", is_told=False)
    page = visitor.get(f"{ends.place}/checkouts/{checkout_rows(ends)[0].public_id}")
    assert "contact met je op over de installatie" in page.main.text
    with ends.app.app_context():
        assert installer_grants.is_paid(db.session.query(ServiceRequest).one())
    assert visitor.get(f"{ends.place}/setup/help").find("form", class_="pay") is None
    visitor.post(f"{ends.place}/setup/help/pay", 409)
    assert shop_row(ends).active_until == END


# Stopping


def test_stopping_asks_first_with_and_without_htmx(ends: World) -> None:
    visitor = ends.visitor(ALICE)
    with ends.rows() as shop:
        factories.order(shop)
    for htmx in (False, True):
        page = visitor.get(f"{ends.place}/subscription/stop", htmx=htmx)
        assert "1 bestelling wacht nu nog" in page.find(id="stop-subscription").text
    assert shop_row(ends).active_until == END


@pytest.mark.parametrize("htmx", [False, True])
def test_stopping_is_at_once_and_twice_is_once(ends: World, htmx: bool) -> None:
    visitor = ends.visitor(ALICE)
    for _again in range(2):
        visitor.post(f"{ends.place}/subscription/stop", 200 if htmx else 303, htmx=htmx)
    assert shop_row(ends).active_until == date(2026, 11, 22)
    assert actions(ends).count("subscription_stopped") == 1
    assert [mail.kind for mail in mailbox.mails(ends.app, ALICE)] == ["stopped"]
    page = visitor.get(f"{ends.place}/subscription")
    assert "Gestopt op" in page.main.text
    assert page.find("a", href=f"{ends.place}/subscription/stop") is None


def test_a_shop_without_an_end_can_be_stopped(world: World) -> None:
    world.visitor(ALICE).post(f"{world.place}/subscription/stop")
    assert shop_row(world).active_until == date(2026, 11, 22)


# The gap


def test_the_overview_tells_how_many_wait_for_a_choice(world: World) -> None:
    visitor = world.visitor(ALICE)
    assert "zonder abonnement" not in visitor.get(f"{world.place}/").main.text
    open_gap(world, waiting=2)
    notice = visitor.get(f"{world.place}/").find(class_="notice-amber")
    assert "2 bestellingen uit de periode zonder abonnement" in notice.text
    assert notice.a["href"] == f"{world.place}/subscription/gap"


@pytest.mark.parametrize("choice", list(GapChoice))
@pytest.mark.parametrize("htmx", [False, True])
def test_the_choice_is_made_once(world: World, choice: GapChoice, htmx: bool) -> None:
    open_gap(world)
    visitor = world.visitor(ALICE)
    page = visitor.post(f"{world.place}/subscription/gap", 422, htmx=htmx)
    assert "Maak een keuze." in page.text
    visitor.post(f"{world.place}/subscription/gap", 422, htmx=htmx, choice="burn")
    for word in (choice.value, "post", "leave"):
        visitor.post(f"{world.place}/subscription/gap", 200 if htmx else 303, htmx=htmx, choice=word)
    shop_id = shop_row(world).id
    with world.app.app_context():
        assert db.session.query(SubscriptionGap).one().choice == choice.value
        assert db.session.query(Schedule).filter_by(shop_id=shop_id).one().reviews_asked == 1
    assert actions(world).count("gap_decided") == 1
    assert "Er is niets te kiezen" in visitor.get(f"{world.place}/subscription/gap").main.text
