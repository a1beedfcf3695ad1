"""The worker process: `python -m webshop.jobs.worker` runs the jobs, each in a process of its own.

Heroku sends SIGTERM to every process of a dyno and kills what is left after 30 seconds. The worker
then takes no new job; the running one is told at once (`stop_requested`), finishes the order at hand
and is interrupted after 20 seconds. What it leaves behind, the next run picks up.
"""

from __future__ import annotations

from types import FrameType

import structlog
from flask import Flask
from redis import Redis
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.worker import HerokuWorker
from sqlalchemy.orm import configure_mappers

from webshop import start_app
from webshop.extensions import db
from webshop.jobs import queues, schedule, stop_requested

log = structlog.get_logger(__name__)


class WebshopWorker(HerokuWorker):
    """RQ's worker for Heroku, with the application loaded before it forks."""

    job_class = queues.JSONJob
    queue_class = queues.JSONQueue
    imminent_shutdown_delay = 20
    frame_properties: list[str] = []  # the default carries the interrupted function's variables along

    def __init__(self, app: Flask, connection: Redis) -> None:
        # A worker cleans up after a killed one when its wait for a job ends: 15 s before worker_ttl.
        super().__init__(
            list(queues.QUEUES),
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=60,
            maintenance_interval=60,
            job_monitoring_interval=15,
        )
        self.app = app

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Run a job in an application context, on database connections of its own."""
        with self.app.app_context():
            # After the fork: forget the parent's connections without closing them under its hands.
            db.engine.dispose(close=False)
            return super().perform_job(job, queue, execution)

    def request_stop_sigrtmin(self, signum: int, frame: FrameType | None) -> None:
        """Tell the running job to stop; RQ interrupts it when it does not in time."""
        stop_requested.set()
        super().request_stop_sigrtmin(signum, frame)  # type: ignore[no-untyped-call]


def main() -> None:
    app = start_app()
    configure_mappers()  # here once, and not in each job's process
    log.info("worker_started", queues=queues.QUEUES, scheduled=[entry.name for entry in schedule.SCHEDULE])
    WebshopWorker(app, queues.connect(app.extensions["settings"])).work(logging_level="WARNING")


if __name__ == "__main__":
    main()
