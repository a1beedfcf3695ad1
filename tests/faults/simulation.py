"""The simulation: build a script from a seed, play it, check what came of it, shrink what fails.

    with Simulation() as simulation:
        result = simulation.play(simulation.build(seed))
        assert not result.violations

`worker` replaces what a worker's job does with a shop; the comparison with a naive loop uses it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType

from tests.faults import building
from tests.faults.bench import Bench, Stage
from tests.faults.evidence import Evidence, collect
from tests.faults.invariants import check_all
from tests.faults.play import Play, Worker, work_once
from tests.faults.script import Script


@dataclass(frozen=True)
class Result:
    """What came of a play; `log` is the same for the same script, whenever and wherever it is played."""

    script: Script
    violations: tuple[str, ...]
    counts: Counter[str]
    log: tuple[str, ...]

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.log).encode()).hexdigest()

    @property
    def points(self) -> int:
        return self.counts["points"]


def _is_violated(result: Result) -> bool:
    return bool(result.violations)


class Simulation:
    """Plays scripts one after the other; a context manager that holds the databases."""

    def __init__(self, *, worker: Worker = work_once) -> None:
        self._bench = Bench()
        self._worker = worker
        self.stage: Stage
        """Where the latest play took place."""
        self.evidence: Evidence
        """What it left behind."""

    def __enter__(self) -> Simulation:
        self._bench.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bench.__exit__(kind, error, traceback)

    def build(self, seed: int) -> Script:
        return building.build(seed)

    def play(self, script: Script) -> Result:
        self.stage = self._bench.stage(script)
        play = Play(self.stage, script, self._worker, captured=self._bench.log.lines)
        play.perform()
        evidence = collect(play)
        violations = check_all(evidence)
        if violations:
            # Everything has two cycles to come right; one is enough for nearly all.
            play.go_on()
            evidence = collect(play)
            violations = check_all(evidence)
        self.evidence = evidence
        _note_end(play, evidence)
        return Result(script, (*play.violations, *violations), _count(play, evidence), tuple(play.log))

    def shrink(
        self, script: Script, *, is_bad: Callable[[Result], bool] = lambda result: bool(result.violations)
    ) -> Script:
        """Leave out events and orders, one by one, as long as the play still goes wrong."""
        is_smaller = True
        while is_smaller:
            is_smaller = False
            for smaller in _smaller(script):
                if is_bad(self.play(smaller)):
                    script, is_smaller = smaller, True
                    break
        return script


def _smaller(script: Script) -> list[Script]:
    without_event = [
        script.with_events(event for event in script.events if event is not left_out) for left_out in script.events
    ]
    needed = {event.facts.get("order") for event in script.events}
    without_order = [
        replace(script, orders=tuple(order for order in script.orders if order is not left_out))
        for left_out in script.orders
        if left_out.number not in needed
    ]
    return without_event + without_order


def _note_end(play: Play, evidence: Evidence) -> None:
    for order in evidence.orders:
        codes = ", ".join(issue["code"] for issue in order.issues)
        play.note(
            f"{order.amazon_order_id} of shop {evidence.shop_index(order.shop_id)}: {order.state} {codes}".rstrip()
        )


def _count(play: Play, evidence: Evidence) -> Counter[str]:
    counts = Counter(play.counts)
    counts["points"] = play.stage.machine.points
    counts["orders"] = len(evidence.orders)
    counts["requests"] = play.stage.sandbox.world.log.count()
    for order in evidence.orders:
        counts[f"order {order.state}"] += 1
    for (_, action), count in evidence.audit.items():
        if action in ("outcome_unknown", "not_found", "posted", "differs"):
            counts[f"audit {action}"] += count
    return counts
