"""The clock process: `python -m webshop.jobs.clock` puts the jobs of the schedule in their queue at their time.

rq-scheduler does the counting. Around it stands what it lacks: a schedule that is registered once
and repaired when Redis forgets it, JSON instead of pickle, and a loop that outlives an outage of
Redis or the database. Two clocks do no harm: rq-scheduler's lock lets one of them work.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Sequence

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq_scheduler import Scheduler
from sqlalchemy.exc import SQLAlchemyError

from webshop import start_app
from webshop.jobs import queues
from webshop.jobs.schedule import SCHEDULE, Entry
from webshop.services import scheduling

log = structlog.get_logger(__name__)

TICK_SECONDS = 5
LONGEST_PAUSE_SECONDS = 60
ID_PREFIX = "clock-"


class JSONScheduler(Scheduler):  # type: ignore[misc]  # rq-scheduler has no types
    """rq-scheduler on JSON jobs; its lock outlives a killed clock by 10 seconds more than a tick."""

    job_class = queues.JSONJob
    queue_class = queues.JSONQueue

    def __init__(self, connection: Redis) -> None:
        super().__init__(connection=connection, interval=TICK_SECONDS)

    def ensure(self, schedule: Sequence[Entry]) -> None:
        """Make Redis hold exactly this schedule.

        An entry that is there already is not touched: registering it again moves it to its next
        time, and what was just due would be lost.
        """
        registered = {job.id: job for job in self.get_jobs() if job.id.startswith(ID_PREFIX)}
        for entry in schedule:
            job = registered.pop(ID_PREFIX + entry.name, None)
            if job is None or _facts_of(job) != (entry.cron, entry.queue, entry.timeout_seconds, _path_of(entry)):
                self._register(entry)
        for job in registered.values():
            self.cancel(job)
            job.delete()
            log.info("schedule_entry_removed", entry=job.id)

    def _register(self, entry: Entry) -> None:
        self.cron(
            entry.cron,
            func=entry.function,
            id=ID_PREFIX + entry.name,
            queue_name=entry.queue,
            timeout=entry.timeout_seconds,
            result_ttl=-1,  # the job's record carries the entry: it must not expire with its result
            description=entry.name,
        )
        log.info("schedule_entry_registered", entry=entry.name, cron=entry.cron)

    def tick(self) -> None:
        """Queue what is due, unless another clock is doing so.

        :raise RedisError: when the server does not answer.
        """
        if not self.acquire_lock():
            return
        try:
            self.ensure(SCHEDULE)
            self.enqueue_jobs()
        finally:
            self.remove_lock()


def _facts_of(job: queues.JSONJob) -> tuple[object, ...]:
    return job.meta.get("cron_string"), job.origin, job.timeout, job.func_name


def _path_of(entry: Entry) -> str:
    return f"{entry.function.__module__}.{entry.function.__qualname__}"


def run(scheduler: JSONScheduler, stop: threading.Event) -> None:
    """Tick until `stop` is set; an outage makes the pauses longer, up to a minute."""
    pause = TICK_SECONDS
    while not stop.is_set():
        try:
            scheduler.tick()
            scheduling.record_heartbeat("clock")
            pause = TICK_SECONDS
        except (RedisError, SQLAlchemyError) as error:
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            log.warning("clock_paused", error=type(error).__name__, seconds=pause)
        stop.wait(pause)


def main() -> None:
    # rq-scheduler counts in the machine's own time zone. putenv and not os.environ, because only
    # settings.py reads the environment and nothing here does.
    os.putenv("TZ", "UTC")
    time.tzset()
    warnings.filterwarnings("ignore", category=FutureWarning, module="rq_scheduler")
    app = start_app()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with app.app_context():
        run(JSONScheduler(queues.connect(app.extensions["settings"])), stop)


if __name__ == "__main__":
    main()
