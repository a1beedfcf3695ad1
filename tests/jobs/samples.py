"""Jobs for the tests: a worker process imports them by name."""

from __future__ import annotations

from pathlib import Path

from webshop.jobs import job, stop_requested


@job
def divide(*, shop_id: int) -> int:
    return 1 // (shop_id - 7)


@job
def wait_for_stop(*, shop_id: int, started: str, stopped: str) -> None:
    """Work on until the worker asks to stop, then finish what is at hand."""
    Path(started).touch()
    if stop_requested.wait(20):
        Path(stopped).touch()
