"""One URL, two renderings; and the one place that names htmx's headers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from webshop.extensions import htmx

ORDERS_CHANGED = "orders-changed"
"""Tells the page that an order changed state: counters and lists ask for news."""

View = Callable[..., Any]


def init_app(app: Flask) -> None:
    app.after_request(_vary)


def is_fragment() -> bool:
    """Return whether htmx asks for a part of a page; going back in the history wants the whole page."""
    return bool(htmx) and not htmx.history_restore_request


def render(template: str, status: int = 200, **context: Any) -> Response:
    """Render a page as a whole for a browser, without the document around it for htmx."""
    layout = "fragment.html" if is_fragment() else "base.html"
    return make_response(render_template(template, layout=layout, **context), status)


def render_partial(template: str, status: int = 200, *, event: str | None = None, **context: Any) -> Response:
    """Render a part of a page and, with `event`, tell the page what changed."""
    response = make_response(render_template(template, **context), status)
    if event:
        response.headers["HX-Trigger"] = event
    return response


def redirect_to(url: str) -> BaseResponse:
    """Send the reader to another page after something was done."""
    return leave_to(url, 200) if is_fragment() else redirect(url, 303)


def refuse_anonymous(login_url: str) -> BaseResponse:
    """Send a reader whose session has ended to the login page."""
    return leave_to(login_url, 401) if is_fragment() else redirect(login_url, 302)


def leave_to(url: str, status: int) -> Response:
    """Make htmx load another page, whatever the answer is otherwise."""
    response = make_response("", status)
    response.headers["HX-Redirect"] = url
    return response


def polled(view: View) -> View:
    """Mark a view that pages ask for by themselves: it does not keep a session alive."""

    @wraps(view)
    def marked(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    marked.is_polled = True  # type: ignore[attr-defined]
    return marked


def is_polled(view: View | None) -> bool:
    return getattr(view, "is_polled", False)


def _vary(response: Response) -> Response:
    if request.endpoint != "static":
        response.vary.add("HX-Request")
    return response
