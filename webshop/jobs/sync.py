"""Look which shops are due, and fetch and post the orders of one."""

from __future__ import annotations

from contextlib import suppress

import structlog
from redis.exceptions import RedisError

from webshop.exceptions import SettingsError
from webshop.extensions import clock
from webshop.jobs import job, queues, stop_requested
from webshop.models import RunKind
from webshop.services import runs, scheduling

log = structlog.get_logger(__name__)

RUN_TIMEOUT_SECONDS = 240  # a run works at most 60 s; the rest is for the order at hand and slow answers
SLOT_MINUTES = 5  # a doorbell that Redis has swallowed is rung again under the next slot's id


@job
def sweep() -> dict[str, int]:
    """Ring for every shop that is due; what Redis has forgotten comes back here."""
    scheduling.record_heartbeat("worker")
    due = scheduling.due_shops(clock.now())
    rung = 0
    try:
        for shop_id in due:
            rung += _enqueue(shop_id)
    except (RedisError, SettingsError) as error:
        log.warning("redis_unreachable", error=type(error).__name__)
    return {"due": len(due), "rung": rung}


def ring(shop_id: int) -> bool:
    """Ask a worker to run a shop now, for example after a click, and return whether it was asked.

    Call it after the commit that made the shop due. False is no failure: the shop waits in the queue
    already, or Redis is away and the next sweep rings.
    """
    try:
        return _enqueue(shop_id)
    except (RedisError, SettingsError) as error:
        log.warning("redis_unreachable", error=type(error).__name__)
        return False


def _enqueue(shop_id: int, name: str | None = None) -> bool:
    now = clock.now()
    slot = f"{now:%Y%m%d%H}{now.minute // SLOT_MINUTES:02}"
    return queues.enqueue(
        sync_shop,
        queue=queues.SYNC,
        job_id=f"sync-{shop_id}-{name or slot}",
        timeout_seconds=RUN_TIMEOUT_SECONDS,
        shop_id=shop_id,
    )


def _ring_again(shop_id: int) -> None:
    """Go on at the end of the queue, so that a giant lets the others through.

    Under another name: the job that says so still holds its own.
    """
    with suppress(RedisError, SettingsError):
        _enqueue(shop_id, name=f"more-{clock.now():%H%M%S%f}")


@job
def sync_shop(*, shop_id: int) -> dict[str, int]:
    """Fetch and post the orders of one shop."""
    result = runs.run_shop(shop_id, kind=RunKind.HOURLY, is_stopping=stop_requested.is_set)
    if result.is_more_due and not stop_requested.is_set():
        _ring_again(shop_id)
    return {"fetched": result.fetched, "posted": result.posted, "errors": result.errors, "unknown": result.unknown}
