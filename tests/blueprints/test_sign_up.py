"""From the public page to the first login, and the links that are mailed on the way."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from tests.blueprints.conftest import ALICE, World
from tests.support import mailbox
from tests.support.clock import FrozenClock
from webshop.extensions import db
from webshop.models import AuditEvent, Shop, User

NEW = "noor@nieuw.test"
PASSWORD = "vier kippen eten graag andijvie"
FORM: dict[str, Any] = {"company": "Bellen van Noor", "email": NEW, "kvk_number": "", "vat_number": "", "website": ""}


def sign_up(world: World, status: int = 303, **values: str) -> None:
    visitor = world.visitor()
    visitor.post("/aanmelden", status, **(FORM | values))
    if status == 303:
        assert visitor.response.location == "/aanmelden/verstuurd"
        visitor.get("/aanmelden/verstuurd")


def count(world: World, model: type) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("address", ["/", "/aanmelden", "/voorwaarden", "/privacy", "/wachtwoord", "/login"])
@pytest.mark.parametrize("htmx", [False, True])
def test_the_public_pages_are_there_for_everybody(world: World, address: str, htmx: bool) -> None:
    world.visitor().get(address, htmx=htmx)


def test_the_public_page_tells_what_it_costs(world: World) -> None:
    text = world.visitor().get("/").text
    for price in ("149,00", "39,50", "67,50"):
        assert f"€\xa0{price}" in text


def test_signing_up_leads_by_mail_to_the_first_login(world: World) -> None:
    sign_up(world, kvk_number="1234 5678", vat_number="0044.95.445.b01")
    link = mailbox.last_link(world.app, NEW)
    visitor = world.visitor()
    assert NEW in visitor.get(link).text
    visitor.post(link, password=PASSWORD)
    place = visitor.response.location
    assert place.startswith("/shops/")
    visitor.get("/shops", 303)
    with world.app.app_context():
        shop = db.session.scalars(select(Shop).where(Shop.name == FORM["company"])).one()
        assert (shop.kvk_number, shop.vat_number) == ("12345678", "NL004495445B01")
        assert shop.active_until == date(2026, 12, 23)
    world.visitor().log_in(NEW, password=PASSWORD)


def test_a_password_is_never_mailed_and_the_licence_key_is(world: World) -> None:
    sign_up(world)
    (mail,) = mailbox.mails(world.app, NEW)
    text = mailbox.text_of(world.app, mail)
    with world.app.app_context():
        shop = db.session.scalars(select(Shop).where(Shop.name == FORM["company"])).one()
    assert shop.licence_key in text
    assert "http://localhost/installatie/" in text


def test_looking_at_the_link_does_not_use_it_up_and_setting_the_password_does(world: World) -> None:
    sign_up(world)
    link = mailbox.last_link(world.app, NEW)
    scanner = world.visitor()
    for _ in range(3):
        scanner.get(link)
    world.visitor().post(link, password=PASSWORD)
    late = world.visitor()
    late.get(link, 410)
    late.post(link, 410, password="een heel ander zinnetje hier")
    world.visitor().log_in(NEW, password=PASSWORD)


def test_the_link_works_for_two_weeks_and_can_be_mailed_again(world: World, clock: FrozenClock) -> None:
    sign_up(world)
    first = mailbox.last_link(world.app, NEW)
    clock.advance(days=13, hours=23)
    world.visitor().get(first)
    clock.advance(hours=2)
    world.visitor().get(first, 410)
    world.visitor().post("/wachtwoord", email=NEW)
    second = mailbox.last_link(world.app, NEW)
    world.visitor().get(second)
    sign_up(world)
    world.visitor().get(second, 410)
    world.visitor().get(mailbox.last_link(world.app, NEW))
    assert count(world, Shop) == 3


def test_a_known_address_gets_the_same_answer_and_another_mail(world: World) -> None:
    unknown, known = world.visitor(), world.visitor()
    unknown.post("/aanmelden", **FORM)
    known.post("/aanmelden", **(FORM | {"email": ALICE}))
    assert (known.response.status, known.response.location) == (unknown.response.status, unknown.response.location)
    sign_up(world, email=ALICE)
    (mail,) = mailbox.mails(world.app, ALICE)
    assert mailbox.link_in(world.app, mail) == "/login"
    assert count(world, Shop) == 3


@pytest.mark.parametrize("page", ["/aanmelden", "/wachtwoord"])
@pytest.mark.parametrize("email", [NEW, ALICE])
def test_every_answer_takes_one_hash(world: World, monkeypatch: pytest.MonkeyPatch, page: str, email: str) -> None:
    hashed: list[str] = []
    real = PasswordHasher.verify

    def verify(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
        hashed.append(password_hash)
        return real(hasher, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    world.visitor().post(page, **(FORM | {"email": email}))
    assert len(hashed) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("company", ""), ("company", "x" * 101), ("company", "Win op www.evil.test"), ("company", "a\r\nBcc: b@c.d"),
        ("email", ""), ("email", "noor"), ("email", "noor@nieuw"), ("email", "noor@nieuw.test\r\nBcc: x@y.test"),
        ("email", "x" * 250 + "@y.test"), ("email", "a@b.test, c@d.test"), ("kvk_number", "1234567"),
        ("kvk_number", "１２３４５６７８"), ("vat_number", "NL123"), ("vat_number", "NL004495446B01"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_told_at_its_field_and_nothing_is_lost(world: World, name: str, value: str) -> None:
    values = FORM | {"kvk_number": "12345678", name: value}
    page = world.visitor().post("/aanmelden", 422, **values)
    field = page.find(id=name)
    assert field["aria-invalid"] == "true"
    assert page.find(id=field["aria-describedby"].split()[-1]).text
    kept = "company" if name != "company" else "email"
    assert page.find(id=kept)["value"] == values[kept]
    assert mailbox.mails(world.app) == []


def test_a_program_that_fills_in_everything_makes_nothing(world: World) -> None:
    sign_up(world, website="http://evil.test")
    assert mailbox.mails(world.app) == []
    assert count(world, Shop) == 2


def test_nobody_fills_a_mailbox_of_somebody_else(world: World) -> None:
    visitor = world.visitor()
    for _ in range(5):
        visitor.post("/aanmelden", **FORM)
    visitor.post("/aanmelden", 429, **FORM)
    assert len(mailbox.mails(world.app, NEW)) == 5


@pytest.mark.parametrize("password", ["", "te kort", "wachtwoord123", "Bellen van Noor 2026", "x" * 1025])
def test_a_weak_first_password_is_refused_at_its_field(world: World, password: str) -> None:
    sign_up(world)
    link = mailbox.last_link(world.app, NEW)
    page = world.visitor().post(link, 422, password=password)
    assert page.find(id="password")["aria-invalid"] == "true"
    world.visitor().get(link)


@pytest.mark.parametrize(
    ("page", "status"),
    [("/aanmelden/verstuurd", 405), ("/voorwaarden", 405), ("/privacy", 405)],
)
def test_pages_to_read_are_not_posted_to(world: World, page: str, status: int) -> None:
    world.visitor().post(page, status)


@pytest.mark.parametrize("place", ["installatie", "wachtwoord", "uitnodiging", "bevestigen"])
@pytest.mark.parametrize("token", ["x", "%00", "🔑", "a" * 3000])
def test_an_invented_link_leads_nowhere(world: World, place: str, token: str) -> None:
    visitor = world.visitor()
    visitor.get(f"/{place}/{token}", 410)
    assert "werkt niet meer" in visitor.response.text


def test_links_of_one_kind_do_not_work_as_another(world: World) -> None:
    sign_up(world)
    token = mailbox.last_link(world.app, NEW).rsplit("/", 1)[1]
    for place in ("wachtwoord", "uitnodiging", "bevestigen"):
        world.visitor().get(f"/{place}/{token}", 410)


def test_mails_link_to_our_own_address_whatever_the_request_says(world: World) -> None:
    client = world.app.test_client()
    client.get("/aanmelden", headers={"Host": "evil.test"})
    sign_up(world)
    assert "evil" not in mailbox.text_of(world.app, mailbox.mails(world.app, NEW)[0])


# Another password


def test_a_reset_sets_the_password_once_and_ends_every_session(world: World) -> None:
    alice = world.visitor(ALICE)
    world.visitor().post("/wachtwoord", email=f" {ALICE.upper()} ")
    link = mailbox.last_link(world.app, ALICE)
    world.visitor().get(link)
    visitor = world.visitor()
    visitor.post(link, password=PASSWORD)
    assert visitor.response.location == "/login"
    alice.get(f"{world.place}/", 302)
    visitor.post(link, 410, password="een heel ander zinnetje hier")
    world.visitor().log_in(ALICE, status=422)
    world.visitor().log_in(ALICE, password=PASSWORD)


def test_a_reset_link_lasts_a_quarter_of_an_hour(world: World, clock: FrozenClock) -> None:
    world.visitor().post("/wachtwoord", email=ALICE)
    link = mailbox.last_link(world.app, ALICE)
    clock.advance(minutes=14, seconds=59)
    world.visitor().get(link)
    clock.advance(seconds=2)
    world.visitor().get(link, 410)
    world.visitor().post(link, 410, password=PASSWORD)


def test_only_the_newest_reset_link_works(world: World) -> None:
    for _ in range(2):
        world.visitor().post("/wachtwoord", email=ALICE)
    first, second = (mailbox.link_in(world.app, mail) for mail in mailbox.mails(world.app, ALICE))
    world.visitor().get(first, 410)
    world.visitor().get(second)


@pytest.mark.parametrize("change", [{"email": "other@shop.test"}, {"is_active": False}])
def test_a_reset_link_is_bound_to_the_account_as_it_was(world: World, change: dict[str, object]) -> None:
    world.visitor().post("/wachtwoord", email=ALICE)
    link = mailbox.last_link(world.app, ALICE)
    with world.app.app_context():
        user = db.session.scalars(select(User).where(User.email == ALICE)).one()
        for name, value in change.items():
            setattr(user, name, value)
        db.session.commit()
    world.visitor().post(link, 410, password=PASSWORD)


def test_an_unknown_address_is_not_told_apart_and_not_mailed(world: World) -> None:
    known, unknown = world.visitor(), world.visitor()
    known.post("/wachtwoord", email=ALICE)
    unknown.post("/wachtwoord", email="nobody@shop.test")
    assert known.response.location == unknown.response.location == "/wachtwoord/verstuurd"
    assert known.get("/wachtwoord/verstuurd").text == unknown.get("/wachtwoord/verstuurd").text
    assert [mail.recipient for mail in mailbox.mails(world.app)] == [ALICE]


def test_everything_about_passwords_is_in_the_audit_without_the_password(world: World) -> None:
    world.visitor().post("/wachtwoord", email=ALICE)
    world.visitor().post(mailbox.last_link(world.app, ALICE), password=PASSWORD)
    with world.app.app_context():
        events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.action for event in events][-2:] == ["reset_requested", "password_changed"]
    assert PASSWORD not in str([event.facts for event in events])
