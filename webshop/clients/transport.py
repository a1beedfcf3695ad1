"""The session all remotes are called with: no redirects, no surprises from the environment.

Three things differ from what requests does by itself. The head of an answer has to be complete
within the read timeout, not each byte of it. Trouble before the connection stands, the TLS handshake
included, is told apart from trouble after it. And cookies are never kept: one session serves many
shops.
"""

from __future__ import annotations

import http.client
import io
import logging
import socket
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError, SSLError

_POOL_SIZE = 20


def build_session(*, adapter: BaseAdapter | None = None) -> requests.Session:
    """Return a session with keep-alive; `adapter` replaces the network (tests, the simulation)."""
    session = requests.Session()
    # requests itself finds REQUESTS_CA_BUNDLE; afterwards the environment has no more say: no proxies, no .netrc.
    session.verify = session.merge_environment_settings("https://localhost", {}, None, None, None)["verify"]
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = adapter or _Adapter(pool_connections=_POOL_SIZE, pool_maxsize=_POOL_SIZE)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    # urllib3 writes whole addresses to its log, and the address of a look-up holds an e-mail address.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)
    return session


class _TimedSocket(io.RawIOBase):
    """Read from a socket; until the head of the answer is complete all reads share one timeout."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._timeout = sock.gettimeout()
        self._ends_at = None if self._timeout is None else time.monotonic() + self._timeout

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._ends_at is not None:
            left = self._ends_at - time.monotonic()
            if left <= 0:
                raise TimeoutError("the head of the answer took too long")
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def end_head(self) -> None:
        self._ends_at = None
        self._sock.settimeout(self._timeout)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        self._timed_socket = _TimedSocket(sock)
        # http.client only calls makefile() on what it is given.
        super().__init__(self._timed_socket, debuglevel, method, url)  # type: ignore[arg-type]

    def begin(self) -> None:
        super().begin()
        self._timed_socket.end_head()


class _Connection(HTTPConnection):
    response_class = _Response


class _TlsConnection(HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, SSLError) as error:
            raise NewConnectionError(self, f"TLS: {type(error).__name__}") from error


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
