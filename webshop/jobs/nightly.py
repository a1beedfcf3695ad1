"""What is done once a night."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta

from redis.exceptions import RedisError

from webshop.exceptions import SettingsError
from webshop.extensions import clock
from webshop.jobs import job, queues, stop_requested
from webshop.models import RunKind
from webshop.services import privacy, refunds, runs, scheduling, shop_health

PURGE_SLICE = timedelta(seconds=120)
CHECK_TIMEOUT_SECONDS = 240
"""As a run of the hour: a check works at most 60 s and goes on later the same night."""


@job
def purge_buyer_data() -> dict[str, int]:
    """Remove everything whose time is over, and ask for another piece when this one's time was up."""
    ends_at = clock.now() + PURGE_SLICE

    def is_over() -> bool:
        return stop_requested.is_set() or clock.now() >= ends_at

    counts = dict(privacy.purge(is_over))
    if is_over():
        ring_purge()
    return counts


def ring_purge() -> None:
    """Ask a worker to remove what is over, now; without Redis the coming night does it."""
    with suppress(RedisError, SettingsError):
        queues.enqueue(
            purge_buyer_data,
            queue=queues.SCHEDULE,
            job_id=f"purge-{clock.now():%Y%m%d%H%M%S}",
            timeout_seconds=CHECK_TIMEOUT_SECONDS,
        )


@job
def sweep_nights() -> dict[str, int]:
    """Ring for every shop whose nightly check is due; each has its own minute in the table."""
    due = scheduling.due_nights(clock.now())
    _ring(check_shop, "night", due)
    return {"due": len(due)}


@job
def sweep_health() -> dict[str, int]:
    """Ring for every shop whose health or refunds are due: by night, or because somebody asked."""
    checks, readings = shop_health.due_checks(clock.now()), refunds.due_readings(clock.now())
    _ring(check_health, "health", checks)
    _ring(read_refunds, "refunds", readings)
    return {"checks": len(checks), "readings": len(readings)}


def ring_health(shop_id: int) -> None:
    """Ask a worker to check a shop now, after the commit that made it due; without Redis the next sweep rings."""
    _ring(check_health, "health", [shop_id])


def _ring(function: Callable[..., object], name: str, shop_ids: Iterable[int]) -> None:
    """Put one job per shop in the queue; the same one in the same minute waits there only once."""
    with suppress(RedisError, SettingsError):
        for shop_id in shop_ids:
            queues.enqueue(
                function,
                queue=queues.SYNC,
                job_id=f"{name}-{shop_id}-{clock.now():%Y%m%d%H%M}",
                timeout_seconds=CHECK_TIMEOUT_SECONDS,
                shop_id=shop_id,
            )


@job
def check_shop(*, shop_id: int) -> dict[str, int]:
    """Search a shop's last two days again, ask for its oldest open orders and compare its books."""
    result = runs.run_shop(shop_id, kind=RunKind.NIGHTLY, is_stopping=stop_requested.is_set)
    return {"fetched": result.fetched, "posted": result.posted}


@job
def check_health(*, shop_id: int) -> dict[str, bool]:
    """Check whether a shop's connection works."""
    return {"checked": shop_health.check_shop(shop_id)}


@job
def read_refunds(*, shop_id: int) -> dict[str, int]:
    """Read what Amazon paid back since the last time."""
    return {"days": refunds.read_refunds(shop_id, stop_requested.is_set)}
