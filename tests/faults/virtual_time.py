"""Time that passes only when the simulation says so: that of the remotes, and our own clock beside it."""

from __future__ import annotations

from datetime import datetime, timedelta


class VirtualTime:
    """`now` is the true time, by which the remotes live; our clock may be `offset` ahead of it or behind."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self.offset = timedelta(0)
        self._start = start

    def remote(self) -> datetime:
        return self.now

    def ours(self) -> datetime:
        return self.now + self.offset

    def monotonic(self) -> float:
        """Return the seconds since the start: no jump of a clock changes them."""
        return (self.now - self._start).total_seconds()

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def restart(self, start: datetime) -> None:
        self.__init__(start)  # type: ignore[misc]
