"""Amazon's consent: what comes back makes a connection once, for the one who asked for it, and never leaks."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA
from tests.blueprints.setup_world import Installation, make_installation, problem_of
from tests.support.clock import FrozenClock
from webshop.extensions import db
from webshop.models import Connection, PendingConnection, Shop
from webshop.sandbox import Sandbox
from webshop.sandbox.core import Fault
from webshop.services.pending import forget_expired

CALLBACK = "/oauth/amazon/callback"


@pytest.fixture
def installation(app: Flask, sandbox: Sandbox) -> Installation:
    return make_installation(app, sandbox)


def connections(installation: Installation) -> list[Connection]:
    with installation.app.app_context():
        return list(db.session.scalars(select(Connection).order_by(Connection.id)))


def token_requests(installation: Installation) -> int:
    return installation.sandbox.world.log.count("amazon", "token")


@pytest.mark.parametrize("email", [ALICE, BOB])
def test_a_consent_makes_the_light_green(installation: Installation, email: str) -> None:
    installation.agree(installation.visitor())
    visitor = installation.visitor(email)
    visitor.get(installation.consent(visitor), status=303)
    assert "code" not in visitor.response.location
    page = visitor.get(visitor.response.location)
    assert page.find(id="light-amazon")["data-state"] == "green"
    assert "Verbonden met Fietsbel" in page.text
    assert connections(installation)[0].account_id == installation.seller.seller_id


def test_a_draft_of_the_application_is_asked_for_as_one(installation: Installation) -> None:
    installation.sandbox.amazon.configure_application(draft=True)
    alice = installation.visitor()
    installation.agree(alice)
    settings = installation.app.extensions["settings"]
    installation.app.extensions["settings"] = replace(settings, is_amazon_application_draft=True)
    installation.connect_amazon(alice)
    assert connections(installation)[0].account_id == installation.seller.seller_id


def test_the_address_of_the_consent_is_as_amazon_wants_it(installation: Installation) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    alice.get(installation.start, status=303)
    address = urlsplit(alice.response.location)
    query = parse_qs(address.query)
    assert address.path == "/amazon/seller-central/apps/authorize/consent"
    assert set(query) == {"application_id", "state", "redirect_uri"}
    assert query["redirect_uri"] == ["http://localhost/oauth/amazon/callback"]
    assert len(query["state"][0]) >= 43


def test_nobody_connects_before_the_owner_agreed(installation: Installation) -> None:
    bob = installation.visitor(BOB)
    bob.get(installation.start, status=303)
    assert bob.response.location.endswith("/setup/terms")


def with_query(address: str, **changes: str | None) -> str:
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    given = {name: value for name, value in {**query, **changes}.items() if value is not None}
    return f"{urlsplit(address).path}?{urlencode(given)}"


# Attack cases 34 to 39


@pytest.mark.parametrize("state", [None, "", "x" * 43, "\ud800", "a" * 5000])
def test_a_state_that_is_not_ours_costs_no_token_request(installation: Installation, state: str | None) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    address = with_query(installation.consent(alice), state=None if state == "\ud800" else state)
    alice.get(address, status=400)
    assert token_requests(installation) == 0
    assert connections(installation) == []


def test_a_state_counts_once(installation: Installation) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    address = installation.consent(alice)
    alice.get(address, status=303)
    alice.get(address, status=400)
    assert token_requests(installation) == 1


def test_a_state_of_another_user_or_session_is_refused(installation: Installation) -> None:
    """Also that of the same user on another device: the attacker's code never ends in the victim's shop."""
    alice = installation.visitor()
    installation.agree(alice)
    address = installation.consent(alice)
    for visitor in (installation.visitor(CHARLIE), installation.visitor(BOB), installation.visitor(ALICE)):
        visitor.get(address, status=400)
    installation.visitor(None).get(address, status=401)
    assert token_requests(installation) == 0
    alice.get(address, status=303)
    assert len(connections(installation)) == 1


def test_a_state_is_forgotten_when_it_comes_back_too_late(installation: Installation, clock: FrozenClock) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    alice.get(installation.start, status=303)
    clock.advance(minutes=10, seconds=1)
    alice.get(installation.confirm(alice.response.location), status=303)
    assert problem_of(alice) == "expired"
    assert token_requests(installation) == 0


def test_who_has_left_the_shop_meanwhile_connects_nothing(installation: Installation) -> None:
    installation.agree(installation.visitor())
    bob = installation.visitor(BOB)
    address = installation.consent(bob)
    with installation.app.app_context():
        from webshop.models import Membership, User

        db.session.execute(
            Membership.__table__.delete().where(  # type: ignore[attr-defined]
                Membership.user_id == select(User.id).where(User.email == BOB).scalar_subquery()
            )
        )
        db.session.commit()
    bob.get(address, status=404)
    assert token_requests(installation) == 0


def test_the_code_is_in_no_log_and_no_referer(installation: Installation, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    alice = installation.visitor()
    installation.agree(alice)
    address = installation.consent(alice)
    assert alice.response.headers["Referrer-Policy"] == "no-referrer"
    code = parse_qs(urlsplit(address).query)["spapi_oauth_code"][0]
    alice.get(address, status=303)
    assert alice.response.headers["Referrer-Policy"] == "no-referrer"
    assert code not in caplog.text
    with installation.app.app_context():
        assert db.session.scalars(select(PendingConnection)).all() == []


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.test/apps/authorize/confirm/x",
        "https://sandbox.test.evil.test/",
        "//sandbox.test/",
        "javascript:alert(1)",
        "http://sandbox.test@evil.test/",
        "http://sandbox.test\\@evil.test/",
        "http://evil.test#http://sandbox.test/",
        "https://sandbox.test/",
        "http://sandbox.test:81/",
        "http://[::1",
        "",
    ],
)
def test_a_login_that_would_lead_elsewhere_is_refused(installation: Installation, uri: str) -> None:
    alice = installation.visitor()
    query: dict[str, Any] = {
        "amazon_callback_uri": uri,
        "amazon_state": "s",
        "selling_partner_id": installation.seller.seller_id,
    }
    alice.get(f"/oauth/amazon/login?{urlencode(query)}", status=400)
    alice.post("/oauth/amazon/login", status=400, shop=installation.shop_id, **query)


# Started at Amazon


def from_amazon(installation: Installation) -> str:
    """Press the button at Amazon and return the address it leads to."""
    answer = installation.sandbox.app.test_client().post(
        "/amazon/seller-central/apps/manage",
        data={"seller_id": installation.seller.seller_id},
        base_url="http://sandbox.test",
    )
    return answer.headers["Location"].removeprefix("http://localhost")


def test_an_authorisation_that_begins_at_amazon_passes_our_login(installation: Installation) -> None:
    installation.agree(installation.visitor())
    address = from_amazon(installation)
    visitor = installation.visitor(None)
    visitor.get(address, status=302)
    login = visitor.response.location
    assert parse_qs(urlsplit(login).query)["next"] == [address]
    visitor.log_in(ALICE, next=parse_qs(urlsplit(login).query)["next"][0])
    page = visitor.get(visitor.response.location)
    form = {field["name"]: field["value"] for field in page.main.form.find_all("input")}
    assert form["shop"] == installation.shop_id
    visitor.post("/oauth/amazon/login", status=303, **form)
    confirm = urlsplit(visitor.response.location)
    assert parse_qs(confirm.query)["amazon_state"] == [form["amazon_state"]]
    answer = installation.sandbox.app.test_client().get(f"{confirm.path}?{confirm.query}")
    visitor.get(answer.headers["Location"].removeprefix("http://localhost"), status=303)
    assert [row.account_id for row in connections(installation)] == [installation.seller.seller_id]


def test_another_seller_than_it_began_with_is_refused(installation: Installation) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    page = alice.get(from_amazon(installation))
    form = {field["name"]: field["value"] for field in page.main.form.find_all("input")}
    alice.post("/oauth/amazon/login", status=303, **form)
    confirm = urlsplit(alice.response.location)
    answer = installation.sandbox.app.test_client().get(f"{confirm.path}?{confirm.query}")
    back = answer.headers["Location"].removeprefix("http://localhost")
    alice.get(with_query(back, selling_partner_id="A3OTHERSELLER1"), status=303)
    assert problem_of(alice) == "seller_switched"
    assert token_requests(installation) == 0


def test_the_accountant_and_the_stranger_choose_nothing(installation: Installation) -> None:
    installation.agree(installation.visitor())
    address = from_amazon(installation)
    dora = installation.visitor(DORA)
    assert "geen winkel" in dora.get(address).text
    query: dict[str, Any] = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    dora.post("/oauth/amazon/login", status=403, shop=installation.shop_id, **query)
    installation.visitor(CHARLIE).post("/oauth/amazon/login", status=404, shop=installation.shop_id, **query)


# What can go wrong


def test_a_consent_that_was_not_given_says_so(installation: Installation) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    alice.get(with_query(installation.consent(alice), spapi_oauth_code=None), status=303)
    assert problem_of(alice) == "denied"
    assert "geen toestemming gegeven" in alice.get(alice.response.location).main.text


@pytest.mark.parametrize(
    ("operation", "kind", "facts", "problem"),
    [
        ("token", "status", {"status": 503}, "unreachable"),
        ("token", "drop", {}, "unreachable"),
        ("token", "status", {"status": 401, "body": '{"error": "invalid_client"}'}, "ours"),
        ("getMarketplaceParticipations", "drop", {}, "unreachable"),
        ("getMarketplaceParticipations", "status", {"status": 403, "body": '{"errors": []}'}, "no_access"),
    ],
)
def test_trouble_with_amazon_has_its_own_text(
    installation: Installation, operation: str, kind: str, facts: dict[str, object], problem: str
) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    address = installation.consent(alice)
    installation.sandbox.world.faults.add(Fault("amazon", operation, kind, parameters=facts))
    alice.get(address, status=303)
    assert problem_of(alice) == problem
    assert alice.get(alice.response.location).main.find(role="alert") is not None
    assert connections(installation) == []


def test_a_code_that_is_too_old_says_so(installation: Installation, clock: FrozenClock) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    address = installation.consent(alice)
    clock.advance(minutes=6)
    alice.get(address, status=303)
    assert problem_of(alice) == "code_expired"


@pytest.mark.parametrize(
    ("marketplaces", "problem", "words"),
    [(("DE", "FR"), "other_marketplace", "Amazon.de, Amazon.fr"), ((), "no_marketplace", "Professional")],
)
def test_a_seller_without_the_marketplace_is_told_where_it_sells(
    installation: Installation, marketplaces: tuple[str, ...], problem: str, words: str
) -> None:
    seller = installation.sandbox.amazon.create_seller(name="Elders", marketplaces=marketplaces)
    alice = installation.visitor()
    installation.agree(alice)
    alice.get(installation.consent(alice, seller), status=303)
    assert problem_of(alice) == problem
    assert words in alice.get(alice.response.location).main.text


def test_a_seller_of_another_shop_is_refused(installation: Installation) -> None:
    alice, charlie = installation.visitor(), installation.visitor(CHARLIE)
    installation.agree(alice)
    installation.connect_amazon(alice)
    place = f"/shops/{installation.other_shop_id}/setup"
    charlie.post(f"{place}/terms", terms="y", processing="y")
    charlie.get(f"/oauth/amazon/start?shop={installation.other_shop_id}", status=303)
    charlie.get(installation.confirm(charlie.response.location), status=303)
    assert problem_of(charlie) == "taken"
    assert len(connections(installation)) == 1


def test_another_seller_than_before_is_asked_about_first(installation: Installation) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    installation.connect_amazon(alice)
    other = installation.sandbox.amazon.create_seller(name="Tweede verkoper")
    alice.get(installation.consent(alice, other), status=303)
    page = alice.get(alice.response.location)
    assert "Tweede verkoper" in page.main.text
    assert connections(installation)[0].account_id == installation.seller.seller_id
    alice.post(f"{installation.place}/amazon/confirm")
    assert connections(installation)[0].account_id == other.seller_id
    alice.post(f"{installation.place}/amazon/confirm")
    assert problem_of(alice) == "expired"


def test_a_renewal_by_the_same_seller_needs_no_confirmation(installation: Installation, clock: FrozenClock) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    installation.connect_amazon(alice)
    with installation.app.app_context():
        row = db.session.scalars(select(Connection)).one()
        row.state, row.last_error_code = "needs_reconnect", "AMAZON_RECONNECT"
        db.session.commit()
    page = alice.get(f"{installation.place}/amazon")
    assert "Er gaat niets verloren" in page.main.text
    assert page.main.find("a", string="Connect") is not None
    clock.advance(hours=1)
    installation.connect_amazon(alice)
    assert connections(installation)[0].state == "active"
    with installation.app.app_context():
        shop = db.session.scalars(select(Shop).where(Shop.public_id == installation.shop_id)).one()
        from webshop.models import Schedule

        assert db.session.get_one(Schedule, shop.id).slot_at == clock.now(), "what was missed is fetched at once"


def test_the_consent_hosts_are_all_that_forms_may_lead_to(installation: Installation) -> None:
    policy = installation.visitor().client.get(f"{installation.place}/amazon").headers["Content-Security-Policy"]
    assert "form-action 'self' http://sandbox.test;" in policy


def test_a_waiting_request_leaves_nothing_behind(installation: Installation, clock: FrozenClock) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    for _ in range(3):
        alice.get(installation.start, status=303)
        clock.advance(hours=1, minutes=11)
    with installation.app.app_context():
        assert len(db.session.scalars(select(PendingConnection)).all()) <= 2


def test_starting_is_for_those_who_may(installation: Installation) -> None:
    installation.agree(installation.visitor())
    installation.visitor(DORA).get(installation.start, status=403)
    installation.visitor(CHARLIE).get(installation.start, status=404)
    installation.visitor().get("/oauth/amazon/start?shop=nonsense", status=404)
    nobody = installation.visitor(None)
    nobody.get(installation.start, status=302)
    assert nobody.response.location.startswith("/login")
    installation.visitor().post("/oauth/amazon/start", status=405)


def test_what_waits_for_a_confirmation_is_removed_at_night(installation: Installation, clock: FrozenClock) -> None:
    alice = installation.visitor()
    installation.agree(alice)
    installation.connect_amazon(alice)
    other = installation.sandbox.amazon.create_seller(name="Tweede verkoper")
    alice.get(installation.consent(alice, other), status=303)
    with installation.app.app_context():
        forget_expired()
        assert len(db.session.scalars(select(PendingConnection)).all()) == 1
        clock.advance(minutes=16)
        forget_expired()
        assert db.session.scalars(select(PendingConnection)).all() == []
