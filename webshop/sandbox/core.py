"""What both look-alikes share: time, faults, a request log and a store.

The sandbox plays Amazon and SnelStart for people who try the product, for the tests and for the
fault simulation. It must run in one process beside the real code (a requests adapter onto the WSGI
app, an injected clock) as well as on its own port, so nothing here looks at the wall clock, sleeps
or reads settings by itself.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Fault:
    """One switch of the fault board: when it applies and what goes wrong.

    `remote` is "amazon", "snelstart", "vies" or "mollie"; `operation` is a name such as "searchOrders",
    "POST /verkoopboekingen" or "*". `kind` is one of KINDS. `skip` calls pass first, then the fault
    strikes `times` times (None: until it is removed). `parameters` are per kind: status, body,
    seconds, bytes.
    """

    remote: str
    operation: str
    kind: str
    times: int | None = 1
    skip: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)


# kind -> what a person reads on the fault page
KINDS: dict[str, str] = {
    "drop": "The request never arrives; the caller times out.",
    "commit_then_hang": "The request is carried out, the answer never comes; the caller times out.",
    "delayed_commit": "The caller times out; the request is carried out `seconds` later.",
    "reset": "The connection is reset before anything happens.",
    "commit_then_reset": "The request is carried out, then the connection is reset.",
    "status": "Answer `status` with `body`, nothing is carried out.",
    "commit_then_status": "The request is carried out, the answer is `status` with `body`.",
    "truncate": "The request is carried out, the answer stops after `bytes` bytes.",
    "without_id": "The request is carried out, the answer lacks its id.",
    "throttle": "429 in the vendor's own shape.",
    "quota": "SnelStart's 403 for a used-up volume quota.",
    "ignore_filter": "The list answers everything, as if $filter were not there.",
    "huge": "The answer has `bytes` bytes.",
    "slow": "The answer trickles, one byte each `seconds`.",
    "redirect": "302 to another host.",
    "token_expired": "The access token counts as expired.",
    "token_revoked": "The refresh token or key counts as withdrawn.",
    "subscription_key": "SnelStart's 401 for a partner key that is not valid.",
    "repeat_orders": "searchOrders gives orders of the page before once more.",
    "page_token_invalid": "searchOrders refuses the pagination token.",
}


class FaultBoard:
    """Hold the faults that are switched on and hand out the one that strikes a call."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        if fault.kind not in KINDS:
            raise ValueError(f"unknown fault kind {fault.kind!r}")
        with self._lock:
            self._faults.append(fault)

    def remove(self, fault: Fault) -> None:
        """Switch one off; it may have struck for the last time already."""
        with self._lock:
            self._faults = [one for one in self._faults if one is not fault]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def active(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def strike(self, remote: str, operation: str) -> Fault | None:
        """Return the first fault that applies to this call and count it down."""
        with self._lock:
            for fault in self._faults:
                if fault.remote != remote or fault.operation not in ("*", operation):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None


@dataclass(frozen=True)
class LoggedRequest:
    """One call as the remote saw it; bodies are kept for the contract tests."""

    at: datetime
    remote: str
    operation: str
    account: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    answer: Any


class RequestLog:
    """Remember the latest calls: tests count them, the fault page shows them."""

    def __init__(self, keep: int = 20_000) -> None:
        self._keep = keep
        self._entries: list[LoggedRequest] = []
        self._lock = threading.Lock()

    def add(self, entry: LoggedRequest) -> None:
        with self._lock:
            self._entries.append(entry)
            if len(self._entries) > self._keep:
                del self._entries[: self._keep // 10]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def entries(self, remote: str | None = None, operation: str | None = None) -> list[LoggedRequest]:
        with self._lock:
            return [
                entry
                for entry in self._entries
                if remote in (None, entry.remote) and operation in (None, entry.operation)
            ]

    def count(self, remote: str | None = None, operation: str | None = None) -> int:
        return len(self.entries(remote, operation))


class Store:
    """Keep the sandbox's documents: in memory, and in one SQLite file when a path is given.

    A document is a JSON object under (collection, key). Reads come from memory; each `put` is
    written through, so that `make run` finds the same books after a restart.
    """

    def __init__(self, path: str | None = None) -> None:
        self.lock = threading.RLock()
        self._data: dict[str, dict[str, dict[str, Any]]] = {}
        self._connection: sqlite3.Connection | None = None
        if path is not None:
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS documents"
                " (collection TEXT, key TEXT, body TEXT, PRIMARY KEY (collection, key))"
            )
            rows = self._connection.execute("SELECT collection, key, body FROM documents ORDER BY rowid")
            for collection, key, body in rows:
                self._data.setdefault(collection, {})[key] = json.loads(body)

    def put(self, collection: str, key: str, document: dict[str, Any]) -> None:
        with self.lock:
            self._data.setdefault(collection, {})[key] = document
            if self._connection is not None:
                self._connection.execute(
                    "INSERT INTO documents VALUES (?, ?, ?)"
                    " ON CONFLICT (collection, key) DO UPDATE SET body = excluded.body",
                    (collection, key, json.dumps(document)),
                )

    def get(self, collection: str, key: str) -> dict[str, Any] | None:
        with self.lock:
            return self._data.get(collection, {}).get(key)

    def delete(self, collection: str, key: str) -> None:
        with self.lock:
            self._data.get(collection, {}).pop(key, None)
            if self._connection is not None:
                self._connection.execute("DELETE FROM documents WHERE collection = ? AND key = ?", (collection, key))

    def all(self, collection: str) -> list[dict[str, Any]]:
        """Return the documents of a collection in the order they were first put."""
        with self.lock:
            return list(self._data.get(collection, {}).values())

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass
class World:
    """Everything one sandbox consists of; each look-alike gets it and nothing else."""

    clock: Clock = utc_now
    store: Store = field(default_factory=Store)
    faults: FaultBoard = field(default_factory=FaultBoard)
    log: RequestLog = field(default_factory=RequestLog)

    def describe_faults(self) -> Iterator[dict[str, Any]]:
        return (asdict(fault) for fault in self.faults.active())
