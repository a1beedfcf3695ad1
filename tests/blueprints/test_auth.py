"""Logging in and out: who gets in, for how long, and how often one may guess."""

from __future__ import annotations

from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import update

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, Visitor, World
from tests.support.clock import FrozenClock
from webshop import create_app
from webshop.extensions import db, transaction
from webshop.models import User
from webshop.services import accounts
from webshop.settings import Settings


def test_logging_in_leads_to_the_only_shop(world: World) -> None:
    alice = world.visitor()
    alice.log_in(ALICE)
    assert alice.response.location == "/shops"
    alice.get("/shops", status=303)
    assert alice.response.location == f"{world.place}/"


def test_who_is_logged_in_does_not_see_the_login_page(world: World) -> None:
    world.visitor(ALICE).get("/login", status=303)


def test_the_address_is_not_case_sensitive(world: World) -> None:
    world.visitor().log_in(f"  {ALICE.upper()} ")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ALICE, "wrong"),
        ("nobody@shop.test", factories.PASSWORD),
        (ALICE, f" {factories.PASSWORD}"),
        (ALICE, factories.PASSWORD + "\0"),
        (f"{ALICE}\0", factories.PASSWORD),
        (ALICE, "x" * 1024),
        ("a" * 200 + "@shop.test", factories.PASSWORD),
    ],
)
def test_a_wrong_login_says_the_same_whatever_is_wrong(world: World, email: str, password: str) -> None:
    page = world.visitor().log_in(email, password=password, status=422)
    assert page.find(role="alert").text == "Dit e-mailadres en wachtwoord horen niet bij elkaar."


@pytest.mark.parametrize("password", ["", "x" * 1025])
def test_an_impossible_password_is_refused_at_its_field(world: World, password: str) -> None:
    page = world.visitor().log_in(ALICE, password=password, status=422)
    field = page.find(id="password")
    assert field["aria-invalid"] == "true"
    assert page.find(id=field["aria-describedby"]).text


def test_a_huge_form_is_refused(world: World) -> None:
    world.visitor().log_in(ALICE, password="x" * 1_000_000, status=413)


def test_a_password_of_any_letters_works(world: World) -> None:
    password = " ✓ héél lang " * 20
    with world.app.app_context(), transaction():
        factories.user("odd@shop.test", password=password)
    world.visitor().log_in("odd@shop.test", password=password)


@pytest.mark.parametrize("email", [ALICE, "nobody@shop.test"])
def test_an_unknown_address_costs_the_same_hash_as_a_wrong_password(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    hashed: list[str] = []
    real = PasswordHasher.verify

    def verify(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
        hashed.append(password_hash.rsplit("$", 2)[0])
        return real(hasher, password_hash, password)

    with app.app_context():
        monkeypatch.setattr(PasswordHasher, "verify", verify)
        assert accounts.log_in(email, "wrong") is None
        parameters = accounts.hash_password("any").rsplit("$", 2)[0]
    assert hashed == [parameters]


def test_a_closed_account_does_not_get_in(world: World) -> None:
    with world.app.app_context(), transaction() as session:
        session.execute(update(User).where(User.email == ALICE).values(is_active=False))
    world.visitor().log_in(ALICE, status=422)


def test_a_hash_of_older_parameters_is_renewed(world: World) -> None:
    settings: Settings = world.app.extensions["settings"]
    world.app.extensions["settings"] = replace(settings, password_hash_memory_kib=128)
    world.visitor().log_in(ALICE)
    with world.app.app_context():
        user = db.session.query(User).filter_by(email=ALICE).one()
        assert "m=128,t=1,p=1" in (user.password_hash or "")
        assert user.last_login_at is not None
    world.visitor().log_in(ALICE)


# Where to go next


def test_after_the_login_the_page_that_was_asked_for_is_shown(world: World) -> None:
    visitor = world.visitor()
    visitor.get(f"{world.place}/report?country=DE", status=302)
    page = visitor.get(visitor.response.location)
    visitor.log_in(ALICE, next=page.find("input", attrs={"name": "next"})["value"])
    assert visitor.response.location == f"{world.place}/report?country=DE"


@pytest.mark.parametrize(
    "target",
    ["//evil.test", "/\\evil.test", "\\\\evil.test", "https://evil.test", "javascript:alert(1)", "evil", "/ /evil.test",
     "/\t/evil.test", "/" + "x" * 2600],
)  # fmt: skip
def test_the_login_never_leads_to_another_site(world: World, target: str) -> None:
    visitor = world.visitor()
    visitor.log_in(ALICE, next=target)
    assert visitor.response.location == "/shops"


# Sessions


def test_a_login_starts_a_new_session_with_a_new_token(world: World) -> None:
    visitor = world.visitor()
    token_before = visitor.csrf_token()
    cookie_before = visitor.client.get_cookie("session")
    visitor.log_in(ALICE, csrf_token=token_before)
    assert visitor.client.get_cookie("session") != cookie_before
    visitor.post(f"{world.place}/fetch", 400, csrf_token=token_before)


def test_a_copy_of_the_cookie_is_worth_nothing_after_logging_out(world: World) -> None:
    alice = world.visitor(ALICE)
    copy = alice.client.get_cookie("session")
    assert copy is not None
    alice.post("/logout")
    thief = world.visitor()
    thief.client.set_cookie("session", copy.value)
    thief.get(f"{world.place}/", status=302)


def test_logging_out_is_not_a_matter_of_following_a_link(world: World) -> None:
    world.visitor(ALICE).get("/logout", status=405)


@pytest.mark.parametrize("values", [{"is_active": False}, {"session_number": 7}])
def test_a_session_ends_with_the_account_or_its_password(world: World, values: dict[str, object]) -> None:
    alice = world.visitor(ALICE)
    with world.app.app_context(), transaction() as session:
        session.execute(update(User).where(User.email == ALICE).values(**values))
    alice.get(f"{world.place}/", status=302)


@pytest.mark.parametrize("cookie", ["", "x", ".....", "eyJfdXNlcl9pZCI6IngifQ.aaaa.bbbb"])
def test_a_broken_cookie_is_nobody(world: World, cookie: str) -> None:
    visitor = world.visitor()
    visitor.client.set_cookie("session", cookie)
    visitor.get(f"{world.place}/", status=302)


def test_a_session_ends_when_nobody_uses_it(world: World, clock: FrozenClock) -> None:
    alice = world.visitor(ALICE)
    clock.advance(hours=3)
    alice.get(f"{world.place}/")
    clock.advance(hours=3)
    alice.get(f"{world.place}/")
    clock.advance(hours=4, seconds=1)
    alice.get(f"{world.place}/", status=302)


def test_a_session_ends_after_a_day(world: World, clock: FrozenClock) -> None:
    alice = world.visitor(ALICE)
    for _ in range(8):
        clock.advance(hours=3)
        alice.get(f"{world.place}/")
    clock.advance(minutes=1)
    alice.get(f"{world.place}/", status=302)


def test_a_page_that_asks_by_itself_keeps_no_session_alive(world: World, clock: FrozenClock) -> None:
    alice = world.visitor(ALICE)
    for _ in range(4):
        clock.advance(minutes=59)
        alice.get(f"{world.place}/fetch", htmx=True)
    clock.advance(minutes=5)
    alice.get(f"{world.place}/fetch", status=401, htmx=True)


def test_cookies_are_bound_to_the_host_and_https(settings: Settings, clock: FrozenClock) -> None:
    secure = replace(settings, is_https=True, public_url="https://koppeling.example.nl")
    app = create_app(secure, clock=clock)
    with app.app_context(), transaction():
        factories.user(ALICE)
    visitor = Visitor(app.test_client())
    visitor.client.environ_base.update({"wsgi.url_scheme": "https", "HTTP_REFERER": "https://localhost/login"})
    visitor.log_in(ALICE)
    cookies = visitor.response.headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in cookies} == {"__Host-session", "__Host-device"}
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    assert "max-age=31536000" in visitor.response.headers["Strict-Transport-Security"]
    with app.app_context():
        db.engine.dispose()


# Guessing


def test_guessing_at_an_account_is_stopped_from_every_address(world: World) -> None:
    for number in range(10):
        visitor = world.visitor()
        visitor.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        visitor.log_in(ALICE, password="guess", status=422)
    page = world.visitor().log_in(ALICE, status=429)
    assert "Even rustig aan" in page.h1.text


def test_the_owner_still_gets_in_from_a_device_that_is_known(world: World) -> None:
    alice = world.visitor(ALICE)
    alice.post("/logout")
    stranger = world.visitor()
    for _ in range(10):
        stranger.log_in(ALICE, password="guess", status=422)
    stranger.log_in(ALICE, status=429)
    alice.log_in(ALICE)


def test_a_device_of_one_account_is_no_device_of_another(world: World) -> None:
    alice = world.visitor(ALICE)
    alice.post("/logout")
    stranger = world.visitor()
    for _ in range(10):
        stranger.log_in(BOB, password="guess", status=422)
    alice.log_in(BOB, status=429)


def test_guessing_at_many_accounts_from_one_address_is_stopped(world: World) -> None:
    visitor = world.visitor()
    token = visitor.csrf_token()
    for number in range(100):
        visitor.log_in(f"guess{number}@shop.test", password="guess", status=422, csrf_token=token)
    visitor.log_in("guess@shop.test", status=429)


def test_a_claimed_address_does_not_give_new_tries(world: World) -> None:
    visitor = world.visitor()
    for number in range(10):
        visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{number}"
        visitor.log_in(ALICE, password="guess", status=422)
    visitor.log_in(ALICE, status=429)


def test_without_redis_people_still_get_in(settings: Settings, clock: FrozenClock) -> None:
    app = create_app(replace(settings, redis_url="redis://127.0.0.1:9/0"), clock=clock)
    with app.app_context(), transaction():
        factories.user(ALICE)
    Visitor(app.test_client()).log_in(ALICE)
    with app.app_context():
        db.engine.dispose()
