"""What is done once a night."""

from __future__ import annotations

from webshop.jobs import job
from webshop.services import privacy


@job
def purge_buyer_data() -> dict[str, int]:
    """Remove buyers' data whose time is over."""
    return {"orders": privacy.purge_buyer_data()}
