"""Act out on the wire what a look-alike ordered: silence, resets, half answers.

A look-alike marks its answer with two headers. `FaultTransport` acts on them on a real socket,
`SandboxAdapter` turns them into what `requests` would raise, without sockets and without sleeping.
Neither shows the headers to the caller.
"""

from __future__ import annotations

import io
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from webshop.sandbox.core import Fault

FAULT_HEADER = "X-Sandbox-Fault"
PARAMETERS_HEADER = "X-Sandbox-Fault-Parameters"

# kind on the fault board -> what happens on the wire
_ON_THE_WIRE = {
    "drop": "hang",
    "commit_then_hang": "hang",
    "delayed_commit": "hang",
    "commit_then_reset": "reset",
}
_IN_PROCESS = "sandbox.in_process"
_CHUNK = b" " * 65_536
_DEFAULT_HUGE = 200_000_000
_DEFAULT_HANG_SECONDS = 60.0
_DEFAULT_LOCATION = "http://elsewhere.invalid/"

Headers = list[tuple[str, str]]
Timeout = float | tuple[float | None, float | None] | None


def fault_headers(fault: Fault) -> dict[str, str]:
    """Return the headers with which a look-alike orders this fault."""
    return {FAULT_HEADER: fault.kind, PARAMETERS_HEADER: json.dumps(fault.parameters)}


@dataclass
class WireFault:
    """`kind` is hang, reset, truncate, slow, huge or redirect."""

    kind: str
    parameters: dict[str, Any]

    def number(self, name: str, default: float) -> float:
        return float(self.parameters.get(name, default))


@dataclass
class Answer:
    """What the app answered, with the order for the wire taken out of the headers."""

    status: str
    headers: Headers
    body: bytes
    fault: WireFault | None

    def replace_header(self, name: str, value: str) -> None:
        self.headers = [(key, text) for key, text in self.headers if key.lower() != name.lower()] + [(name, value)]


def call_app(app: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    status = ""
    headers: Headers = []

    def start_response(given: str, given_headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
        nonlocal status, headers
        status, headers = given, given_headers
        return io.BytesIO().write

    body = app(environ, start_response)
    try:
        content = b"".join(body)
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
    return _read_answer(status, headers, content)


def _read_answer(status: str, headers: Headers, content: bytes) -> Answer:
    orders = {FAULT_HEADER.lower(), PARAMETERS_HEADER.lower()}
    taken = {name.lower(): value for name, value in headers if name.lower() in orders}
    if not taken:
        return Answer(status, headers, content, None)
    kind = taken[FAULT_HEADER.lower()]
    parameters = json.loads(taken.get(PARAMETERS_HEADER.lower(), "{}"))
    kept = [(name, value) for name, value in headers if name.lower() not in orders]
    return Answer(status, kept, content, WireFault(_ON_THE_WIRE.get(kind, kind), parameters))


def _distort(answer: Answer, wait: Callable[[float], object]) -> Iterator[bytes]:
    """Return the body as the fault sends it; adjust status and headers to match."""
    fault, body = answer.fault, answer.body
    if fault is None:
        return iter((body,))
    answer.replace_header("Content-Length", str(len(body)))
    if fault.kind == "truncate":
        return iter((body[: int(fault.number("bytes", len(body) // 2))],))
    if fault.kind == "slow":
        return _trickle(body, fault.number("seconds", 1.0), wait)
    if fault.kind == "huge":
        length = max(int(fault.number("bytes", _DEFAULT_HUGE)), len(body))
        answer.replace_header("Content-Length", str(length))
        return _pad(body, length)
    if fault.kind == "redirect":
        answer.status = "302 FOUND"
        answer.replace_header("Location", str(fault.parameters.get("location", _DEFAULT_LOCATION)))
        answer.replace_header("Content-Length", "0")
        return iter(())
    raise ValueError(f"the transport can't act out {fault.kind!r}")


def _trickle(body: bytes, seconds: float, wait: Callable[[float], object]) -> Iterator[bytes]:
    for position in range(len(body)):
        wait(seconds)
        yield body[position : position + 1]


def _pad(body: bytes, length: int) -> Iterator[bytes]:
    """White space behind a JSON text leaves it valid: only the size is wrong."""
    yield body
    left = length - len(body)
    while left > 0:
        yield _CHUNK[:left]
        left -= len(_CHUNK)


class FaultTransport:
    """WSGI middleware: act on the socket of the development server."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._stopped = threading.Event()

    def close(self) -> None:
        """Let everything that hangs go."""
        self._stopped.set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if _IN_PROCESS in environ:
            return self._app(environ, start_response)
        answer = call_app(self._app, environ)
        if answer.fault is not None and answer.fault.kind in ("hang", "reset"):
            self._break_off(answer.fault, environ.get("werkzeug.socket"))
        chunks = _distort(answer, self._stopped.wait)
        start_response(answer.status, answer.headers)
        if answer.fault is not None and answer.fault.kind == "truncate":
            return self._cut(chunks)
        return chunks

    def _break_off(self, fault: WireFault, connection: socket.socket | None) -> None:
        """Raise what makes the server drop the connection without an answer."""
        if fault.kind == "hang":
            self._stopped.wait(fault.number("seconds", _DEFAULT_HANG_SECONDS))
        elif connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionResetError(f"sandbox fault: {fault.kind}")

    def _cut(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield from chunks
        raise ConnectionResetError("sandbox fault: truncate")


class _Body(io.RawIOBase):
    """A file object over chunks that are made when they are read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def read1(self, size: int = -1) -> bytes:
        """Return one piece as it arrives, as a socket does."""
        return self.read(size if size > 0 else len(_CHUNK)) or b""


def _ignore_wait(seconds: float) -> None:
    """Time that a simulation doesn't count."""


class SandboxAdapter(BaseAdapter):
    """Let a `requests` session call the sandbox in this process.

    `wait` is told how many seconds a hanging or slow answer takes, so that a simulation can move its
    clock; it must not sleep.
    """

    def __init__(self, app: WSGIApplication, *, wait: Callable[[float], object] = _ignore_wait) -> None:
        super().__init__()
        self._app = app
        self._wait = wait

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Timeout = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        answer = call_app(self._app, _build_environ(request))
        fault = answer.fault
        if fault is not None and fault.kind == "hang":
            self._hang(request, timeout)
        if fault is not None and fault.kind == "reset":
            error = ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
            raise requests.ConnectionError(error, request=request)
        return self._build_response(request, answer)

    def close(self) -> None:
        """There is nothing to close."""

    def _hang(self, request: requests.PreparedRequest, timeout: Timeout) -> None:
        limit = timeout[1] if isinstance(timeout, tuple) else timeout
        if limit is None:
            raise AssertionError("a call without a read timeout would hang for ever")
        self._wait(limit)
        error = ReadTimeoutError(None, request.url, f"Read timed out. (read timeout={limit})")  # type: ignore[arg-type]
        raise requests.ReadTimeout(error, request=request)

    def _build_response(self, request: requests.PreparedRequest, answer: Answer) -> requests.Response:
        body: io.RawIOBase | io.BytesIO
        body = io.BytesIO(answer.body) if answer.fault is None else _Body(_distort(answer, self._wait))
        code, _, reason = answer.status.partition(" ")
        response = requests.Response()
        response.status_code = int(code)
        response.reason = reason
        response.headers = CaseInsensitiveDict(answer.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.url = request.url or ""
        response.request = request
        response.raw = HTTPResponse(
            body=body,
            headers=dict(answer.headers),
            status=int(code),
            reason=reason,
            preload_content=False,
            request_method=request.method,
        )
        return response


def _build_environ(request: requests.PreparedRequest) -> WSGIEnvironment:
    url = urlsplit(request.url or "")
    body = request.body or b""
    if not isinstance(body, (bytes, str)):
        raise TypeError("the sandbox takes bodies of bytes or text only")
    content = body.encode() if isinstance(body, str) else body
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path or "/").decode("latin-1"),
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname or "localhost",
        "SERVER_PORT": str(url.port or (443 if url.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": url.netloc,
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        _IN_PROCESS: True,
    }
    for name, given in request.headers.items():
        key = name.upper().replace("-", "_")
        value = given.decode("latin-1") if isinstance(given, bytes) else given
        if key == "CONTENT_TYPE":
            environ[key] = value
        elif key != "CONTENT_LENGTH":
            environ[f"HTTP_{key}"] = value
    return environ
