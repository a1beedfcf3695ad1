"""Every address, asked by everybody: the table in rights.py against the whole url_map."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, Visitor
from tests.blueprints.rights import FORMS, QUERIES, RIGHTS, Kind, value_in
from tests.support import databases
from tests.support.clock import FrozenClock
from tests.support.settings import make_settings
from webshop import create_app
from webshop.domain.booking import Issue
from webshop.extensions import clock, db, limiter, transaction
from webshop.models import (
    InstallerGrant,
    OrderState,
    ProblemReport,
    Remote,
    Role,
    ServiceRequest,
    VatMapping,
)
from webshop.sandbox import SandboxAdapter, create_sandbox
from webshop.services import invoices
from webshop.services.connections import find_connection

EVA, FRANK, NOBODY = "eva@staff.test", "frank@shop.test", "somebody who is logged out"
METHODS = {"GET", "POST"}
DONE = {200, 303, 409, 422}
"""What somebody gets who may: the page, the next one, or a word about what was not filled in."""
USES = {
    Kind.READ: {ALICE, BOB, DORA},
    Kind.RETRY: {ALICE, BOB, DORA},
    Kind.WRITE: {ALICE, BOB},
    Kind.OWNER: {ALICE},
    Kind.SETUP_READ: {ALICE, BOB, DORA, EVA},
    Kind.SETUP: {ALICE, BOB, EVA},
    Kind.SETUP_OWNER: {ALICE},
    Kind.STAFF: {EVA},
    Kind.ACTING: set(),
}
"""Who may, of a shop's kinds; who belongs to the shop and may not gets 403, everybody else 404."""


@dataclass
class Crowd:
    """One application, everybody logged in once, and its database as it was before anybody wrote."""

    app: Flask
    database: Path
    ids: dict[str, str]
    foreign_shop_id: str
    cookies: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @cached_property
    def rules(self) -> dict[str, list[Rule]]:
        found: dict[str, list[Rule]] = {}
        for rule in self.app.url_map.iter_rules():
            found.setdefault(rule.endpoint, []).append(rule)
        return found

    def asks(self, endpoint: str) -> list[Ask]:
        return [
            Ask(self, endpoint, rule, method)
            for rule in self.rules[endpoint]
            for method in sorted(METHODS & (rule.methods or set()))
        ]

    def enter(self, email: str) -> None:
        visitor = Visitor(self.app.test_client())
        if email == EVA:
            visitor.begin_session(self.ids["staff_id"])
        elif email != NOBODY:
            visitor.log_in(email)
        self.tokens[email] = visitor.csrf_token()
        cookie = visitor.client.get_cookie("session")
        assert cookie is not None
        self.cookies[email] = cookie.value

    def restore(self) -> None:
        """Bring the database back to what it was, after somebody wrote."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            self.database.with_name(self.database.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.database.with_suffix(".before"), self.database)


@dataclass(frozen=True)
class Ask:
    """One rule with one method, and a way to send it as somebody."""

    crowd: Crowd
    endpoint: str
    rule: Rule
    method: str

    @property
    def is_of_a_shop(self) -> bool:
        return "shop_id" in self.rule.arguments or "{shop_id}" in f"{QUERIES.get(self.endpoint)}{self._fields}"

    @property
    def has_more_ids(self) -> bool:
        return bool(
            self.rule.arguments & {"order_id", "person_id", "row_id", "invoice_id", "checkout_id", "migration_id"}
        )

    @property
    def _fields(self) -> dict[str, str]:
        return FORMS.get(self.endpoint, {})

    def send(self, email: str, *, htmx: bool = False, shop_id: str = "") -> TestResponse:
        ids = self.crowd.ids | ({"shop_id": shop_id} if shop_id else {})
        client = self.crowd.app.test_client()
        client.set_cookie("session", self.crowd.cookies[email])
        with self.crowd.app.test_request_context():
            address = self.crowd.app.url_map.bind("localhost").build(
                self.endpoint, {name: value_in(self.rule, name, ids) for name in self.rule.arguments}, self.method
            )
        form = {name: value.format(**ids) for name, value in self._fields.items()}
        return client.open(
            address,
            method=self.method,
            query_string=QUERIES.get(self.endpoint, "").format(**ids),
            data=None if self.method == "GET" else {"csrf_token": self.crowd.tokens[email], **form},
            headers={"HX-Request": "true"} if htmx else {},
            buffered=True,
        )


@pytest.fixture(scope="module")
def crowd(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    folder = tmp_path_factory.mktemp("rights")
    url = databases.copy_sqlite(sqlite_template, folder)
    sandbox = create_sandbox(clock=FrozenClock())
    app = create_app(
        make_settings(folder, database_url=url), clock=FrozenClock(), transport=SandboxAdapter(sandbox.wsgi)
    )
    app.testing = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limiter, "enabled", False)
        found = _gather(app, folder / "webshop.sqlite")
        yield found
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    sandbox.close()


def _gather(app: Flask, database: Path) -> Crowd:
    with app.app_context(), transaction() as session:
        alice, bob, charlie, dora, frank = map(factories.user, (ALICE, BOB, CHARLIE, DORA, FRANK))
        eva = factories.user(EVA, is_staff=True, is_totp_on=True)
        shop = factories.connected_shop(alice)
        for person, role in ((bob, Role.MEMBER), (dora, Role.ACCOUNTANT), (frank, Role.MEMBER)):
            factories.membership(person, shop, role)
        other = factories.connected_shop(charlie, name="Elders")
        now = clock.now()
        session.add(
            InstallerGrant(shop_id=shop.id, granted_by=alice.id, granted_at=now, expires_at=now + timedelta(hours=1))
        )
        order = factories.order(shop, OrderState.ERROR, issue=Issue("ARTICLE_CODE_TOO_LONG", {}))
        connection = find_connection(shop.id, Remote.SNELSTART)
        assert connection is not None
        checkout = factories.paid_checkout(shop)
        ids = {
            "checkout_id": checkout.public_id,
            "invoice_id": invoices.issue(checkout).public_id,
            "migration_id": factories.sale_migration(shop, alice).public_id,
            "report_id": _add(ProblemReport(shop_id=shop.id, user_id=alice.id, words="?", snapshot={}, created_at=now)),
            "request_id": _add(ServiceRequest(shop_id=shop.id, user_id=alice.id, kind="contract", created_at=now)),
            "shop_id": shop.public_id,
            "order_id": order.public_id,
            "person_id": frank.public_id,
            "row_id": str(session.query(VatMapping.id).filter_by(shop_id=shop.id).first()[0]),  # type: ignore[index]
            "staff_id": eva.public_id,
            "token": "a-token-that-nobody-was-given",
            "slug": "oss",
            "filename": "app.css",
        }
        crowd = Crowd(app, database, ids, other.public_id)
    for email in (ALICE, BOB, CHARLIE, DORA, EVA, NOBODY):
        crowd.enter(email)
    with app.app_context():
        db.session.remove()
        with db.engine.connect() as raw:
            raw.exec_driver_sql("COMMIT")
            raw.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    shutil.copyfile(database, database.with_suffix(".before"))
    return crowd


def _add(row: Any) -> str:
    db.session.add(row)
    db.session.flush()
    return str(row.public_id)


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    missing, gone = endpoints - set(RIGHTS), set(RIGHTS) - endpoints
    assert not missing, f"give these routes a line in tests/blueprints/rights.py: {sorted(missing)}"
    assert not gone, f"these lines of tests/blueprints/rights.py have no route: {sorted(gone)}"


@pytest.mark.parametrize("endpoint", sorted(RIGHTS))
def test_everybody_gets_what_the_table_says(crowd: Crowd, endpoint: str) -> None:
    kind = RIGHTS[endpoint]
    for ask in crowd.asks(endpoint):
        if kind in (Kind.PUBLIC, Kind.LINK, Kind.MACHINE):
            _expect_open(ask, kind)
            continue
        _expect_no_anonymous(ask)
        if kind is Kind.ACCOUNT:
            _expect(ask, ALICE, DONE)
            if ask.method == "POST":
                crowd.restore()
            continue
        _expect_no_strangers(ask)
        for email in (EVA, DORA, BOB, ALICE):
            if email in USES[kind]:
                _expect(ask, email, DONE)
                if ask.method == "POST":
                    crowd.restore()
            else:
                is_let_in = email != EVA or kind is Kind.SETUP_OWNER
                _expect(ask, email, {403} if is_let_in and kind not in (Kind.STAFF, Kind.ACTING) else {404})


def test_the_table_fails_for_somebody_who_may_not(crowd: Crowd) -> None:
    """The accountant's 403 is told from a page that lets her in."""
    ask = crowd.asks("configuration.unpause")[0]
    with pytest.raises(AssertionError, match="configuration.unpause"):
        _expect(ask, DORA, DONE)


def _expect(ask: Ask, email: str, statuses: set[int], **how: Any) -> TestResponse:
    answer = ask.send(email, **how)
    assert answer.status_code in statuses, f"{ask.method} {ask.endpoint} answers {email} with {answer.status}"
    return answer


def _expect_open(ask: Ask, kind: Kind) -> None:
    is_page = kind is Kind.PUBLIC and ask.method == "GET"
    is_link = kind is Kind.LINK
    answer = _expect(
        ask, NOBODY, {200} if is_page else DONE | ({302, 400, 401, 404, 410} if is_link else {204, 400, 404})
    )
    assert is_link or not answer.headers.get("Location", "").startswith("/login"), ask.endpoint
    assert kind is not Kind.MACHINE or "Set-Cookie" not in answer.headers, ask.endpoint
    if ask.method == "POST":
        ask.crowd.restore()


def _expect_no_anonymous(ask: Ask) -> None:
    answer = _expect(ask, NOBODY, {302})
    assert answer.headers["Location"].split("?")[0] == "/login", ask.endpoint
    answer = _expect(ask, NOBODY, {401}, htmx=True)
    assert answer.headers["HX-Redirect"].split("?")[0] == "/login", ask.endpoint


def _expect_no_strangers(ask: Ask) -> None:
    """A shop of others cannot be told from one that is not there, nor can what stands in it."""
    if not ask.is_of_a_shop:
        _expect(ask, CHARLIE, {404})
        return
    for htmx in {False, ask.method == "GET"}:
        foreign = _expect(ask, CHARLIE, {404}, htmx=htmx)
        missing = _expect(ask, CHARLIE, {404}, htmx=htmx, shop_id=str(uuid.uuid4()))
        assert foreign.data == missing.data, ask.endpoint
    if RIGHTS[ask.endpoint] is not Kind.STAFF:
        _expect(ask, EVA, {404}, shop_id=ask.crowd.foreign_shop_id)
    if ask.has_more_ids:
        _expect(ask, CHARLIE, {404}, htmx=True, shop_id=ask.crowd.foreign_shop_id)
