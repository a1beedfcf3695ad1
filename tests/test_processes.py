"""What keeps `make run` alive and what ends it, with tiny programs in place of the real ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import PATIENCE_SECONDS, is_alive, wait_until
from webshop.processes import Program, StartError, StopRequested, Supervisor
from webshop.settings import PROJECT_ROOT

pytestmark = pytest.mark.processes


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


SLEEPER = python("import time; time.sleep(60)")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "log", {**os.environ}, said.append, grace_seconds=5)
    yield supervisor
    supervisor.stop()


def watch_in_background(supervisor: Supervisor) -> threading.Thread:
    def watch() -> None:
        with pytest.raises(StopRequested):
            supervisor.watch()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_a_program_is_ready_when_it_says_so(supervisor: Supervisor, tmp_path: Path, said: list[str]) -> None:
    sign = tmp_path / "ready"
    code = f"import pathlib, time; pathlib.Path({str(sign)!r}).touch(); time.sleep(60)"
    child = supervisor.start(Program("Web", python(code), is_ready=sign.exists, note="http://localhost"))
    supervisor.wait_until_ready(child)
    assert sign.exists()
    assert "http://localhost" in said[-1]


def test_a_program_that_dies_at_the_start_is_reported_with_its_last_words(supervisor: Supervisor) -> None:
    child = supervisor.start(Program("Web", python("raise SystemExit('no such table')"), is_ready=lambda: False))
    with pytest.raises(StartError, match=r"(?s)Web ended \(exit status 1\).*no such table"):
        supervisor.wait_until_ready(child)


def test_a_crashed_program_is_started_again_after_a_pause(supervisor: Supervisor, said: list[str]) -> None:
    child = supervisor.start(Program("Worker", python("print('out of memory'); raise SystemExit(3)")))
    thread = watch_in_background(supervisor)
    first = child.process.pid
    wait_until(lambda: child.process.pid != first and len(said) == 2)
    supervisor.stop_requested.set()
    thread.join(PATIENCE_SECONDS)
    assert "exit status 3" in said[0]
    assert "out of memory" in said[0]
    assert "again in 1 s" in said[0]
    assert "again in 2 s" in said[1]


def test_a_one_off_is_not_started_again_and_its_status_is_told(supervisor: Supervisor) -> None:
    assert supervisor.run_to_end(Program("Database", python("raise SystemExit(4)"))) == 4
    assert supervisor.children == []


def test_servers_stop_after_the_programs_that_use_them(supervisor: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = """
        import pathlib, signal, sys, time
        def stop(*_):
            with open({order!r}, "a") as file:
                file.write({name!r} + "\\n")
            sys.exit()
        signal.signal(signal.SIGTERM, stop)
        pathlib.Path({sign!r}).touch()
        time.sleep(60)
    """
    for name, stops_last in (("Redis", True), ("Worker", False)):
        sign = tmp_path / name
        command = python(textwrap.dedent(code).format(order=str(order), name=name, sign=str(sign)))
        supervisor.wait_until_ready(
            supervisor.start(Program(name, command, is_ready=sign.exists, stops_last=stops_last))
        )
    supervisor.stop()
    assert order.read_text().split() == ["Worker", "Redis"]


def test_a_program_that_ignores_the_request_is_killed_with_its_children(tmp_path: Path, said: list[str]) -> None:
    sign = tmp_path / "pids"
    code = f"""
        import os, pathlib, signal, subprocess, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "60"])
        pathlib.Path({str(sign)!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
        time.sleep(60)
    """
    supervisor = Supervisor(tmp_path / "log", {**os.environ}, said.append, grace_seconds=0)
    child = supervisor.start(Program("Worker", python(code), is_ready=lambda: sign.exists() and sign.read_text() != ""))
    supervisor.wait_until_ready(child)
    pids = [int(pid) for pid in sign.read_text().split()]
    supervisor.stop()
    wait_until(lambda: not any(is_alive(pid) for pid in pids))


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's sub-reaper")
def test_what_a_killed_program_leaves_behind_is_cleaned_up(supervisor: Supervisor, tmp_path: Path) -> None:
    sign = tmp_path / "pid"
    code = f"""
        import os, pathlib, subprocess
        child = subprocess.Popen(["sleep", "60"], process_group=0)
        pathlib.Path({str(sign)!r}).write_text(str(child.pid))
        os.kill(os.getpid(), 9)
    """
    supervisor.run_to_end(Program("Worker", python(code)))
    orphan = int(sign.read_text())
    assert is_alive(orphan)
    supervisor.stop()
    assert not is_alive(orphan)


def test_a_program_that_somebody_else_started_is_left_alone(supervisor: Supervisor) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        supervisor.start(Program("Worker", SLEEPER))
        supervisor.stop()
        assert other.poll() is None
        other.kill()


STAND_IN = """
    import os, pathlib, sys
    from webshop.processes import Program, StopRequested, Supervisor

    folder = pathlib.Path(sys.argv[1])
    supervisor = Supervisor(folder, dict(os.environ), print, grace_seconds=5)
    supervisor.listen()
    child = supervisor.start(Program("Worker", ["sleep", "60"]))
    (folder / "pids").write_text(f"{os.getpid()} {child.process.pid}")
    try:
        supervisor.watch()
    except StopRequested:
        supervisor.stop()
"""


def start_stand_in(
    folder: Path, *, behind: bool = False, stdin: int = subprocess.DEVNULL
) -> tuple[subprocess.Popen[bytes], list[int]]:
    """Run a supervisor of its own, directly or as the child of a program that only waits for it."""
    command = [*python(STAND_IN), str(folder)]
    if behind:
        command = [*python("import subprocess, sys; subprocess.run(sys.argv[1:])"), *command]
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdin=stdin, start_new_session=True)
    sign = folder / "pids"
    wait_until(lambda: sign.exists() and len(sign.read_text().split()) == 2)
    return process, [int(pid) for pid in sign.read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_and_counts_as_success(tmp_path: Path, number: signal.Signals) -> None:
    process, pids = start_stand_in(tmp_path)
    process.send_signal(number)
    assert process.wait(PATIENCE_SECONDS) == 0
    assert not any(is_alive(pid) for pid in pids)


def test_everything_stops_when_the_terminal_is_closed(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    process, pids = start_stand_in(tmp_path, stdin=theirs)
    os.close(theirs)
    os.close(ours)
    assert process.wait(PATIENCE_SECONDS) == 0
    assert not any(is_alive(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_everything_stops_when_the_starting_program_is_killed(tmp_path: Path) -> None:
    process, pids = start_stand_in(tmp_path, behind=True)
    process.kill()
    process.wait(PATIENCE_SECONDS)
    wait_until(lambda: not any(is_alive(pid) for pid in pids))


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's parent-death signal")
def test_everything_stops_when_the_supervisor_itself_is_killed(tmp_path: Path) -> None:
    process, pids = start_stand_in(tmp_path)
    process.kill()
    process.wait(PATIENCE_SECONDS)
    wait_until(lambda: not any(is_alive(pid) for pid in pids))
