"""Kill at every I/O point, one after the other: first one death per play, then all pairs of two.

Three orders, two of them of one buyer, one with an article of its own. The second death of a pair comes
at any point after the first, so also in the run that tidies up after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


def three_orders(kind: str, *, database: str = SQLITE) -> Script:
    """Return the scenario without any trouble."""
    start = next(iter(STARTS)).isoformat()
    return Script(seed=0, kind=kind, database=database, start=start, orders=ORDERS, minutes=MINUTES)


def killed_at(script: Script, *points: int) -> Script:
    return script.with_events(Event("kill", When(point=point)) for point in points)


@dataclass(frozen=True)
class Death:
    """Where the process died, and what came of it."""

    points: tuple[int, ...]
    result: Result


def single_deaths(simulation: Simulation, kind: str, *, database: str = SQLITE) -> Iterator[Death]:
    """Play the scenario once for each of its I/O points, with a death there."""
    script = three_orders(kind, database=database)
    for point in range(1, points_of_trouble(simulation, script) + 1):
        yield Death((point,), simulation.play(killed_at(script, point)))


def paired_deaths(simulation: Simulation, kind: str, *, first: int | None = None) -> Iterator[Death]:
    """Play every pair of deaths, or those whose first one is at a certain point."""
    script = three_orders(kind)
    firsts = range(1, points_of_trouble(simulation, script) + 1) if first is None else (first,)
    for one in firsts:
        for other in range(one + 1, points_of_trouble(simulation, killed_at(script, one)) + 1):
            yield Death((one, other), simulation.play(killed_at(script, one, other)))


def points_of_trouble(simulation: Simulation, script: Script) -> int:
    """Return how many I/O points there are until the trouble is over."""
    result = simulation.play(script)
    if result.violations:
        raise AssertionError(f"{script}\n{result.violations}")
    return result.counts["points of trouble"]
