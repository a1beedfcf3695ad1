"""The daily overview: at seven, once, and only about what is new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.support.clock import FrozenClock
from webshop.domain.booking import Issue
from webshop.extensions import db, transaction
from webshop.models import Mail, OrderState, Shop
from webshop.services.digests import write_digests

pytestmark = pytest.mark.database

SEVEN_IN_WINTER = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SEVEN_IN_SUMMER = datetime(2026, 7, 1, 5, 10, tzinfo=UTC)
MISSING = Issue("VAT_MAPPING_MISSING", {"country": "DE", "percentage": "19"})


@pytest.fixture
def shop(app: Flask, clock: FrozenClock) -> Shop:
    with app.app_context(), transaction():
        shop = factories.connected_shop(factories.user("noor@fietsbel.test"))
    return shop


def fail(shop: Shop, issue: Issue = MISSING) -> None:
    with transaction():
        factories.order(shop, OrderState.ERROR, issue=issue)


def content(app: Flask) -> list[str]:
    found = db.session.scalars(select(Mail).order_by(Mail.id)).all()
    return [app.extensions["vault"].open(mail.sealed_content, bound_to=f"mail:{mail.cause}") for mail in found]


@pytest.mark.parametrize("seven", [SEVEN_IN_WINTER, SEVEN_IN_SUMMER])
def test_it_comes_at_seven_in_summer_and_winter(app: Flask, shop: Shop, clock: FrozenClock, seven: datetime) -> None:
    with app.app_context():
        fail(shop)
        for hours in (-1, 1):
            clock.set(seven + timedelta(hours=hours))
            assert write_digests() == 0
        clock.set(seven)
        assert write_digests() == 1
        assert write_digests() == 0


def test_it_counts_per_cause_and_links_to_it(app: Flask, shop: Shop, clock: FrozenClock) -> None:
    clock.set(SEVEN_IN_WINTER)
    with app.app_context():
        for _ in range(3):
            fail(shop)
        fail(shop, Issue("BOOKYEAR_CLOSED", {"code": "BOE-0033", "message": "x"}))
        write_digests()
        (text,) = content(app)
    place = f"http://localhost/shops/{shop.public_id}/errors"
    assert f"{place}#group-vat-mapping-missing" in text
    assert f"{place}#group-bookyear-closed" in text
    assert "* 3 \\u00d7" in text
    assert shop.licence_key in text


def test_nothing_new_is_no_mail(app: Flask, shop: Shop, clock: FrozenClock) -> None:
    clock.set(SEVEN_IN_WINTER)
    with app.app_context():
        assert write_digests() == 0
        fail(shop)
        write_digests()
        clock.advance(days=1)
        assert write_digests() == 0
        fail(shop)
        clock.advance(days=2)
        assert write_digests() == 1
        assert "* 1 \\u00d7" in content(app)[-1]


def test_who_does_not_want_it_does_not_get_it(app: Flask, shop: Shop, clock: FrozenClock) -> None:
    clock.set(SEVEN_IN_WINTER)
    with app.app_context():
        fail(shop)
        with transaction() as session:
            session.get_one(Shop, shop.id).is_digest_wanted = False
        assert write_digests() == 0
