"""Background work: RQ carries a job's name and ids to a worker, the database knows what is due.

A job is a function `verb_object(*, shop_id: int)` of 5 to 15 lines around one service call. It runs
in an application context, which the worker gives it; tests and commands call it as a function. RQ's
own retries are not used: the sweep finds everything that is due again (schedule.py).
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import structlog

from webshop.exceptions import WebshopError
from webshop.extensions import db

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger(__name__)

stop_requested = threading.Event()
"""Set in a running job when the worker has to stop: finish the order at hand and return."""


class JobFailedError(WebshopError):
    """A job ended in an error, which the log holds in full."""


def job(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function as a job: the boundary where errors are logged and no farther.

    :raise JobFailedError: instead of any other error. RQ keeps the text of a failure in Redis, and
        texts of databases and vendors may hold data of buyers.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with structlog.contextvars.bound_contextvars(job=function.__name__, **kwargs):
            try:
                result = function(*args, **kwargs)
            except Exception as error:
                db.session.rollback()
                log.exception("job_failed")
                raise JobFailedError(f"{function.__name__} ended in {type(error).__name__}; see the log") from None
            log.info("job_done", result=result)
            return result

    return run
