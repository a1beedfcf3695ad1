"""What all plays of one process share: an application per database, and shops that are connected already.

Connecting shops costs as much as a whole play, so it is done once; a play starts from a copy of the
SQLite file and of the sandbox's store. PostgreSQL is emptied and connected anew every time.
"""

from __future__ import annotations

import logging
import pickle
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask

from tests.faults.machine import Machine, PointAdapter
from tests.faults.script import Script
from tests.faults.virtual_time import VirtualTime
from tests.support import databases, postgresql
from tests.support.scenario import Scenario, connect_administration, connect_shop
from tests.support.settings import make_settings
from webshop import create_app
from webshop.clients.amazon.client import AmazonClient
from webshop.clients.http import HttpClient
from webshop.extensions import db
from webshop.sandbox import Sandbox, SandboxAdapter, create_sandbox
from webshop.sandbox.amazon import Amazon
from webshop.sandbox.snelstart import SnelStart
from webshop.services import connections, documents, relation_reading
from webshop.vault import Vault

CONNECTED_AT = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
MEMORY = Path("/dev/shm")
SQLITE, POSTGRESQL = "sqlite", "postgresql"
ADMINISTRATION: dict[str, Any] = {"article_code_kind": "Alfanumeriek", "article_code_length": 25}


@dataclass
class Stage:
    """Where one play takes place."""

    app: Flask
    machine: Machine
    time: VirtualTime
    sandbox: Sandbox
    shops: list[Scenario]
    path: Path | None
    """The database's file; None on PostgreSQL."""

    def back_up(self, to: Path) -> None:
        """Copy the database as an operator does, while the product may be running."""
        if self.path is None:
            raise ValueError("only SQLite is backed up here")
        _copy_database(self.path, to)

    def restore(self, backup: Path) -> None:
        """Put an earlier state of the database back. The remotes keep what they have."""
        if self.path is None:
            raise ValueError("only SQLite is restored here")
        _copy_database(backup, self.path)


@dataclass(frozen=True)
class _Base:
    """Shops that are connected: the sandbox's store and what to find in it."""

    store: bytes
    shops: list[tuple[int, str, str]]


@dataclass
class _Place:
    """The application on one database, with the clock and network that plays set."""

    app: Flask
    machine: Machine
    time: VirtualTime
    sandbox: Sandbox


class Bench:
    """Set the stage for plays; a context manager."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._bases: dict[tuple[int, bool], tuple[_Base, Path]] = {}
        self.log = CapturedLog()

    def __enter__(self) -> Bench:
        folder = tempfile.TemporaryDirectory(
            prefix="faults-", dir=MEMORY if MEMORY.is_dir() else None, ignore_cleanup_errors=True
        )
        self._folder = Path(self._stack.enter_context(folder))
        self._stack.enter_context(_on_virtual_time(self))
        self._stack.enter_context(_usual_pages())
        self._stack.enter_context(self.log.capture())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def stage(self, script: Script) -> Stage:
        """Return shops that are connected, at the time when the script starts."""
        place = self._postgresql if script.database == POSTGRESQL else self._sqlite
        self.place = place
        place.machine.reset()
        key = (script.shops, script.is_administration_shared)
        if script.database == POSTGRESQL:
            self._empty_postgresql(place)
            base = self._connect(place, *key)
        else:
            if key not in self._bases:
                self._bases[key] = self._make_base(place, *key)
            base, file = self._bases[key]
            _replace_database(place.app, file, self._file)
        place.time.restart(script.starts_at)
        place.app.extensions["vault"] = Vault(place.app.extensions["settings"].encryption_keys)
        _refill(place.sandbox, pickle.loads(base.store))  # noqa: S301 - made in this process
        shops = [Scenario(place.app, place.sandbox, *facts) for facts in base.shops]
        _set_pages(script.page_size, script.list_size)
        self.log.clear()
        path = None if script.database == POSTGRESQL else self._file
        return Stage(place.app, place.machine, place.time, place.sandbox, shops, path)

    # the places

    @property
    def _file(self) -> Path:
        return self._folder / "play.sqlite"

    @cached_property
    def _template(self) -> Path:
        path = self._folder / "template.sqlite"
        databases.migrate(f"sqlite:///{path}", self._folder)
        return path

    @cached_property
    def _sqlite(self) -> _Place:
        shutil.copyfile(self._template, self._file)
        return self._place(f"sqlite:///{self._file}")

    @cached_property
    def _postgresql(self) -> _Place:
        binaries = postgresql.find_binaries()
        if binaries is None:
            raise RuntimeError("no PostgreSQL server on this machine (Debian: apt-get install postgresql)")
        self._cluster = self._stack.enter_context(postgresql.run_cluster(binaries))
        return self._place(self._empty_cluster())

    def _empty_cluster(self) -> str:
        return self._cluster.database_without_rows(lambda url: databases.migrate(url, self._folder))

    def _empty_postgresql(self, place: _Place) -> None:
        _close_connections(place.app)
        self._empty_cluster()

    def _place(self, url: str) -> _Place:
        time = VirtualTime(CONNECTED_AT)
        machine = Machine(wait=time.wait)
        adapter = PointAdapter(machine)
        settings = make_settings(self._folder, database_url=url)
        app = create_app(settings, clock=time.ours, transport=adapter)
        self.log.silence_others()
        app.testing = True
        with app.app_context():
            machine.watch(db.engine)
        self._stack.callback(_close_connections, app)
        sandbox = create_sandbox(clock=time.remote)
        adapter.inner = SandboxAdapter(sandbox.wsgi, wait=time.wait)
        return _Place(app, machine, time, sandbox)

    # shops that are connected

    def _make_base(self, place: _Place, shops: int, is_shared: bool) -> tuple[_Base, Path]:
        _replace_database(place.app, self._template, self._file)
        base = self._connect(place, shops, is_shared)
        _close_connections(place.app)
        file = self._folder / f"base-{shops}-{is_shared}.sqlite"
        shutil.copyfile(self._file, file)
        return base, file

    def _connect(self, place: _Place, shops: int, is_shared: bool) -> _Base:
        place.time.restart(CONNECTED_AT)
        place.app.extensions["vault"] = Vault(place.app.extensions["settings"].encryption_keys)
        sandbox = place.sandbox
        _refill(sandbox, {})
        scenarios = [
            connect_shop(place.app, sandbox, name=f"Winkel {number}", **ADMINISTRATION) for number in range(shops)
        ]
        if is_shared:
            first, *others = scenarios
            key = sandbox.snelstart.administration(first.administration_id).key
            for other in others:
                with place.app.app_context():
                    connect_administration(other.shop_id, key)
                other.administration_id = first.administration_id
        facts = [(one.shop_id, one.seller_id, one.administration_id) for one in scenarios]
        return _Base(pickle.dumps(sandbox.world.store._data), facts)


def _set_pages(orders: int, rows: int) -> None:
    """Let the remotes' lists have more than one page, as those of a big shop have."""
    defaults = AmazonClient.search_orders.__kwdefaults__
    assert defaults is not None
    defaults["page_size"] = orders
    relation_reading.PAGE = documents.PAGE = rows


def _refill(sandbox: Sandbox, documents: dict[str, Any]) -> None:
    """Let a sandbox hold these documents and nothing else; its pages and routes cost more than all it does."""
    sandbox.world.store._data = documents
    sandbox.world.faults.clear()
    sandbox.world.log.clear()
    Amazon.__init__(sandbox.amazon, sandbox.world, seed=1)
    SnelStart.__init__(sandbox.snelstart, sandbox.world)


def _close_connections(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _copy_database(source: Path, target: Path) -> None:
    """Copy through the database's own locks, so that processes may have it open."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)


def _replace_database(app: Flask, source: Path, target: Path) -> None:
    _close_connections(app)
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(source, target)


@contextmanager
def _usual_pages() -> Iterator[None]:
    """Put back at the end what _set_pages changes."""
    defaults = AmazonClient.search_orders.__kwdefaults__
    assert defaults is not None
    usual = defaults["page_size"], relation_reading.PAGE
    try:
        yield
    finally:
        _set_pages(*usual)


@contextmanager
def _on_virtual_time(bench: Bench) -> Iterator[None]:
    """Let the time limits of a call count the time of the play, so that a slow answer meets them."""
    real = connections.http_client

    def http_client(remote: str) -> HttpClient:
        client = real(remote)
        client._monotonic = bench.place.time.monotonic
        return client

    connections.http_client = http_client
    try:
        yield
    finally:
        connections.http_client = real


class CapturedLog(logging.Handler):
    """Keep what the product writes to its log, to look for secrets in it; nothing is printed."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    @contextmanager
    def capture(self) -> Iterator[None]:
        root = logging.getLogger()
        level, handlers = root.level, list(root.handlers)
        root.addHandler(self)
        try:
            yield
        finally:
            root.handlers = handlers
            root.setLevel(level)

    def silence_others(self) -> None:
        """Take away the handler that create_app made, and write down more than it would."""
        root = logging.getLogger()
        for handler in list(root.handlers):
            if getattr(handler, "is_webshop", False):
                root.removeHandler(handler)
        root.setLevel(logging.INFO)

    def clear(self) -> None:
        self.lines.clear()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {record.__dict__}")
