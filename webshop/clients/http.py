"""One call to a remote: every limit on it and one meaning for everything that can go wrong.

The vendors' clients build on this; only here requests is called. What a status means is the
vendor's business, so every status but a redirect comes back as an answer.
"""

from __future__ import annotations

import logging
import platform
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlencode

import requests
from urllib3.exceptions import HTTPError, NewConnectionError

from webshop.clients.jsontext import read_json, write_json
from webshop.clients.transport import build_session
from webshop.exceptions import OutcomeUnknownError, RejectedError, RemoteError, RetryableRemoteError

__all__ = ["HttpAnswer", "HttpClient", "build_session", "build_user_agent", "retry_after_seconds"]

log = logging.getLogger(__name__)

_CHUNK = 65_536
_REQUEST_ID_HEADERS = ("x-amzn-RequestId", "x-ms-request-id", "apim-request-id", "Request-Id")
_DAY = 86_400.0


def build_user_agent(version: str) -> str:
    """Return the name we go by, in the form Amazon asks for."""
    language = f"Language=Python/{platform.python_version()}"
    return f"Koppeling/{version} ({language}; Platform={platform.system() or 'unknown'})"


@dataclass(frozen=True)
class HttpAnswer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str | None:
        """The vendor's own id of the call, for its support desk."""
        for name in _REQUEST_ID_HEADERS:
            value = self.headers.get(name)
            if value and value.isprintable():
                return value[:100]
        return None

    def json(self) -> Any:
        """Return the body with Decimals for fractions; raise ValueError when it is no usable JSON."""
        return read_json(self.body)

    def __repr__(self) -> str:
        return f"HttpAnswer(status={self.status}, {len(self.body)} bytes)"


def retry_after_seconds(answer: HttpAnswer) -> float | None:
    """Return the remote's advice when it is a number of seconds, at most a day."""
    value = answer.headers.get("Retry-After", "")
    if not (value.isascii() and value.isdigit()):
        return None
    return min(float(value), _DAY)


@dataclass(frozen=True)
class _Trouble:
    """Why there is no answer; `has_left` is False when the request provably never reached the remote."""

    text: str
    has_left: bool = True


class HttpClient:
    """Make calls to one remote.

    `connect_timeout` and `read_timeout` are seconds for the connection and for the head of the answer
    (afterwards: for each silence); `deadline` is for the whole call, `max_bytes` for the decoded body.
    `ends_at` is the moment, in `monotonic` time, at which all calls of this client must have ended.
    """

    def __init__(
        self,
        *,
        remote: str,
        session: requests.Session,
        user_agent: str,
        monotonic: Callable[[], float] = time.monotonic,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        deadline: float = 60.0,
        max_bytes: int = 20_000_000,
        ends_at: float | None = None,
    ) -> None:
        self.remote = remote
        self._session = session
        self._user_agent = user_agent
        self._monotonic = monotonic
        self._timeouts = (connect_timeout, read_timeout)
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._ends_at = ends_at

    def send(
        self,
        method: str,
        url: str,
        *,
        operation: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        is_write: bool = False,
    ) -> HttpAnswer:
        """Return the answer, whatever its status but a redirect.

        `is_write` says that the call changes something at the remote: without a whole answer it raises
        OutcomeUnknownError, unless the request provably never left. All other trouble raises
        RetryableRemoteError. `operation` names the call in the log and in errors.
        """
        if params:
            url = f"{url}?{urlencode(params, quote_via=quote, safe='$,:')}"
        sent_headers = {"User-Agent": self._user_agent, "Accept": "application/json", **(headers or {})}
        data: bytes | None = None
        if json is not None:
            data = write_json(json)
            sent_headers["Content-Type"] = "application/json"
        elif form is not None:
            data = urlencode(form).encode("ascii")
            sent_headers["Content-Type"] = "application/x-www-form-urlencoded;charset=UTF-8"

        started = self._monotonic()
        result = self._exchange(method, url, sent_headers, data, started)
        milliseconds = round((self._monotonic() - started) * 1000)
        # Raised here and not where it was caught: the original error names the address.
        if isinstance(result, _Trouble):
            log.warning("%s %s failed after %d ms: %s", self.remote, operation, milliseconds, result.text)
            raise self._error_of(result, operation, is_write)
        level = logging.DEBUG if result.is_success else logging.INFO
        log.log(
            level, "%s %s HTTP %d in %d ms, %s", self.remote, operation, result.status, milliseconds, result.request_id
        )
        if 300 <= result.status < 400:
            raise self._redirect_error(result, operation, is_write)
        return result

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None, started: float
    ) -> HttpAnswer | _Trouble:
        left = self._deadline if self._ends_at is None else min(self._deadline, self._ends_at - started)
        if left <= 0:
            return _Trouble("the time for these calls is up", has_left=False)
        timeouts = (min(self._timeouts[0], left), min(self._timeouts[1], left))
        try:
            with self._session.request(
                method, url, headers=headers, data=data, timeout=timeouts, allow_redirects=False, stream=True
            ) as response:
                body = self._read(response, started, left)
                if isinstance(body, _Trouble):
                    return body
                return HttpAnswer(response.status_code, response.headers, body)
        except (requests.RequestException, HTTPError, HTTPException, OSError) as error:
            return _Trouble(_describe(error), has_left=not _never_left(error))

    def _read(self, response: requests.Response, started: float, left: float) -> bytes | _Trouble:
        """Read the body in the pieces in which it arrives, so that a trickle meets the deadline."""
        # An answer that comes from a socket is a http.client response; only that one can trickle.
        read = response.raw.read1 if response.raw.supports_chunked_reads() else response.raw.read
        chunks: list[bytes] = []
        size = 0
        while True:
            if self._monotonic() - started > left:
                return _Trouble(f"the answer took more than {left:g} s")
            chunk = read(_CHUNK, decode_content=True)
            if not chunk:
                break
            size += len(chunk)
            if size > self._max_bytes:
                return _Trouble(f"the answer has more than {self._max_bytes} bytes")
            chunks.append(chunk)
        return b"".join(chunks)

    def _error_of(self, trouble: _Trouble, operation: str, is_write: bool) -> RemoteError:
        if is_write and trouble.has_left:
            return OutcomeUnknownError(
                f"it is not known whether the request was carried out: {trouble.text}",
                remote=self.remote,
                operation=operation,
            )
        return RetryableRemoteError(trouble.text, remote=self.remote, operation=operation)

    def _redirect_error(self, answer: HttpAnswer, operation: str, is_write: bool) -> RemoteError:
        # A write that was redirected must not be repeated by itself: a person looks at it.
        error_class = RejectedError if is_write else RetryableRemoteError
        return error_class(
            "the remote points to another address; redirects are not followed",
            remote=self.remote,
            operation=operation,
            status=answer.status,
            code="REDIRECT",
            request_id=answer.request_id,
        )


def _never_left(error: BaseException) -> bool:
    """Whether the request provably never reached the remote: no connection, so nothing was sent."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader)):
        return True
    return any(isinstance(cause, (NewConnectionError, ssl.SSLCertVerificationError)) for cause in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Give the error and what it wraps; requests and urllib3 keep that in `reason` or the arguments."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        wrapped = [getattr(cause, "reason", None), *cause.args, cause.__cause__]
        cause = next((candidate for candidate in wrapped if isinstance(candidate, BaseException)), None)


def _describe(error: BaseException) -> str:
    """Name the kinds of the errors; their texts hold addresses with what was asked."""
    names = dict.fromkeys(type(cause).__name__ for cause in _chain(error))
    return " / ".join(names)
