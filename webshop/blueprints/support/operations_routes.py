"""How everything is doing: one page that asks for news by itself, for a while."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.support.access import staff_only
from webshop.blueprints.support.frame import show
from webshop.blueprints.support.routes import blueprint
from webshop.htmx_responses import is_fragment, polled, render_partial
from webshop.services.support_operations import load_operations

MOST_ROUNDS = 60
"""How often a page that is left open asks for news: every ten seconds, for ten minutes."""


@blueprint.get("/support/operations")
@staff_only
def operations() -> Response:
    return show("operations", "operations", **_state(0))


@blueprint.get("/support/operations/now")
@polled
@staff_only
def operations_now() -> BaseResponse:
    """Answer the state of things; the page stops asking after MOST_ROUNDS, and while nobody sees it."""
    if not is_fragment():
        return redirect(url_for("support.operations"), 303)
    text = request.args.get("round", "")
    asked = min(int(text), MOST_ROUNDS) if text.isascii() and text.isdigit() and len(text) < 4 else MOST_ROUNDS
    return render_partial("support/_operations.html", **_state(asked))


def _state(asked: int) -> dict[str, Any]:
    return {
        "now": load_operations(),
        "queues": current_app.extensions["look_at_queues"](),
        "next_round": asked + 1 if asked < MOST_ROUNDS else None,
    }
