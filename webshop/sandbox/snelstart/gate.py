"""Every API call passes here: faults, keys, token, limits, scopes, the handler and the log."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from webshop.sandbox.core import Fault, LoggedRequest, World
from webshop.sandbox.snelstart import routes
from webshop.sandbox.snelstart.books import Books
from webshop.sandbox.snelstart.calls import (
    Answer,
    Call,
    RefusedError,
    bearer_refused,
    gateway,
    quota_exceeded,
    rate_exceeded,
    subscription_key_refused,
)
from webshop.sandbox.snelstart.limits import Limits, RateLimiter
from webshop.sandbox.snelstart.tokens import TokenHost, unknown_key
from webshop.sandbox.transport import fault_headers

REMOTE = "snelstart"
DELAYED = "snelstart.delayed"
# The status in the log of a call that got no answer at all.
NO_ANSWER = 0
NOT_CARRIED_OUT = frozenset({"drop", "reset", "redirect"})
CARRIED_OUT = frozenset({"commit_then_hang", "commit_then_reset", "truncate", "huge", "slow"})


class Gate:
    """Turn a Call into an Answer and log it, once per call."""

    def __init__(
        self, world: World, books: BooksByAdministration, subscription_keys: frozenset[str], limits: Limits
    ) -> None:
        self._world = world
        self._books = books
        self._keys = subscription_keys
        self._tokens = TokenHost(world)
        self.limiter = RateLimiter(limits)
        self.self_inflicted_429 = 0

    def api(self, call: Call) -> Answer:
        match, template = routes.find(call.method, call.path)
        operation = f"{call.method} {template or call.path}"
        self.run_due()
        fault = self._world.faults.strike(REMOTE, operation)
        account = self._account(call)
        try:
            answer = self._api_answer(call, match, template, account, fault)
        except RefusedError as refusal:
            answer = refusal.answer
        answer = _disturbed(answer, fault)
        self._log(call, operation, account, answer)
        return answer

    def token(self, call: Call) -> Answer:
        self.run_due()
        fault = self._world.faults.strike(REMOTE, "token")
        answer = _instead(fault)
        if answer is None and fault is not None and fault.kind in ("token_revoked", "delayed_commit"):
            answer = unknown_key() if fault.kind == "token_revoked" else Answer(NO_ANSWER)
        if answer is None:
            with self._world.store.lock:
                answer = self._tokens.exchange(call)
        answer = _disturbed(answer, fault)
        self._log(call, "token", "", answer)
        return answer

    def run_due(self) -> None:
        """Carry out the requests whose delay is over."""
        now = self._world.clock()
        with self._world.store.lock:
            for waiting in self._world.store.all(DELAYED):
                if datetime.fromisoformat(waiting["due_at"]) > now:
                    continue
                self._world.store.delete(DELAYED, waiting["key"])
                call = Call(waiting["method"], waiting["path"], waiting["query"], {}, waiting["body"].encode())
                match, _ = routes.find(call.method, call.path)
                if match is not None:
                    self._carry_out(call, match, self._books.of(waiting["account"]))

    def act(self, call: Call, administration: str) -> Answer:
        """Carry a call out at once: no fault, key, limit or log."""
        match, _ = routes.find(call.method, call.path)
        if match is None:
            raise ValueError(f"no resource for {call.method} {call.path}")
        return self._carry_out(call, match, self._books.of(administration))

    def _api_answer(
        self, call: Call, match: routes.Match | None, template: str | None, account: str, fault: Fault | None
    ) -> Answer:
        instead = _instead(fault)
        if instead is not None:
            return instead
        if fault is not None and fault.kind in ("token_expired", "token_revoked"):
            self._tokens.expire(_bearer(call))
            return bearer_refused()
        books = self._admitted(call, account)
        wait = self.limiter.enter(account, self._world.clock())
        if wait:
            self.self_inflicted_429 += 1
            return rate_exceeded(wait)
        try:
            return self._routed(call, match, template, books, fault)
        finally:
            self.limiter.leave(account)

    def _admitted(self, call: Call, account: str) -> Books:
        key = call.headers.get("ocp-apim-subscription-key") or call.query.get("subscription-key")
        if key not in self._keys:
            raise RefusedError(subscription_key_refused(missing=not key))
        if not account:
            raise RefusedError(bearer_refused())
        return self._books.of(account)

    def _routed(
        self, call: Call, match: routes.Match | None, template: str | None, books: Books, fault: Fault | None
    ) -> Answer:
        if match is None:
            if template is None:
                return gateway(404, "Resource not found")
            return Answer(405, {"Message": f"The requested resource does not support http method '{call.method}'."})
        self._check_scopes(call, match.route)
        if call.method == "POST" and call.headers.get("content-type", "").split(";")[0] != "application/json":
            return Answer(415, {"Message": "The request entity's media type is not supported for this resource."})
        if fault is not None and fault.kind == "delayed_commit":
            return self._delay(call, books, fault)
        if fault is not None and fault.kind == "ignore_filter":
            call = call.without_filter()
        return self._carry_out(call, match, books)

    def _check_scopes(self, call: Call, route: routes.Route) -> None:
        holder = self._tokens.holder(_bearer(call)) or {"scopes": []}
        granted = set(holder["scopes"])
        for scope in route.scopes:
            if scope not in granted and f"{scope.split(':')[0]}:*" not in granted:
                raise RefusedError(Answer(403, {"Message": f"The token lacks the scope {scope}."}))

    def _carry_out(self, call: Call, match: routes.Match, books: Books) -> Answer:
        with self._world.store.lock:
            try:
                return match.route.handler(books, call, match.identifier)
            except RefusedError as refusal:
                return refusal.answer

    def _delay(self, call: Call, books: Books, fault: Fault) -> Answer:
        due_at = self._world.clock() + timedelta(seconds=float(fault.parameters.get("seconds", 45)))
        key = books.new_id("delayed")
        waiting = {
            "key": key,
            "due_at": due_at.isoformat(),
            "account": books.id,
            "method": call.method,
            "path": call.path,
            "query": call.query,
            "body": call.body.decode(),
        }
        self._world.store.put(DELAYED, key, waiting)
        return Answer(NO_ANSWER)

    def _account(self, call: Call) -> str:
        holder = self._tokens.holder(_bearer(call))
        return "" if holder is None else str(holder["administration"])

    def _log(self, call: Call, operation: str, account: str, answer: Answer) -> None:
        self._world.log.add(
            LoggedRequest(
                at=self._world.clock(),
                remote=REMOTE,
                operation=operation,
                account=account,
                method=call.method,
                path=call.path,
                query={name: value for name, value in call.query.items() if name != "subscription-key"},
                body=_logged_body(call, operation),
                status=answer.status,
                answer=None if operation == "token" else answer.body,
            )
        )


class BooksByAdministration:
    """Keep one Books per administration, so that its indexes are made once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._books: dict[str, Books] = {}

    def of(self, administration: str) -> Books:
        with self._world.store.lock:
            if administration not in self._books:
                self._books[administration] = Books(self._world, administration)
            return self._books[administration]


def _bearer(call: Call) -> str:
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _instead(fault: Fault | None) -> Answer | None:
    """Return the answer of a fault that keeps the call from SnelStart altogether."""
    if fault is None:
        return None
    if fault.kind in NOT_CARRIED_OUT:
        return Answer(302 if fault.kind == "redirect" else NO_ANSWER)
    seconds = int(fault.parameters.get("seconds", 30))
    if fault.kind == "status":
        return _replaced(fault)
    if fault.kind == "throttle":
        return rate_exceeded(seconds)
    if fault.kind == "quota":
        return quota_exceeded(seconds)
    if fault.kind == "subscription_key":
        return subscription_key_refused(missing=False)
    return None


def _disturbed(answer: Answer, fault: Fault | None) -> Answer:
    """Change the answer as the fault wants, or leave word for the transport to do so."""
    if fault is None:
        return answer
    if fault.kind == "commit_then_status":
        return _replaced(fault)
    if fault.kind == "without_id" and isinstance(answer.body, dict):
        body = {name: value for name, value in answer.body.items() if name not in ("id", "uri")}
        return Answer(answer.status, body, answer.headers)
    if fault.kind in NOT_CARRIED_OUT or fault.kind in CARRIED_OUT or fault.kind == "delayed_commit":
        answer.headers.update(fault_headers(fault))
    return answer


def _replaced(fault: Fault) -> Answer:
    return Answer(int(fault.parameters.get("status", 502)), fault.parameters.get("body"))


def _logged_body(call: Call, operation: str) -> Any:
    """Return the body for the log; the token call's holds a key and stays out."""
    if operation == "token" or not call.body:
        return None
    try:
        return json.loads(call.body)
    except ValueError:
        return call.body.decode("utf-8", "replace")
