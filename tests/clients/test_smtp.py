"""Handing a mail to the mail server: what arrives, and what each refusal means."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.smtp import MailServer, run_mail_server
from webshop.clients import smtp
from webshop.exceptions import RejectedError, RetryableRemoteError

MESSAGE = smtp.Message(
    sender="Koppeling <info@koppeling.test>",
    recipient="noor@fietsbel.test",
    subject="Café: kies je wachtwoord",
    text="Tekst met ✓ en een lange regel " + "x" * 1200,
    html="<p>€ 12,50</p>",
    message_id="<mail-1@koppeling.test>",
    sent_at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with run_mail_server() as server:
        yield server


def test_a_mail_arrives_as_text_and_html(server: MailServer) -> None:
    smtp.send(server.url, MESSAGE)
    (mail,) = server.mails
    assert (mail["To"], mail["Subject"]) == (MESSAGE.recipient, MESSAGE.subject)
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == (MESSAGE.message_id, "auto-generated")
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == MESSAGE.text
    assert html.get_content().strip() == MESSAGE.html


@pytest.mark.parametrize("name", ["recipient", "subject", "sender"])
@pytest.mark.parametrize("evil", ["\r\nBcc: all@fietsbel.test", "\nX: y", "\0"])
def test_nothing_breaks_out_of_its_header(server: MailServer, name: str, evil: str) -> None:
    with pytest.raises(RejectedError):
        smtp.send(server.url, replace(MESSAGE, **{name: getattr(MESSAGE, name) + evil}))
    assert server.mails == []


@pytest.mark.parametrize("recipient", ["", "geen adres", "a@b@c", "a@", "<x@y.test>, z@y.test"])
def test_what_is_no_address_is_refused(server: MailServer, recipient: str) -> None:
    with pytest.raises(RejectedError):
        smtp.send(server.url, replace(MESSAGE, recipient=recipient))


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("RCPT", "550 unknown", RejectedError),
        ("RCPT", "450 later", RetryableRemoteError),
        ("MAIL", "452 full", RetryableRemoteError),
        ("BODY", "554 spam", RejectedError),
        ("BODY", "451 later", RetryableRemoteError),
        ("EHLO", "421 away", RetryableRemoteError),
    ],
)
def test_the_server_says_whether_it_may_come_back(
    server: MailServer, command: str, answer: str, error: type[Exception]
) -> None:
    server.answers = {command: answer, "HELO": "421 away"}
    with pytest.raises(error) as caught:
        smtp.send(server.url, MESSAGE)
    assert "fietsbel" not in str(caught.value)


def test_a_server_that_is_away_is_asked_again_later() -> None:
    with run_mail_server() as server:
        url = server.url
    with pytest.raises(RetryableRemoteError):
        smtp.send(url, MESSAGE)


class Recorder:
    """Notes what is asked of a server elsewhere and never reaches it."""

    calls: list[str] = []

    def __init__(self, host: str, port: int, **options: Any) -> None:
        self.calls = Recorder.calls = [f"{host}:{port}", *sorted(options)]

    def starttls(self, **options: Any) -> Any:
        self.calls.append("starttls")

    def login(self, user: str, password: str, **options: Any) -> Any:
        self.calls.append(f"login {user} {password}")
        raise smtplib.SMTPAuthenticationError(535, b"no")

    def close(self) -> None:
        self.calls.append("close")


@pytest.mark.parametrize(
    ("url", "calls"),
    [
        ("smtp://u%40x:p%2Fw@mail.test", ["mail.test:587", "timeout", "starttls", "login u@x p/w", "close"]),
        ("smtps://u:p@mail.test", ["mail.test:465", "context", "timeout", "login u p", "close"]),
    ],
)
def test_nothing_goes_to_another_machine_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, url: str, calls: list[str]
) -> None:
    """And our own credentials being refused is no reason to give mails up."""
    monkeypatch.setattr(smtplib, "SMTP", Recorder)
    monkeypatch.setattr(smtplib, "SMTP_SSL", Recorder)
    with pytest.raises(RetryableRemoteError):
        smtp.send(url, MESSAGE)
    assert Recorder.calls == calls
