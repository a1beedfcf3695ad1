"""Reports and requests: oldest first, answered once, and the customer reads the answer."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.blueprints.conftest import ALICE, World
from tests.blueprints.support_world import TOM, events, last_event, staff, staff_id
from tests.support.statements import counted_statements
from webshop.domain.booking import Issue
from webshop.extensions import clock, db
from webshop.models import (
    Connection,
    InstallerGrant,
    Mail,
    Order,
    OrderState,
    PostingState,
    ProblemReport,
    RequestKind,
    ServiceRequest,
    Shop,
    User,
)
from webshop.services import audit, installer_grants

REPLY = "De btw voor Duitsland stond er niet in.\nJe kunt hem nu verwerken."


def make_report(shop: Shop, words: str = "Klopt niet", *, minutes: int = 0, state: str = "received") -> ProblemReport:
    issue = Issue("SNELSTART_REJECTED", {"code": "BOE-0099", "message": "Onbekende fout"})
    order = factories.order(shop, OrderState.ERROR, issue=issue)
    order.sealed_email = "SEALED-EMAIL"
    account = db.session.query(Connection).filter_by(shop_id=shop.id, remote="snelstart").one().account_id
    factories.posting(order, account, PostingState.REJECTED, last_error_code="BOE-0099")
    user = db.session.query(User).filter_by(email=ALICE).one()
    report = ProblemReport(
        shop_id=shop.id,
        order_id=order.id,
        user_id=user.id,
        words=words,
        snapshot={"order": order.amazon_order_id, "state": "error"},
        state=state,
        created_at=clock.now() - timedelta(minutes=minutes),
    )
    db.session.add(report)
    db.session.flush()
    facts = {"report": report.public_id}
    audit.record("problem_reported", shop_id=shop.id, order_id=order.id, user_id=user.id, facts=facts)
    return report


def make_request(shop: Shop, kind: RequestKind, **values: object) -> ServiceRequest:
    user = db.session.query(User).filter_by(email=ALICE).one()
    request = ServiceRequest(shop_id=shop.id, user_id=user.id, kind=kind.value, created_at=clock.now(), **values)
    db.session.add(request)
    db.session.flush()
    return request


@pytest.fixture
def report(world: World) -> str:
    with world.rows() as shop:
        return f"/support/reports/{make_report(shop).public_id}"


def seen(page: object) -> str:
    return str(page.find("input", attrs={"name": "seen"})["value"])  # type: ignore[attr-defined]


# Reports


def test_what_waits_longest_is_on_top(world: World) -> None:
    with world.rows() as shop:
        make_report(shop, "tweede", minutes=5, state="busy")
        make_report(shop, "derde", minutes=1)
        make_report(shop, "eerste", minutes=60)
        make_report(shop, "klaar", minutes=90, state="solved")
        make_report(shop, "later klaar", minutes=80, state="solved")
    eva = staff(world)

    def shown(choice: str) -> list[str]:
        return [cell.text.strip() for cell in eva.get(f"/support/reports{choice}").select("#rows td.wrap")]

    assert shown("") == ["eerste", "tweede", "derde"]
    assert shown("?state=received") == ["eerste", "derde"]
    assert shown("?state=busy") == ["tweede"]
    assert shown("?state=solved") == ["later klaar", "klaar"]
    assert eva.get("/support/").find(id="waiting-reports").text == "3"
    eva.get("/support/reports?state=vreemd", 422)


def test_every_report_is_on_exactly_one_page_at_the_same_cost(world: World) -> None:
    eva = staff(world)
    with counted_statements() as few:
        eva.get("/support/reports")
    with world.rows() as shop:
        user = db.session.query(User).filter_by(email=ALICE).one()
        for number in range(120):
            report = ProblemReport(
                shop_id=shop.id,
                user_id=user.id,
                words=f"nummer {number}",
                snapshot={},
                created_at=clock.now() - timedelta(seconds=number // 4),
            )
            db.session.add(report)
    found: list[str] = []
    address = "/support/reports"
    while address:
        with counted_statements() as many:
            page = eva.get(address)
        assert len(many) == len(few) <= 4
        found += [cell.text.strip() for cell in page.select("#rows td.wrap")]
        more = page.select_one("tr.more a")
        address = more["href"] if more else ""
    assert len(found) == len(set(found)) == 120
    assert eva.get("/support/").find(id="waiting-reports").text == "100+"


def test_a_report_shows_the_order_then_and_now_without_the_buyer(world: World, report: str) -> None:
    page = staff(world).get(report)
    now = page.find(id="order-now").get_text(" ", strip=True)
    assert "BOE-0099 Onbekende fout" in now
    assert "geweigerd" in now
    assert "Klopt niet" in page.find(id="words").text
    assert "SEALED-EMAIL" not in str(page)


def test_a_report_about_an_order_that_is_gone_can_be_answered(world: World, report: str) -> None:
    with world.rows():
        db.session.query(ProblemReport).one().order_id = None
    eva = staff(world)
    page = eva.get(report)
    assert "niet meer" in page.find(id="order-now").text
    eva.post(report, state="solved", reply=REPLY, seen=seen(page))
    assert last_event(world, "problem_answered").order_id is None


def test_the_answer_reaches_the_customer_by_mail_and_at_the_order(world: World, report: str) -> None:
    eva = staff(world)
    eva.post(report, state="solved", reply=REPLY.replace("\n", "\r\n"), seen=seen(eva.get(report)))
    eva_id = staff_id(world)
    with world.app.app_context():
        stored = db.session.query(ProblemReport).one()
        assert (stored.state, stored.reply, stored.replied_at) == ("solved", REPLY, clock.now())
        assert stored.replied_by == stored.taken_by == eva_id
        mails = db.session.scalars(select(Mail).where(Mail.kind == "staff_reply")).all()
        assert [mail.recipient for mail in mails] == [ALICE]
        order_id = stored.order_id
        public_id = db.session.scalar(select(Order.public_id).where(Order.id == order_id))
    page = world.visitor(ALICE).get(f"{world.place}/orders/{public_id}")
    assert REPLY in page.find(id="order").text
    assert "Melding beantwoord" in page.find(id="timeline").text
    event = last_event(world, "problem_answered")
    assert (event.actor, event.staff_id, event.order_id) == ("support", staff_id(world), order_id)
    assert (event.facts["old"], event.facts["new"]) == ("received", "solved")


def test_saving_twice_mails_once_and_a_better_answer_mails_again(world: World, report: str) -> None:
    eva = staff(world)
    mark = seen(eva.get(report))
    for _ in range(2):
        eva.post(report, state="solved", reply=REPLY, seen=mark)
    with world.app.app_context():
        assert db.session.query(Mail).filter_by(kind="staff_reply").count() == 1
    world.app.extensions["clock"].advance(minutes=5)
    page = eva.get(report)
    assert REPLY in page.find(id="reply").text
    eva.post(report, state="solved", reply="Toch anders", seen=seen(page))
    with world.app.app_context():
        assert db.session.query(Mail).filter_by(kind="staff_reply").count() == 2


def test_taking_it_up_mails_nobody(world: World, report: str) -> None:
    eva = staff(world)
    eva.post(report, state="busy", reply="", seen=seen(eva.get(report)))
    with world.app.app_context():
        assert db.session.query(Mail).filter_by(kind="staff_reply").count() == 0
    assert "Eva" in eva.get("/support/reports").select_one("#rows tr").text
    assert last_event(world, "problem_state_changed").staff_id == staff_id(world)


@pytest.mark.database
def test_the_second_of_two_is_told_who_was_first_and_loses_nothing(world: World, report: str) -> None:
    eva, tom = staff(world), staff(world, TOM)
    mark = seen(tom.get(report))
    eva.post(report, state="busy", reply="Ik kijk ernaar", seen=mark)
    page = tom.post(report, 422, state="solved", reply="Mijn antwoord", seen=mark)
    assert "Eva was je voor" in page.find(role="alert").text
    assert "Ik kijk ernaar" in page.find(id="reply-now").text
    assert "Mijn antwoord" in page.find(id="reply").text
    with world.app.app_context():
        assert db.session.query(ProblemReport).one().reply == "Ik kijk ernaar"
        assert db.session.query(Mail).filter_by(kind="staff_reply").count() == 1
    world.app.extensions["clock"].advance(seconds=1)
    tom.post(report, state="solved", reply="Mijn antwoord", seen=seen(page))
    with world.app.app_context():
        assert db.session.query(ProblemReport).one().reply == "Mijn antwoord"


# Requests


def test_an_installation_leads_to_the_setup_while_the_owner_lets_us_in(world: World) -> None:
    with world.app.app_context():
        shop = db.session.query(Shop).filter_by(public_id=world.shop_id).one()
        owner = db.session.query(User).filter_by(email=ALICE).one()
        installer_grants.request_installation(shop, owner, "Graag dinsdag")
        address = f"/support/requests/{db.session.query(ServiceRequest).one().public_id}"
    eva = staff(world)
    page = eva.get(address)
    assert "Graag dinsdag" in page.text
    assert "€ 39,50" in page.text
    setup = page.find("a", href=f"/shops/{world.shop_id}/setup/amazon")
    eva.get(setup["href"])
    world.app.extensions["clock"].advance(hours=3)
    with world.rows():
        db.session.query(InstallerGrant).one().revoked_at = clock.now()
    page = eva.get(address)
    assert not page.find("a", href=f"/shops/{world.shop_id}/setup/amazon")
    assert "ingetrokken" in page.find(class_="notice").text


def test_handling_a_request_takes_a_note_that_the_owner_reads(world: World) -> None:
    with world.rows() as shop:
        request = make_request(shop, RequestKind.CONTRACT, facts={"wanted": "orders"})
        address = f"/support/requests/{request.public_id}"
    eva = staff(world)
    page = eva.get(address)
    assert page.find("a", href=f"/support/shops/{world.shop_id}/contract")
    assert eva.get("/support/").find(id="waiting-requests").text == "1"
    mark = seen(page)
    for _ in range(2):
        eva.post(address, state="solved", note="Aangezet", seen=mark)
    with world.app.app_context():
        stored = db.session.query(ServiceRequest).one()
        assert (stored.state, stored.note, stored.handled_at) == ("solved", "Aangezet", clock.now())
    assert len(events(world, "request_handled")) == 1
    text = world.visitor(ALICE).get(f"{world.place}/activity").find(id="events").get_text(" ", strip=True)
    assert "Aanvraag bijgewerkt" in text
    assert "was: Ontvangen, werd: Opgelost" in text
    assert "Aangezet" in text
    assert not eva.get("/support/requests").select("#rows tr")
    assert eva.get("/support/requests?state=solved").select("#rows tr")


def test_a_request_that_is_opened_again_is_not_handled(world: World) -> None:
    with world.rows() as shop:
        address = f"/support/requests/{make_request(shop, RequestKind.MIGRATION).public_id}"
    eva = staff(world)
    eva.post(address, state="solved", note="Klaar", seen=seen(eva.get(address)))
    eva.post(address, state="busy", note="Toch niet", seen=seen(eva.get(address)))
    with world.app.app_context():
        assert db.session.query(ServiceRequest).one().handled_at is None


def test_the_second_who_handles_a_request_is_told(world: World) -> None:
    with world.rows() as shop:
        address = f"/support/requests/{make_request(shop, RequestKind.MIGRATION).public_id}"
    eva, tom = staff(world), staff(world, TOM)
    mark = seen(eva.get(address))
    eva.post(address, state="busy", note="Ik bel", seen=mark)
    page = tom.post(address, 422, state="busy", note="Ik mail", seen=mark)
    assert "Eva was je voor" in page.find(role="alert").text
    assert "Ik bel" in page.find(id="note-now").text
    assert "Ik mail" in page.find(id="note").text


def test_an_unknown_report_or_request_is_not_found(world: World) -> None:
    eva = staff(world)
    eva.get(f"/support/reports/{uuid.uuid4()}", 404)
    eva.get(f"/support/requests/{uuid.uuid4()}", 404)
