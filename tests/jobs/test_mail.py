"""The jobs of mail: in the schedule, safe to run twice, and stopped by errors of ours only."""

from __future__ import annotations

import pytest
from flask import Flask

from tests import factories
from webshop.domain.booking import Issue
from webshop.exceptions import RetryableRemoteError
from webshop.extensions import transaction
from webshop.jobs import JobFailedError, mail, stop_requested
from webshop.jobs.schedule import SCHEDULE
from webshop.models import OrderState
from webshop.services import mailing


def write(app: Flask) -> None:
    with transaction():
        shop = factories.connected_shop(factories.user())
        factories.order(shop, OrderState.ERROR, issue=Issue("ORDER_CRASHED"))
    app.extensions["clock"].set(app.extensions["clock"].now().replace(hour=6))
    assert mail.write_digests() == {"shops": 1}


def test_mails_are_sent_every_minute_and_digests_written_at_seven_in_both_seasons() -> None:
    crons = {entry.name: entry.cron for entry in SCHEDULE}
    assert crons["send-mails"] == "* * * * *"
    assert crons["write-digests"] == "*/10 5,6 * * *"


def test_twice_is_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(mailing, "_send", lambda mail: sent.append(mail.recipient))
    write(app)
    assert mail.write_digests() == {"shops": 0}
    assert mail.send_mails()["sent"] == 1
    assert mail.send_mails() == {"sent": 0, "pending": 0, "failed": 0}
    assert len(sent) == 1


def test_a_server_that_is_away_fails_no_job(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_mail: object) -> None:
        raise RetryableRemoteError("away", remote="smtp", operation="send")

    monkeypatch.setattr(mailing, "_send", refuse)
    write(app)
    assert mail.send_mails()["pending"] == 1


def test_a_worker_that_stops_leaves_the_rest_for_the_next(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    write(app)
    monkeypatch.setattr(mailing, "_send", lambda _mail: None)
    stop_requested.set()
    try:
        assert mail.send_mails() == {"sent": 0, "pending": 0, "failed": 0}
    finally:
        stop_requested.clear()
    assert mail.send_mails()["sent"] == 1


def test_a_bug_shows_as_a_failed_job_without_addresses(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(mail: object) -> None:
        raise ValueError(f"about {mail}")

    monkeypatch.setattr(mailing, "_send", crash)
    write(app)
    with pytest.raises(JobFailedError, match="^send_mails ended in ValueError; see the log$"):
        mail.send_mails()
