"""Count calls per administration the way the vendor's gateway does: in sliding windows."""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Limits:
    per_minute: int
    per_hour: int
    concurrent: int


PRODUCTION = Limits(per_minute=500, per_hour=5_000, concurrent=50)
DEVELOPMENT = Limits(per_minute=100, per_hour=1_000, concurrent=5)


class RateLimiter:
    """Admit calls until a window is full; a refused call does not count."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._calls: dict[str, deque[datetime]] = {}
        self._under_way: dict[str, int] = {}
        self._lock = threading.Lock()

    def enter(self, account: str, now: datetime) -> int:
        """Return 0 when the call may go on, else after how many seconds another try makes sense."""
        with self._lock:
            calls = self._calls.setdefault(account, deque())
            while calls and calls[0] <= now - timedelta(hours=1):
                calls.popleft()
            wait = max(
                self._wait(calls, self.limits.per_minute, timedelta(minutes=1), now),
                self._wait(calls, self.limits.per_hour, timedelta(hours=1), now),
                1 if self._under_way.get(account, 0) >= self.limits.concurrent else 0,
            )
            if wait == 0:
                calls.append(now)
                self._under_way[account] = self._under_way.get(account, 0) + 1
            return wait

    def leave(self, account: str) -> None:
        with self._lock:
            self._under_way[account] -= 1

    @staticmethod
    def _wait(calls: deque[datetime], limit: int, window: timedelta, now: datetime) -> int:
        """A window is full when its `limit`-th latest call still lies inside it."""
        if len(calls) < limit:
            return 0
        free_at = calls[-limit] + window
        return max(0, math.ceil((free_at - now).total_seconds()))
