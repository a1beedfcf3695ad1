"""The sandbox in a process of its own, with a gate that holds one request at a chosen moment.

A kill "between the answer and the commit" by chance would take thousands of runs. The gate says when
the n-th request of a kind is at the door, has been carried out or has been answered, and holds it there
until the harness has done its harm.
"""

from __future__ import annotations

import json
import os
import re
import select
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import requests

from tests.faults.processes.children import Children
from webshop.sandbox import Sandbox, create_sandbox
from webshop.sandbox.core import Clock
from webshop.sandbox.server import SandboxServer

HARNESS = "/harness/"
BEFORE, AFTER, ANSWERED = "before", "after", "answered"
LONGEST_HOLD_SECONDS = 60


@dataclass(frozen=True)
class Hold:
    """Which request is held: the `number`-th whose "METHOD path" matches `pattern`, before or after it is done.

    At ANSWERED nothing is held: the harness hears of it the moment the answer is out. `is_dropped` says that a
    request held at the door is never carried out; otherwise it is, after the harness let go: a slow server that
    books for a client that is gone.
    """

    pattern: str
    number: int
    moment: str
    is_dropped: bool = False


class Gate:
    """WSGI middleware around the sandbox; the harness commands it under /harness/."""

    def __init__(self, sandbox: Sandbox, app: WSGIApplication, bell: int) -> None:
        self._sandbox = sandbox
        self._app = app
        self._bell = bell
        self._lock = threading.Lock()
        self._hold: Hold | None = None
        self._seen = 0
        self._released = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if path.startswith(HARNESS):
            return self._command(path.removeprefix(HARNESS), environ, start_response)
        hold, released = self._next(f"{environ['REQUEST_METHOD']} {path}")
        if hold is None:
            return self._app(environ, start_response)
        if hold.moment == BEFORE:
            self._ring(released)
            if hold.is_dropped:
                raise ConnectionResetError("the request was lost")
            return self._app(environ, start_response)
        answer = self._app(environ, start_response)
        if hold.moment == AFTER:
            body = list(answer)
            self._ring(released)
            return body
        return _Told(answer, lambda: os.write(self._bell, b"!"))

    def _next(self, call: str) -> tuple[Hold | None, threading.Event]:
        with self._lock:
            if self._hold is None or not re.search(self._hold.pattern, call):
                return None, self._released
            self._seen += 1
            if self._seen < self._hold.number:
                return None, self._released
            hold, self._hold = self._hold, None
            return hold, self._released

    def _ring(self, released: threading.Event) -> None:
        os.write(self._bell, b"!")
        released.wait(LONGEST_HOLD_SECONDS)

    def _command(self, name: str, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = self._carry_out(name, json.loads(body or b"{}"))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer, default=str).encode()]

    def _carry_out(self, name: str, facts: dict[str, Any]) -> Any:
        if name == "books":
            return self._sandbox.snelstart.documents(facts["administration"], facts["collection"])
        with self._lock:
            self._released.set()
            self._released = threading.Event()
            self._hold, self._seen = (Hold(**facts) if name == "hold" else None), 0
        return None


class _Told:
    """An answer that tells when it has been sent."""

    def __init__(self, answer: Iterable[bytes], tell: Callable[[], object]) -> None:
        self._answer = answer
        self._tell = tell

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        self._tell()


def _serve(clock: Clock, port: int, bell: int) -> None:
    sandbox = create_sandbox(clock=clock)
    sandbox.wsgi = Gate(sandbox, sandbox.wsgi, bell)
    with SandboxServer(sandbox) as server:
        os.write(port, f"{server.url}\n".encode())
        threading.Event().wait()


class RemoteSandbox:
    """The harness's end: fill the sandbox, hold requests, read the books."""

    def __init__(self, url: str, pid: int, bell: int) -> None:
        self.url = url
        self.pid = pid
        self._bell = bell
        self._session = requests.Session()

    def close(self) -> None:
        self._session.close()

    def control(self, path: str, **facts: Any) -> Any:
        return self._post(f"/control/{path}", facts)

    def clear_faults(self) -> None:
        self._session.delete(f"{self.url}/control/faults", timeout=30).raise_for_status()

    def log(self) -> dict[str, Any]:
        answer: dict[str, Any] = self._session.get(f"{self.url}/control/log", timeout=30).json()
        return answer

    def books(self, administration_id: str, collection: str) -> list[dict[str, Any]]:
        """Return what stands in SnelStart; amounts are text."""
        rows: list[dict[str, Any]] = self._post(
            f"{HARNESS}books", {"administration": administration_id, "collection": collection}
        )
        return rows

    def hold(self, hold: Hold) -> None:
        """Hold a request that is still to come."""
        self._drain()
        self._post(f"{HARNESS}hold", asdict(hold))

    def release(self) -> None:
        """Let a held request go on, and hold none any more."""
        self._post(f"{HARNESS}release", {})
        self._drain()

    def has_rung(self, seconds: float) -> bool:
        """Wait for the held request; return whether it came in time."""
        return bool(select.select([self._bell], [], [], seconds)[0])

    def _drain(self) -> None:
        while self.has_rung(0):
            os.read(self._bell, 100)

    def _post(self, path: str, facts: dict[str, Any]) -> Any:
        answer = self._session.post(f"{self.url}{path}", json=facts, timeout=30)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def run_sandbox(children: Children, clock: Clock) -> Iterator[RemoteSandbox]:
    """Run the sandbox until the end of the block."""
    bell, bell_end = os.pipe()
    port, port_end = os.pipe()
    pid = children.fork(lambda: _serve(clock, port_end, bell_end))
    try:
        if not select.select([port], [], [], 30)[0]:
            raise TimeoutError("the sandbox does not start")
        remote = RemoteSandbox(os.read(port, 200).decode().strip(), pid, bell)
        try:
            yield remote
        finally:
            remote.close()
    finally:
        children.end(pid)
        for descriptor in (bell, bell_end, port, port_end):
            os.close(descriptor)


def wait_for(condition: Callable[[], object], seconds: float, pause: float = 0.01) -> bool:
    """Return whether a condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
