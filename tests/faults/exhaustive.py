"""Let something happen at every I/O point, one after the other: first once per play, then all pairs of deaths.

Three orders, two of them of one buyer, one with an article of its own. The second death of a pair comes
at any point after the first, so also in the run that tidies up after it. Pairs are played once per gap: dying
before a call or commit is dying after the one that went before, because nothing that lasts happens in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.faults.bench import SQLITE
from tests.faults.building import STARTS
from tests.faults.script import Event, PlannedOrder, Script, When
from tests.faults.simulation import Result, Simulation

ORDERS = (
    PlannedOrder("404-0000001-0000001", 0, -90, "plain", "24.99", buyer=1),
    PlannedOrder("404-0000002-0000002", 0, -80, "shipping", "61.50", buyer=2),
    PlannedOrder("404-0000003-0000003", 0, -70, "plain", "12.10", buyer=1),
)
MINUTES = 20
"""How long the trouble lasts: both runs that die, and the one between them, are over by then."""

KILL = "kill"
STRIKES: Mapping[str, Mapping[str, Any]] = {
    KILL: {},
    "stop": {},
    "interrupt": {},
    "freeze": {"minutes": 15},
    "second worker": {"shop": 0},
    "break commit": {},
    "break database": {"commits": 3},
    "click process": {},
    "fetch now": {"shop": 0},
    "switch kind": {"shop": 0},
    "switch administration": {"shop": 0},
    "pause": {"shop": 0, "minutes": 10},
    "switch posting off": {"shop": 0, "minutes": 10},
    "disconnect": {"shop": 0, "remote": "snelstart", "minutes": 10},
    "rotate keys": {},
    "cancel": {"order": ORDERS[1].number},
    "change amount": {"order": ORDERS[1].number, "total": "33.33"},
    "book by hand": {"order": ORDERS[1].number},
}
"""What may strike at a point, with its facts."""


def three_orders(kind: str, *, database: str = SQLITE) -> Script:
    """Return the scenario without any trouble."""
    start = next(iter(STARTS)).isoformat()
    return Script(seed=0, kind=kind, database=database, start=start, orders=ORDERS, minutes=MINUTES)


def strike_at(script: Script, kind: str, *points: int) -> Script:
    return script.with_events(Event(kind, When(point=point), dict(STRIKES[kind])) for point in points)


@dataclass(frozen=True)
class Struck:
    """At which points something happened, and what came of it."""

    points: tuple[int, ...]
    result: Result


def single_strikes(simulation: Simulation, kind: str, strike: str, *, database: str = SQLITE) -> Iterator[Struck]:
    """Play the scenario once for each of its I/O points, with something happening there."""
    script = three_orders(kind, database=database)
    for point in range(1, points_of_trouble(simulation, script) + 1):
        yield Struck((point,), simulation.play(strike_at(script, strike, point)))


def gaps(simulation: Simulation, script: Script, *, after: int = 0) -> range:
    """Return one point per gap between two calls or commits: the one after each, which has an even number."""
    return range(after + 2, points_of_trouble(simulation, script) + 1, 2)


def paired_deaths(simulation: Simulation, kind: str, *, first: int) -> Iterator[Struck]:
    """Play every pair of deaths whose first one is in this gap."""
    script = three_orders(kind)
    for second in gaps(simulation, strike_at(script, KILL, first), after=first):
        yield Struck((first, second), simulation.play(strike_at(script, KILL, first, second)))


def points_of_trouble(simulation: Simulation, script: Script) -> int:
    """Return how many I/O points there are until the trouble is over."""
    result = simulation.play(script)
    if result.violations:
        raise AssertionError(f"{script}\n{result.violations}")
    return result.counts["points of trouble"]
