"""Processes that the harness forks, kills and in any case ends, each by its own number."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.support.processes import is_alive

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None)


def adopt_orphans() -> None:
    """Become the parent of what a killed child leaves behind, so that it can be ended."""
    _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(number: signal.Signals = signal.SIGKILL) -> None:
    """In the child: end when the harness ends, however that happens."""
    _LIBC.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def children_of(pid: int, *, with_dead: bool = False) -> list[int]:
    """Return the living children of a process, and those that only wait to be buried when asked."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in children if with_dead or is_alive(int(child))]


class Children:
    """Fork functions into processes of their own and know which are left."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._sessions: set[int] = set()

    def fork(self, body: Callable[[], object]) -> int:
        """Run `body` in a new process, in a session of its own; return its number."""
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            self._sessions.add(pid)
            return pid
        status = 1
        try:
            os.setsid()
            die_with_parent()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            for stream in (1, 2):
                os.dup2(log, stream)
            body()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)

    def send(self, number: signal.Signals, *pids: int) -> None:
        """Send a signal to processes that may be gone already."""
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def has_ended(self, pid: int) -> bool:
        """Return whether one of ours has ended, and bury it."""
        with suppress(ChildProcessError):
            return os.waitpid(pid, os.WNOHANG)[0] == pid
        return True

    def is_gone(self, pid: int) -> bool:
        """Return whether a process has ended that may be the child of a child."""
        if pid in children_of(os.getpid(), with_dead=True):
            return self.has_ended(pid)
        return not is_alive(pid)

    def wait(self, pid: int, seconds: float) -> bool:
        """Return whether a process of ours ended in time."""
        deadline = time.monotonic() + seconds
        while not self.has_ended(pid):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    def end(self, pid: int) -> None:
        """Kill a process of ours with what it has forked, and wait for its end."""
        self.send(signal.SIGKILL, *children_of(pid), pid)
        self.wait(pid, 10)
        self._sweep(lambda session: session == pid)
        self._sessions.discard(pid)

    def end_all(self, keep: frozenset[int] = frozenset()) -> None:
        """End everything that was forked here, orphans included, but the processes to `keep`."""
        self._sweep(lambda session: session in self._sessions and session not in keep)
        self._sessions &= keep

    def _sweep(self, is_ours: Callable[[int], bool]) -> None:
        while strays := [pid for pid in children_of(os.getpid()) if is_ours(_session_of(pid))]:
            for pid in strays:
                self.send(signal.SIGKILL, pid)
                with suppress(ChildProcessError):
                    os.waitpid(pid, 0)


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return -1
