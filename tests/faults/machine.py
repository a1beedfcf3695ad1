"""The machine our processes run on: it counts their I/O points and can kill, stop or freeze them there.

An I/O point is the moment before or after a call to a remote or a commit. Between two of them nothing
happens that anybody else could see, so that dying there is dying at the point before.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psycopg
import requests
from requests.adapters import BaseAdapter
from sqlalchemy import Engine

BEFORE, AFTER = "before", "after"
COMMIT = "commit"
SECONDS_PER_CALL = 0.1
Answer = TypeVar("Answer")
_PREFIX = re.compile(r"/(amazon/api|amazon|snelstart/api/v2|snelstart)(/.*)")
_IDENTIFIER = re.compile(r"/(?=[0-9-]*[0-9])[0-9a-zA-Z]{3,}-[0-9a-zA-Z-]{9,}")


class Killed(BaseException):
    """The process is gone: nothing of ours may act on it, and nothing it still tries takes place."""


class InterruptedJobError(Exception):
    """What RQ raises in a job that did not end in time after SIGTERM: the code can still tidy up."""


@dataclass(frozen=True)
class Point:
    number: int
    operation: str
    """`commit`, or method and path of a call, such as `POST /verkoopboekingen`."""
    side: str

    @property
    def is_outside_transaction(self) -> bool:
        return self.operation != COMMIT or self.side == AFTER

    def __str__(self) -> str:
        return f"#{self.number} {self.side} {self.operation}"


@dataclass
class Process:
    """One run of one shop by one worker."""

    name: str
    is_dead: bool = False
    is_stopping: bool = False


def _pass(point: Point, process: Process, outcome: str) -> None:
    """Let a process go on."""


@dataclass
class Machine:
    """`processes` are those alive, the one that is running last; without one it is the user who acts."""

    wait: Callable[[float], None]
    on_point: Callable[[Point, Process, str], None] = _pass
    processes: list[Process | None] = field(default_factory=list)
    points: int = 0
    failing_commits: int = 0
    """How many commits from now on fail, because the database does not take any."""

    def reset(self) -> None:
        """Forget the play before."""
        self.on_point = _pass
        self.processes.clear()
        self.points = self.failing_commits = 0

    @contextmanager
    def run(self, process: Process | None) -> Iterator[None]:
        """Let this process run until the end of the block; None is everybody who is not a worker."""
        self.processes.append(process)
        try:
            yield
        finally:
            self.processes.pop()

    @property
    def current(self) -> Process | None:
        return self.processes[-1] if self.processes else None

    def kill(self) -> None:
        """End the process that is running, for good.

        :raise Killed: always.
        """
        if self.current is not None:
            self.current.is_dead = True
        raise Killed

    def _reach(self, operation: str, side: str, outcome: str = "") -> None:
        process = self.current
        if process is None:
            return
        self.points += 1
        self.on_point(Point(self.points, operation, side), process, outcome)

    def _check_alive(self) -> None:
        if self.current is not None and self.current.is_dead:
            raise Killed

    def call(self, operation: str, send: Callable[[], requests.Response]) -> requests.Response:
        """Make a call to a remote as the process that is running."""
        self._check_alive()
        self._reach(operation, BEFORE)
        self.wait(SECONDS_PER_CALL)
        try:
            answer = send()
        except requests.RequestException as trouble:
            self._reach(operation, AFTER, type(trouble).__name__)
            raise
        self._reach(operation, AFTER, str(answer.status_code))
        return answer

    def watch(self, engine: Engine) -> None:
        """Let every commit of this engine pass here."""
        dialect = engine.dialect
        really, undo = dialect.do_commit, dialect.do_rollback

        def commit(connection: Any) -> None:
            try:
                self._check_alive()
                self._reach(COMMIT, BEFORE)
                if self.current is not None and self.failing_commits > 0:
                    self.failing_commits -= 1
                    raise lost_connection(dialect.name)
            except BaseException:
                undo(connection)
                raise
            really(connection)
            self._reach(COMMIT, AFTER)

        dialect.do_commit = commit  # type: ignore[method-assign, assignment]


def lost_connection(dialect_name: str) -> Exception:
    """Return the driver's error for a database that went away."""
    if dialect_name == "sqlite":
        return sqlite3.OperationalError("disk I/O error")
    return psycopg.OperationalError("server closed the connection unexpectedly")


class PointAdapter(BaseAdapter):
    """Let every call of a `requests` session pass the machine; `inner` is replaced for every play."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self._machine = machine
        self.inner: BaseAdapter | None = None

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        if self.inner is None:
            raise AssertionError("no remote is connected")
        inner = self.inner
        return self._machine.call(operation_of(request), lambda: inner.send(request, **options))

    def close(self) -> None:
        """There is nothing to close."""


def operation_of(request: requests.PreparedRequest) -> str:
    """Name a call as the fault board does, without the ids in its path."""
    path = urlsplit(request.url or "").path
    match = _PREFIX.match(path)
    remote, rest = match.groups() if match else ("", path)
    if rest.endswith("/token"):
        return f"token {remote.split('/')[0]}"
    if remote.startswith("amazon"):
        return "searchOrders" if rest.endswith("/orders") else f"amazon {_IDENTIFIER.sub('/{id}', rest)}"
    return f"{request.method} {_IDENTIFIER.sub('/{id}', rest)}"
