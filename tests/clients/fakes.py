"""Stand-ins for the network and for what the services inject, small enough to see through."""

from __future__ import annotations

import io
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from webshop.clients.http import HttpClient
from webshop.clients.transport import build_session

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def clock() -> datetime:
    return NOW


@dataclass
class Answer:
    """What the remote answers; a dict or list becomes JSON."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Sent:
    """One request as the remote saw it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


class ScriptedAdapter(BaseAdapter):
    """Answer one call after the other; the last of the script goes on for ever."""

    def __init__(self, *script: Answer | Exception) -> None:
        super().__init__()
        self._script = list(script)
        self.sent: list[Sent] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        body = request.body or b""
        self.sent.append(
            Sent(
                request.method or "",
                request.url or "",
                dict(request.headers),
                body.encode() if isinstance(body, str) else bytes(body),
            )
        )
        step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(step, Exception):
            raise step
        return _build_response(request, step)

    def close(self) -> None:
        """There is nothing to close."""


def _build_response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    content = answer.content()
    headers = CaseInsensitiveDict({"Content-Length": str(len(content)), **answer.headers})
    response = requests.Response()
    response.status_code = answer.status
    response.headers = headers
    response.request = request
    response.url = request.url or ""
    response.raw = HTTPResponse(
        body=io.BytesIO(content), headers=headers, status=answer.status, preload_content=False, request_method="GET"
    )
    return response


def http_over(adapter: BaseAdapter, *, remote: str = "amazon", **limits: Any) -> HttpClient:
    return HttpClient(remote=remote, session=build_session(adapter=adapter), user_agent="Koppeling/test", **limits)


class FakeTokens:
    """Hand out token-1, then token-2 and so on with every renewal."""

    def __init__(self) -> None:
        self.renewed: list[str] = []

    def get(self) -> str:
        return f"token-{len(self.renewed) + 1}"

    def renew(self, rejected: str) -> str:
        self.renewed.append(rejected)
        return self.get()


class Server:
    """A socket on this machine that does with each connection what the test says."""

    def __init__(self, serve: Callable[[socket.socket], object], context: ssl.SSLContext | None = None) -> None:
        self._serve = serve
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}/path"

    def _run(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    if self._context is not None:
                        connection = self._context.wrap_socket(connection, server_side=True)
                    self._serve(connection)
                except OSError:
                    continue
                finally:
                    connection.close()

    def close(self) -> None:
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


def read_request(connection: socket.socket) -> bytes:
    """Read a whole request, as a server does before it answers."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths: Iterable[bytes] = (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    length = int(next(iter(lengths), b":0").split(b":")[1])
    while len(body) < length:
        body += connection.recv(65_536)
    return head + body
