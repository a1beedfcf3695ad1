"""A handful of runs with real processes in the ordinary test run; `make faults-processes` does hundreds."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.processes import campaign
from tests.faults.processes.campaign import Result, plan, read_results, summarise
from tests.faults.processes.checks import Findings
from tests.faults.processes.children import children_of, die_with_parent
from tests.faults.processes.faults import FAULTS, OTHERS
from tests.support.postgresql import find_binaries
from tests.support.processes import is_alive, wait_until
from webshop.settings import PROJECT_ROOT

needs_postgresql = pytest.mark.skipif(
    find_binaries() is None, reason="no PostgreSQL server on this machine (Debian: apt-get install postgresql)"
)


def start(path: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.processes", "--results", str(path), *options]
    return subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: die_with_parent(signal.SIGTERM),
    )


@pytest.mark.processes
@needs_postgresql
def test_no_order_is_lost_or_doubled_when_real_processes_are_killed_stopped_and_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "results"
    process = start(path, "--kills", "1", "--terms", "1", "--others", str(len(OTHERS)))
    said, _ = process.communicate()
    assert process.returncode == 0, said
    results = read_results(path)
    assert {result.kind for result in results} == set(FAULTS)
    assert all(result.orders >= 4 for result in results)


@pytest.mark.processes
@needs_postgresql
def test_a_campaign_that_is_stopped_leaves_no_process_behind(tmp_path: Path) -> None:
    path = tmp_path / "results"
    process = start(path, "--kills", "50", "--terms", "0", "--others", "0")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("kill"), "the first run has been done"
    started = descendants_of(process.pid)
    process.terminate()
    process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert len(started) >= 3, "a sandbox, a Valkey and a PostgreSQL at least"
    wait_until(lambda: not any(is_alive(pid) for pid in started))


def descendants_of(pid: int) -> list[int]:
    children = children_of(pid)
    return children + [descendant for child in children for descendant in descendants_of(child)]


@pytest.mark.processes
def test_an_orphan_that_a_killed_worker_leaves_is_ended_too(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ORPHANS, str(tmp_path)]
    said = subprocess.run(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert not is_alive(int(said))


ORPHANS = """
import os, pathlib, signal, sys, time
from tests.faults.processes.children import Children, adopt_orphans, children_of

def work():
    if os.fork() == 0:
        os.setpgrp()
    time.sleep(60)

adopt_orphans()
children = Children(pathlib.Path(sys.argv[1]) / "log")
worker = children.fork(work)
while not (horses := children_of(worker)):
    time.sleep(0.01)
os.kill(worker, signal.SIGKILL)
os.waitpid(worker, 0)
children.end_all()
print(horses[0])
"""


def test_a_line_that_was_cut_off_is_run_again(tmp_path: Path) -> None:
    path = tmp_path / "results"
    line = json.dumps({"kind": "kill", "seed": 7})
    path.write_text(f"{line}\n{line[:-5]}")
    assert [(result.kind, result.seed) for result in read_results(path)] == [("kill", 7)]


def test_a_short_campaign_has_every_kind_of_fault() -> None:
    runs = plan(1, 1, len(OTHERS), 1)
    assert {kind for kind, _ in runs} == set(FAULTS)
    assert len(runs) == len(set(runs))


@pytest.mark.parametrize(
    ("booked", "lost", "double"), [({"a": 1}, 1, 0), ({"a": 1, "b": 2}, 0, 1), ({"a": 1, "b": 1}, 0, 0)]
)
def test_lost_and_double_are_counted(booked: dict[str, int], lost: int, double: int) -> None:
    findings = Findings()
    findings.compare("orders", Counter(booked), {"a", "b"})
    assert (findings.lost, findings.double) == (lost, double)
    assert bool(findings.violations) == bool(lost or double)


def test_what_nobody_ordered_is_a_violation() -> None:
    findings = Findings()
    findings.compare("orders", Counter({"a": 1, "x": 1}), {"a"})
    assert findings.violations == ["orders nobody ordered: ['x']"]


def test_an_exit_that_takes_too_long_is_a_violation() -> None:
    result = Result("term", 1, facts={"exit_seconds": 25.1})
    campaign._judge(result, campaign.Recovery(1.0, 1, is_complete=True), Findings())
    assert result.violations == ["exit took 25.1 s"]


def test_the_summary_tells_the_longest_exit_and_every_violation() -> None:
    results = [
        Result("term", 1, facts={"exit_seconds": 3.0, "hit": True}),
        Result("kill", 1, lost=1, violations=["orders missing"], orders=5, facts={"rounds": [{"hit": True}]}),
    ]
    lines = summarise(results).splitlines()
    assert lines[1].split()[:7] == ["kill", "1", "1", "5", "1", "0", "1"]
    assert "longest exit after SIGTERM: 3.00 s of 1" in lines
