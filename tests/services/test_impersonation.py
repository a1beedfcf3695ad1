"""Several at the same moment: one begins, one ends, and each is recorded once."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.services.test_people import race
from tests.support.clock import FrozenClock
from webshop.domain import totp
from webshop.extensions import db, transaction, vault
from webshop.models import AuditEvent, Impersonation, Shop, User
from webshop.services import impersonation, profile
from webshop.services.impersonation import Ending, RefusedError

pytestmark = pytest.mark.database

WHY = "melding 12 nakijken"


@dataclass
class Office:
    app: Flask
    clock: FrozenClock
    staff: User
    owner: User
    shops: tuple[Shop, Shop]
    key: str

    def code(self, off: int = 0) -> str:
        return totp.code_at(self.key, int(self.clock().timestamp()) // totp.STEP_SECONDS + off)

    def start(self, which: int = 0, off: int = 0) -> str | None:
        return impersonation.start(self.staff, self.shops[which], self.owner.public_id, WHY, self.code(off))

    def actions(self) -> list[str]:
        with self.app.app_context():
            about = AuditEvent.action.like("impersonation%")
            return list(db.session.scalars(select(AuditEvent.action).where(about).order_by(AuditEvent.id)))


@pytest.fixture
def office(app: Flask, clock: FrozenClock) -> Office:
    key = totp.new_secret()
    with app.app_context(), transaction():
        owner, staff = factories.user(), factories.user(is_staff=True, is_totp_on=True)
        staff.sealed_totp_secret = vault().seal(key, bound_to=f"user:{staff.id}:totp")
        shops = (factories.shop(owner), factories.shop(owner))
    return Office(app, clock, staff, owner, shops, key)


def test_the_same_code_twice_at_the_same_moment_begins_one(office: Office) -> None:
    results = race(office.app, office.start, lambda: office.start(1))
    assert len([one for one in results if isinstance(one, str)]) == 1
    assert office.actions().count("impersonation_started") == 1


def test_two_codes_at_the_same_moment_begin_one(office: Office) -> None:
    results = race(office.app, office.start, lambda: office.start(1, off=1))
    assert len([one for one in results if isinstance(one, str)]) == 1
    assert office.actions().count("impersonation_started") == 1
    with office.app.app_context():
        assert len(db.session.scalars(select(Impersonation).where(Impersonation.ended_at.is_(None))).all()) == 1


def test_the_database_itself_allows_one_running(office: Office) -> None:
    with office.app.app_context():
        office.start()
        with pytest.raises(RefusedError):
            impersonation._begin(office.staff, office.shops[1], office.owner, WHY)
    assert office.actions() == ["impersonation_started", "impersonation_refused"]


def test_stopping_in_two_tabs_at_the_same_moment_ends_it_once(office: Office) -> None:
    with office.app.app_context():
        office.start()
    race(office.app, *(lambda: impersonation.stop(office.staff) for _ in range(3)))
    assert office.actions() == ["impersonation_started", "impersonation_ended"]


def test_raising_what_was_stopped_meanwhile_raises_nothing(office: Office) -> None:
    with office.app.app_context():
        found = impersonation.find(office.start() or "")
        assert found is not None
        impersonation.stop(office.staff)
        assert impersonation.raise_to_writing(found, WHY, office.code(1))
        assert db.session.scalars(select(Impersonation.raised_at)).all() == [None]
    assert office.actions() == ["impersonation_started", "impersonation_ended"]


def test_withdrawing_at_the_moment_of_beginning_leaves_nothing_that_works(office: Office) -> None:
    """Either it never began, or the first look at it says that it is over."""
    results = race(
        office.app,
        office.start,
        lambda: profile.change_switch(office.shops[0], office.owner, "is_support_allowed", False),
    )
    with office.app.app_context():
        if isinstance(results[0], str):
            found = impersonation.find(results[0])
            assert found is not None
            assert impersonation.ending_of(found) in (Ending.STOPPED, Ending.WITHDRAWN)
        else:
            assert isinstance(results[0], RefusedError)


def test_withdrawing_in_one_shop_leaves_the_other(office: Office) -> None:
    with office.app.app_context():
        public_id = office.start() or ""
        profile.change_switch(office.shops[1], office.owner, "is_support_allowed", False)
        found = impersonation.find(public_id)
        assert found is not None and impersonation.ending_of(found) is None


def test_one_that_does_not_exist_is_not_found(office: Office) -> None:
    with office.app.app_context():
        assert impersonation.find("00000000-0000-4000-8000-000000000000") is None
