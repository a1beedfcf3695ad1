from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import select, update

from tests import factories
from tests.support.clock import FrozenClock
from webshop.extensions import db, transaction
from webshop.jobs import nightly
from webshop.models import HealthCheck, Mail, Schedule


def test_the_night_rings_for_each_shop_at_its_own_time(app: Flask, redis: Redis, clock: FrozenClock) -> None:
    with transaction():
        early, late, idle = (factories.connected_shop() for _ in range(3))
        for shop, minutes in ((early, -1), (late, 30), (idle, 600)):
            at = clock.now() + timedelta(minutes=minutes)
            db.session.execute(update(Schedule).where(Schedule.shop_id == shop.id).values(night_at=at))
    assert nightly.sweep_nights() == {"due": 1}
    assert nightly.sweep_nights() == {"due": 1}, "a sweep in the same minute rings no second time"
    (waiting,) = redis.lrange("rq:queue:sync", 0, -1)
    assert f"night-{early.id}-" in str(waiting)
    clock.advance(minutes=31)
    assert nightly.sweep_nights() == {"due": 2}


def test_a_night_without_redis_is_rung_again_later(app: Flask, clock: FrozenClock) -> None:
    with transaction():
        factories.connected_shop()
    app.extensions["redis"] = Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=1)
    assert nightly.sweep_nights() == {"due": 1}
    with transaction() as session:
        assert session.scalars(select(Schedule.night_at)).one() is None


def test_health_and_refunds_are_rung_for_once_a_minute_at_most(app: Flask, redis: Redis, clock: FrozenClock) -> None:
    with transaction():
        shop = factories.connected_shop()
        factories.shop()
    assert nightly.sweep_health() == {"checks": 1, "readings": 1}
    assert nightly.sweep_health() == {"checks": 1, "readings": 1}
    waiting = sorted(str(one) for one in redis.lrange("rq:queue:sync", 0, -1))
    assert [f"health-{shop.id}-" in waiting[0], f"refunds-{shop.id}-" in waiting[1]] == [True, True]
    assert len(waiting) == 2


def test_a_click_rings_at_once_and_the_sweep_adds_no_second_job(app: Flask, redis: Redis, clock: FrozenClock) -> None:
    with transaction():
        shop = factories.connected_shop()
    app.extensions["ring_health"](shop.id)
    nightly.sweep_health()
    assert sum("health-" in str(one) for one in redis.lrange("rq:queue:sync", 0, -1)) == 1


def test_a_click_without_redis_is_kept_for_the_sweep(app: Flask) -> None:
    app.extensions["redis"] = Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=1)
    app.extensions["ring_health"](1)


def test_a_job_checks_a_shop_outside_any_request(app: Flask, clock: FrozenClock) -> None:
    """Its texts are for mails: there is no reader whose language could be asked for."""
    with transaction() as session:
        shop = factories.shop(factories.user(), statuses=[])
        shop_id = shop.id
    assert nightly.check_health(shop_id=shop_id) == {"checked": True}
    with transaction() as session:
        assert session.get_one(HealthCheck, shop_id).checked_at == clock.now()
        assert session.scalars(select(Mail.kind)).first() == "light_red"
    assert nightly.read_refunds(shop_id=shop_id) == {"days": 0}


def test_a_purge_whose_time_is_up_asks_for_another_piece(
    app: Flask, redis: Redis, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night with much to remove never holds a worker for long."""
    with transaction():
        factories.order(factories.shop(), sealed_email="v1.x.y", purge_on=clock.now().date())
    assert nightly.purge_buyer_data() == {"purge_buyers": 1}
    assert redis.llen("rq:queue:schedule") == 0
    ticking = iter([clock.now(), *(clock.now() + nightly.PURGE_SLICE for _ in range(99))])
    monkeypatch.setitem(app.extensions, "clock", lambda: next(ticking))
    assert nightly.purge_buyer_data() == {}
    (waiting,) = redis.lrange("rq:queue:schedule", 0, -1)
    assert "purge-" in str(waiting)


def test_a_purge_without_redis_is_done_the_next_night(app: Flask) -> None:
    app.extensions["redis"] = Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=1)
    nightly.ring_purge()
