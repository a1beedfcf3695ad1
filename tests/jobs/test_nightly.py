from __future__ import annotations

from datetime import timedelta

from flask import Flask
from redis import Redis
from sqlalchemy import select, update

from tests import factories
from tests.support.clock import FrozenClock
from webshop.extensions import db, transaction
from webshop.jobs import nightly
from webshop.models import Schedule


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
