"""The worker as a real process: what a signal does to the job that is running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from rq.job import Job

from tests.support.processes import is_alive, wait_until
from tests.support.settings import ENVIRONMENT
from webshop.jobs import queues
from webshop.settings import PROJECT_ROOT

pytestmark = pytest.mark.processes


@contextmanager
def running_worker(app: Flask, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    settings = app.extensions["settings"]
    environment = {
        **ENVIRONMENT,
        "PATH": os.environ["PATH"],
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "VAR_DIR": str(folder),
    }
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "webshop.jobs.worker"],
            cwd=PROJECT_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(10)


def enqueue(app: Flask, name: str, **arguments: object) -> Job:
    queue = queues.JSONQueue(queues.SYNC, connection=queues.connect(app.extensions["settings"]))
    return queue.enqueue(f"tests.jobs.samples.{name}", kwargs=arguments, job_id=name, result_ttl=60, failure_ttl=60)


@pytest.mark.parametrize("everyone", [True, False], ids=["to every process, as Heroku does", "to the worker only"])
def test_sigterm_lets_the_running_job_finish_the_order_at_hand(
    app: Flask, redis: Redis, tmp_path: Path, everyone: bool
) -> None:
    started, stopped = tmp_path / "started", tmp_path / "stopped"
    enqueue(app, "wait_for_stop", shop_id=1, started=str(started), stopped=str(stopped))
    with running_worker(app, tmp_path) as worker:
        wait_until(started.exists)
        for pid in (*horses_of(worker), worker.pid) if everyone else (worker.pid,):
            os.kill(pid, signal.SIGTERM)
        assert worker.wait(20) == 0
    assert stopped.exists()
    assert redis.zcard("rq:finished:sync") == 1


def test_a_failed_job_leaves_no_cause_in_redis(app: Flask, redis: Redis, tmp_path: Path) -> None:
    job = enqueue(app, "divide", shop_id=7)
    with running_worker(app, tmp_path):
        wait_until(lambda: job.get_status(refresh=True) == "failed")
        wait_until(lambda: redis.xlen("rq:results:divide"))
    result = job.latest_result()
    assert result is not None and result.exc_string is not None
    assert "JobFailedError" in result.exc_string
    assert "modulo" not in result.exc_string
    assert "modulo by zero" in (tmp_path / "worker.log").read_text()


def test_an_idle_worker_stops_at_once(app: Flask, redis: Redis, tmp_path: Path) -> None:
    with running_worker(app, tmp_path) as worker:
        wait_until(lambda: [key for key in redis.scan_iter("rq:worker:*") if redis.hget(key, "state") == b"idle"])
        worker.terminate()
        assert worker.wait(5) == 0


def horses_of(worker: subprocess.Popen[bytes]) -> list[int]:
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    return [int(pid) for pid in children if is_alive(int(pid))]
