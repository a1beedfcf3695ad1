"""Who of our staff is acting as whom at this moment, for whatever is recorded or looked up meanwhile.

The web side says so at the beginning of a request and takes it back at its end. So no use case has to
pass it on, and none can forget to.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Acting:
    impersonation_id: str
    staff_id: int
    user_id: int
    shop_id: int
    """The one shop that can be reached meanwhile, also when the user has others."""


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


def begin(acting: Acting) -> None:
    _acting.set(acting)


def end() -> None:
    _acting.set(None)


def current() -> Acting | None:
    return _acting.get()
