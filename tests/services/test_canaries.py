"""A dump of the whole database, and the log of everything, after a story with canaries in it.

Whoever gets hold of either finds no key, token, password or code, and no buyer whose time is over.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from tests import factories
from tests.blueprints.conftest import Visitor
from tests.support import mailbox
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.domain import totp
from webshop.extensions import db, transaction
from webshop.models import Mail, Remote, Shop, User
from webshop.services import accounts, mailing, order_decisions, pending, problem_reports, registration, two_factor
from webshop.services.key_rotation import SEALED
from webshop.services.privacy import purge
from webshop.settings import Settings

pytestmark = pytest.mark.database

EMAIL, POSTAL_CODE, CITY = "kanarie@marketplace.amazon.nl", "9876 ZZ", "Kanariestad"
BUYER = (EMAIL, POSTAL_CODE, "9876ZZ", CITY)
WAITING_KEY = "kanarie-koppelsleutel-die-wacht"
TYPED_WRONG = "kanarie wachtwoord dat niet klopt"
SHORTEST = 6


@pytest.fixture
def log(app: Flask) -> Iterator[io.StringIO]:
    """What the application's own handler writes, at DEBUG."""
    root = logging.getLogger()
    (handler,) = [one for one in root.handlers if getattr(one, "is_webshop", False)]
    assert isinstance(handler, logging.StreamHandler)
    stream, level = io.StringIO(), root.level
    before = handler.setStream(stream)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    handler.setStream(before)


class Story:
    """Everything that brings a secret or a buyer in: what was told to whom is kept as a canary."""

    def __init__(self, scenario: Scenario, clock: FrozenClock) -> None:
        self.scenario, self.app, self.clock = scenario, scenario.app, clock
        self.secrets = {factories.PASSWORD, TYPED_WRONG, WAITING_KEY}

    def play(self) -> None:
        posted = self.scenario.add_order(email=EMAIL, postal_code=POSTAL_CODE, city=CITY)
        self.scenario.run()
        assert self.scenario.order(posted).state == "posted"
        self.scenario.change_shop(is_posting_automatic=False)
        skipped = self.scenario.add_order(email=EMAIL, postal_code=POSTAL_CODE, city=CITY)
        self.clock.advance(hours=1)
        self.scenario.run()
        self._log_in()
        self._write_about(posted, skipped)
        self._mail()
        self._collect()

    def user(self) -> User:
        with self.app.app_context():
            return db.session.scalars(select(User).order_by(User.id)).first()  # type: ignore[return-value]

    def _log_in(self) -> None:
        """Set a password, log in by the form, and set up the second factor."""
        user = self.user()
        with self.app.app_context():
            password_hash = accounts.hash_password(factories.PASSWORD)
            with transaction() as session:
                session.execute(update(User).where(User.id == user.id).values(password_hash=password_hash))
        visitor = Visitor(self.app.test_client())
        visitor.log_in(user.email, status=422, password=TYPED_WRONG)
        visitor.log_in(user.email)
        visitor.post("/login/2fa/begin")
        with self.app.app_context():
            secret = two_factor.pending_secret(db.session.get_one(User, user.id))
        assert secret is not None
        code = totp.code_at(secret, int(self.clock.now().timestamp()) // totp.STEP_SECONDS)
        page = visitor.post("/login/2fa/setup", 200, code=code)
        codes = re.findall(r"\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}\b", str(page))
        assert len(codes) == two_factor.RECOVERY_CODES
        self.secrets |= {secret, *codes}

    def _write_about(self, posted: str, skipped: str) -> None:
        """Let a person quote the buyer wherever something can be typed."""
        reported, passed_over, user = self.scenario.order(posted), self.scenario.order(skipped), self.user()
        sale = self.scenario.posting(posted)
        with self.app.app_context():
            words = f"Koper {EMAIL} uit {POSTAL_CODE} {CITY} klaagt"
            problem_reports.report_problem(reported, sale, user, words)
            order_decisions.skip_order(passed_over, user, f"{EMAIL} uit {POSTAL_CODE} betaalt niet")
            pending.remember(
                self.scenario.shop_id, pending.Session(user.id, "s"), Remote.SNELSTART, "t",
                lifetime=timedelta(minutes=9), secret=WAITING_KEY,
            )  # fmt: skip

    def _mail(self) -> None:
        """Write an installation link and a reset link; the first is sent, the second waits."""
        with self.app.app_context():
            registration.sign_up(registration.SignUp("Kanariehandel", "nieuw@example.nl"))
        self.secrets.add(mailbox.last_link(self.app, "nieuw@example.nl").rsplit("/", 1)[-1])
        with self.app.app_context():
            mailing.send_due_mails()
        user = self.user()
        with self.app.app_context():
            accounts.request_reset(user.email)
        self.secrets.add(mailbox.last_link(self.app, user.email).rsplit("/", 1)[-1])

    def _collect(self) -> None:
        """Open everything that is sealed: what comes out must stand nowhere else."""
        vault, seen = self.app.extensions["vault"], set()
        with self.app.app_context():
            for sealed in SEALED:
                for row in db.session.execute(select(sealed.table)):
                    value = row._mapping[sealed.column]
                    if value and sealed.table.name != Mail.__tablename__:
                        opened = vault.open(value, bound_to=sealed.place(row))
                        words = json.loads(opened).values() if opened.startswith("{") else [opened]
                        self.secrets |= {word for word in words if word and word not in BUYER}
                        seen.add(sealed.name)
        assert len(seen) >= 7, seen


@pytest.fixture
def story(scenario: Scenario, clock: FrozenClock, log: io.StringIO) -> Story:
    story = Story(scenario, clock)
    story.play()
    assert min(len(secret) for secret in story.secrets) >= SHORTEST
    assert len(story.secrets) >= 20
    return story


def dump(app: Flask, settings: Settings) -> bytes:
    """Return every row of every table as the database writes it, and on SQLite the bytes of its files as well."""
    parts = []
    with app.app_context():
        is_postgresql = db.engine.dialect.name == "postgresql"
        for table in db.metadata.sorted_tables:
            columns = f"{table.name}::text" if is_postgresql else "*"
            rows = db.session.execute(text(f"SELECT {columns} FROM {table.name}")).all()  # noqa: S608
            parts.append("\n".join(repr(tuple(row)) for row in rows).encode())
        db.session.remove()
        db.engine.dispose()
    if not is_postgresql:
        path = settings.database_url.removeprefix("sqlite:///")
        parts += [Path(path + end).read_bytes() for end in ("", "-wal") if Path(path + end).exists()]
    return b"\n".join(parts)


def found(canaries: set[str] | tuple[str, ...], where: bytes) -> list[str]:
    return sorted(canary for canary in canaries if canary.encode() in where)


def test_a_dump_holds_no_key_token_password_or_code(story: Story, settings: Settings) -> None:
    dumped = dump(story.app, settings)
    assert b"Testwinkel" in dumped, "or this test looks at nothing"
    assert found(story.secrets, dumped) == []


def test_buyers_stand_only_where_a_person_typed_them(story: Story, settings: Settings) -> None:
    with story.app.app_context():
        rows = [
            (table.name, column.name)
            for table in db.metadata.sorted_tables
            for column in table.columns
            for (value,) in db.session.execute(select(column))
            if found(BUYER, repr(value).encode())
        ]
    assert set(rows) == {("problem_reports", "words")}


def test_past_its_date_a_dump_holds_no_buyer(story: Story, settings: Settings, clock: FrozenClock) -> None:
    clock.advance(days=32)
    with story.app.app_context():
        purge()
    dumped = dump(story.app, settings)
    assert found(BUYER, dumped) == []
    assert found(story.secrets, dumped) == []


def test_the_log_of_the_whole_story_holds_neither(story: Story, log: io.StringIO, clock: FrozenClock) -> None:
    clock.advance(days=32)
    with story.app.app_context():
        purge()
    written = log.getvalue().encode()
    assert b"run_finished" in written, "or this test looks at nothing"
    assert found(story.secrets, written) == []
    assert found(BUYER, written) == []


def test_the_shop_of_the_story_is_really_there(story: Story) -> None:
    with story.app.app_context():
        names = db.session.scalars(select(Shop.name).order_by(Shop.id)).all()
    assert names == ["Testwinkel", "Kanariehandel"]
