"""The sandbox as one Flask app: the look-alikes, the pages for people and the control API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, abort, request

from webshop.sandbox.amazon import create_api_blueprint, create_login_blueprint
from webshop.sandbox.control import create_control_blueprint
from webshop.sandbox.mailbox import create_mailbox_blueprint
from webshop.sandbox.mollie import create_blueprint as create_mollie_blueprint
from webshop.sandbox.pages import create_pages_blueprint, format_amount, format_moment
from webshop.sandbox.snelstart import create_blueprint as create_snelstart_blueprint
from webshop.sandbox.vies import create_vies_blueprint

if TYPE_CHECKING:
    from webshop.sandbox import Sandbox

# form-action is absent on purpose: the forms of the consent and the payment page end at the application's own address
_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"


def create_app(sandbox: Sandbox) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(create_api_blueprint(sandbox.amazon))
    app.register_blueprint(create_login_blueprint(sandbox.amazon))
    app.register_blueprint(create_snelstart_blueprint(sandbox.snelstart))
    app.register_blueprint(create_vies_blueprint(sandbox.vies, sandbox.world))
    app.register_blueprint(create_mollie_blueprint(sandbox.mollie))
    app.register_blueprint(create_pages_blueprint(sandbox))
    app.register_blueprint(create_mailbox_blueprint(sandbox.world))
    app.register_blueprint(create_control_blueprint(sandbox))
    app.add_template_filter(format_moment, "moment")
    app.add_template_filter(format_amount, "amount")

    @app.before_request
    def refuse_other_sites() -> None:
        """A page of another origin may not press our buttons; programs send no such header."""
        if request.method != "GET" and request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            abort(403)

    @app.after_request
    def protect(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = _POLICY
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response

    return app
