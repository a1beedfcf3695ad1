"""Pages for everybody."""

from __future__ import annotations

from flask import Blueprint, Response

from webshop.htmx_responses import render

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def index() -> Response:
    return render("public/index.html")
