from __future__ import annotations

import json
import threading
import zlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import select

from webshop.extensions import db
from webshop.jobs import clock as clock_process
from webshop.jobs import queues, schedule, sync
from webshop.jobs.clock import JSONScheduler
from webshop.jobs.schedule import Entry
from webshop.models import Heartbeat

MINUTELY = Entry("sweep", sync.sweep, "* * * * *")
NIGHTLY = Entry("night", sync.sweep, "17 2 * * *")


def other_job() -> None:
    """Another function for the same entry."""


TIMES = JSONScheduler.scheduled_jobs_key


@pytest.fixture
def scheduler(app: Flask, redis: Redis) -> JSONScheduler:
    return JSONScheduler(redis)


def make_due(redis: Redis, name: str = "sweep") -> None:
    redis.zadd(TIMES, {f"clock-{name}": 1})


def due_at(redis: Redis, name: str) -> float:
    score = redis.zscore(TIMES, f"clock-{name}")
    assert score is not None
    return score


def test_the_schedule_is_stored_as_json(scheduler: JSONScheduler, redis: Redis) -> None:
    scheduler.ensure([MINUTELY])
    call, meta = redis.hmget("rq:job:clock-sweep", "data", "meta")
    assert isinstance(call, bytes) and isinstance(meta, bytes)
    assert json.loads(zlib.decompress(call))[0] == "webshop.jobs.sync.sweep"
    assert json.loads(meta)["cron_string"] == "* * * * *"


def test_a_start_just_after_a_due_time_does_not_lose_it(scheduler: JSONScheduler, redis: Redis) -> None:
    scheduler.ensure([MINUTELY])
    make_due(redis)
    scheduler.ensure([MINUTELY])
    assert redis.zscore(TIMES, "clock-sweep") == 1


def test_starting_again_gives_no_second_entry(scheduler: JSONScheduler, redis: Redis) -> None:
    scheduler.ensure([MINUTELY])
    JSONScheduler(redis).ensure([MINUTELY])
    assert redis.zcard(TIMES) == 1


@pytest.mark.parametrize(
    "changed",
    [
        replace(MINUTELY, cron="*/5 * * * *"),
        replace(MINUTELY, queue=queues.SYNC),
        replace(MINUTELY, timeout_seconds=7),
        replace(MINUTELY, function=other_job),
    ],
    ids=["cron", "queue", "timeout", "function"],
)
def test_a_changed_entry_replaces_the_old_one(scheduler: JSONScheduler, redis: Redis, changed: Entry) -> None:
    scheduler.ensure([MINUTELY])
    make_due(redis)
    scheduler.ensure([changed])
    assert redis.zcard(TIMES) == 1
    assert due_at(redis, "sweep") > 1


def test_an_entry_that_left_the_schedule_leaves_redis(scheduler: JSONScheduler, redis: Redis) -> None:
    scheduler.ensure([MINUTELY, NIGHTLY])
    scheduler.ensure([MINUTELY])
    assert redis.zrange(TIMES, 0, -1) == [b"clock-sweep"]
    assert not redis.exists("rq:job:clock-night")


@pytest.mark.parametrize("lost", ["rq:job:clock-sweep", TIMES])
def test_what_redis_forgets_is_registered_again(scheduler: JSONScheduler, redis: Redis, lost: str) -> None:
    scheduler.tick()
    redis.delete(lost)
    scheduler.tick()
    assert redis.zscore(TIMES, "clock-sweep") is not None
    assert redis.exists("rq:job:clock-sweep")


def test_times_are_utc(scheduler: JSONScheduler, redis: Redis) -> None:
    scheduler.ensure([NIGHTLY])
    assert f"{datetime.fromtimestamp(due_at(redis, 'night'), UTC):%H:%M}" == "02:17"


def test_what_is_due_is_queued_once_by_two_clocks(scheduler: JSONScheduler, redis: Redis) -> None:
    other = JSONScheduler(redis)
    scheduler.tick()
    make_due(redis)
    assert other.acquire_lock()
    scheduler.tick()
    assert redis.llen("rq:queue:schedule") == 0
    other.remove_lock()
    scheduler.tick()
    other.tick()
    assert redis.lrange("rq:queue:schedule", 0, -1) == [b"clock-sweep"]


class Outage(JSONScheduler):
    """Fails at first, then works and asks to stop."""

    failures = 2

    def tick(self) -> None:
        if self.failures:
            self.failures -= 1
            raise RedisConnectionError
        super().tick()


class CountedPauses(threading.Event):
    """Does not wait; stops after so many pauses."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.pauses: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        if len(self.pauses) == self.most:
            self.set()
        return self.is_set()


def test_the_clock_outlives_an_outage_of_redis(app: Flask, redis: Redis) -> None:
    stop = CountedPauses(3)
    clock_process.run(Outage(redis), stop)
    assert stop.pauses == [10, 20, 5]
    assert redis.zscore(TIMES, "clock-sweep") is not None


def test_the_clock_says_in_the_database_that_it_lives(app: Flask, redis: Redis) -> None:
    clock_process.run(JSONScheduler(redis), CountedPauses(1))
    assert db.session.scalars(select(Heartbeat.name)).all() == ["clock"]


def test_the_schedule_has_one_entry_per_name() -> None:
    names = [entry.name for entry in schedule.SCHEDULE]
    assert len(names) == len(set(names))
