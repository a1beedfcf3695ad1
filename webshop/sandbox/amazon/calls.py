"""Every call passes here: faults strike before and after it, and the log gets one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from webshop.sandbox.amazon.buckets import PLANS
from webshop.sandbox.amazon.errors import (
    ACCESS_EXPIRED,
    ACCESS_INVALID,
    GRANT_REVOKED,
    RefusalError,
    access_denied,
    default_failure,
    invalid_grant,
    quota_exceeded,
)
from webshop.sandbox.amazon.look_alike import Amazon
from webshop.sandbox.core import Fault, LoggedRequest
from webshop.sandbox.transport import fault_headers

_NOT_CARRIED_OUT = frozenset({"drop", "reset", "delayed_commit"})
_AFTERWARDS = frozenset({"commit_then_hang", "commit_then_reset", "truncate", "slow", "huge", "redirect"})
# Amazon tells its rate with these answers only
_TELLS_RATE = frozenset({200, 400, 404})


@dataclass
class Call:
    """One request under way; `account` is the seller, "" as long as nobody knows."""

    operation: str
    account: str
    fault: Fault | None

    def has_fault(self, *kinds: str) -> bool:
        return self.fault is not None and self.fault.kind in kinds

    def parameter(self, name: str, default: Any) -> Any:
        return default if self.fault is None else self.fault.parameters.get(name, default)


@dataclass(frozen=True)
class Answer:
    """`summary` is what the log keeps when the body holds a token or a hundred orders."""

    body: dict[str, Any]
    summary: Any = None


def perform(amazon: Amazon, operation: str, account: str, carry_out: Callable[[Call], Answer]) -> Response:
    call = Call(operation, account, amazon.world.faults.strike("amazon", operation))
    if call.fault is not None and call.fault.kind in _NOT_CARRIED_OUT:
        _log(amazon, call, 0, None)
        return Response(status=502, headers=fault_headers(call.fault))
    status, answer = _carry_out(call, carry_out)
    quiet = call.has_fault("throttle")
    response = _respond(amazon, operation, status, answer.body, tell_rate=not quiet)
    _log(amazon, call, status, answer.body if answer.summary is None else answer.summary)
    if call.fault is not None and call.fault.kind in _AFTERWARDS:
        response.headers.update(fault_headers(call.fault))
    return response


def _carry_out(call: Call, carry_out: Callable[[Call], Answer]) -> tuple[int, Answer]:
    try:
        _refuse_before(call)
        answer = carry_out(call)
        if call.has_fault("commit_then_status"):
            raise _ordered_failure(call)
        return 200, answer
    except RefusalError as refusal:
        return refusal.status, Answer(refusal.body)


def _refuse_before(call: Call) -> None:
    if call.has_fault("status"):
        raise _ordered_failure(call)
    if call.has_fault("throttle"):
        raise quota_exceeded()
    if call.has_fault("token_expired"):
        raise access_denied(ACCESS_EXPIRED)
    if call.has_fault("token_revoked"):
        raise invalid_grant(GRANT_REVOKED) if call.operation == "token" else access_denied(ACCESS_INVALID)


def _ordered_failure(call: Call) -> RefusalError:
    status = int(call.parameter("status", 503))
    return RefusalError(status, call.parameter("body", default_failure(call.operation, status)))


def _respond(amazon: Amazon, operation: str, status: int, body: Any, *, tell_rate: bool) -> Response:
    text = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
    response = Response(text, status, content_type="application/json")
    response.headers["x-amzn-RequestId"] = amazon.next_request_id()
    plan = PLANS.get(operation)
    if plan is not None and tell_rate and status in _TELLS_RATE:
        response.headers["x-amzn-RateLimit-Limit"] = plan.rate
    return response


def _log(amazon: Amazon, call: Call, status: int, answer: Any) -> None:
    amazon.world.log.add(
        LoggedRequest(
            at=amazon.world.clock(),
            remote="amazon",
            operation=call.operation,
            account=call.account,
            method=request.method,
            path=request.path,
            query=request.args.to_dict(),
            body=None,
            status=status,
            answer=answer,
        )
    )
