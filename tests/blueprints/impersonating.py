"""Staff with a second factor, in a browser, looking at the world's shop as alice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bs4 import BeautifulSoup
from sqlalchemy import select

from tests import factories
from tests.blueprints.conftest import ALICE, Visitor, World
from tests.support.clock import FrozenClock
from webshop.domain import totp
from webshop.extensions import db, transaction, vault
from webshop.models import AuditEvent, User

EVA = "eva@office.test"
WHY = "Melding 12: bedragen kloppen niet"
WHY_WRITE = "Klant vroeg aan de telefoon om dit aan te zetten"


class Acting(Visitor):
    """A browser in which staff act as somebody: its token comes from a page that may be looked at."""

    def csrf_token(self) -> str:
        page = BeautifulSoup(self.client.get("/help").text, "html.parser")
        token = page.find("input", attrs={"name": "csrf_token"})
        return str(token["value"]) if token else super().csrf_token()


@dataclass
class Staff:
    """Eva of our staff, and the key of her app."""

    world: World
    key: str

    def code(self) -> str:
        """Return a code that was not used before: the time moves on to it."""
        now: FrozenClock = self.world.app.extensions["clock"]
        now.advance(seconds=totp.STEP_SECONDS)
        return totp.code_at(self.key, int(now().timestamp()) // totp.STEP_SECONDS)

    def visitor(self) -> Visitor:
        """Return a browser in which she is logged in."""
        visitor = self.world.visitor(EVA)
        visitor.post("/login/2fa", code=self.code())
        return visitor

    @property
    def address(self) -> str:
        return f"/support{self.world.place}/impersonate"

    def start(self, visitor: Visitor, status: int = 303, **changes: Any) -> Any:
        form = {"user": user_of(self.world, ALICE).public_id, "reason": WHY} | changes
        form.setdefault("code", self.code())
        return visitor.post(self.address, status, **form)

    def looking(self) -> Acting:
        """Return a browser in which she looks at the shop as alice."""
        visitor = self.visitor()
        self.start(visitor)
        return Acting(visitor.client)

    def writing(self) -> Acting:
        """Return a browser in which she may change something as alice."""
        visitor = self.looking()
        visitor.post("/support/impersonation/raise", reason=WHY_WRITE, code=self.code())
        return visitor


def make_staff(world: World) -> Staff:
    key = totp.new_secret()
    with world.app.app_context(), transaction():
        eva = factories.user(EVA, name="Eva", is_staff=True, is_totp_on=True)
        eva.sealed_totp_secret = vault().seal(key, bound_to=f"user:{eva.id}:totp")
    return Staff(world, key)


def user_of(world: World, email: str) -> User:
    with world.app.app_context():
        return db.session.scalars(select(User).where(User.email == email)).one()


def events(world: World, action: str) -> list[AuditEvent]:
    with world.app.app_context():
        found = db.session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id))
        return list(found)


def minutes_later(world: World, started: AuditEvent, minutes: int, seconds: int = 0) -> None:
    """Set the clock to so long after an impersonation began."""
    now: FrozenClock = world.app.extensions["clock"]
    now.set(started.at + timedelta(minutes=minutes, seconds=seconds))
