"""Put the look-alike on the web: the token host under /auth, the API under /api/v2."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request

from webshop.sandbox.snelstart.calls import Answer, Call
from webshop.sandbox.snelstart.gate import NO_ANSWER
from webshop.sandbox.snelstart.service import SnelStart

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def create_blueprint(snelstart: SnelStart) -> Blueprint:
    blueprint = Blueprint("snelstart", __name__, url_prefix="/snelstart")

    @blueprint.route("/auth/b2b/token", methods=METHODS, provide_automatic_options=False)
    def token() -> Response:
        return _response(snelstart.token(_call("/b2b/token")))

    @blueprint.route("/api/v2/<path:path>", methods=METHODS, provide_automatic_options=False)
    def api(path: str) -> Response:
        return _response(snelstart.api(_call(f"/{path}")))

    return blueprint


def _call(path: str) -> Call:
    return Call(
        method=request.method,
        path=path,
        query=request.args.to_dict(),
        headers={name.lower(): value for name, value in request.headers},
        body=request.get_data(),
    )


def _response(answer: Answer) -> Response:
    # What the caller sees when nothing stands before this app that can withhold an answer.
    status = 504 if answer.status == NO_ANSWER else answer.status
    if isinstance(answer.body, str):
        response = Response(answer.body, status, content_type="text/plain; charset=utf-8")
    elif answer.body is None:
        response = Response(b"", status)
    else:
        response = Response(json.dumps(answer.body), status, content_type="application/json; charset=utf-8")
    response.headers.update(answer.headers)
    return response
