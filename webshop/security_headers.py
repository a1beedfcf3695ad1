"""Headers that every answer carries, and the refusal of writes that another site sends."""

from __future__ import annotations

from flask import Flask, Response, abort, request

from webshop.extensions import settings
from webshop.settings import Settings

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
ONE_YEAR = 31_536_000
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def content_security_policy(current: Settings) -> str:
    """Return what a page may load, and where its forms may end.

    Browsers also hold the redirect after a form to `form-action`, and a page that htmx changes keeps the
    policy it began with: so every page names the hosts on which sellers give consent and on which they pay.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            " ".join(dict.fromkeys(("form-action 'self'", *current.consent_origins, *current.checkout_origins))),
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def init_app(app: Flask) -> None:
    app.before_request(_refuse_other_sites)
    app.after_request(_add_headers)


def _refuse_other_sites() -> None:
    """Refuse a write that a page of another site makes the browser send, token or not."""
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", content_security_policy(settings()))
    if settings().is_https:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={ONE_YEAR}; includeSubDomains")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
