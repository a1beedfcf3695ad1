"""Profiel: who may change what, and what every change does."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, World
from tests.support import mailbox
from tests.support.clock import FrozenClock
from tests.support.statements import counted_statements
from webshop.exceptions import NotFoundError
from webshop.extensions import db, transaction
from webshop.models import AuditEvent, Role, ServiceRequest, Shop, User
from webshop.services import access

NEW = "een heel ander zinnetje hier"
GUEST = "guest@shop.test"
# Who may: 303 done, 403 not this one; a stranger 404, nobody 302
EVERYBODY = {ALICE: 303, BOB: 303, DORA: 303}
WRITERS = {ALICE: 303, BOB: 303, DORA: 403}
OWNERS = {ALICE: 303, BOB: 403, DORA: 403}
POSTS: dict[str, tuple[dict[str, str], dict[str, int]]] = {
    "/profile/user": ({"name": "Noor", "locale": "nl"}, EVERYBODY),
    "/profile/password": ({"current_password": factories.PASSWORD, "password": NEW}, EVERYBODY),
    "/profile/extra-email": ({"extra_email": "kantoor@shop.test"}, WRITERS),
    "/profile/digest": ({}, WRITERS),
    "/profile/support": ({}, OWNERS),
    "/profile/people/invite": ({"email": GUEST, "role": "member"}, OWNERS),
    "/profile/people/withdraw": ({"email": GUEST}, OWNERS),
    "/profile/people/{bob}/role": ({"role": "accountant"}, OWNERS),
    "/profile/people/{bob}/remove": ({}, OWNERS),
    "/setup/help": ({"words": "Graag dinsdag"}, OWNERS),
    "/setup/help/revoke": ({}, OWNERS),
}
PAGES = {
    "/profile": {ALICE: 200, BOB: 200, DORA: 200},
    "/profile/password": {ALICE: 200, BOB: 200, DORA: 200},
    "/profile/leave": {ALICE: 200, BOB: 200, DORA: 200},
    "/profile/people/{bob}": {ALICE: 200, BOB: 403, DORA: 403},
    "/setup/help": {ALICE: 200, BOB: 200, DORA: 403},
}


def user(world: World, email: str) -> User:
    with world.app.app_context():
        return db.session.scalars(select(User).where(User.email == email)).one()


def shop(world: World) -> Shop:
    with world.app.app_context():
        return db.session.scalars(select(Shop).where(Shop.public_id == world.shop_id)).one()


def address(world: World, page: str) -> str:
    return world.place + page.format(bob=user(world, BOB).public_id)


def events(world: World) -> dict[str, dict[str, Any]]:
    with world.app.app_context():
        return {event.action: event.facts for event in db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("email", [ALICE, BOB, DORA])
@pytest.mark.parametrize("htmx", [False, True])
def test_who_sees_which_page(world: World, page: str, email: str, htmx: bool) -> None:
    world.visitor(email).get(address(world, page), PAGES[page][email], htmx=htmx)


@pytest.mark.parametrize("page", POSTS)
@pytest.mark.parametrize("email", [ALICE, BOB, DORA])
def test_who_changes_what(world: World, page: str, email: str) -> None:
    values, allowed = POSTS[page]
    world.visitor(email).post(address(world, page), allowed[email], **dict[str, Any](values))


@pytest.mark.parametrize("page", POSTS)
def test_with_htmx_the_page_is_left_just_the_same(world: World, page: str) -> None:
    alice = world.visitor(ALICE)
    alice.post(address(world, page), 200, htmx=True, **dict[str, Any](POSTS[page][0]))
    assert alice.response.headers["HX-Redirect"].startswith("/shops")


@pytest.mark.parametrize("page", {*POSTS, *PAGES})
def test_strangers_and_the_logged_out_get_nowhere(world: World, page: str) -> None:
    target = address(world, page)
    nobody, charlie = world.visitor(), world.visitor(CHARLIE)
    if page in PAGES:
        nobody.get(target, 302)
        nobody.get(target, 401, htmx=True)
        charlie.get(target, 404)
        foreign = charlie.response.data
        charlie.get(target.replace(world.shop_id, str(uuid.uuid4())), 404)
        assert charlie.response.data == foreign
    if page in POSTS:
        nobody.post(target, 302)
        charlie.post(target, 404, **dict[str, Any](POSTS[page][0]))
        assert world.visitor(ALICE).post(target, 400, csrf_token="").h1
    if page not in PAGES:
        world.visitor(ALICE).get(target, 405)
    if page not in POSTS and page != "/profile/leave":
        world.visitor(ALICE).post(target, 405)


@pytest.mark.parametrize(
    "page", ["/profile/people/{bob}", "/profile/people/{bob}/role", "/profile/people/{bob}/remove"]
)
def test_people_are_only_found_in_their_own_shop(world: World, page: str) -> None:
    target = address(world, page).replace(world.shop_id, world.other_shop_id)
    charlie = world.visitor(CHARLIE)
    if page.endswith("}"):
        charlie.get(target, 404)
    else:
        charlie.post(target, 404, role="owner")
    assert world.visitor(BOB).get(f"{world.place}/profile").h1


@pytest.mark.parametrize("number", [0, 50])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_sends_few_statements_however_many_take_part(world: World, page: str, number: int) -> None:
    with world.rows() as row:
        for _ in range(number):
            factories.membership(factories.user(), row, Role.MEMBER)
    alice, target = world.visitor(ALICE), address(world, page)
    with counted_statements() as statements:
        alice.get(target)
    assert len(statements) <= 5, statements


# The account


def test_name_and_language_are_ones_own(world: World) -> None:
    alice = world.visitor(ALICE)
    alice.post(f"{world.place}/profile/user", name="  Noor ", locale="de", is_staff="1", email="x@y.test")
    page = alice.get(f"{world.place}/profile")
    assert page.html["lang"] == "de"
    found = user(world, ALICE)
    assert (found.name, found.is_staff) == ("Noor", False)
    assert events(world)["user_changed"] == {"old_locale": "nl", "new_locale": "de", "is_renamed": True}


@pytest.mark.parametrize("values", [{"name": "x" * 101, "locale": "nl"}, {"name": "Noor", "locale": "xx"}])
def test_a_name_or_language_that_cannot_be_is_told_at_its_field(world: World, values: dict[str, Any]) -> None:
    page = world.visitor(ALICE).post(f"{world.place}/profile/user", 422, **values)
    assert page.find(attrs={"aria-invalid": "true"})
    assert page.find(id="name")["value"] == values["name"]


def test_changing_the_password_ends_the_other_sessions(world: World) -> None:
    alice, elsewhere = world.visitor(ALICE), world.visitor(ALICE)
    alice.post(f"{world.place}/profile/password", current_password=factories.PASSWORD, password=NEW)
    (told,) = mailbox.mails(world.app, ALICE)
    assert told.subject == "Je wachtwoord is gewijzigd"
    alice.get(f"{world.place}/profile")
    elsewhere.get(f"{world.place}/profile", 302)
    world.visitor().log_in(ALICE, password=NEW)


@pytest.mark.parametrize(
    ("current", "password", "field"),
    [
        ("wrong", NEW, "current_password"),
        ("", NEW, "current_password"),
        (factories.PASSWORD, "kort", "password"),
        (factories.PASSWORD, "wachtwoord2026", "password"),
        (factories.PASSWORD, "FietsbelZo2026", "password"),
    ],
)
def test_a_password_that_may_not_be_is_told_at_its_field(world: World, current: str, password: str, field: str) -> None:
    page = world.visitor(ALICE).post(
        f"{world.place}/profile/password", 422, current_password=current, password=password
    )
    assert page.find(id=field)["aria-invalid"] == "true"
    world.visitor().log_in(ALICE)


def test_guessing_the_current_password_stops(world: World) -> None:
    alice = world.visitor(ALICE)
    for _ in range(10):
        alice.post(f"{world.place}/profile/password", 422, current_password="wrong", password=NEW)
    alice.post(f"{world.place}/profile/password", 429, current_password=factories.PASSWORD, password=NEW)


# The shop


def test_the_page_tells_licence_and_days_left(world: World, clock: FrozenClock) -> None:
    with world.rows() as row:
        row.active_until = clock.now().date()
    page = world.visitor(ALICE).get(f"{world.place}/profile")
    assert page.find(id="licence-key").text == shop(world).licence_key
    assert "1 dag te gaan" in " ".join(page.find(class_="days-left").text.split())
    clock.advance(days=1)
    assert "Gestopt op" in world.visitor(ALICE).get(f"{world.place}/profile").text


def test_an_extra_address_counts_once_it_is_confirmed(world: World) -> None:
    alice = world.visitor(ALICE)
    alice.post(f"{world.place}/profile/extra-email", extra_email=" Kantoor@Shop.test ")
    assert shop(world).extra_email == ""
    link = mailbox.last_link(world.app, "kantoor@shop.test")
    for _ in range(2):
        world.visitor().get(link)
    assert shop(world).extra_email == ""
    world.visitor().post(link)
    assert shop(world).extra_email == "kantoor@shop.test"
    world.visitor().post(link, 410)
    alice.post(f"{world.place}/profile/extra-email", extra_email="")
    assert shop(world).extra_email == ""
    assert {"extra_email_asked", "extra_email_confirmed", "extra_email_removed"} <= set(events(world))
    (told,) = mailbox.mails(world.app, ALICE)
    assert "extra e-mailadres" in told.subject


@pytest.mark.parametrize("email", ["geen adres", "a@b.test\r\nBcc: c@d.test", "x" * 255])
def test_what_is_no_address_is_told_at_its_field(world: World, email: str) -> None:
    page = world.visitor(ALICE).post(f"{world.place}/profile/extra-email", 422, extra_email=email)
    assert page.find(id="extra_email")["aria-invalid"] == "true"


@pytest.mark.parametrize(("page", "name"), [("digest", "is_digest_wanted"), ("support", "is_support_allowed")])
def test_a_switch_is_audited_once(world: World, page: str, name: str) -> None:
    alice = world.visitor(ALICE)
    for _ in range(2):
        alice.post(f"{world.place}/profile/{page}")
    assert getattr(shop(world), name) is False
    with world.app.app_context():
        found = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "setting_changed")).all()
    assert [event.facts for event in found] == [{"name": name, "old": True, "new": False}]
    alice.post(f"{world.place}/profile/{page}", **{name: "y"})  # type: ignore[arg-type]
    assert getattr(shop(world), name) is True


# People


def test_a_guest_joins_with_a_new_account(world: World) -> None:
    world.visitor(ALICE).post(f"{world.place}/profile/people/invite", email=GUEST, role="accountant")
    link = mailbox.last_link(world.app, GUEST)
    guest = world.visitor()
    guest.get(link)
    page = guest.post(f"{link}/account", 422, name="", password="kort")
    assert page.find(id="name")["aria-invalid"] == "true"
    guest.post(f"{link}/account", name="Gast", password=NEW)
    guest.get(f"{world.place}/report")
    guest.post(f"{world.place}/fetch", 403)
    world.visitor().post(f"{link}/account", 410, name="Dief", password=NEW)
    assert events(world)["person_joined"] == {"role": "accountant"}


def test_a_guest_with_an_account_joins_after_logging_in(world: World) -> None:
    world.visitor(ALICE).post(f"{world.place}/profile/people/invite", email=CHARLIE, role="owner")
    link = mailbox.last_link(world.app, CHARLIE)
    assert world.visitor().get(link).find("a", string="Inloggen")
    world.visitor().post(link, 302)
    world.visitor().post(f"{link}/account", 410, name="Dief", password=NEW)
    world.visitor(BOB).post(link, 410)
    charlie = world.visitor(CHARLIE)
    charlie.get(link)
    charlie.post(link)
    charlie.get(f"{world.place}/profile")
    charlie.post(link, 410)


def test_a_withdrawn_or_replaced_invitation_is_worth_nothing(world: World) -> None:
    alice = world.visitor(ALICE)
    for role in ("owner", "member"):
        alice.post(f"{world.place}/profile/people/invite", email=GUEST, role=role)
    first, second = (mailbox.link_in(world.app, mail) for mail in mailbox.mails(world.app, GUEST))
    world.visitor().get(first, 410)
    assert GUEST in alice.get(f"{world.place}/profile").text
    for _ in range(2):
        alice.post(f"{world.place}/profile/people/withdraw", email=GUEST)
    world.visitor().get(second, 410)
    assert GUEST not in alice.get(f"{world.place}/profile").text


def test_an_invitation_lasts_a_week(world: World, clock: FrozenClock) -> None:
    world.visitor(ALICE).post(f"{world.place}/profile/people/invite", email=GUEST, role="member")
    clock.advance(days=7, seconds=1)
    world.visitor().get(mailbox.last_link(world.app, GUEST), 410)


@pytest.mark.parametrize(("email", "role"), [(BOB, "owner"), ("geen adres", "owner"), (GUEST, "admin"), (GUEST, "")])
def test_an_invitation_that_cannot_be_is_told_at_its_field(world: World, email: str, role: str) -> None:
    page = world.visitor(ALICE).post(f"{world.place}/profile/people/invite", 422, email=email, role=role)
    assert page.find(attrs={"aria-invalid": "true"})
    assert page.find(id="email")["value"] == email
    assert mailbox.mails(world.app) == []


def test_who_is_removed_sees_nothing_from_the_next_request_on(world: World) -> None:
    alice, bob = world.visitor(ALICE), world.visitor(BOB)
    bob.get(f"{world.place}/")
    target = address(world, "/profile/people/{bob}/remove")
    alice.post(target)
    bob.get(f"{world.place}/", 404)
    alice.post(target, 404)


def test_a_role_counts_from_the_next_request_on(world: World) -> None:
    bob = world.visitor(BOB)
    bob.post(f"{world.place}/fetch")
    target = address(world, "/profile/people/{bob}/role")
    world.visitor(ALICE).post(target, role="accountant")
    bob.post(f"{world.place}/fetch", 403)
    assert events(world)["role_changed"]["new"] == "accountant"
    world.visitor(ALICE).post(target, 422, role="admin")


def test_the_last_owner_stays(world: World) -> None:
    alice = world.visitor(ALICE)
    mine = f"{world.place}/profile/people/{user(world, ALICE).public_id}"
    alice.post(f"{mine}/remove", 422)
    alice.post(f"{mine}/role", 422, role="member")
    assert "enige eigenaar" in alice.post(f"{world.place}/profile/leave", 422).text
    alice.post(address(world, "/profile/people/{bob}/role"), role="owner")
    alice.post(f"{world.place}/profile/leave")
    alice.get(f"{world.place}/", 404)
    world.visitor(BOB).post(f"{world.place}/profile/leave", 422)


def test_anybody_may_leave(world: World) -> None:
    dora = world.visitor(DORA)
    dora.post(f"{world.place}/profile/leave")
    dora.get(f"{world.place}/", 404)
    dora.post(f"{world.place}/profile/leave", 404)
    assert "person_left" in events(world)


# Installation by staff


def test_staff_may_install_for_three_days_and_no_longer(world: World, clock: FrozenClock) -> None:
    with world.app.app_context(), transaction():
        eva = factories.user("eva@office.test", is_staff=True, is_totp_on=True)
        careless = factories.user("tom@office.test", is_staff=True)
    found, alice = shop(world), world.visitor(ALICE)

    def may(who: User) -> bool:
        with world.app.app_context():
            try:
                return access.find_shop_to_install(who, uuid.UUID(found.public_id)).role is Role.MEMBER
            except NotFoundError:
                return False

    assert not may(eva)
    for _ in range(2):
        alice.post(f"{world.place}/setup/help", words="Graag dinsdag")
    assert may(eva)
    assert not may(careless)
    assert not may(user(world, CHARLIE))
    clock.advance(hours=71, minutes=59)
    assert may(eva)
    clock.advance(minutes=1)
    assert not may(eva)
    world.visitor(ALICE).post(f"{world.place}/setup/help", words="")
    assert may(eva)
    world.visitor(ALICE).post(f"{world.place}/setup/help/revoke")
    assert not may(eva)
    actions = list(events(world))
    assert {"installation_requested", "installer_allowed", "installer_refused"} <= set(actions)


def test_asking_twice_is_one_request(world: World) -> None:
    alice = world.visitor(ALICE)
    for words in ("Graag dinsdag", "Nog eens"):
        alice.post(f"{world.place}/setup/help", words=words)
    with world.app.app_context():
        (request,) = db.session.scalars(select(ServiceRequest)).all()
    assert (request.words, request.facts) == ("Graag dinsdag", {"price_excl_vat": "39.50"})
    page = alice.post(f"{world.place}/setup/help", 422, words="x" * 2001)
    assert page.h1
