"""What runs when, as data. The clock keeps Redis equal to this table.

Times are UTC. An entry handles everything that is due, so that a missed tick costs time and nothing
else, and may run twice without harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from webshop.jobs import billing, impersonation, mail, nightly, queues, sync


@dataclass(frozen=True)
class Entry:
    """One line of the schedule; `cron` is minute, hour, day, month, weekday."""

    name: str
    function: Callable[[], object]
    cron: str
    queue: str = queues.SCHEDULE
    timeout_seconds: int = 300


SCHEDULE = (
    Entry("sweep", sync.sweep, "* * * * *", timeout_seconds=55),
    Entry("nights", nightly.sweep_nights, "*/5 1-5 * * *", timeout_seconds=55),
    Entry("health", nightly.sweep_health, "* * * * *", timeout_seconds=55),
    Entry("close-impersonations", impersonation.close_expired, "* * * * *", timeout_seconds=55),
    Entry("send-mails", mail.send_mails, "* * * * *", timeout_seconds=240),
    # Seven in the morning in the Netherlands, summer and winter; the job knows which of the two hours it is.
    Entry("write-digests", mail.write_digests, "*/10 5,6 * * *"),
    Entry("settle-checkouts", billing.settle_checkouts, "*/5 * * * *"),
    # More often than needed: an offer is mailed once, and a clock that was away makes up for it the same day.
    Entry("write-offers", billing.write_offers, "13 6-20 * * *"),
    Entry("purge-buyer-data", nightly.purge_buyer_data, "17 2 * * *"),
)
