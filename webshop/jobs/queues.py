"""The doorbell: how a process tells the workers that a shop is due.

Redis holds nothing that cannot be lost. Jobs travel as JSON with ids as their only arguments, live
for minutes, and a doorbell that does not ring is rung again by the next sweep.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker

from webshop.exceptions import SettingsError
from webshop.settings import Settings

log = structlog.get_logger(__name__)

SCHEDULE = "schedule"
SYNC = "sync"
QUEUES = (SCHEDULE, SYNC)
"""What a worker listens to, the most urgent first."""

QUEUED_SECONDS = 600
FAILED_SECONDS = 60


class JSONJob(Job):
    """A job whose call, result and facts are JSON, whoever makes it: RQ's own default is pickle."""

    def __init__(self, id: str | None = None, connection: Redis | None = None, serializer: object = None) -> None:
        super().__init__(id, connection, JSONSerializer)


class JSONQueue(Queue):
    """A queue of JSON jobs."""

    job_class = JSONJob

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(serializer=JSONSerializer, job_class=JSONJob)
        super().__init__(*args, **kwargs)


def connect(settings: Settings) -> Redis:
    """Return a client; it connects at its first command.

    :raise SettingsError: when no server is set.
    """
    if settings.redis_url is None:
        raise SettingsError("REDIS_URL is missing: `make run` starts the bundled server and sets it")
    options: dict[str, Any] = {"socket_connect_timeout": 2, "socket_timeout": 5, "retry": Retry(NoBackoff(), 1)}
    if settings.redis_url.startswith("rediss://") and not settings.is_redis_tls_verified:
        options["ssl_cert_reqs"] = "none"
    return Redis.from_url(settings.redis_url, **options)


def enqueue(function: Callable[..., object], *, queue: str, job_id: str, timeout_seconds: int, **ids: int) -> bool:
    """Put a job in a queue and return True, or False when it waits or runs there already.

    :raise RedisError: when the server does not answer.
    """
    try:
        JSONQueue(queue, connection=_connection()).enqueue_call(
            func=function,
            kwargs=ids,
            job_id=job_id,
            unique=True,
            timeout=timeout_seconds,
            ttl=QUEUED_SECONDS,
            result_ttl=0,
            failure_ttl=FAILED_SECONDS,
            description=job_id,
        )
    except DuplicateJobError:
        return False
    return True


def _connection() -> Redis:
    extensions = current_app.extensions
    if "redis" not in extensions:
        extensions["redis"] = connect(extensions["settings"])
    connection: Redis = extensions["redis"]
    return connection


def look() -> dict[str, Any] | None:
    """Return how many jobs wait per queue and which workers live; None when the server does not answer."""
    try:
        connection = _connection()
        workers = BaseWorker.all(
            connection=connection, job_class=JSONJob, queue_class=JSONQueue, serializer=JSONSerializer
        )
        return {
            "depths": {name: JSONQueue(name, connection=connection).count for name in QUEUES},
            "workers": [
                {"name": worker.name, "state": str(worker.get_state()), "seen_at": worker.last_heartbeat}
                for worker in workers
            ],
        }
    except (RedisError, SettingsError):
        return None


def is_reachable() -> bool:
    """Return whether the server answers."""
    try:
        return bool(_connection().ping())
    except (RedisError, SettingsError):
        return False
