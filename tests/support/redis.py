"""The Redis-protocol server that `make run` starts, for tests that need a real one."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webshop.supervisor import bundled_redis

START_SECONDS = 10


@contextmanager
def run_redis() -> Iterator[str]:
    """Run a server in a folder of its own and give its address."""
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        program, url = bundled_redis(Path(folder))
        process = subprocess.Popen(program.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not program.is_ready():
                assert process.poll() is None, "the Redis-protocol server ended at once"
                assert time.monotonic() < deadline, "the Redis-protocol server does not answer"
            yield url
        finally:
            process.terminate()
            process.wait(10)
