"""Run the sandbox on a port of its own."""

from __future__ import annotations

import logging
import signal
import socket
import struct
import threading
from types import FrameType, TracebackType
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from webshop.sandbox import Sandbox, create_sandbox

HOST = "127.0.0.1"
_POLL_SECONDS = 0.05
log = logging.getLogger(__name__)


class _Handler(WSGIRequestHandler):
    # Connections stay open between requests, as the vendors' do.
    protocol_version = "HTTP/1.1"

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Don't wait for a next request on a connection that a fault broke off."""
        self.close_connection = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Keep quiet about ordinary requests; the log page has them."""
        if type == "error":
            log.error(message, *args)


class _Server(ThreadedWSGIServer):
    def shutdown_request(self, request: Any) -> None:
        """Close without the usual farewell when a fault wants the client to see a reset."""
        lingers, _ = struct.unpack("ii", request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))
        if lingers:
            self.close_request(request)
        else:
            super().shutdown_request(request)


class SandboxServer:
    """Serve a sandbox on a loopback port in the background; port 0 takes a free one."""

    def __init__(self, sandbox: Sandbox, port: int = 0) -> None:
        self._sandbox = sandbox
        self._server = _Server(HOST, port, sandbox.wsgi, _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_port}"

    def __enter__(self) -> SandboxServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._sandbox.release()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serve(port: int, path: str | None = None, *, public_url: str = "http://localhost:5000") -> None:
    """Serve until SIGTERM or SIGINT.

    `path` is the database file; `public_url` is where the product runs, for Amazon's redirect back.
    """
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
    sandbox = create_sandbox(path=path)
    sandbox.amazon.configure_application(
        redirect_uris=[f"{public_url}/oauth/amazon/callback"], login_uri=f"{public_url}/oauth/amazon/login"
    )
    with SandboxServer(sandbox, port):
        stop.wait()
    sandbox.close()
