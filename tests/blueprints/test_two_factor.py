"""Logging in in two steps: nobody gets past the second one, and nobody is locked out by it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, Visitor, World
from tests.support import mailbox
from tests.support.clock import FrozenClock
from webshop.domain import totp
from webshop.extensions import db, transaction
from webshop.models import AuditEvent, User

EVA = "eva@office.test"


def key_on(page: Any) -> str:
    return str(page.find("code", class_="key").text.replace(" ", ""))


def code(world: World, key: str, off: int = 0) -> str:
    now: FrozenClock = world.app.extensions["clock"]
    return totp.code_at(key, int(now().timestamp()) // 30 + off)


def set_up(world: World, visitor: Visitor) -> tuple[str, list[str]]:
    """Switch it on; return the key and the recovery codes."""
    visitor.post("/login/2fa/begin")
    key = key_on(visitor.get("/login/2fa/setup"))
    page = visitor.post("/login/2fa/setup", 200, code=code(world, key))
    return key, [item.text for item in page.find_all("li")]


@pytest.fixture
def key(world: World, clock: FrozenClock) -> str:
    """The key of alice, who has the second factor on."""
    key, _codes = set_up(world, world.visitor(ALICE))
    clock.advance(seconds=30)
    return key


def test_the_second_step_lets_in_to_the_page_that_was_asked_for(world: World, key: str) -> None:
    visitor = world.visitor()
    visitor.log_in(ALICE, next=f"{world.place}/report")
    assert visitor.response.location == "/login/2fa"
    visitor.get("/login/2fa")
    visitor.post("/login/2fa", code=code(world, key))
    assert visitor.response.location == f"{world.place}/report"
    visitor.get(f"{world.place}/report")


@pytest.mark.parametrize("page", ["/", "/report", "/orders/00000000-0000-4000-8000-000000000000"])
def test_the_password_alone_opens_nothing(world: World, key: str, page: str) -> None:
    visitor = world.visitor(ALICE)
    visitor.get(world.place + page, 302)
    visitor.get(world.place + page, 401, htmx=True)
    visitor.get("/login/2fa/setup", 302)
    visitor.post("/login/2fa/begin")
    assert visitor.response.location == "/login"
    visitor.post("/login/2fa/off", 302, password=factories.PASSWORD)


def test_a_code_works_once(world: World, key: str) -> None:
    used = code(world, key)
    world.visitor(ALICE).post("/login/2fa", code=used)
    page = world.visitor(ALICE).post("/login/2fa", 422, code=used)
    assert page.find(id="code")["aria-invalid"] == "true"


@pytest.mark.parametrize(("off", "status"), [(-2, 422), (-1, 422), (0, 303), (1, 303), (2, 422)])
def test_a_clock_may_be_half_a_minute_off_but_no_older_code_counts(
    world: World, key: str, off: int, status: int
) -> None:
    """The code before was the one it was switched on with."""
    world.visitor(ALICE).post("/login/2fa", status, code=code(world, key, off))


@pytest.mark.parametrize("wrong", ["", "000000", "1", "x" * 61, "٠١٢٣٤٥", "\0"])
def test_a_wrong_code_is_refused_at_its_field(world: World, key: str, wrong: str) -> None:
    visitor = world.visitor(ALICE)
    for htmx in (False, True):
        assert visitor.post("/login/2fa", 422, htmx=htmx, code=wrong).find(id="code")["aria-invalid"] == "true"


def test_guessing_stops_after_ten_tries_also_in_a_new_session(world: World, key: str) -> None:
    for _ in range(5):
        visitor = world.visitor(ALICE)
        for _ in range(2):
            visitor.post("/login/2fa", 422, code="000000")
    visitor = world.visitor(ALICE)
    visitor.post("/login/2fa", 429, code=code(world, key))


def test_the_second_step_has_to_follow_within_ten_minutes(world: World, key: str, clock: FrozenClock) -> None:
    visitor = world.visitor(ALICE)
    clock.advance(minutes=10, seconds=1)
    visitor.post("/login/2fa", code=code(world, key))
    assert visitor.response.location == "/login"


def test_a_changed_password_ends_a_half_finished_login(world: World, key: str) -> None:
    visitor = world.visitor(ALICE)
    with world.app.app_context(), transaction() as session:
        session.execute(update(User).where(User.email == ALICE).values(session_number=9))
    visitor.post("/login/2fa", code=code(world, key))
    assert visitor.response.location == "/login"


def test_a_recovery_code_works_once_and_is_not_kept(world: World) -> None:
    _key, codes = set_up(world, world.visitor(ALICE))
    assert len(set(codes)) == 10
    world.visitor(ALICE).post("/login/2fa", code=f" {codes[3].lower().replace('-', ' ')} ")
    world.visitor(ALICE).post("/login/2fa", 422, code=codes[3])
    world.visitor(ALICE).post("/login/2fa", code=codes[4])
    with world.app.app_context():
        user = db.session.scalars(select(User).where(User.email == ALICE)).one()
        kept = f"{user.recovery_digests} {user.sealed_totp_secret}"
    assert len(user.recovery_digests) == 8
    assert not [one for one in codes if one in kept or one.replace("-", "") in kept]


def test_switching_on_ends_the_sessions_that_were_opened_without(world: World) -> None:
    other, mine = world.visitor(ALICE), world.visitor(ALICE)
    set_up(world, mine)
    mine.get(f"{world.place}/")
    other.get(f"{world.place}/", 302)


def test_it_is_on_only_after_a_right_code(world: World) -> None:
    alice = world.visitor(ALICE)
    alice.post("/login/2fa/begin")
    page = alice.post("/login/2fa/setup", 422, code="000000")
    assert page.find(id="code")["aria-invalid"] == "true"
    assert key_on(page)
    world.visitor(ALICE).get(f"{world.place}/")


def test_a_key_in_use_is_never_shown_again(world: World) -> None:
    alice = world.visitor(ALICE)
    key, _codes = set_up(world, alice)
    page = alice.get("/login/2fa/setup")
    assert page.find("code") is None
    assert key not in page.text.replace(" ", "")
    alice.post("/login/2fa/begin", 409)
    alice.post("/login/2fa/setup", 422, code=code(world, key, 1))


def test_switching_off_asks_the_password(world: World) -> None:
    alice = world.visitor(ALICE)
    set_up(world, alice)
    for wrong in ("", "wrong"):
        page = alice.post("/login/2fa/off", 422, password=wrong)
        assert page.find(id="password")["aria-invalid"] == "true"
    world.visitor(ALICE).get(f"{world.place}/", 302)
    alice.post("/login/2fa/off", password=factories.PASSWORD)
    world.visitor(ALICE).get(f"{world.place}/")
    with world.app.app_context():
        user = db.session.scalars(select(User).where(User.email == ALICE)).one()
        assert (user.sealed_totp_secret, user.recovery_digests) == (None, [])
        actions = db.session.scalars(select(AuditEvent.action).where(AuditEvent.user_id == user.id)).all()
    assert {"two_factor_on", "two_factor_off"} <= set(actions)
    subjects = [mail.subject for mail in mailbox.mails(world.app, ALICE)]
    assert subjects == ["Inloggen in twee stappen staat aan", "Inloggen in twee stappen staat uit"]


def test_staff_get_nowhere_without_a_second_factor(world: World) -> None:
    with world.app.app_context(), transaction():
        factories.user(EVA, is_staff=True)
    eva = world.visitor()
    eva.log_in(EVA)
    assert eva.response.location == "/login/2fa/setup"
    eva.get("/shops", 302)
    key, _codes = set_up(world, eva)
    eva.get("/shops", 303)
    assert eva.response.location == "/support/"
    eva.post("/login/2fa/off", 403, password=factories.PASSWORD)
    again = world.visitor()
    again.log_in(EVA)
    assert again.response.location == "/login/2fa"
    again.get("/login/2fa/setup", 302)
    again.post("/login/2fa", code=code(world, key, 1))
    again.get("/support/")


@pytest.mark.parametrize("page", ["/login/2fa/begin", "/login/2fa/off"])
def test_nothing_is_switched_by_following_a_link(world: World, page: str) -> None:
    world.visitor(BOB).get(page, 405)


@pytest.mark.parametrize("page", ["/login/2fa", "/login/2fa/setup", "/login/2fa/begin"])
def test_who_gave_no_password_is_sent_to_the_login(world: World, page: str) -> None:
    nobody = world.visitor()
    nobody.post(page, code="000000")
    assert nobody.response.location == "/login"
    nobody.post(page, 200, htmx=True, code="000000")
    assert nobody.response.headers["HX-Redirect"] == "/login"
