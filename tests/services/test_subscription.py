"""How long a shop is active: trial, year, stop; and the offers before the end, each once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask

from tests import factories
from tests.support import mailbox
from tests.support.clock import FrozenClock
from webshop.domain.periods import year_from
from webshop.extensions import db, transaction
from webshop.models import AuditEvent, Checkout, CheckoutState, Product, Shop, SubscriptionGap, User
from webshop.services import subscription

pytestmark = pytest.mark.database

OWNER = "noor@fietsbel.test"
TODAY = date(2026, 11, 23)


@pytest.fixture
def shop_id(app: Flask) -> int:
    with app.app_context(), transaction():
        return factories.shop(factories.user(OWNER), active_until=date(2026, 12, 20)).id


def staff_id() -> int:
    """Return the id of somebody; who of the staff it is, the caller has made sure."""
    return db.session.query(User).one().id


def load(app: Flask, shop_id: int) -> Shop:
    with app.app_context():
        return db.session.get_one(Shop, shop_id)


def set_end(app: Flask, shop_id: int, last_day: date | None) -> None:
    with app.app_context(), transaction() as session:
        session.get_one(Shop, shop_id).active_until = last_day


def write_offers(app: Flask) -> int:
    with app.app_context():
        return subscription.write_offers()


def events(app: Flask, action: str) -> list[AuditEvent]:
    with app.app_context():
        return db.session.query(AuditEvent).filter_by(action=action).all()


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 11, 23), date(2027, 11, 22)),
        (date(2027, 3, 1), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_year_is_a_year(first: date, last: date) -> None:
    assert year_from(first) == last


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (date(2026, 12, 20), date(2027, 12, 20)),  # the days that are left are kept
        (TODAY, date(2027, 11, 23)),
        (date(2026, 11, 22), date(2027, 11, 22)),  # ended yesterday: from today
        (date(2026, 3, 1), date(2027, 11, 22)),  # ended long ago: from today
        (None, None),
    ],
)
def test_a_payment_adds_a_year_to_what_is_left(
    app: Flask, shop_id: int, before: date | None, after: date | None
) -> None:
    set_end(app, shop_id, before)
    with app.app_context(), transaction():
        subscription.extend(shop_id)
    assert load(app, shop_id).active_until == after


def test_offers_come_14_7_and_1_days_before_the_end_and_never_twice(
    app: Flask, shop_id: int, clock: FrozenClock
) -> None:
    told: list[date] = []
    for day in range(1, 31):
        for hour in (7, 12, 18):
            clock.set(datetime(2026, 12, day, hour, 13, tzinfo=UTC))
            if write_offers(app):
                told.append(date(2026, 12, day))
    assert told == [date(2026, 12, 6), date(2026, 12, 13), date(2026, 12, 19)]
    mails = mailbox.mails(app, OWNER)
    assert {mail.kind for mail in mails} == {"offer"}
    text = mailbox.text_of(app, mails[0])
    assert mailbox.link_in(app, mails[0]) == f"/shops/{load(app, shop_id).public_id}/subscription"
    assert "149,00" in text and "180,29" in text
    assert "20 december 2026" in text


def test_an_offer_that_fell_into_an_outage_is_made_up_for(app: Flask, shop_id: int, clock: FrozenClock) -> None:
    clock.set(datetime(2026, 12, 9, 9, 0, tzinfo=UTC))
    assert write_offers(app) == 1
    clock.set(datetime(2026, 12, 20, 9, 0, tzinfo=UTC))
    assert write_offers(app) == 1
    assert [mail.cause.split(":")[3] for mail in mailbox.mails(app, OWNER)] == ["14", "1"]


def test_whoever_renewed_in_time_gets_no_more_offers(app: Flask, shop_id: int, clock: FrozenClock) -> None:
    clock.set(datetime(2026, 12, 6, 9, 0, tzinfo=UTC))
    write_offers(app)
    with app.app_context(), transaction():
        subscription.extend(shop_id)
    for day in (13, 19):
        clock.set(datetime(2026, 12, day, 9, 0, tzinfo=UTC))
        assert write_offers(app) == 0
    clock.set(datetime(2027, 12, 6, 9, 0, tzinfo=UTC))
    assert write_offers(app) == 1


def test_a_shop_that_ended_or_has_no_end_gets_no_offer(app: Flask, shop_id: int) -> None:
    for last_day in (date(2026, 11, 22), None, date(2026, 12, 8)):
        set_end(app, shop_id, last_day)
        assert write_offers(app) == 0


def test_the_offer_says_whether_it_is_a_trial(app: Flask, shop_id: int, clock: FrozenClock) -> None:
    clock.set(datetime(2026, 12, 6, 9, 0, tzinfo=UTC))
    write_offers(app)
    assert "Je proefperiode" in mailbox.text_of(app, mailbox.mails(app, OWNER)[-1])
    with app.app_context(), transaction() as session:
        amounts = {"net": Decimal(149), "vat": Decimal("31.29"), "total": Decimal("180.29")}
        session.add(
            Checkout(
                shop_id=shop_id,
                product=Product.SUBSCRIPTION.value,
                **amounts,
                state=CheckoutState.PAID.value,
                created_at=clock.now(),
                paid_at=clock.now(),
            )
        )
    clock.set(datetime(2026, 12, 13, 9, 0, tzinfo=UTC))
    write_offers(app)
    assert "Je abonnement" in mailbox.text_of(app, mailbox.mails(app, OWNER)[-1])


def test_stopping_ends_it_today_once_and_tells_the_owner(app: Flask, shop_id: int) -> None:
    with app.app_context():
        shop = db.session.get_one(Shop, shop_id)
        assert subscription.stop(shop, staff_id=staff_id(), reason="op verzoek")
        assert not subscription.stop(shop, staff_id=staff_id())
    assert load(app, shop_id).active_until == date(2026, 11, 22)
    (event,) = events(app, "subscription_stopped")
    assert (event.actor, event.facts) == (
        "support",
        {"old": "2026-12-20", "new": "2026-11-22", "reason": "op verzoek"},
    )
    assert [mail.kind for mail in mailbox.mails(app, OWNER)] == ["stopped"]


def test_staff_extend_a_trial_also_after_its_end(app: Flask, shop_id: int) -> None:
    with app.app_context():
        shop = db.session.get_one(Shop, shop_id)
        subscription.extend_trial(shop, 14, staff_id=staff_id())
        assert db.session.get_one(Shop, shop_id).active_until == date(2027, 1, 3)
        with transaction():
            shop.active_until = date(2026, 10, 1)
        subscription.extend_trial(shop, 7, staff_id=staff_id())
        assert db.session.get_one(Shop, shop_id).active_until == date(2026, 11, 30)
        assert db.session.query(SubscriptionGap).count() == 1
        for days in (0, -3, 91):
            with pytest.raises(ValueError, match="extended by"):
                subscription.extend_trial(shop, days, staff_id=staff_id())
    assert [event.actor for event in events(app, "trial_extended")] == ["support", "support"]


def test_a_renewal_before_the_end_leaves_no_gap(app: Flask, shop_id: int) -> None:
    with app.app_context(), transaction() as session:
        subscription.extend(shop_id)
        assert session.query(SubscriptionGap).count() == 0
