"""Several people at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask

from webshop.exceptions import WebshopError


def race(app: Flask, *calls: Callable[[], object]) -> list[object]:
    """Make the calls at the same moment and return what each gave, an error of ours included."""
    results: list[object] = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(position: int) -> None:
        with app.app_context():
            barrier.wait(10)
            try:
                results[position] = calls[position]()
            except WebshopError as error:
                results[position] = error

    threads = [threading.Thread(target=run, args=(position,)) for position in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results
