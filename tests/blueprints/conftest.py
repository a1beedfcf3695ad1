"""People with a part in a shop, one without, and a browser that checks what it gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import checks, factories
from tests.support.clock import FrozenClock
from webshop.extensions import transaction
from webshop.models import Role, Shop

ALICE, BOB, CHARLIE, DORA = ("alice@shop.test", "bob@shop.test", "charlie@elsewhere.test", "dora@office.test")


@dataclass
class Visitor:
    """A browser: it keeps cookies and CSRF token, and checks every page it sees."""

    client: FlaskClient
    response: TestResponse = field(init=False)

    def get(self, address: str, status: int = 200, *, htmx: bool = False) -> Any:
        self.response = self.client.get(address, headers=_headers(htmx))
        return self._read(status, htmx)

    def post(self, address: str, status: int = 303, *, htmx: bool = False, **form: str) -> Any:
        """Send a form, with the CSRF token of a page."""
        if "csrf_token" not in form:
            form["csrf_token"] = self.csrf_token()
        self.response = self.client.post(address, data=form, headers=_headers(htmx))
        return self._read(status, htmx)

    def log_in(self, email: str, *, status: int = 303, **form: Any) -> Any:
        return self.post("/login", status, **({"email": email, "password": factories.PASSWORD} | form))

    def begin_session(self, user_id: str) -> None:
        """Log staff in without their second factor, which test_two_factor.py is about."""
        now = int(FrozenClock()().timestamp())
        with self.client.session_transaction() as session:
            session.update(_user_id=f"{user_id}.1", started_at=now, seen_at=now, nonce=user_id)

    def csrf_token(self) -> str:
        for address in ("/login", "/shops"):
            page = BeautifulSoup(self.client.get(address, follow_redirects=True).text, "html.parser")
            token = page.find("input", attrs={"name": "csrf_token"})
            if token is not None:
                return str(token["value"])
        raise AssertionError("no page has a form")

    def _read(self, status: int, htmx: bool) -> Any:
        assert self.response.status_code == status, (self.response.status, self.response.text[:500])
        is_empty = not self.response.data or 300 <= status < 400
        if is_empty or self.response.mimetype != "text/html":
            return BeautifulSoup("", "html.parser")
        return checks.read(self.response.text, is_fragment=htmx)


def _headers(htmx: bool) -> dict[str, str]:
    return {"HX-Request": "true"} if htmx else {}


@dataclass
class World:
    """One shop with alice (owner), bob (member) and dora (accountant); charlie has another shop."""

    app: Flask
    shop_id: str
    other_shop_id: str

    def visitor(self, email: str | None = None) -> Visitor:
        visitor = Visitor(self.app.test_client())
        if email:
            visitor.log_in(email)
        return visitor

    @property
    def place(self) -> str:
        return f"/shops/{self.shop_id}"

    @contextmanager
    def rows(self) -> Iterator[Shop]:
        """Add rows to the shop."""
        with self.app.app_context(), transaction() as session:
            yield session.query(Shop).filter_by(public_id=self.shop_id).one()


@pytest.fixture
def world(app: Flask) -> World:
    with app.app_context(), transaction():
        alice, bob, charlie, dora = (factories.user(email) for email in (ALICE, BOB, CHARLIE, DORA))
        shop = factories.connected_shop(alice)
        factories.membership(bob, shop, Role.MEMBER)
        factories.membership(dora, shop, Role.ACCOUNTANT)
        other = factories.connected_shop(charlie, name="Elders")
        return World(app, shop.public_id, other.public_id)
