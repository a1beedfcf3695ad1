"""End what staff left running."""

from __future__ import annotations

from webshop.jobs import job
from webshop.services import impersonation


@job
def close_expired() -> dict[str, int]:
    """End the impersonations whose time is over."""
    return {"ended": impersonation.close_expired()}
