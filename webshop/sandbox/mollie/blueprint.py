"""The payments API, and the page with its buttons."""

from __future__ import annotations

import hmac
import json
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from webshop.sandbox.core import Fault, LoggedRequest
from webshop.sandbox.mollie.payments import REMOTE, Mollie, PaymentRefusedError
from webshop.sandbox.transport import fault_headers

_TITLES = {401: "Unauthorized Request", 404: "Not Found", 422: "Unprocessable Entity", 429: "Too Many Requests"}
_NOT_CARRIED_OUT = frozenset({"drop", "reset", "delayed_commit"})
_BUTTONS = ("paid", "failed", "canceled")


def create_blueprint(mollie: Mollie) -> Blueprint:
    blueprint = Blueprint("mollie", __name__, url_prefix="/mollie")

    @blueprint.post("/api/v2/payments")
    def create() -> Response:
        return _perform(mollie, "createPayment", lambda: _create(mollie))

    @blueprint.get("/api/v2/payments/<payment_id>")
    def get(payment_id: str) -> Response:
        return _perform(mollie, "getPayment", lambda: _get(mollie, payment_id))

    @blueprint.get("/checkout/<payment_id>")
    def checkout(payment_id: str) -> str:
        return render_template("mollie/checkout.html", payment=_payment_or_404(mollie, payment_id))

    @blueprint.post("/checkout/<payment_id>")
    def finish(payment_id: str) -> WerkzeugResponse:
        payment, status = _payment_or_404(mollie, payment_id), request.form.get("status", "")
        if status not in _BUTTONS:
            abort(400)
        if payment["status"] == "open":
            mollie.end(payment_id, status)
        return redirect(payment["redirectUrl"], 303)

    return blueprint


def _payment_or_404(mollie: Mollie, payment_id: str) -> dict[str, Any]:
    return mollie.payment(payment_id) or abort(404)


def _perform(mollie: Mollie, operation: str, carry_out: Any) -> Response:
    fault = mollie.world.faults.strike(REMOTE, operation)
    if fault is not None and fault.kind in _NOT_CARRIED_OUT:
        _log(mollie, operation, 0, None)
        return Response(status=502, headers=fault_headers(fault))
    status, body = _answer(mollie, fault, carry_out)
    _log(mollie, operation, status, body)
    text = body if isinstance(body, str) else json.dumps(body)
    response = Response(text, status, content_type="application/hal+json")
    if fault is not None and fault.kind not in ("status", "commit_then_status", "throttle"):
        response.headers.update(fault_headers(fault))
    return response


def _answer(mollie: Mollie, fault: Fault | None, carry_out: Any) -> tuple[int, Any]:
    if fault is not None and fault.kind in ("status", "throttle"):
        status = 429 if fault.kind == "throttle" else int(fault.parameters.get("status", 503))
        return status, fault.parameters.get("body", _problem(status, "Something went wrong"))
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {mollie.api_key}".encode()):
        return 401, _problem(401, "Missing authentication, or failed to authenticate")
    status, body = carry_out()
    if fault is not None and fault.kind == "commit_then_status":
        status = int(fault.parameters.get("status", 503))
        return status, fault.parameters.get("body", _problem(status, "Something went wrong"))
    return status, body


def _create(mollie: Mollie) -> tuple[int, dict[str, Any]]:
    wish = request.get_json(silent=True)
    try:
        payment = mollie.create(wish if isinstance(wish, dict) else {}, request.headers.get("Idempotency-Key", ""))
    except PaymentRefusedError as refusal:
        return 422, {**_problem(422, refusal.detail), "field": refusal.field}
    return 201, _document(payment)


def _get(mollie: Mollie, payment_id: str) -> tuple[int, dict[str, Any]]:
    payment = mollie.payment(payment_id)
    if payment is None:
        return 404, _problem(404, f"No payment exists with token {payment_id}.")
    return 200, _document(payment)


def _document(payment: dict[str, Any]) -> dict[str, Any]:
    base = request.host_url.rstrip("/")
    links: dict[str, Any] = {"self": {"href": f"{base}{request.path}", "type": "application/hal+json"}}
    if payment["status"] == "open":
        links["checkout"] = {"href": f"{base}/mollie/checkout/{payment['id']}", "type": "text/html"}
    return {
        "resource": "payment",
        "mode": "test",
        "method": None if payment["status"] == "open" else "ideal",
        "sequenceType": "oneoff",
        "profileId": "pfl_sandbox",
        **payment,
        "_links": links,
    }


def _problem(status: int, detail: str) -> dict[str, Any]:
    return {"status": status, "title": _TITLES.get(status, "Error"), "detail": detail}


def _log(mollie: Mollie, operation: str, status: int, answer: Any) -> None:
    mollie.world.log.add(
        LoggedRequest(
            at=mollie.world.clock(),
            remote=REMOTE,
            operation=operation,
            account="",
            method=request.method,
            path=request.path,
            query=request.args.to_dict(),
            body=request.get_json(silent=True),
            status=status,
            answer=answer,
        )
    )
