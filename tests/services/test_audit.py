"""Nobody changes, replaces or removes what was recorded; and failed log-ins are recorded."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests import factories
from webshop.extensions import db, transaction
from webshop.models import AuditEvent
from webshop.services import accounts, acting, audit

pytestmark = pytest.mark.database

EVERYWHERE = (
    "UPDATE audit_events SET action = 'other'",
    "UPDATE audit_events SET staff_id = NULL WHERE id = :id",
    "DELETE FROM audit_events",
    "DELETE FROM audit_events WHERE id = :id",
    "INSERT INTO audit_events (id, at, action, actor, facts) VALUES (:id, '2026-01-01', 'other', 'user', '{}') "
    "ON CONFLICT (id) DO UPDATE SET action = 'other'",
)
PATHS = {
    "sqlite": (
        *EVERYWHERE,
        "REPLACE INTO audit_events (id, at, action, actor, facts) VALUES (:id, '2026-01-01', 'other', 'user', '{}')",
        "INSERT OR REPLACE INTO audit_events (id, at, action, actor, facts) SELECT id, at, 'x', actor, facts "
        "FROM audit_events",
    ),
    "postgresql": (
        *EVERYWHERE,
        "TRUNCATE audit_events",
        "TRUNCATE users CASCADE",
        "MERGE INTO audit_events USING (SELECT 1) AS one ON true WHEN MATCHED THEN UPDATE SET action = 'other'",
        "MERGE INTO audit_events USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
    ),
}


def recorded(app: Flask) -> int:
    with app.app_context(), transaction():
        user = factories.user()
        audit.record("logged_in", user_id=user.id, facts={"number": "1"})
        event = db.session.scalars(select(AuditEvent)).one()
        return event.id


def test_no_statement_changes_what_was_recorded(app: Flask, database_kind: str) -> None:
    event_id = recorded(app)
    for statement in PATHS[database_kind]:
        with app.app_context():
            values = {"id": event_id} if ":id" in statement else {}
            with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
                session.execute(text(statement), values)
            event = db.session.scalars(select(AuditEvent)).one()
            assert (event.id, event.action, event.facts) == (event_id, "logged_in", {"number": "1"}), statement


def test_an_event_after_others_is_still_taken(app: Flask) -> None:
    recorded(app)
    with app.app_context():
        with transaction():
            audit.record("logged_out")
        assert db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all() == [
            "logged_in",
            "logged_out",
        ]


def test_staff_who_act_are_recorded_without_being_passed_on(app: Flask) -> None:
    with app.app_context():
        with transaction():
            staff, user = factories.user(is_staff=True), factories.user()
            shop = factories.shop(user)
            acting.begin(acting.Acting("an-id", staff.id, user.id, shop.id))
            audit.record("fetch_requested", shop_id=shop.id, user_id=user.id, facts={"name": "x"})
            audit.record("needs_reconnect", shop_id=shop.id)
            acting.end()
            audit.record("fetch_requested", shop_id=shop.id, user_id=user.id)
        events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        on_behalf = {"impersonation": "an-id"}
        assert [(event.actor, event.user_id, event.staff_id, event.facts) for event in events] == [
            ("support", user.id, staff.id, {"name": "x"} | on_behalf),
            ("support", user.id, staff.id, on_behalf),
            ("user", user.id, None, {}),
        ]


@pytest.mark.parametrize("email", ["known@shop.test", "unknown@shop.test"])
def test_a_refused_log_in_is_recorded_without_the_address(app: Flask, email: str) -> None:
    with app.app_context():
        with transaction():
            user = factories.user("known@shop.test")
        assert accounts.log_in(email, "a wrong password") is None
        event = db.session.scalars(select(AuditEvent)).one()
        assert (event.action, event.facts) == ("login_refused", {})
        assert event.user_id == (user.id if email.startswith("known") else None)
