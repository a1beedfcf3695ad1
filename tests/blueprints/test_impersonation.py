"""Staff looking at a shop as one of its users: how it begins, what is seen of it, and that it ends."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import select, update

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, Visitor, World
from tests.blueprints.impersonating import EVA, WHY, WHY_WRITE, Staff, events, make_staff, minutes_later, user_of
from tests.support import mailbox
from tests.support.clock import FrozenClock
from tests.support.statements import counted_statements
from webshop import logs
from webshop.extensions import db, transaction
from webshop.models import Impersonation, Membership, OrderState, User
from webshop.services import impersonation
from webshop.services.impersonation import Ending

STOP, RAISE, ENDED = "/support/impersonation/stop", "/support/impersonation/raise", "/support/impersonation/ended"


@pytest.fixture
def staff(world: World) -> Staff:
    return make_staff(world)


def rows(world: World) -> list[Impersonation]:
    with world.app.app_context():
        return list(db.session.scalars(select(Impersonation).order_by(Impersonation.id)))


def change(world: World, email: str, **values: object) -> None:
    with world.app.app_context(), transaction() as session:
        session.execute(update(User).where(User.email == email).values(**values))


def state(page: object) -> str:
    return str(page.find(id="impersonation-bar").find(class_="impersonation-state")["data-raised"])  # type: ignore[attr-defined]


# Beginning


@pytest.mark.parametrize("htmx", [False, True])
def test_staff_see_the_shop_as_the_user_does(world: World, staff: Staff, htmx: bool) -> None:
    eva = staff.visitor()
    eva.get(world.place + "/", 404)
    page = eva.get(staff.address)
    assert [ALICE in label.text for label in page.select(".choices-field label")] == [True, False, False]
    form = {"user": user_of(world, ALICE).public_id, "reason": WHY, "code": staff.code()}
    eva.post(staff.address, 200 if htmx else 303, htmx=htmx, **form)
    assert (eva.response.headers["HX-Redirect"] if htmx else eva.response.location) == f"{world.place}/"
    page = eva.get(f"{world.place}/")
    assert state(page) == "no"
    assert page.find(class_="user-actions").p.text == ALICE
    assert page.find("form", action="/logout") is None
    (row,) = rows(world)
    assert (row.reason, row.expires_at - row.started_at, row.raised_at) == (WHY, timedelta(minutes=30), None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "te kort"}, "reason"),
        ({"reason": " " * 9 + "x" + " " * 9}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "een reden met \0 erin"}, "reason"),
        ({"code": ""}, "code"),
        ({"code": "000000"}, "code"),
        ({"code": "x" * 21}, "code"),
    ],
)
def test_a_reason_or_code_that_cannot_be_is_told_at_its_field(
    world: World, staff: Staff, changes: dict[str, str], field: str
) -> None:
    eva = staff.visitor()
    page = staff.start(eva, 422, **changes)
    assert page.find(id=field)["aria-invalid"] == "true"
    assert rows(world) == []
    eva.get(f"{world.place}/", 404)


def test_the_code_of_the_log_in_does_not_count_again(world: World, staff: Staff) -> None:
    eva, used = world.visitor(EVA), staff.code()
    eva.post("/login/2fa", code=used)
    staff.start(eva, 422, code=used)
    assert rows(world) == []


def test_guessing_codes_stops(world: World, staff: Staff) -> None:
    eva = staff.visitor()
    for _ in range(10):
        staff.start(eva, 422, code="000000")
    staff.start(eva, 429)
    assert rows(world) == []


def test_a_user_must_be_chosen(world: World, staff: Staff) -> None:
    assert staff.start(staff.visitor(), 422, user="").find(class_="field-error")


@pytest.mark.parametrize("whom", [CHARLIE, EVA, "otto@office.test", "gone@shop.test", "nobody"])
def test_as_strangers_staff_oneself_and_closed_accounts_it_is_refused(world: World, staff: Staff, whom: str) -> None:
    with world.rows() as shop:
        otto, gone = factories.user("otto@office.test", is_staff=True), factories.user("gone@shop.test")
        gone.is_active = False
        for user in (otto, gone):
            factories.membership(user, shop)
        factories.membership(db.session.scalars(select(User).where(User.email == EVA)).one(), shop)
    public_id = "nobody" if whom == "nobody" else user_of(world, whom).public_id
    eva = staff.visitor()
    page = staff.start(eva, 403, user=public_id)
    assert "kun je niet meekijken" in page.text
    assert rows(world) == []
    (event,) = events(world, "impersonation_refused")
    assert (event.facts["refusal"], event.staff_id, event.actor) == ("user", user_of(world, EVA).id, "support")


def test_an_owner_who_refuses_support_is_not_looked_at(world: World, staff: Staff) -> None:
    world.visitor(ALICE).post(f"{world.place}/profile/support")
    eva = staff.visitor()
    assert "staat meekijken niet toe" in eva.get(staff.address).text
    staff.start(eva, 403)
    assert rows(world) == []
    assert events(world, "impersonation_refused")[0].facts["refusal"] == "support"


@pytest.mark.parametrize("email", [ALICE, BOB, DORA, CHARLIE])
def test_for_customers_none_of_it_is_there(world: World, staff: Staff, email: str) -> None:
    visitor = world.visitor(email)
    visitor.get(staff.address, 404)
    visitor.post(staff.address, 404, user="x", reason=WHY, code="1")
    visitor.post(STOP, 404)
    visitor.get(ENDED, 404)
    visitor.get("/support/impersonation/bar", 404, htmx=True)
    visitor.get(RAISE, 404)
    visitor.get(f"/support{world.place}/activity.csv", 404)
    assert rows(world) == []


def test_who_is_logged_out_is_sent_to_the_login(world: World, staff: Staff) -> None:
    nobody = world.visitor()
    for page in (staff.address, RAISE, ENDED, "/support/impersonation/bar", f"/support{world.place}/activity.csv"):
        nobody.get(page, 302)
        nobody.get(page, 401, htmx=True)
    nobody.post(staff.address, 302)
    nobody.post(STOP, 302)


def test_staff_whose_second_factor_is_off_find_nothing(world: World, staff: Staff) -> None:
    eva = staff.visitor()
    change(world, EVA, is_totp_on=False)
    eva.get(staff.address, 404)
    staff.start(eva, 404)


def test_beginning_is_a_matter_of_sending_the_form(world: World, staff: Staff) -> None:
    eva = staff.visitor()
    eva.get(STOP, 405)
    eva.post(staff.address, 400, csrf_token="", user=user_of(world, ALICE).public_id, reason=WHY, code=staff.code())
    eva.get(f"/support/shops/{user_of(world, ALICE).public_id}/impersonate", 404)
    assert rows(world) == []


def test_nobody_looks_in_from_within(world: World, staff: Staff) -> None:
    eva = staff.looking()
    eva.get(staff.address, 403)
    staff.start(eva, 403, user=user_of(world, BOB).public_id)
    assert len(rows(world)) == 1
    assert [event.facts["page"] for event in events(world, "impersonation_refused")] == [
        "impersonation.start",
        "impersonation.begin",
    ]


def test_a_second_browser_has_to_stop_the_first(world: World, staff: Staff) -> None:
    first, second = staff.looking(), staff.visitor()
    assert "al mee" in second.get(staff.address).text
    staff.start(second, 403)
    assert events(world, "impersonation_refused")[0].facts["refusal"] == "running"
    second.post(STOP)
    assert second.response.location == staff.address.removesuffix("/impersonate")
    first.get(f"{world.place}/", 303)
    staff.start(second)
    second.get(f"{world.place}/")


def test_an_old_one_that_nobody_stopped_is_not_in_the_way(world: World, staff: Staff) -> None:
    staff.looking()
    minutes_later(world, events(world, "impersonation_started")[0], 31)
    staff.start(staff.visitor())
    assert [row.ending for row in rows(world)] == ["expired", None]


# What others see of it


def test_the_owner_is_mailed_once(world: World, staff: Staff) -> None:
    eva = staff.looking()
    eva.get(f"{world.place}/")
    eva.post(RAISE, reason=WHY_WRITE, code=staff.code())
    (mail,) = mailbox.mails(world.app, ALICE)
    text = mailbox.text_of(world.app, mail)
    assert WHY in text and "Eva" in text and f"{world.place}/profile" in text
    assert mailbox.mails(world.app, BOB) == []
    eva.post(STOP)
    staff.start(eva)
    assert len(mailbox.mails(world.app, ALICE)) == 2


def test_the_customer_reads_who_did_what_and_why(world: World, staff: Staff) -> None:
    eva = staff.writing()
    eva.post(f"{world.place}/profile/digest")
    eva.post(STOP)
    visitor = world.visitor(ALICE)
    table = visitor.get(f"{world.place}/activity").find(id="rows")
    assert table.text.count("support (Eva) namens jou") == 2 * 4
    for words in ("Support begon met meekijken", WHY, "mag wijzigen", WHY_WRITE, "is_digest_wanted", "gestopt"):
        assert words in table.text
    assert f"support (Eva) namens {ALICE}" in world.visitor(BOB).get(f"{world.place}/activity").text
    by_support = visitor.get(f"{world.place}/activity?actor=support").find(id="rows")
    assert len(by_support.find_all("tr")) == 4


def test_every_event_in_between_carries_both_and_the_impersonation(world: World, staff: Staff) -> None:
    eva = staff.writing()
    eva.post(f"{world.place}/profile/digest")
    eva.post(f"{world.place}/fetch")
    (row,) = rows(world)
    pair = (user_of(world, EVA).id, user_of(world, ALICE).id)
    for action in ("impersonation_started", "impersonation_raised", "setting_changed", "fetch_requested"):
        (event,) = events(world, action)
        assert (event.staff_id, event.user_id) == pair, action
        assert (event.actor, event.facts["impersonation"]) == ("support", row.public_id), action


def test_what_comes_after_is_recorded_without_staff(world: World, staff: Staff) -> None:
    eva = staff.writing()
    eva.post(STOP)
    world.visitor(ALICE).post(f"{world.place}/profile/digest")
    (event,) = events(world, "setting_changed")
    assert (event.staff_id, event.actor, "impersonation" in event.facts) == (None, "user", False)


def test_an_order_s_timeline_says_it_too(world: World, staff: Staff) -> None:
    with world.rows() as shop:
        order_id = factories.order(shop, OrderState.ERROR).public_id
    staff.writing().post(f"{world.place}/orders/{order_id}/skip", reason="Klant vroeg erom")
    timeline = world.visitor(ALICE).get(f"{world.place}/orders/{order_id}").find(id="timeline")
    assert "support (Eva) namens jou" in timeline.text


def test_every_line_of_the_log_carries_both(
    world: World, staff: Staff, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    view = world.app.view_functions["dashboard.index"]

    def talkative(**values: object) -> object:
        logging.getLogger("webshop.of_the_library").warning("plain")
        structlog.get_logger("webshop.of_ours").warning("structured")
        return view(**values)

    eva = staff.looking()
    monkeypatch.setitem(world.app.view_functions, "dashboard.index", talkative)
    logs.configure(world.app.extensions["settings"])
    eva.get(f"{world.place}/")
    world.visitor(ALICE).get(f"{world.place}/")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    wanted = [line for line in lines if line["event"] in ("plain", "structured")]
    both = {
        "user_id": user_of(world, ALICE).id,
        "impersonator_id": user_of(world, EVA).id,
        "impersonation": rows(world)[0].public_id,
    }
    assert [{name: line.get(name) for name in both} for line in wanted[:2]] == [both, both]
    assert [line for line in wanted[2:] if "impersonator_id" in line] == []
    assert len(wanted) == 4


# Raising


def test_changes_need_a_reason_and_a_code_of_their_own_and_no_more_time(world: World, staff: Staff) -> None:
    eva = staff.looking()
    expires_at = rows(world)[0].expires_at
    assert eva.post(RAISE, 422, reason="kort", code=staff.code()).find(id="reason")["aria-invalid"] == "true"
    assert eva.post(RAISE, 422, reason=WHY_WRITE, code="000000").find(id="code")["aria-invalid"] == "true"
    assert eva.post(RAISE, 422, reason=WHY_WRITE, code="").find(id="code")["aria-invalid"] == "true"
    eva.post(f"{world.place}/profile/digest", 403)
    eva.get(RAISE)
    eva.post(RAISE, reason=WHY_WRITE, code=staff.code())
    assert state(eva.get(f"{world.place}/")) == "yes"
    eva.post(f"{world.place}/profile/digest")
    eva.get(RAISE, 303)
    eva.post(RAISE, 303, reason="nog een keer, met een andere reden", code=staff.code())
    (row,) = rows(world)
    assert (row.expires_at, row.raised_reason) == (expires_at, WHY_WRITE)
    assert len(events(world, "impersonation_raised")) == 1


def test_the_user_s_own_rights_are_the_most_there_is(world: World, staff: Staff) -> None:
    """An accountant changes nothing, and neither do staff as that accountant."""
    visitor = staff.visitor()
    staff.start(visitor, user=user_of(world, DORA).public_id)
    visitor.post(RAISE, reason=WHY_WRITE, code=staff.code())
    visitor.post(f"{world.place}/profile/digest", 403)
    assert events(world, "setting_changed") == []


# Ending


@pytest.mark.parametrize(("minutes", "seconds", "is_on"), [(29, 59, True), (30, 0, False), (30, 1, False)])
def test_at_half_an_hour_it_is_over_also_in_the_middle_of_a_form(
    world: World, staff: Staff, minutes: int, seconds: int, is_on: bool
) -> None:
    eva = staff.writing()
    token = eva.csrf_token()
    minutes_later(world, events(world, "impersonation_started")[0], minutes, seconds)
    page = eva.post(f"{world.place}/profile/digest", 303 if is_on else 403, csrf_token=token)
    assert len(events(world, "setting_changed")) == (1 if is_on else 0)
    if not is_on:
        assert "niet uitgevoerd" in page.find(role="alert").text
        assert page.find(id="impersonation-bar") is None
        (row,) = rows(world)
        assert (row.ending, row.ended_at) == ("expired", row.expires_at)
        assert events(world, "impersonation_ended")[0].facts["ending"] == "expired"
        eva.get(f"{world.place}/", 404)
        assert eva.get(staff.address).find("form", action=staff.address)


@pytest.mark.parametrize("page", ["/", "/report", "/tabs"])
def test_whoever_looks_on_after_half_an_hour_sees_nothing_of_the_shop(world: World, staff: Staff, page: str) -> None:
    eva = staff.looking()
    minutes_later(world, events(world, "impersonation_started")[0], 30)
    eva.get(world.place + page, 303)
    assert eva.response.location == ENDED
    assert eva.get(ENDED).find("h1").text == "Het meekijken is afgelopen"
    eva.get(world.place + page, 404)


def test_the_bar_of_an_open_page_leads_away_when_it_is_over(world: World, staff: Staff) -> None:
    eva = staff.looking()
    started = events(world, "impersonation_started")[0]
    minutes_later(world, started, 28, 30)
    bar = eva.get("/support/impersonation/bar", htmx=True)
    assert bar.find(attrs={"data-minutes": True})["data-minutes"] == "2"
    minutes_later(world, started, 30)
    eva.get("/support/impersonation/bar", 403, htmx=True)
    assert eva.response.headers["HX-Redirect"] == ENDED


def test_looking_does_not_keep_the_session_of_staff_alive(world: World, staff: Staff, clock: FrozenClock) -> None:
    eva = staff.visitor()
    clock.advance(hours=3, minutes=50)
    eva.get(staff.address)
    staff.start(eva)
    eva.get(f"{world.place}/")
    with eva.client.session_transaction() as session:
        began = session["started_at"]
    assert int(clock.now().timestamp()) - began > 3 * 3600
    clock.advance(hours=21)
    eva.get(f"{world.place}/", 302)
    assert eva.response.location.startswith("/login")


def test_stopping_gives_staff_their_own_session_back(world: World, staff: Staff) -> None:
    eva = staff.looking()
    with eva.client.session_transaction() as session:
        before = dict(session)
    token = eva.csrf_token()
    eva.post(STOP)
    with eva.client.session_transaction() as session:
        after = dict(session)
    assert "impersonation" not in after and after["nonce"] != before["nonce"]
    assert after["_user_id"] == before["_user_id"] and after["_user_id"].startswith(user_of(world, EVA).public_id)
    own = Visitor(eva.client)
    own.get(f"{world.place}/", 404)
    own.post(staff.address, 400, csrf_token=token)
    own.get(staff.address)
    own.post(STOP)
    assert [row.ending for row in rows(world)] == ["stopped"]
    assert len(events(world, "impersonation_ended")) == 1


def test_a_copy_of_the_cookie_is_worth_nothing_after_stopping(world: World, staff: Staff) -> None:
    eva = staff.looking()
    cookie = eva.client.get_cookie("session")
    assert cookie is not None
    eva.post(STOP)
    thief = Visitor(world.app.test_client())
    thief.client.set_cookie("session", cookie.value)
    thief.get(f"{world.place}/", 303)
    assert thief.response.location == ENDED
    thief.client.set_cookie("session", cookie.value)
    thief.client.post(f"{world.place}/profile/digest")
    assert events(world, "setting_changed") == []


def test_stopping_in_one_tab_stops_the_other(world: World, staff: Staff) -> None:
    """Both tabs have one cookie; the form that was open in the other one is not carried out."""
    eva = staff.writing()
    token = eva.csrf_token()
    eva.post(STOP)
    Visitor(eva.client).post(f"{world.place}/profile/digest", 400, csrf_token=token)
    Visitor(eva.client).post(f"{world.place}/profile/digest", 404)
    Visitor(eva.client).post(STOP)
    assert events(world, "setting_changed") == []


def test_stopping_at_the_last_second_is_no_failure(world: World, staff: Staff) -> None:
    eva = staff.looking()
    token = eva.csrf_token()
    minutes_later(world, events(world, "impersonation_started")[0], 30, 1)
    eva.post(STOP, csrf_token=token)
    assert eva.response.location == ENDED


def test_withdrawing_access_ends_it_at_once_and_for_good(world: World, staff: Staff) -> None:
    eva, alice = staff.writing(), world.visitor(ALICE)
    token = eva.csrf_token()
    alice.post(f"{world.place}/profile/support")
    alice.post(f"{world.place}/profile/support", is_support_allowed="y")
    eva.post(f"{world.place}/profile/digest", 403, csrf_token=token)
    assert [row.ending for row in rows(world)] == ["withdrawn"]
    assert [event.facts["name"] for event in events(world, "setting_changed")] == ["is_support_allowed"] * 2


@pytest.mark.parametrize(
    ("email", "values", "ending"),
    [
        (EVA, {"is_active": False}, Ending.STAFF),
        (EVA, {"is_staff": False}, Ending.STAFF),
        (EVA, {"is_totp_on": False}, Ending.STAFF),
        (EVA, {"session_number": 9}, Ending.STAFF),
        (ALICE, {"is_active": False}, Ending.USER),
        (ALICE, {"is_staff": True}, Ending.USER),
    ],
)
def test_it_ends_with_what_it_rests_on(
    world: World, staff: Staff, email: str, values: dict[str, object], ending: Ending
) -> None:
    eva = staff.writing()
    token = eva.csrf_token()
    change(world, email, **values)
    eva.post(f"{world.place}/profile/digest", 302 if ending is Ending.STAFF else 403, csrf_token=token)
    assert [row.ending for row in rows(world)] == [ending.value]
    assert events(world, "setting_changed") == []
    eva.get(f"{world.place}/", 302 if ending is Ending.STAFF else 404)


def test_a_user_who_left_the_shop_is_no_way_in(world: World, staff: Staff) -> None:
    eva = staff.looking()
    with world.rows() as shop:
        alice = db.session.scalars(select(User).where(User.email == ALICE)).one()
        db.session.query(Membership).filter_by(shop_id=shop.id, user_id=alice.id).delete()
    eva.get(f"{world.place}/", 303)
    assert [row.ending for row in rows(world)] == ["user"]


def test_one_that_nobody_came_back_to_is_closed_and_seen(world: World, staff: Staff, clock: FrozenClock) -> None:
    staff.looking()
    with world.app.app_context():
        assert impersonation.close_expired() == 0
        clock.advance(minutes=45)
        assert impersonation.close_expired() == 1
        assert impersonation.close_expired() == 0
    assert "het half uur was om" in world.visitor(ALICE).get(f"{world.place}/activity").text


def test_a_page_sends_as_few_statements_as_to_the_user(world: World, staff: Staff) -> None:
    eva, alice = staff.looking(), world.visitor(ALICE)
    for page in ("/", "/report", "/errors"):
        with counted_statements() as own:
            alice.get(world.place + page)
        with counted_statements() as acting:
            eva.get(world.place + page)
        assert len(acting) == len(own)


def test_staff_get_a_shop_s_activity_as_a_file(world: World, staff: Staff) -> None:
    change(world, EVA, name="=1+1")
    eva = staff.looking()
    eva.post(STOP)
    own = Visitor(eva.client)
    own.get(f"/support{world.place}/activity.csv?actor=support")
    lines = own.response.get_data(as_text=True).splitlines()
    assert len(lines) == 3
    assert "Support begon met meekijken" in lines[-1] and WHY in lines[-1] and ";'=1+1;" in lines[-1]
    (event,) = events(world, "exported")
    assert (event.user_id, event.facts["name"]) == (user_of(world, EVA).id, "activity.csv")
    own.get(f"/support/shops/{user_of(world, ALICE).public_id}/activity.csv", 404)


def test_a_file_is_recorded_by_its_name_and_a_page_is_not(world: World) -> None:
    alice = world.visitor(ALICE)
    alice.get(f"{world.place}/report")
    alice.get(f"{world.place}/configuration/rates/template.csv")
    for name in ("report.csv", "activity.xlsx", "vat.csv", "refunds.csv"):
        alice.get(f"{world.place}/{name}")
    assert [event.facts["name"] for event in events(world, "exported")] == [
        "report.csv",
        "activity.xlsx",
        "vat.csv",
        "refunds.csv",
    ]
