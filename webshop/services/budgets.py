"""Stay inside what the remotes allow, with all workers together, so that no 429 is our own doing.

Amazon counts a token bucket per seller and operation. SnelStart counts calls per minute and per hour
and administration. Both live in one row each; a worker takes a small block at a time, so that a
hundred orders do not cost a hundred writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from webshop.exceptions import BudgetEmptyError
from webshop.extensions import clock, transaction
from webshop.models import Budget
from webshop.models.base import insert


@dataclass(frozen=True)
class Bucket:
    """A token bucket: `burst` calls at once, then one per `interval_ms`."""

    burst: int
    interval_ms: int

    def take(self, state: dict[str, Any], now_ms: int, wanted: int, reserve: int = 0) -> tuple[int, int]:
        """Return (calls allowed, time in ms from which the next one is) and update `state`.

        The last `reserve` calls are left to others.
        `full_ms` is when the bucket would be full again; every call pushes it one interval further.
        """
        # Further ahead than empty there is nothing: the clock was ahead when that was written.
        empty_ms = now_ms + self.burst * self.interval_ms
        full_ms = state["full_ms"] = min(max(int(state.get("full_ms", 0)), now_ms), empty_ms)
        used = -(-(full_ms - now_ms) // self.interval_ms)
        allowed = min(wanted, self.burst - reserve - used)
        if allowed <= 0:
            return 0, full_ms - (self.burst - reserve - 1) * self.interval_ms
        state["full_ms"] = full_ms + allowed * self.interval_ms
        return allowed, now_ms


@dataclass(frozen=True)
class Windows:
    """Sliding windows: at most `calls` in any `seconds`, for each (seconds, calls)."""

    limits: tuple[tuple[int, int], ...]

    # A block may be used up to this long after it was taken, so each window counts that much longer.
    SLACK_MS = 5_000

    def take(self, state: dict[str, Any], now_ms: int, wanted: int, reserve: int = 0) -> tuple[int, int]:
        """Return (calls allowed, time in ms from which the next one is) and update `state`.

        The last `reserve` calls of each window are left to others.
        """
        longest = max(seconds for seconds, _ in self.limits) * 1000 + self.SLACK_MS
        # A call of the future was made before the clock went back: it counts as one of now.
        takes = [[min(at, now_ms), count] for at, count in state.get("takes", []) if at > now_ms - longest]
        allowed, due_ms = wanted, now_ms
        for seconds, calls in self.limits:
            span = seconds * 1000 + self.SLACK_MS
            recent = [(at, count) for at, count in takes if at > now_ms - span]
            free = calls - reserve - sum(count for _, count in recent)
            if free <= 0:
                due_ms = max(due_ms, recent[0][0] + span)
            allowed = min(allowed, free)
        state["takes"] = takes
        if allowed <= 0:
            return 0, due_ms
        takes.append([now_ms, allowed])
        return allowed, now_ms


SEARCH_ORDERS = Bucket(burst=20, interval_ms=178_572)
GET_ORDER = Bucket(burst=30, interval_ms=2_000)
PARTICIPATIONS = Bucket(burst=15, interval_ms=62_500)
TRANSACTIONS = Bucket(burst=10, interval_ms=2_000)
SNELSTART = Windows(limits=((60, 500), (3600, 5000)))
# VIES states no number, only that it refuses too many at once: a question a second, all workers together.
VIES = Bucket(burst=10, interval_ms=1_000)
AMAZON_OPERATIONS = {
    "searchOrders": SEARCH_ORDERS,
    "getOrder": GET_ORDER,
    "getMarketplaceParticipations": PARTICIPATIONS,
    "listTransactions": TRANSACTIONS,
}


class Purse:
    """One process's hand in one budget: takes blocks, spends them call by call, gives back the rest."""

    # Below SLACK_MS: what is not spent by then is taken again.
    KEEP = timedelta(seconds=4)

    def __init__(self, key: str, limit: Bucket | Windows, *, block: int = 1, reserve: int = 0) -> None:
        self._key = key
        self._limit = limit
        self._block = block
        self._reserve = reserve
        self._left = 0
        self._taken_at = datetime.min.replace(tzinfo=UTC)

    def spend(self) -> None:
        """Spend one call.

        :raise BudgetEmptyError: when the budget allows none now; it says from when on it does.
        """
        now = clock.now()
        if self._left <= 0 or not now - self.KEEP <= self._taken_at <= now:
            self._left = take(self._key, self._limit, self._block, reserve=self._reserve)
            self._taken_at = now
        self._left -= 1

    def give_back(self) -> None:
        """Return what is left of the last block, when it is still fresh."""
        left, self._left = self._left, 0
        if left and isinstance(self._limit, Windows):
            _return_calls(self._key, self._taken_at, left)


def take(key: str, limit: Bucket | Windows, wanted: int, *, reserve: int = 0) -> int:
    """Take up to `wanted` calls from the budget of `key`, leaving the last `reserve` to others.

    :raise BudgetEmptyError: when there is none left, or the remote told us to pause.
    """
    now = clock.now()
    now_ms = _to_ms(now)
    with transaction() as session:
        session.execute(insert(Budget).values(key=key, state={}).on_conflict_do_nothing())
        budget = session.scalars(select(Budget).where(Budget.key == key).with_for_update()).one()
        if budget.paused_until and budget.paused_until > now:
            raise BudgetEmptyError(key, budget.paused_until)
        state = dict(budget.state)
        allowed, due_ms = limit.take(state, now_ms, wanted, reserve)
        budget.state = state
    if allowed <= 0:
        raise BudgetEmptyError(key, datetime.fromtimestamp(due_ms / 1000, UTC) + timedelta(milliseconds=1))
    return allowed


def left(budget: Budget, now: datetime) -> Decimal | None:
    """Return which part of a budget is left, between 0 and 1; None for a budget of another release."""
    limit = _limit_of(budget.key)
    if limit is None:
        return None
    size = limit.burst if isinstance(limit, Bucket) else min(calls for _seconds, calls in limit.limits)
    allowed, _due_ms = limit.take(dict(budget.state), _to_ms(now), size)
    return Decimal(allowed) / size


def _limit_of(key: str) -> Bucket | Windows | None:
    remote, _, rest = key.partition(":")
    if remote == "snelstart":
        return SNELSTART
    return VIES if remote == "vies" else AMAZON_OPERATIONS.get(rest.rpartition(":")[2])


def pause(key: str, until: datetime) -> None:
    """Stop calling until then: the remote itself said that there were too many calls."""
    with transaction() as session:
        statement = insert(Budget).values(key=key, state={}, paused_until=until)
        session.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"paused_until": until}))


def _return_calls(key: str, taken_at: datetime, left: int) -> None:
    taken_ms = _to_ms(taken_at)
    with transaction() as session:
        budget = session.scalars(select(Budget).where(Budget.key == key).with_for_update()).one_or_none()
        if budget is None:
            return
        takes = [list(entry) for entry in budget.state.get("takes", [])]
        for entry in reversed(takes):
            if entry[0] == taken_ms and entry[1] >= left:
                entry[1] -= left
                break
        budget.state = {**budget.state, "takes": [entry for entry in takes if entry[1] > 0]}


def _to_ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def amazon_key(seller_id: str, operation: str) -> str:
    return f"amazon:{seller_id}:{operation}"


def snelstart_key(administration_id: str) -> str:
    return f"snelstart:{administration_id}"


def vies_key(member_state: str = "") -> str:
    return f"vies:{member_state}"
