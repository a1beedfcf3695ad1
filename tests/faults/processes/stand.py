"""What stays up between runs: PostgreSQL, Valkey, the sandbox and the application that workers are forked from."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import psycopg
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.orm import configure_mappers

from tests.faults.processes.children import Children, adopt_orphans, children_of
from tests.faults.processes.gate import RemoteSandbox, run_sandbox, wait_for
from tests.faults.processes.shared_time import SharedClock
from tests.support import databases, postgresql
from tests.support.settings import make_settings
from webshop import create_app, extensions
from webshop.extensions import db
from webshop.jobs import clock as clock_process
from webshop.jobs import queues, sync
from webshop.jobs.worker import WebshopWorker
from webshop.settings import Settings
from webshop.supervisor import bundled_redis

START_SECONDS = 10
PATIENCE_SECONDS = 45
"""How long a worker may take to empty the queues: more than the longest answer a client waits for."""
CLOCK_TICK_SECONDS = 0.2
IDLE_IN_TRANSACTION_MS = 2_000
"""Shorter than the product's minute: a run here takes seconds."""


class StuckError(Exception):
    """A process did not do in time what it had to: a finding, not an accident."""


class Valkey:
    """The bundled Redis-protocol server, which can be killed and started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self._program, self.url = bundled_redis(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if not wait_for(self._program.is_ready, START_SECONDS):
            raise TimeoutError("the Redis-protocol server does not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def command(self, *words: str) -> None:
        with Redis.from_url(self.url) as connection:
            connection.execute_command(*words)

    def used_bytes(self) -> int:
        with Redis.from_url(self.url) as connection:
            return int(connection.info("memory")["used_memory"])


class Stand:
    """Everything a run needs, with the verbs of a run."""

    def __init__(
        self,
        app: Flask,
        clock: SharedClock,
        cluster: postgresql.Cluster,
        valkey: Valkey,
        sandbox: RemoteSandbox,
        children: Children,
    ) -> None:
        self.app = app
        self.clock = clock
        self.cluster = cluster
        self.valkey = valkey
        self.sandbox = sandbox
        self.children = children
        self._numbers = count(1)

    # processes

    def start_worker(self, *, is_burst: bool = False) -> int:
        """Fork a worker and return its number; one that bursts ends when the queues are empty."""
        return self.fork(lambda: self._work(is_burst))

    def _work(self, is_burst: bool) -> None:
        connection = queues.connect(self.app.extensions["settings"])
        WebshopWorker(self.app, connection).work(burst=is_burst, logging_level="WARNING")

    def start_clock(self) -> int:
        """Fork a clock process as `python -m webshop.jobs.clock` runs it, with shorter pauses."""
        return self.fork(self._tick)

    def _tick(self) -> None:
        warnings.filterwarnings("ignore", category=FutureWarning)
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        clock_process.TICK_SECONDS = CLOCK_TICK_SECONDS  # type: ignore[assignment]
        time.tzset()
        with self.app.app_context():
            scheduler = clock_process.JSONScheduler(queues.connect(self.app.extensions["settings"]))
            stop = threading.Event()
            signal.signal(signal.SIGTERM, lambda *_: stop.set())
            clock_process.run(scheduler, stop)

    def fork(self, body: Callable[[], object]) -> int:
        """Fork a process that shares neither the database's nor Redis's connections with the harness."""
        self.let_go()
        return self.children.fork(body)

    def let_go(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        redis = self.app.extensions.pop("redis", None)
        if redis is not None:
            redis.close()

    def horses_of(self, worker: int) -> list[int]:
        return children_of(worker)

    def wait_for_horse(self, worker: int, seconds: float = 10) -> int | None:
        """Return the work-horse of a worker as soon as it has one."""
        wait_for(lambda: self.horses_of(worker), seconds, pause=0.002)
        return next(iter(self.horses_of(worker)), None)

    def end_workers(self) -> None:
        """End every process of the run; what the stand stands on stays."""
        self.children.end_all(keep=frozenset({self.sandbox.pid}))

    # the doorbell

    def ring_sweep(self) -> None:
        """Put a sweep in the queue, as the clock does every minute."""
        with self.app.app_context(), suppress(RedisError):
            name = f"harness-sweep-{os.getpid()}-{next(self._numbers)}"
            queues.enqueue(sync.sweep, queue=queues.SCHEDULE, job_id=name, timeout_seconds=55)

    def ring_shop(self, shop_id: int, name: str) -> None:
        """Deliver the job of a shop, whatever the tables say."""
        with self.app.app_context():
            queues.enqueue(
                sync.sync_shop,
                queue=queues.SYNC,
                job_id=f"harness-{name}-{next(self._numbers)}",
                timeout_seconds=sync.RUN_TIMEOUT_SECONDS,
                shop_id=shop_id,
            )

    def ring_unknown(self, shop_id: int) -> None:
        """Queue what another release would: a job that is not there, and one with an argument too many."""
        queue = queues.JSONQueue(queues.SYNC, connection=queues.connect(self.app.extensions["settings"]))
        queue.enqueue("webshop.jobs.sync.sync_everything", job_id=f"unknown-{shop_id}", failure_ttl=60)
        facts = {"shop_id": shop_id, "generation": 2}
        queue.enqueue(sync.sync_shop, kwargs=facts, job_id=f"newer-{shop_id}", failure_ttl=60)
        queue.connection.close()

    def work_until_empty(self) -> None:
        """Let a fresh worker do everything that is queued.

        :raise StuckError: when it does not come to an end.
        """
        worker = self.start_worker(is_burst=True)
        if not self.children.wait(worker, PATIENCE_SECONDS):
            self.children.end(worker)
            raise StuckError(f"a worker was still at it after {PATIENCE_SECONDS} s")

    def is_quiet(self, worker: int) -> bool:
        """Return whether nothing is queued and the worker has no job in hand."""
        with Redis.from_url(self.valkey.url) as connection, suppress(RedisError):
            if any(connection.llen(f"rq:queue:{name}") for name in queues.QUEUES):
                return False
        return not self.horses_of(worker)

    # the database

    def terminate_connections(self) -> None:
        """Break every connection that a program has with the database."""
        self.let_go()
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def set_read_only(self, is_read_only: bool) -> None:
        """Let the database refuse or accept writes, as a fallen-back primary does."""
        self.sql(f"ALTER DATABASE {postgresql.MIGRATED} SET default_transaction_read_only = {is_read_only}")
        self.terminate_connections()

    def sql(self, statement: str) -> None:
        address = self.cluster.url(postgresql.MIGRATED).replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True, options="-c default_transaction_read_only=off") as link:
            link.execute(statement.encode())


@contextmanager
def run_stand(binaries: Path) -> Iterator[Stand]:
    """Start everything, and end it at the end of the block, whatever happened in it."""
    adopt_orphans()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        cluster = stack.enter_context(postgresql.run_cluster(binaries))
        valkey = Valkey(folder / "redis")
        stack.callback(valkey.kill)
        valkey.start()
        children = Children(folder / "log")
        stack.callback(children.end_all)
        clock = SharedClock()
        sandbox = stack.enter_context(run_sandbox(children, clock))
        url = cluster.database_without_rows(lambda address: databases.migrate(address, folder))
        extensions.IDLE_IN_TRANSACTION_MS = IDLE_IN_TRANSACTION_MS
        app = create_app(_settings(folder, url, valkey.url, sandbox.url), clock=clock)
        configure_mappers()
        stand = Stand(app, clock, cluster, valkey, sandbox, children)
        # A server that is killed here may lose no commit: losing them is a fault of its own.
        stand.sql(f"ALTER DATABASE {postgresql.MIGRATED} SET synchronous_commit = on")
        stack.callback(stand.let_go)
        yield stand


def _settings(folder: Path, database_url: str, redis_url: str, sandbox_url: str) -> Settings:
    return replace(
        make_settings(folder, database_url=database_url),
        redis_url=redis_url,
        amazon_token_url=f"{sandbox_url}/amazon/auth/o2/token",
        amazon_api_url=f"{sandbox_url}/amazon/api",
        snelstart_token_url=f"{sandbox_url}/snelstart/auth/b2b/token",
        snelstart_api_url=f"{sandbox_url}/snelstart/api/v2",
    )
