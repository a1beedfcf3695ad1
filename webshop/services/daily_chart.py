"""The last thirty days as bars: per day what was booked, what waits and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from webshop.models import OrderState

DAYS = 30
HEIGHT = 120
"""Of the highest bar, in units of the drawing."""
STEP = 20
KINDS: Mapping[str, tuple[str, ...]] = {
    "posted": (OrderState.POSTED.value,),
    "open": (OrderState.OPEN.value,),
    "error": (OrderState.ERROR.value, OrderState.UNKNOWN.value),
}
"""What a bar is made of, from the ground up."""


@dataclass(frozen=True)
class Part:
    kind: str
    orders: int
    y: int
    height: int


@dataclass(frozen=True)
class Bar:
    day: date
    x: int
    parts: Sequence[Part]

    def orders(self, kind: str) -> int:
        return next(part.orders for part in self.parts if part.kind == kind)


def draw(orders_per_day: Mapping[date, Mapping[str, int]], until: date) -> Sequence[Bar]:
    """Return a bar for each of the last thirty days; a part that is not empty is always visible."""
    days = [until - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    counts = [_count(orders_per_day.get(day, {})) for day in days]
    highest = max((sum(count.values()) for count in counts), default=0)
    return [Bar(day, STEP * number, _parts(counts[number], highest)) for number, day in enumerate(days)]


def _count(orders: Mapping[str, int]) -> dict[str, int]:
    return {kind: sum(orders.get(state, 0) for state in states) for kind, states in KINDS.items()}


def _parts(count: Mapping[str, int], highest: int) -> Sequence[Part]:
    parts = []
    top = HEIGHT
    for kind, orders in count.items():
        height = max(1, HEIGHT * orders // highest) if orders else 0
        height = min(height, top)
        top -= height
        parts.append(Part(kind, orders, top, height))
    return parts
