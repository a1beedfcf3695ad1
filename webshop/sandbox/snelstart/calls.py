"""What a call and an answer are, and the shapes in which SnelStart refuses one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Call:
    """One HTTP request, free of any web framework so that a delayed one can be carried out later.

    `path` is what follows the API's base address; `headers` have lower-case names.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def without_filter(self) -> Call:
        return replace(self, query={name: value for name, value in self.query.items() if name != "$filter"})


@dataclass
class Answer:
    """What goes back: `body` is JSON, except for a str, which is sent as plain text."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """Stop the call with this answer; raised anywhere below the gate."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.body!r}")
        self.answer = answer


def business_error(code: str, message: str) -> RefusedError:
    """Return the 400 with the array that SnelStart uses for its own rules."""
    return RefusedError(Answer(400, [{"errorCode": code, "message": message, "details": None}]))


def model_state(errors: dict[str, list[str]]) -> RefusedError:
    """Return the 400 of ASP.NET's model binding."""
    return RefusedError(Answer(400, {"message": "The request is invalid.", "modelState": errors}))


def query_error(message: str) -> RefusedError:
    return RefusedError(Answer(400, {"Message": message}))


def not_found(code: str | None = None, message: str = "Niet gevonden.") -> RefusedError:
    if code is None:
        return RefusedError(Answer(404, {"Message": message}))
    return RefusedError(Answer(404, [{"errorCode": code, "message": message, "details": None}]))


def gateway(status: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    """Return an answer of the API gateway that stands before SnelStart."""
    return Answer(status, {"statusCode": status, "message": message}, headers or {})


def bearer_refused() -> Answer:
    return Answer(401, {"Message": "Authorization has been denied for this request."})


def subscription_key_refused(missing: bool) -> Answer:
    if missing:
        text = "missing subscription key. Make sure to include subscription key when making requests to an API."
    else:
        text = "invalid subscription key. Make sure to provide a valid key for an active subscription."
    return gateway(401, f"Access denied due to {text}")


def rate_exceeded(seconds: int) -> Answer:
    return gateway(429, f"Rate limit is exceeded. Try again in {seconds} seconds.", {"Retry-After": str(seconds)})


def quota_exceeded(seconds: int) -> Answer:
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    text = f"Out of call volume quota. Quota will be replenished in {hours:02d}:{minutes:02d}:{left:02d}."
    return gateway(403, text, {"Retry-After": str(seconds)})
