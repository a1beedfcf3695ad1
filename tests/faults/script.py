"""What a play consists of: the shops, their orders, and what happens to them and when."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

SALES_ENTRY, PAYMENTS, SALES_ORDER = "sales entry", "sales entry and payment", "sales order"
KINDS = (SALES_ENTRY, PAYMENTS, SALES_ORDER)


@dataclass(frozen=True)
class When:
    """Exactly one of: an I/O point, the nth time that a call or commit gets there, a minute of the play."""

    point: int | None = None
    operation: str | None = None
    side: str = "before"
    nth: int = 1
    minute: float | None = None

    def __str__(self) -> str:
        if self.point is not None:
            return f"at point {self.point}"
        if self.operation is not None:
            return f"{self.side} {self.operation} number {self.nth}"
        return f"in minute {self.minute:g}"


@dataclass(frozen=True)
class Event:
    """`kind` is one of events.KINDS; the facts are per kind."""

    kind: str
    when: When
    facts: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.kind} {self.when}" + (f" ({facts})" if facts else "")


@dataclass(frozen=True)
class PlannedOrder:
    """An order that a buyer places in this minute at this shop; `recipe` is one of orders.RECIPES."""

    number: str
    shop: int
    minute: float
    recipe: str
    total: str = "24.99"
    buyer: int | None = None
    """Which buyer; None is one without an e-mail address."""
    is_everywhere: bool = False
    """Whether every other shop has the same order too."""

    def __str__(self) -> str:
        where = "every shop" if self.is_everywhere else f"shop {self.shop}"
        return f"{self.number} {self.recipe} of {self.total} by buyer {self.buyer} at {where} in minute {self.minute:g}"


@dataclass(frozen=True)
class Script:
    seed: int
    kind: str
    database: str
    start: str
    orders: tuple[PlannedOrder, ...]
    events: tuple[Event, ...] = ()
    shops: int = 1
    is_administration_shared: bool = False
    page_size: int = 100
    """How many orders Amazon gives per page."""
    list_size: int = 500
    """How many rows SnelStart gives per page."""
    minutes: float = 130
    """How long trouble lasts; afterwards everything has two cycles to come right."""

    @property
    def starts_at(self) -> datetime:
        return datetime.fromisoformat(self.start)

    def with_events(self, events: Iterable[Event]) -> Script:
        return replace(self, events=tuple(events))

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    def __str__(self) -> str:
        shops = (
            f"{self.shops} shops on one administration" if self.is_administration_shared else f"{self.shops} shop(s)"
        )
        pages = f"pages of {self.page_size} orders and {self.list_size} rows"
        lines = [f"seed {self.seed}: {self.kind}, {self.database}, {shops}, from {self.start}, {pages}"]
        lines += [f"  order {order}" for order in self.orders]
        lines += [f"  event {event}" for event in self.events]
        return "\n".join(lines)
