"""For those who watch over the process: is it alive, can it serve."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify, make_response

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
