"""The sandbox as one Flask app: both look-alikes, the pages for people and the control API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response

from webshop.sandbox.amazon import create_api_blueprint, create_login_blueprint
from webshop.sandbox.snelstart import create_blueprint as create_snelstart_blueprint

if TYPE_CHECKING:
    from webshop.sandbox import Sandbox

# form-action is absent on purpose: the consent page's form ends at the application's own address
_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"


def create_app(sandbox: Sandbox) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(create_api_blueprint(sandbox.amazon))
    app.register_blueprint(create_login_blueprint(sandbox.amazon))
    app.register_blueprint(create_snelstart_blueprint(sandbox.snelstart))

    @app.after_request
    def protect(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = _POLICY
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response

    return app
