"""`python -m tests.faults.processes --kills 500 --terms 100 --others 50`; exit status 1 when anything is wrong."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

from tests.faults.processes.campaign import do_runs, plan, read_results, summarise
from tests.faults.processes.children import die_with_parent
from tests.faults.processes.faults import FAULTS
from tests.support.postgresql import find_binaries

NO_DATABASE = "no PostgreSQL server on this machine (Debian: apt-get install postgresql)"


def main() -> int:
    signal.signal(signal.SIGTERM, _stop)
    arguments = _arguments()
    binaries = find_binaries()
    if binaries is None:
        print(NO_DATABASE, file=sys.stderr)
        return 2
    if arguments.kind:
        wanted = [(arguments.kind, arguments.first_seed + number) for number in range(arguments.runs)]
    else:
        wanted = plan(arguments.kills, arguments.terms, arguments.others, arguments.first_seed)
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.results or Path(folder) / "results.jsonl"
        done = {(result.kind, result.seed) for result in read_results(path)}
        left = [run for run in wanted if run not in done]
        if arguments.jobs > 1 and arguments.share is None:
            _in_several_processes(arguments.jobs, path)
        else:
            share, shares = arguments.share or (0, 1)
            do_runs(left[share::shares], binaries, path, lambda text: print(text, flush=True))
        if arguments.share is not None:
            return 0
        results = [result for result in read_results(path) if (result.kind, result.seed) in set(wanted)]
        print(summarise(results))
        return 1 if len(results) < len(wanted) or any(result.violations for result in results) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.processes")
    parser.add_argument("--kills", type=int, default=500, help="runs with kill -9")
    parser.add_argument("--terms", type=int, default=100, help="runs with SIGTERM")
    parser.add_argument("--others", type=int, default=50, help="runs with every other fault in turn")
    parser.add_argument("--first-seed", "--seed", type=int, default=1)
    parser.add_argument("--kind", choices=sorted(FAULTS), help="do runs of this kind only, from --seed on")
    parser.add_argument("--runs", type=int, default=1, help="how many runs of --kind")
    parser.add_argument("--jobs", type=int, default=1, help="stands that run at once")
    parser.add_argument("--results", type=Path, help="a file of JSON lines; what stands in it is not run again")
    parser.add_argument("--share", type=_share, help=argparse.SUPPRESS)
    return parser.parse_args()


def _share(text: str) -> tuple[int, int]:
    share, shares = text.split("/")
    return int(share), int(shares)


def _in_several_processes(jobs: int, path: Path) -> None:
    """Split the runs that are left; every process has servers of its own."""
    command = [sys.executable, "-m", "tests.faults.processes", *sys.argv[1:], "--results", str(path)]
    processes = [
        subprocess.Popen([*command, "--share", f"{number}/{jobs}"], preexec_fn=lambda: die_with_parent(signal.SIGTERM))
        for number in range(jobs)
    ]
    try:
        for process in processes:
            process.wait()
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def _stop(number: int, frame: FrameType | None) -> None:
    """Unwind, so that everything that was started is ended."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
