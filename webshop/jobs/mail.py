"""Send mail, and write the daily one."""

from __future__ import annotations

from webshop.jobs import job, stop_requested
from webshop.services import digests, mailing


@job
def send_mails() -> dict[str, int]:
    """Send the mails that are due."""
    return mailing.send_due_mails(stop_requested.is_set)


@job
def write_digests() -> dict[str, int]:
    """Write the daily overview of new errors, when it is time."""
    return {"shops": digests.write_digests()}
