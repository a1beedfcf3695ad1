"""What is done once a night."""

from __future__ import annotations

from contextlib import suppress

from redis.exceptions import RedisError

from webshop.exceptions import SettingsError
from webshop.extensions import clock
from webshop.jobs import job, queues, stop_requested
from webshop.models import RunKind
from webshop.services import pending, privacy, runs, scheduling

CHECK_TIMEOUT_SECONDS = 240
"""As a run of the hour: a check works at most 60 s and goes on later the same night."""


@job
def purge_buyer_data() -> dict[str, int]:
    """Remove buyers' data, and keys nobody confirmed, whose time is over."""
    pending.forget_expired()
    return {"orders": privacy.purge_buyer_data()}


@job
def sweep_nights() -> dict[str, int]:
    """Ring for every shop whose nightly check is due; each has its own minute in the table."""
    due = scheduling.due_nights(clock.now())
    with suppress(RedisError, SettingsError):
        for shop_id in due:
            queues.enqueue(
                check_shop,
                queue=queues.SYNC,
                job_id=f"night-{shop_id}-{clock.now():%Y%m%d%H%M}",
                timeout_seconds=CHECK_TIMEOUT_SECONDS,
                shop_id=shop_id,
            )
    return {"due": len(due)}


@job
def check_shop(*, shop_id: int) -> dict[str, int]:
    """Search a shop's last two days again, ask for its oldest open orders and compare its books."""
    result = runs.run_shop(shop_id, kind=RunKind.NIGHTLY, is_stopping=stop_requested.is_set)
    return {"fetched": result.fetched, "posted": result.posted}
