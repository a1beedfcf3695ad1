"""Ask about payments that nobody told us the end of, and offer another year in time."""

from __future__ import annotations

from webshop.jobs import job, stop_requested
from webshop.services import checkouts, subscription


@job
def settle_checkouts() -> dict[str, int]:
    """Bring open checkouts up to date with Mollie."""
    return checkouts.settle_open(stop_requested.is_set)


@job
def write_offers() -> dict[str, int]:
    """Write to the owners of shops that end soon."""
    return {"shops": subscription.write_offers()}
