"""Mails: once per cause, sent by a job, in the reader's language, and never lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.support.clock import FrozenClock
from tests.support.smtp import MailServer, run_mail_server
from webshop.exceptions import RetryableRemoteError
from webshop.extensions import clock, db, transaction
from webshop.models import AuditEvent, Connection, Mail, MailState, ProblemReport, Remote, Role, Shop
from webshop.sandbox import Sandbox
from webshop.services import connections, letters, mailing, notifications
from webshop.services.health import check_installation
from webshop.services.notifications import Recipient

pytestmark = pytest.mark.database

NOOR = Recipient("noor@fietsbel.test")


def write(cause: str = "test:1", to: Recipient = NOOR, company: str = "Fietsbel") -> bool:
    with transaction():
        return notifications.write_mail("install", cause, to, lambda: letters.installation(company, "a-token"))


def mails() -> list[Mail]:
    db.session.expire_all()
    return list(db.session.scalars(select(Mail).order_by(Mail.id)))


@pytest.fixture
def server(app: Flask) -> Iterator[MailServer]:
    with run_mail_server() as server:
        app.extensions["settings"] = replace(app.extensions["settings"], smtp_url=server.url)
        yield server


def test_a_cause_is_mailed_once_to_each_address(app: Flask, sandbox: Sandbox) -> None:
    with app.app_context():
        assert write()
        assert not write()
        assert write(to=Recipient("other@fietsbel.test"))
        assert mailing.send_due_mails()["sent"] == 2
        assert not write()
        assert mailing.send_due_mails()["sent"] == 0
    assert len(sandbox.world.store.all("mails")) == 2


def test_a_mail_that_was_sent_keeps_no_links(app: Flask, server: MailServer) -> None:
    with app.app_context():
        write()
        assert "a-token" not in (mails()[0].sealed_content or "")
        mailing.send_due_mails()
        (mail,) = mails()
        assert (mail.state, mail.sealed_content, mail.attempts) == (MailState.SENT.value, None, 1)
    (sent,) = server.mails
    assert "http://localhost/installatie/a-token" in sent.as_string()


def test_what_is_rolled_back_is_not_mailed(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError), transaction():
            notifications.write_mail("install", "x", NOOR, lambda: letters.installation("Fietsbel", "t"))
            _ = 1 / 0
        assert mails() == []


def test_a_server_that_is_away_gets_the_mail_later(app: Flask, server: MailServer, clock: FrozenClock) -> None:
    server.answers = {"RCPT": "450 later"}
    with app.app_context():
        write()
        assert mailing.send_due_mails()["pending"] == 1
        assert mailing.send_due_mails()["pending"] == 0
        assert mails()[0].last_error == "450 RECIPIENT"
        server.answers = {}
        clock.advance(minutes=1)
        assert mailing.send_due_mails()["sent"] == 1
    assert len(server.mails) == 1


def test_a_mail_is_given_up_after_a_day_and_everybody_can_see_it(
    app: Flask, server: MailServer, clock: FrozenClock
) -> None:
    server.answers = {"RCPT": "450 later"}
    with app.app_context():
        write()
        for _attempt in range(len(mailing.BACK_OFF) + 1):
            mailing.send_due_mails()
            clock.advance(hours=12)
        assert mailing.send_due_mails() == {"sent": 0, "pending": 0, "failed": 0}
        (mail,) = mails()
        assert (mail.state, mail.sealed_content, mail.attempts) == ("failed", None, len(mailing.BACK_OFF) + 1)
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "mail_failed")).one()
        assert event.facts == {"kind": "install", "code": "450 RECIPIENT"}


def test_a_mailbox_that_does_not_exist_is_given_up_at_once(app: Flask, server: MailServer) -> None:
    server.answers = {"RCPT": "550 unknown"}
    with app.app_context():
        write()
        assert mailing.send_due_mails()["failed"] == 1


def test_a_process_that_is_killed_before_or_after_sending_loses_no_mail(
    app: Flask, server: MailServer, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        write()
        with monkeypatch.context() as killed:
            killed.setattr(mailing, "_finish", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                mailing.send_due_mails()
        assert mailing.send_due_mails()["sent"] == 0
        clock.advance(minutes=5)
        assert mailing.send_due_mails()["sent"] == 1
    assert len({mail["Message-ID"] for mail in server.mails}) == 1


def test_two_processes_do_not_send_one_mail_twice(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    with app.app_context():
        write()

        def send(mail: Mail) -> None:
            sent.append(mail.recipient)
            assert mailing.send_due_mails() == {"sent": 0, "pending": 0, "failed": 0}

        monkeypatch.setattr(mailing, "_send", send)
        mailing.send_due_mails()
    assert sent == [NOOR.email]


def test_a_late_failure_does_not_undo_a_later_success(
    app: Flask, monkeypatch: pytest.MonkeyPatch, clock: FrozenClock
) -> None:
    """The first process hangs longer than its claim; the second sends; then the first gives up."""
    with app.app_context():
        write()
        calls: list[int] = []

        def send(mail: Mail) -> None:
            calls.append(mail.attempts)
            if mail.attempts == 1:
                clock.advance(minutes=6)
                mailing.send_due_mails()
                raise RetryableRemoteError("timeout", remote="smtp", operation="send")

        monkeypatch.setattr(mailing, "_send", send)
        mailing.send_due_mails()
        assert calls == [1, 2]
        assert mails()[0].state == "sent"


def test_what_users_call_themselves_stays_text(app: Flask, server: MailServer) -> None:
    with app.app_context():
        write(company='<b>x</b><script>alert(1)</script>\r\nBcc: all@x.test"')
        mailing.send_due_mails()
    (mail,) = server.mails
    assert mail["Bcc"] is None
    html = mail.get_body(("html",))
    assert html is not None
    page = BeautifulSoup(html.get_content(), "html.parser")
    assert page.find("script") is None
    assert page.find("b") is None


def test_a_mail_fetches_nothing_and_links_to_our_own_address_only(app: Flask, server: MailServer) -> None:
    with app.app_context():
        write()
        mailing.send_due_mails()
    html = server.mails[0].get_body(("html",))
    assert html is not None
    page = BeautifulSoup(html.get_content(), "html.parser")
    assert page.find(["img", "link", "script", "iframe"]) is None
    assert {str(link["href"]).startswith("http://localhost/") for link in page.find_all("a")} == {True}


def test_each_reads_their_own_language_and_their_licence_keys(app: Flask) -> None:
    with app.app_context():
        with transaction():
            owner = factories.user("hans@laden.test", locale="de")
            shop = factories.connected_shop(owner)
            key = shop.licence_key
            to = notifications.recipient(owner)
            notifications.write_mail("reset", "r", to, lambda: letters.reset("t"))
        mail = mails()[0]
        content = app.extensions["vault"].open(mail.sealed_content, bound_to=f"mail:{mail.cause}")
    assert key in content
    assert 'lang=\\"de\\"' in content


def test_a_lost_connection_is_mailed_to_the_owners_and_the_extra_address_once(app: Flask) -> None:
    with app.app_context():
        with transaction():
            owner, member = factories.user("owner@x.test"), factories.user("member@x.test")
            shop = factories.connected_shop(owner, extra_email="kantoor@x.test")
            factories.membership(member, shop, Role.MEMBER)
        connection = db.session.scalars(select(Connection).where(Connection.remote == "amazon")).one()
        db.session.rollback()
        connections.mark_error(connection, "AMAZON_THROTTLED")
        assert mails() == []
        for _ in range(3):
            connections.mark_error(connection, "AMAZON_RECONNECT", needs_reconnect=True)
        assert sorted(mail.recipient for mail in mails()) == ["kantoor@x.test", "owner@x.test"]
        assert all("Amazon" in mail.subject for mail in mails())
        with transaction():
            again = connections._store(shop.id, Remote.AMAZON, "seller", "", "secret")
            again.connected_at = app.extensions["clock"].advance(days=1)
        connections.mark_error(again, "AMAZON_RECONNECT", needs_reconnect=True)
        assert len(mails()) == 4
        assert db.session.get(Shop, shop.id) is not None


def test_the_doctor_sees_mails_that_wait_or_were_given_up(app: Flask, server: MailServer, clock: FrozenClock) -> None:
    def is_fine() -> bool:
        return {check.name: check.is_ok for check in check_installation()}["mail"]

    with app.app_context():
        write()
        assert is_fine()
        clock.advance(minutes=61)
        assert not is_fine()
        server.answers = {"RCPT": "550 unknown"}
        mailing.send_due_mails()
        assert not is_fine()
        clock.advance(days=7)
        assert is_fine()


@pytest.mark.parametrize("has_order", [True, False])
def test_who_reported_a_problem_reads_the_answer(app: Flask, server: MailServer, has_order: bool) -> None:
    with app.app_context():
        with transaction() as session:
            user = factories.user("noor@x.test")
            shop = factories.connected_shop(user)
            order = factories.order(shop) if has_order else None
            report = ProblemReport(
                shop_id=shop.id,
                order_id=order.id if order else None,
                user_id=user.id,
                words="Help",
                snapshot={},
                reply="Hoi <b>Noor</b>,\n\nOpen het boekjaar.",
                created_at=clock.now(),
            )
            session.add(report)
            session.flush()
            for _ in range(2):
                notifications.report_answered(report)
            address = f"/shops/{shop.public_id}/" + (f"orders/{order.public_id}" if order else "")
        assert mailing.send_due_mails()["sent"] == 1
    text = server.mails[0].get_body(("plain",))
    html = server.mails[0].get_body(("html",))
    assert text is not None
    assert html is not None
    assert f"http://localhost{address}" in text.get_content().splitlines()
    assert "Open het boekjaar." in text.get_content()
    assert "&lt;b&gt;Noor" in html.get_content()


def test_long_addresses_that_begin_alike_are_told_apart(app: Flask) -> None:
    with app.app_context():
        for end in ("a", "b"):
            assert write(cause="c" * 80, to=Recipient("x" * 150 + end + "@y.test"))
