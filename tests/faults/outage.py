"""How many requests an outage costs: a remote that is down must not be hammered, nor called more than needed after.

Fifty orders wait. The same play runs once without trouble and once with half an hour of it; the factor is
all requests of the one by all of the other. That no write was repeated without a look is an invariant of
every play.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.faults.bench import SQLITE
from tests.faults.building import STARTS
from tests.faults.script import KINDS, SALES_ORDER, Event, PlannedOrder, Script, When
from tests.faults.simulation import Simulation

ORDERS = 50
MINUTES = 30
SENT_BEFORE = 10
"""How many documents stand already when an outage strikes in the middle of a run."""
HIGHEST_FACTOR = 1.2
TROUBLE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "SnelStart answers 503": ("snelstart", "status", {"status": 503, "body": ""}),
    "SnelStart does not answer": ("snelstart", "drop", {}),
    "SnelStart carries out and does not answer": ("snelstart", "commit_then_hang", {}),
    "Amazon answers 429": ("amazon", "throttle", {}),
}


@dataclass(frozen=True)
class Outage:
    """`quiet` and `troubled` are the requests of the whole play, `during` those of the outage itself."""

    name: str
    quiet: int
    troubled: int
    during: int
    violations: tuple[str, ...]

    @property
    def factor(self) -> float:
        return self.troubled / self.quiet


def measure_outages() -> Iterator[Outage]:
    with Simulation() as simulation:
        for kind in KINDS:
            script = fifty_orders(kind)
            result = simulation.play(script)
            if result.violations:
                raise AssertionError(f"{script}\n{result.violations}")
            for name, (remote, fault, parameters) in TROUBLE.items():
                facts = {
                    "remote": remote,
                    "operation": "*",
                    "kind": fault,
                    "times": None,
                    "minutes": MINUTES,
                    "parameters": parameters,
                }
                for when in (When(minute=-1.0), _in_the_middle(kind)):
                    if remote == "amazon" and when.minute is None:
                        continue
                    yield _measure(simulation, script, Event("fault", when, facts), name, result.counts["requests"])


def fifty_orders(kind: str) -> Script:
    orders = tuple(
        PlannedOrder(f"404-{number:07d}-{number:07d}", 0, -100 + number, "plain", "24.99", buyer=number)
        for number in range(1, ORDERS + 1)
    )
    return Script(
        seed=0, kind=kind, database=SQLITE, start=next(iter(STARTS)).isoformat(), orders=orders, minutes=2 * MINUTES
    )


def _in_the_middle(kind: str) -> When:
    operation = "POST /verkooporders" if kind == SALES_ORDER else "POST /verkoopboekingen"
    return When(operation=operation, nth=SENT_BEFORE)


def _measure(simulation: Simulation, script: Script, event: Event, name: str, quiet: int) -> Outage:
    result = simulation.play(script.with_events([event]))
    until = script.starts_at + timedelta(minutes=MINUTES)
    during = [entry for entry in simulation.stage.sandbox.world.log.entries() if entry.at <= until]
    place = "from the start" if event.when.minute is not None else "in the middle"
    return Outage(f"{script.kind}: {name}, {place}", quiet, result.counts["requests"], len(during), result.violations)
