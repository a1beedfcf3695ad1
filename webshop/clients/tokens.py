"""What every client is given by its caller: access tokens and a budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class TokenSource(Protocol):
    """Hand out the access token of one connection; the caller caches and stores it."""

    def get(self) -> str:
        """Return a token that is expected to be valid."""

    def renew(self, rejected: str) -> str:
        """Return another token than the rejected one; raise ReconnectRequiredError when there is none."""


Take = Callable[[str], None]
"""Called with the operation right before each call; raises BudgetEmptyError when it must not be made."""
