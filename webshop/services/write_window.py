"""When a write may leave for SnelStart: soon after its claim, and not while SnelStart leaves writes unanswered."""

from __future__ import annotations

from datetime import datetime, timedelta

from webshop.exceptions import RetryableRemoteError
from webshop.extensions import clock
from webshop.models import Remote


class WriteWindow:
    """How long what was claimed may still be sent: a process that stood still meanwhile sends it no more.

    By the time that anybody looks up what became of a claim, its call has ended or was never made.

    A run whose writes are not answered makes no more of them: each would have to be looked up later.
    """

    LENGTH = timedelta(seconds=30)
    MOST_UNANSWERED = 2

    def __init__(self) -> None:
        self._opened_at: datetime | None = None
        self._unanswered = 0

    def open(self) -> None:
        """Let writes leave from now on; call it right before each claim.

        :raise RetryableRemoteError: when too many were not answered.
        """
        if self._unanswered >= self.MOST_UNANSWERED:
            raise RetryableRemoteError(
                "SnelStart does not answer what is sent",
                remote=Remote.SNELSTART.value,
                operation="POST",
                code="UNANSWERED",
            )
        self._opened_at = clock.now()

    def note_unanswered(self) -> None:
        """Count a write of which nobody knows whether it was carried out."""
        self._unanswered += 1

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
