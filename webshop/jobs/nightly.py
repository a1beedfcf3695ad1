"""What is done once a night."""

from __future__ import annotations

from webshop.jobs import job
from webshop.services import pending, privacy


@job
def purge_buyer_data() -> dict[str, int]:
    """Remove buyers' data, and keys nobody confirmed, whose time is over."""
    pending.forget_expired()
    return {"orders": privacy.purge_buyer_data()}
