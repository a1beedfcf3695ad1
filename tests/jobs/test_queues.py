from __future__ import annotations

import json
import zlib
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError

from tests.jobs import samples
from tests.support.clock import FrozenClock
from webshop.exceptions import SettingsError
from webshop.jobs import queues, sync
from webshop.services import scheduling

NOBODY = "redis://127.0.0.1:1/0"


def enqueue(job_id: str = "divide-8") -> bool:
    return queues.enqueue(samples.divide, queue=queues.SYNC, job_id=job_id, timeout_seconds=30, shop_id=8)


def cut_redis_off(app: Flask) -> None:
    app.extensions.pop("redis", None)
    app.extensions["settings"] = replace(app.extensions["settings"], redis_url=NOBODY)


def stored_call(redis: Redis, job_id: str) -> Any:
    """Read a job's call as the bytes in Redis say it."""
    data = redis.hget(f"rq:job:{job_id}", "data")
    assert isinstance(data, bytes)
    return json.loads(zlib.decompress(data))


def test_a_job_travels_as_json_and_never_as_pickle(app: Flask, redis: Redis) -> None:
    enqueue()
    assert stored_call(redis, "divide-8") == ["tests.jobs.samples.divide", None, [], {"shop_id": 8}]
    assert json.loads(redis.hget("rq:job:divide-8", "meta") or "{}") == {}


def test_the_same_doorbell_twice_is_one_job(app: Flask, redis: Redis) -> None:
    assert enqueue() is True
    assert enqueue() is False
    assert redis.llen("rq:queue:sync") == 1


def test_a_job_nobody_fetches_expires(app: Flask, redis: Redis) -> None:
    enqueue()
    assert 0 < redis.ttl("rq:job:divide-8") <= queues.QUEUED_SECONDS


def test_ringing_for_a_shop_names_it_by_number_only(app: Flask, redis: Redis) -> None:
    assert sync.ring(12) is True
    (job_id,) = redis.lrange("rq:queue:sync", 0, -1)
    assert job_id == b"sync-12-202611230900"
    assert stored_call(redis, job_id.decode())[3] == {"shop_id": 12}


def test_a_doorbell_that_redis_swallowed_rings_again_minutes_later(
    app: Flask, redis: Redis, clock: FrozenClock
) -> None:
    assert sync.ring(12) is True
    clock.advance(minutes=1)
    assert sync.ring(12) is False
    clock.advance(minutes=5)
    assert sync.ring(12) is True


def test_a_click_works_while_redis_is_away(app: Flask) -> None:
    cut_redis_off(app)
    assert sync.ring(12) is False
    assert queues.is_reachable() is False


def test_the_sweep_goes_on_while_redis_is_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_redis_off(app)
    monkeypatch.setattr(scheduling, "due_shops", lambda now: [1, 2, 3])
    assert sync.sweep() == {"due": 3, "rung": 0}


def test_the_sweep_rings_once_for_each_shop_that_is_due(
    app: Flask, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "due_shops", lambda now: [1, 2, 3])
    assert sync.sweep() == {"due": 3, "rung": 3}
    assert sync.sweep() == {"due": 3, "rung": 0}
    assert redis.llen("rq:queue:sync") == 3


def test_an_unreachable_server_is_an_error_for_those_who_ask_for_it(app: Flask) -> None:
    cut_redis_off(app)
    with pytest.raises(RedisError):
        enqueue()


def test_without_a_server_the_message_names_the_variable(app: Flask) -> None:
    with pytest.raises(SettingsError, match="REDIS_URL"):
        queues.connect(replace(app.extensions["settings"], redis_url=None))


@pytest.mark.parametrize(("is_verified", "wanted"), [(True, None), (False, "none")])
def test_only_the_redis_setting_turns_verification_off(app: Flask, is_verified: bool, wanted: str | None) -> None:
    settings = replace(
        app.extensions["settings"], redis_url="rediss://127.0.0.1:1/0", is_redis_tls_verified=is_verified
    )
    with queues.connect(settings) as connection:
        assert connection.connection_pool.connection_kwargs.get("ssl_cert_reqs") == wanted
