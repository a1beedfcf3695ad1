"""The commands: run many seeds, show one, try every single death and every pair.

python -m tests.faults run --runs 1000 --jobs 2 --results var/faults.jsonl
python -m tests.faults show 4711
python -m tests.faults exhaustive --pairs
python -m tests.faults mutants --only "blind retry"
python -m tests.faults naive --runs 200
python -m tests.faults outage
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.faults.exhaustive import KILL, STRIKES, gaps, paired_deaths, single_strikes, three_orders
from tests.faults.mutants import BY_NAME, hunt
from tests.faults.naive import FIGURES, compare
from tests.faults.outage import HIGHEST_FACTOR, measure_outages
from tests.faults.script import KINDS
from tests.faults.simulation import Result, Simulation

Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="play many seeds; those already in the results are left out")
    run.add_argument("--runs", type=int, default=1000)
    run.add_argument("--first-seed", type=int, default=1)
    run.add_argument("--jobs", type=int, default=1)
    run.add_argument("--results", type=Path)
    show = commands.add_parser("show", help="play one seed and print its script and all that happened")
    show.add_argument("seed", type=int)
    exhaustive = commands.add_parser("exhaustive", help="kill at every I/O point of a scenario of three orders")
    exhaustive.add_argument("--pairs", action="store_true", help="and then in every pair of gaps between two points")
    exhaustive.add_argument("--jobs", type=int, default=1)
    exhaustive.add_argument("--kind", choices=KINDS, action="append", help="only this kind of posting")
    exhaustive.add_argument("--strike", choices=STRIKES, action="append", help="something else than a death")
    exhaustive.add_argument("--all-strikes", action="store_true", help="everything that can happen at a point")
    mutants = commands.add_parser("mutants", help="plant bugs one after the other; each of them must be caught")
    mutants.add_argument("--runs", type=int, default=1000)
    mutants.add_argument("--jobs", type=int, default=1)
    mutants.add_argument("--only", choices=BY_NAME, action="append", help="only this one")
    naive = commands.add_parser("naive", help="play the same seeds with our code and with a naive loop")
    naive.add_argument("--runs", type=int, default=200)
    commands.add_parser("outage", help="count the requests of an outage of half an hour")
    given = parser.parse_args(arguments)
    if given.command == "run":
        return run_seeds(given.first_seed, given.runs, given.jobs, given.results)
    if given.command == "show":
        return show_seed(given.seed)
    if given.command == "mutants":
        return hunt_mutants(given.only or list(BY_NAME), given.runs, given.jobs)
    if given.command == "naive":
        return compare_with_naive(given.runs)
    if given.command == "outage":
        return count_outages()
    strikes = list(STRIKES) if given.all_strikes else given.strike or [KILL]
    return run_exhaustively(given.kind or list(KINDS), strikes, given.jobs, has_pairs=given.pairs)


def run_seeds(first: int, runs: int, jobs: int, results: Path | None) -> int:
    rows = {row["seed"]: row for row in _earlier(results)}
    wanted = range(first, first + runs)
    missing = [seed for seed in wanted if seed not in rows]
    if results is not None:
        _end_last_line(results)
    started_at = time.monotonic()
    for row in _spread(_play_seed, missing, jobs):
        rows[row["seed"]] = row
        if results is not None:
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        if row["violations"]:
            _tell(row)
    done = [rows[seed] for seed in wanted]
    seconds = time.monotonic() - started_at
    _summarise(done)
    print(f"{len(missing)} played now in {seconds:.0f} s, {len(done) - len(missing)} taken from the results")
    return int(any(row["violations"] for row in done))


def show_seed(seed: int) -> int:
    with Simulation() as simulation:
        result = simulation.play(simulation.build(seed))
    print(result.script)
    print("\n".join(result.log))
    print(f"digest {result.digest}")
    for violation in result.violations:
        print(f"VIOLATION {violation}")
    return int(bool(result.violations))


def run_exhaustively(kinds: Sequence[str], strikes: Sequence[str], jobs: int, *, has_pairs: bool) -> int:
    is_bad = False
    tasks = [(kind, strike) for kind in kinds for strike in strikes]
    for (kind, strike), rows in _spread(_play_strikes, tasks, jobs):
        is_bad |= _tell_struck(f"{kind}: {strike} at every point", rows)
    for kind in kinds if has_pairs and not is_bad else ():
        with Simulation() as simulation:
            firsts = gaps(simulation, three_orders(kind))
        pairs = _spread(_play_pairs, [(kind, point) for point in firsts], jobs)
        is_bad |= _tell_struck(f"{kind}: every pair of deaths", [row for rows in pairs for row in rows])
    return int(is_bad)


def _tell_struck(what: str, rows: list[Row]) -> bool:
    bad = [row for row in rows if row["violations"]]
    for row in bad:
        _tell(row)
    print(f"{what}: {len(rows)} plays, {len(bad)} with violations", flush=True)
    return bool(bad)


def hunt_mutants(names: Sequence[str], runs: int, jobs: int) -> int:
    are_missed = [
        _tell_hunt(is_caught, text) for is_caught, text in _spread(_hunt, [(name, runs) for name in names], jobs)
    ]
    print(f"{len(are_missed) - sum(are_missed)} of {len(are_missed)} mutants caught")
    return int(any(are_missed))


def _tell_hunt(is_caught: bool, text: str) -> bool:
    print(text, flush=True)
    return not is_caught


def compare_with_naive(runs: int) -> int:
    ours, theirs = compare(range(1, runs + 1))
    print(f"{runs} runs{'ours':>37}{'naive loop':>14}")
    for figure in FIGURES:
        print(f"{figure:36}{ours[figure]:>9}{theirs[figure]:>14}")
    return int(any(ours[figure] for figure in ("lost", "booked twice", "in a wrong administration")))


def count_outages() -> int:
    outages = list(measure_outages())
    print(f"{'outage of 30 minutes, 50 orders':58}{'without':>9}{'with':>7}{'during':>8}{'factor':>8}")
    for one in outages:
        print(f"{one.name:58}{one.quiet:>9}{one.troubled:>7}{one.during:>8}{one.factor:>8.2f}")
        for violation in one.violations:
            print(f"VIOLATION {violation}")
    return int(any(one.violations or one.factor > HIGHEST_FACTOR for one in outages))


# playing in several processes

_simulation: Simulation | None = None


def _own_simulation() -> Simulation:
    """Return this process's simulation; its folder and databases end with the process."""
    global _simulation
    if _simulation is None:
        _simulation = Simulation().__enter__()
        # What is there by now stays: looking through it for garbage took a tenth of the time.
        gc.freeze()
        gc.set_threshold(100_000, 20, 50)
        multiprocessing.util.Finalize(None, _simulation.__exit__, (None, None, None), exitpriority=10)
    return _simulation


def _spread(work: Callable[[Any], Any], tasks: Sequence[Any], jobs: int) -> Iterator[Any]:
    """Do the tasks in this many processes and yield what comes of them as it comes."""
    if not tasks:
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(work, tasks)
        pool.close()
        pool.join()


def _play_seed(seed: int) -> Row:
    simulation = _own_simulation()
    started_at = time.process_time()
    result = simulation.play(simulation.build(seed))
    row = _row(result) | {"seed": seed, "seconds": round(time.process_time() - started_at, 3)}
    if result.violations:
        row["shrunk"] = str(simulation.shrink(result.script))
    return row


def _hunt(task: tuple[str, int]) -> tuple[bool, str]:
    name, runs = task
    found = hunt(_own_simulation(), BY_NAME[name], runs=runs)
    return found.where is not None, str(found)


def _play_strikes(task: tuple[str, str]) -> tuple[tuple[str, str], list[Row]]:
    return task, [_row(struck.result) for struck in single_strikes(_own_simulation(), *task)]


def _play_pairs(task: tuple[str, int]) -> list[Row]:
    kind, point = task
    return [_row(struck.result) for struck in paired_deaths(_own_simulation(), kind, first=point)]


def _row(result: Result) -> Row:
    return {
        "kind": result.script.kind,
        "database": result.script.database,
        "script": str(result.script),
        "digest": result.digest,
        "violations": list(result.violations),
        "counts": dict(result.counts),
    }


def _earlier(results: Path | None) -> Iterator[Row]:
    if results is None or not results.exists():
        return
    for line in results.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            # The last line of a run that was cut off.
            continue


def _end_last_line(results: Path) -> None:
    """Let what is added stand on a line of its own, also after a run that was cut off."""
    if results.exists() and not results.read_bytes().endswith(b"\n"):
        with results.open("a", encoding="utf-8") as file:
            file.write("\n")


def _tell(row: Row) -> None:
    print(row["script"])
    for violation in row["violations"]:
        print(f"VIOLATION {violation}")
    if "shrunk" in row:
        print(f"shrunk to\n{row['shrunk']}")
    print(flush=True)


def _summarise(rows: Iterable[Row]) -> None:
    rows = list(rows)
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(row["counts"])
    bad = [row["seed"] for row in rows if row["violations"]]
    kinds = Counter((row["kind"], row["database"]) for row in rows)
    for (kind, database), count in sorted(kinds.items()):
        print(f"{count:7} {kind} on {database}")
    for name in sorted(counts):
        print(f"{counts[name]:9} {name}")
    seconds = [row["seconds"] for row in rows]
    if seconds:
        print(f"{sum(seconds) / len(seconds):.3f} s of CPU per run on average, {max(seconds):.2f} s at most")
    print(f"{len(rows)} runs, {len(bad)} with violations{': seeds ' + ', '.join(map(str, bad)) if bad else ''}")
