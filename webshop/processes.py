"""Keep other programs running: start, wait, start again what dies, stop in order, leave nothing behind.

Our own small supervisor, because the common ones kill what has not stopped after 5 seconds, while a
worker may need 20 to finish the order at hand.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NoReturn

from webshop.exceptions import WebshopError
from webshop.settings import PROJECT_ROOT

GRACE_SECONDS = 25.0
START_SECONDS = 60.0
POLL_SECONDS = 0.05
LONGEST_BACKOFF_SECONDS = 30.0
HEALTHY_SECONDS = 60.0
LARGEST_LOG_BYTES = 5_000_000
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


class StartError(WebshopError):
    """A program did not start; the message says which, why and what to do."""


class StopRequested(Exception):  # noqa: N818 - no error: somebody wants us to stop
    """Somebody wants us to stop while we are still starting."""


@dataclass(frozen=True)
class Program:
    """What to run. `is_ready` is asked until it is true; `stops_last` is for what the others lean on."""

    name: str
    command: Sequence[str]
    is_ready: Callable[[], bool] = lambda: True
    note: str = ""
    stops_last: bool = False


@dataclass
class Child:
    """A running program: its process and what is remembered when it has to be started again."""

    program: Program
    process: subprocess.Popen[bytes]
    started_at: float
    is_restarted: bool = True
    backoff: float = 1.0
    restart_at: float | None = None


@dataclass
class Supervisor:
    """Keep programs running until somebody asks to stop."""

    log_dir: Path
    environment: Mapping[str, str]
    say: Callable[[str], None]
    grace_seconds: float = GRACE_SECONDS
    stop_requested: threading.Event = field(default_factory=threading.Event)
    children: list[Child] = field(default_factory=list)
    sessions: set[int] = field(default_factory=set)
    parent: int = field(default_factory=os.getppid)
    has_terminal: bool = field(default_factory=lambda: os.isatty(0))

    def __post_init__(self) -> None:
        self.log_dir.mkdir(parents=True, exist_ok=True)
        _prctl(PR_SET_CHILD_SUBREAPER, 1)

    def listen(self) -> None:
        """Stop on signals; one that is ignored on purpose (nohup) stays so."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGTERM:
                signal.signal(number, lambda *_: self.stop_requested.set())

    def start(self, program: Program) -> Child:
        """Start a program without waiting for it."""
        child = Child(program, self._spawn(program), time.monotonic())
        self.children.append(child)
        return child

    def wait_until_ready(self, child: Child) -> None:
        """Wait for a started program.

        :raise StartError: when it ends or takes too long.
        :raise StopRequested: when somebody wants us to stop.
        """
        deadline = child.started_at + START_SECONDS
        program = child.program
        while not program.is_ready():
            if child.process.poll() is not None:
                raise StartError(self._obituary(child))
            if time.monotonic() > deadline:
                raise StartError(f"{program.name} is not ready after {START_SECONDS:.0f} s. {self.last_lines(program)}")
            self._pause()
        self.say(f"  {program.name:<9} {program.note or 'started'} ({time.monotonic() - child.started_at:.1f} s)")

    def run_to_end(self, program: Program, *, shows_output: bool = False) -> int:
        """Run a program that ends by itself and return its exit status.

        :raise StopRequested: when somebody wants us to stop.
        """
        process = self._spawn(program, shows_output=shows_output)
        child = Child(program, process, time.monotonic(), is_restarted=False)
        self.children.append(child)
        while child.process.poll() is None:
            self._restart_the_dead()
            self._pause()
        self.children.remove(child)
        return child.process.returncode

    def watch(self) -> NoReturn:
        """Start again what dies, with growing pauses.

        :raise StopRequested: when somebody wants us to stop.
        """
        while True:
            self._restart_the_dead()
            self._pause()

    def stop(self) -> None:
        """Stop everything: first the programs, then the servers they lean on; SIGKILL after the grace."""
        deadline = time.monotonic() + self.grace_seconds
        for stops_last in (False, True):
            group = [child for child in reversed(self.children) if child.program.stops_last is stops_last]
            for child in group:
                child.process.terminate()
            for child in group:
                with suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(deadline - time.monotonic(), 1.0))
            for child in group:
                _kill_group(child.process)
        self._kill_strays()
        self.children.clear()

    def _kill_strays(self) -> None:
        """Kill what our programs left behind: as sub-reaper (Linux) we have become its parent."""
        while strays := [pid for pid in _children_of(os.getpid()) if os.getsid(pid) in self.sessions]:
            for pid in strays:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    def _spawn(self, program: Program, *, shows_output: bool = False) -> subprocess.Popen[bytes]:
        with self._open_log(program) as log:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=None if shows_output else log,
                stderr=log,
                env=dict(self.environment),
                cwd=PROJECT_ROOT,
                start_new_session=True,  # Ctrl-C reaches us only, and we stop them in order
                preexec_fn=_die_with_parent,
            )
        self.sessions.add(process.pid)
        return process

    def _open_log(self, program: Program) -> BinaryIO:
        path = self.log_path(program)
        if path.exists() and path.stat().st_size > LARGEST_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab")

    def log_path(self, program: Program) -> Path:
        return self.log_dir / f"{program.name.lower()}.log"

    def _restart_the_dead(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.process.poll() is None or not child.is_restarted:
                continue
            if child.restart_at is None:
                if now - child.started_at > HEALTHY_SECONDS:
                    child.backoff = 1.0
                self.say(f"{self._obituary(child)}\n  Starting it again in {child.backoff:.0f} s.")
                child.restart_at = now + child.backoff
                child.backoff = min(child.backoff * 2, LONGEST_BACKOFF_SECONDS)
            elif now >= child.restart_at:
                child.process, child.started_at, child.restart_at = self._spawn(child.program), now, None

    def _obituary(self, child: Child) -> str:
        status = child.process.returncode
        how = f"exit status {status}" if status >= 0 else f"signal {-status}"
        return f"{child.program.name} ended ({how}). {self.last_lines(child.program)}"

    def last_lines(self, program: Program) -> str:
        """Return the end of a program's log, with the file's name."""
        path = self.log_path(program)
        lines = path.read_text(errors="replace").splitlines()[-12:]
        return f"The end of {path}:\n" + "\n".join(f"    {line}" for line in lines)

    def _pause(self) -> None:
        if self.stop_requested.wait(POLL_SECONDS) or self._is_abandoned():
            raise StopRequested

    def _is_abandoned(self) -> bool:
        """Whether who started us, or the terminal we were started in, is gone: neither always sends a signal."""
        return os.getppid() != self.parent or (self.has_terminal and not os.isatty(0))


def _prctl(option: int, value: int) -> None:
    """Ask Linux for something about this process; other systems do without."""
    if sys.platform == "linux":
        LIBC.prctl(option, value, 0, 0, 0)


def _die_with_parent() -> None:
    """In the child: get SIGTERM when the supervisor is gone, also by kill -9."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that outlived its grace, with its children; its number is its own until it is waited for."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
