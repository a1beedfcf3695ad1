"""A clock that stands still until the test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class FrozenClock:
    """Callable like the product's own source of time."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    def now(self) -> datetime:
        return self._now

    def advance(self, **duration: float) -> datetime:
        """Move forward by timedelta's arguments and return the new time."""
        self._now += timedelta(**duration)
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now
