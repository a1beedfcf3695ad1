"""For those who watch over the process: is it alive, can it serve, and how is the work going."""

from __future__ import annotations

import hmac
from dataclasses import asdict

from flask import Blueprint, Response, abort, current_app, jsonify, make_response, request

from webshop.extensions import settings
from webshop.services import metrics
from webshop.services.readiness import check_readiness

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """Answer without asking anything: restarting us must not depend on others being up."""
    return make_response("ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"})


@blueprint.get("/readyz")
def ready() -> Response:
    readiness = check_readiness()
    return make_response(jsonify(asdict(readiness)), 200 if readiness.is_ready else 503)


@blueprint.get("/metrics")
def read_metrics() -> Response:
    """Answer Prometheus, when it shows the token; without a token set the address does not exist."""
    token = settings().metrics_token
    if not token:
        abort(404)
    shown = request.headers.get("Authorization", "").encode("utf-8", "replace")
    if not hmac.compare_digest(shown, f"Bearer {token}".encode()):
        return make_response("", 401, {"WWW-Authenticate": "Bearer"})
    queues = current_app.extensions["look_at_queues"]()
    depths, workers = (queues["depths"], len(queues["workers"])) if queues else (None, None)
    return make_response(metrics.write_metrics(depths, workers), 200, {"Content-Type": metrics.CONTENT_TYPE})
