"""Fixtures for every test: an application of its own, on a database of its own, at a time of its own.

A test sees committed data through real connections, as the product does. Do not hold an application
context open around `client.get(...)`: the request would share its session with the test.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from tests.support import databases, postgresql
from tests.support.clock import FrozenClock
from tests.support.network import refuse_remote_hosts
from tests.support.redis import run_redis
from tests.support.routing import compile_addresses_once
from tests.support.settings import make_settings
from webshop import create_app
from webshop.extensions import db, limiter
from webshop.sandbox import Sandbox, SandboxAdapter, create_sandbox
from webshop.settings import Settings

DATABASES = ("sqlite", "postgresql")

compile_addresses_once()

# The suite draws the same examples every time, so that a build tells of its change alone; new ones are
# drawn with `pytest --hypothesis-profile=default`.
hypothesis.settings.register_profile("suite", derandomize=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-database", action="store_true", help="run every test on SQLite and on PostgreSQL")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    is_for_both = metafunc.definition.get_closest_marker("database") or metafunc.config.getoption("--every-database")
    if is_for_both and "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", DATABASES)


@pytest.fixture(autouse=True)
def _local_network_only(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_remote_hosts(monkeypatch)


@pytest.fixture(autouse=True)
def _limiter_believes_in_its_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one limiter remembers that Redis was away, also in the next test's application."""
    monkeypatch.setattr(limiter, "_storage_dead", False)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    path = folder / "template.sqlite"
    databases.migrate(f"sqlite:///{path}", folder)
    return path


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[postgresql.Cluster]:
    binaries = postgresql.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server on this machine (Debian: apt-get install postgresql)")
    with postgresql.run_cluster(binaries) as cluster:
        yield cluster


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> str:
    """A migrated database without rows."""
    if database_kind == "sqlite":
        return databases.copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
    cluster: postgresql.Cluster = request.getfixturevalue("postgresql_cluster")
    return cluster.database_without_rows(lambda url: databases.migrate(url, tmp_path))


@pytest.fixture
def empty_database_url(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    cluster: postgresql.Cluster = request.getfixturevalue("postgresql_cluster")
    with cluster.database_without_tables() as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return make_settings(tmp_path, database_url=database_url)


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[Sandbox]:
    """Amazon and SnelStart, played in this process."""
    sandbox = create_sandbox(clock=clock)
    yield sandbox
    sandbox.close()


@pytest.fixture
def app(settings: Settings, clock: FrozenClock, sandbox: Sandbox) -> Iterator[Flask]:
    app = create_app(settings, clock=clock, transport=SandboxAdapter(sandbox.wsgi))
    app.testing = True
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A temporary folder whose path leaves room for a socket's name; pytest's own is too long."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    with run_redis() as url:
        yield url


@pytest.fixture
def redis(redis_server: str) -> Iterator[Redis]:
    """An empty Redis-protocol server."""
    with Redis.from_url(redis_server) as connection:
        connection.flushall()
        yield connection
