"""One time for every process of a run, which the harness can move on: leases and look-ups wait minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from multiprocessing.sharedctypes import RawValue


class SharedClock:
    """The wall clock plus an offset in memory that forked processes share.

    Without a lock: a process that is killed while it holds one would stop the time of all others.
    """

    def __init__(self) -> None:
        self._offset = RawValue("d", 0.0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._offset.value)

    def advance(self, duration: timedelta) -> None:
        """Move forward; time never goes back, as little as a killed worker does."""
        self._offset.value += max(duration.total_seconds(), 0.0)

    def advance_to(self, at: datetime) -> None:
        self.advance(at - self())
