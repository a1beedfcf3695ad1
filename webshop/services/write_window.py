"""The time within which a claimed write may leave for SnelStart."""

from __future__ import annotations

from datetime import datetime, timedelta

from webshop.exceptions import RetryableRemoteError
from webshop.extensions import clock
from webshop.models import Remote


class WriteWindow:
    """How long what was claimed may still be sent: a process that stood still meanwhile sends it no more.

    By the time that anybody looks up what became of a claim, its call has ended or was never made.
    """

    LENGTH = timedelta(seconds=30)

    def __init__(self) -> None:
        self._opened_at: datetime | None = None

    def open(self) -> None:
        """Let writes leave from now on; call it right before each claim."""
        self._opened_at = clock.now()

    def check(self, operation: str) -> None:
        """Make sure, at the last moment, that this call may leave.

        :raise RetryableRemoteError: when it is a write and its claim is too old.
        """
        if not operation.startswith("POST "):
            return
        if self._opened_at is None or not timedelta(0) <= clock.now() - self._opened_at < self.LENGTH:
            raise RetryableRemoteError(
                "too long after its claim", remote=Remote.SNELSTART.value, operation=operation, code="CLAIM_TOO_OLD"
            )
