"""Our own staff, logged in with a second factor, for the tests of their pages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from tests import factories
from tests.blueprints.conftest import Visitor, World
from webshop.domain import totp
from webshop.extensions import clock, db, transaction, vault
from webshop.models import AuditEvent, User

EVA, TOM = "eva@office.test", "tom@office.test"


def staff(world: World, email: str = EVA) -> Visitor:
    """Log a member of the staff in, with password and code."""
    with world.app.app_context(), transaction():
        user = factories.user(email, name=email.split("@")[0].title(), is_staff=True, is_totp_on=True)
        key = totp.new_secret()
        user.sealed_totp_secret = vault().seal(key, bound_to=f"user:{user.id}:totp")
        code = totp.code_at(key, int(clock.now().timestamp()) // totp.STEP_SECONDS)
    visitor = world.visitor()
    visitor.log_in(email)
    visitor.post("/login/2fa", code=code)
    return visitor


def staff_id(world: World, email: str = EVA) -> int:
    with world.app.app_context():
        return db.session.scalars(select(User.id).where(User.email == email)).one()


def last_event(world: World, action: str) -> AuditEvent:
    with world.app.app_context():
        return db.session.scalars(
            select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id.desc()).limit(1)
        ).one()


def events(world: World, action: str) -> list[dict[str, Any]]:
    with world.app.app_context():
        rows = db.session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id))
        return [row.facts for row in rows]
