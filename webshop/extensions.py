"""Extensions, created unbound; create_app() binds each of them once.

The clock and the transport to the remotes are extensions too: tests and the fault simulation inject
their own, so that the code that is simulated is the code that ships.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
import requests
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel
from flask_htmx import HTMX
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.orm import DeclarativeBase, Session

from webshop.settings import Settings
from webshop.vault import Vault

Row = TypeVar("Row")

IDLE_IN_TRANSACTION_MS = 60_000
"""How long PostgreSQL waits for the next statement of a transaction. None of ours waits for anything but PostgreSQL."""


class Base(DeclarativeBase):
    # Names for every constraint from the first table on: unnamed ones cannot be altered later.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Clock:
    """Give the time; the one place where the product asks what time it is."""

    def init_app(self, app: Flask, source: Callable[[], datetime] | None = None) -> None:
        app.extensions["clock"] = source or _utc_now

    def now(self) -> datetime:
        now: datetime = current_app.extensions["clock"]()
        return now


def _utc_now() -> datetime:
    return datetime.now(UTC)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate(render_as_batch=True)
login = LoginManager()
csrf = CSRFProtect()
htmx = HTMX()
babel = Babel()
limiter = Limiter(get_remote_address, default_limits=[])
clock = Clock()


def settings() -> Settings:
    """Return the settings of the running application."""
    current: Settings = current_app.extensions["settings"]
    return current


def vault() -> Vault:
    """Return the vault that seals secrets and buyer data."""
    current: Vault = current_app.extensions["vault"]
    return current


def remote_session() -> requests.Session:
    """Return the session every call to a remote goes through."""
    session: requests.Session = current_app.extensions["remote_session"]
    return session


@contextmanager
def transaction() -> Iterator[Session]:
    """Run one transaction: commit at the end, roll back when anything is raised.

    Keep it short and never make a remote call inside: on SQLite it holds the one write lock.
    """
    try:
        yield db.session()
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def detached(session: Session, found: Iterable[Row]) -> list[Row]:
    """Return what was found, loose from the session.

    Otherwise a rollback makes the next look at it read again, in a transaction that nobody ends: on
    SQLite that holds the write lock for which order_transaction() then waits.
    """
    rows = list(found)
    for row in rows:
        session.expunge(row)
    return rows


@contextmanager
def order_transaction() -> Iterator[Connection]:
    """Run one transaction without a session: the short way, for what runs for every order.

    Everything inside must go through the connection it gives; the session has another one and would
    wait for this one's lock.
    """
    with db.engine.begin() as connection:
        yield connection


def write_on_get() -> None:
    """Let this GET write: an address that another site leads to, and that changes something."""
    db.session.rollback()
    g.writes_on_get = True


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # Transactions are begun by _begin below; the driver's own would start deferred and late.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=30000", "synchronous=FULL", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "connect")
def _prepare_postgresql(connection: Any, _record: object) -> None:
    if not isinstance(connection, psycopg.Connection):
        return
    # A process that is frozen or cut off inside a transaction would keep its locks, also that of its shop's
    # schedule: without this nobody could take the shop over for hours, lease or no lease.
    connection.execute(f"SET idle_in_transaction_session_timeout = {IDLE_IN_TRANSACTION_MS}")
    connection.commit()


@event.listens_for(Engine, "begin")
def _begin(connection: Any) -> None:
    if connection.dialect.name != "sqlite":
        return
    # A read that turns into a write fails at once when another process wrote in between (the busy
    # timeout does not help there). So whatever may write takes the lock first; pages only read.
    is_page = has_request_context() and request.method in ("GET", "HEAD") and not g.get("writes_on_get")
    connection.exec_driver_sql("BEGIN" if is_page else "BEGIN IMMEDIATE")
