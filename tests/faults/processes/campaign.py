"""Many runs, one after another or on several stands at once; each result is a line that a later start finds again."""

from __future__ import annotations

import json
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.processes.checks import Findings, check
from tests.faults.processes.faults import FAULTS, KILL, OTHERS, TERM
from tests.faults.processes.recovery import CYCLE, Recovery, recover
from tests.faults.processes.shop import FaultShop, open_shop
from tests.faults.processes.stand import Stand, StuckError, run_stand

RUNS_PER_STAND = 150
MOST_EXIT_SECONDS = 25.0
MOST_CYCLES = 2


@dataclass
class Result:
    """One run: what was done and what was wrong afterwards."""

    kind: str
    seed: int
    lost: int = 0
    double: int = 0
    violations: list[str] = field(default_factory=list)
    orders: int = 0
    shop: str = ""
    recovery_minutes: float = 0.0
    sweeps: int = 0
    seconds: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


def plan(kills: int, terms: int, others: int, first_seed: int) -> list[tuple[str, int]]:
    """Return the runs in the order in which they are done: the kinds mixed, so that a short part has all of them."""
    names = list(OTHERS)
    runs = [(KILL, first_seed + number) for number in range(kills)]
    runs += [(TERM, first_seed + number) for number in range(terms)]
    runs += [(names[number % len(names)], first_seed + number // len(names)) for number in range(others)]
    Random(first_seed).shuffle(runs)
    return runs


def read_results(path: Path) -> list[Result]:
    """Return what earlier starts have done; a line that was cut off is a run that is done again."""
    results = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            results.append(Result(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return results


def do_runs(runs: Sequence[tuple[str, int]], binaries: Path, path: Path, say: Callable[[str], None]) -> None:
    """Do the runs and add a line for each of them to the results."""
    left = list(runs)
    while left:
        with run_stand(binaries) as stand:
            closed: list[tuple[FaultShop, Counter[str]]] = []
            for _ in range(min(RUNS_PER_STAND, len(left))):
                kind, seed = left.pop(0)
                result = do_run(stand, kind, seed, closed)
                if len(closed) == RUNS_PER_STAND or not left:
                    result.violations += _late_documents(closed)
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(result)) + "\n")
                say(describe(result))
                if any(violation.startswith("harness") for violation in result.violations):
                    break  # who knows what still stands: go on with everything fresh


def do_run(stand: Stand, kind: str, seed: int, closed: list[tuple[FaultShop, Counter[str]]]) -> Result:
    """Do one run: a fresh shop, one fault, recovery, and a look in the books."""
    result, started_at = Result(kind, seed), time.monotonic()
    try:
        shop = _harm_and_recover(stand, Random(f"{kind} {seed}"), result)
        closed.append((shop, shop.booked()))
    except Exception:
        stand.end_workers()
        result.violations.append(f"harness: {traceback.format_exc()}")
    result.seconds = round(time.monotonic() - started_at, 2)
    return result


def _harm_and_recover(stand: Stand, random: Random, result: Result) -> FaultShop:
    stand.valkey.command("FLUSHALL")
    shop = open_shop(stand, random)
    result.shop = shop.kind
    try:
        result.facts = FAULTS[result.kind](shop, random)
    except StuckError as stuck:
        result.violations.append(str(stuck))
    finally:
        stand.sandbox.release()
        stand.sandbox.clear_faults()
        stand.end_workers()
    recovery = _recover(shop, result)
    findings = check(shop)
    shop.close()
    _judge(result, recovery, findings)
    result.orders = len(shop.totals)
    return shop


def _recover(shop: FaultShop, result: Result) -> Recovery:
    try:
        return recover(shop)
    except StuckError as stuck:
        result.violations.append(str(stuck))
        return Recovery(0.0, 0, is_complete=False)


def _judge(result: Result, recovery: Recovery, findings: Findings) -> None:
    result.lost, result.double = findings.lost, findings.double
    result.recovery_minutes, result.sweeps = recovery.minutes, recovery.sweeps
    result.violations += findings.violations
    if not recovery.is_complete:
        result.violations.append(f"not at rest after {recovery.sweeps} sweeps")
    if recovery.minutes > MOST_CYCLES * CYCLE.total_seconds() / 60:
        result.violations.append(f"recovery took {recovery.minutes} minutes")
    if result.facts.get("exit_seconds", 0.0) > MOST_EXIT_SECONDS:
        result.violations.append(f"exit took {result.facts['exit_seconds']} s")


def _late_documents(closed: Iterable[tuple[FaultShop, Counter[str]]]) -> list[str]:
    """Find what was booked in an administration after its run was over, by whatever was still alive."""
    return [f"{shop.administration_id} changed later" for shop, booked in closed if shop.booked() != booked]


def describe(result: Result) -> str:
    """Put a run into a line; with violations also how to repeat it."""
    text = f"{result.kind:<17} seed {result.seed:<6} {result.seconds:5.1f} s  {result.facts}"
    if result.violations:
        repeat = f"python -m tests.faults.processes --kind {result.kind} --seed {result.seed}"
        text += "".join(f"\n    VIOLATION {violation}" for violation in result.violations) + f"\n    repeat: {repeat}"
    return text


def summarise(results: Sequence[Result]) -> str:
    """Return a table by kind and the extremes."""
    lines = [
        f"{'kind':<17} {'runs':>5} {'hit':>5} {'orders':>7} {'lost':>5} {'double':>6} {'violations':>10} {'s/run':>6}"
    ]
    for kind in FAULTS:
        of_kind = [result for result in results if result.kind == kind]
        if of_kind:
            lines.append(_row(kind, of_kind))
    lines.append(_row("together", results))
    exits = [result.facts["exit_seconds"] for result in results if "exit_seconds" in result.facts]
    lines.append(f"longest exit after SIGTERM: {max(exits, default=0.0):.2f} s of {len(exits)}")
    slowest = max((result.recovery_minutes for result in results), default=0.0)
    lines.append(
        f"slowest recovery: {slowest:.1f} minutes of shop time, {max(r.sweeps for r in results)} sweeps at most"
    )
    overrun = sum(1 for result in results if result.facts.get("overrun"))
    lines.append(f"take-overs that had to wait until a frozen work-horse was killed for its time: {overrun}")
    return "\n".join(lines)


def _row(name: str, results: Sequence[Result]) -> str:
    hit = sum(1 for result in results if _has_hit(result))
    orders, lost, double = (sum(getattr(result, what) for result in results) for what in ("orders", "lost", "double"))
    violations = sum(len(result.violations) for result in results)
    seconds = sum(result.seconds for result in results) / max(len(results), 1)
    return f"{name:<17} {len(results):>5} {hit:>5} {orders:>7} {lost:>5} {double:>6} {violations:>10} {seconds:>6.2f}"


def _has_hit(result: Result) -> bool:
    """Whether the harm came while a run was at work."""
    rounds = result.facts.get("rounds", [result.facts])
    return any(one.get("hit", True) for one in rounds)
