"""A throw-away PostgreSQL: Debian's or PATH's binaries, a unix socket, nothing written to last."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

MIGRATED = "webshop"
EMPTY_ALL_TABLES = """
DO $$
BEGIN
    -- What a failed test left open would hold its locks.
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    -- Without the triggers: the audit refuses to be emptied.
    SET LOCAL session_replication_role = replica;
    EXECUTE (
        SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY'
        FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    );
END $$
"""


def find_binaries() -> Path | None:
    """Return the folder of initdb and pg_ctl, the newest version first; None when there is none."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _as_server_user() -> list[str]:
    """PostgreSQL refuses to run as root; Debian's package made a user for it."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


class Cluster:
    """A running server with one migrated database, emptied for each test, and empty ones on request."""

    def __init__(self, socket_dir: Path, user: str, pg_ctl: Sequence[str]) -> None:
        self._socket_dir = socket_dir
        self._user = user
        self._pg_ctl = pg_ctl
        self._numbers = count(1)
        self._is_migrated = False

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{self._user}@/{database}?host={self._socket_dir}"

    def database_without_rows(self, migrate: Callable[[str], None]) -> str:
        """Return the address of the migrated database; emptying it takes a tenth of copying one."""
        if self._is_migrated:
            self._execute(EMPTY_ALL_TABLES, MIGRATED)
        else:
            self._execute(f"CREATE DATABASE {MIGRATED}")
            migrate(self.url(MIGRATED))
            self._is_migrated = True
        return self.url(MIGRATED)

    @contextmanager
    def database_without_tables(self) -> Iterator[str]:
        name = f"empty_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def restart(self, mode: str = "immediate") -> None:
        """Stop the server, by default as a crash does, and start it again."""
        _run([*self._pg_ctl, "-l", str(self._socket_dir / "log"), "-m", mode, "restart"], self._socket_dir)

    def _execute(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(f"host={self._socket_dir} user={self._user} dbname={database}", autocommit=True) as link:
            link.execute(statement)


@contextmanager
def run_cluster(binaries: Path) -> Iterator[Cluster]:
    # Not pytest's temporary folder: its path is too long for a socket and closed to other users.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        root, prefix = Path(folder), _as_server_user()
        user = "postgres" if prefix else pwd.getpwuid(os.geteuid()).pw_name
        if prefix:
            shutil.chown(root, "postgres", "postgres")
        data = str(root / "data")
        options = f"-c listen_addresses='' -k {root} -F -c synchronous_commit=off -c full_page_writes=off"
        initdb = [str(binaries / "initdb"), "-D", data, "-U", user, "-A", "trust", "-E", "UTF8", "--no-sync"]
        _run([*prefix, *initdb], root)
        pg_ctl = [*prefix, str(binaries / "pg_ctl"), "-D", data, "-w"]
        _run([*pg_ctl, "-l", str(root / "log"), "-o", options, "start"], root)
        try:
            yield Cluster(root, user, pg_ctl)
        finally:
            _run([*pg_ctl, "-m", "immediate", "stop"], root)


def _run(command: Sequence[str], cwd: Path) -> None:
    with (cwd / "output").open("ab") as output:
        subprocess.run(command, check=True, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
