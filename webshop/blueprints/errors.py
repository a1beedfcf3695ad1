"""What a reader sees when something goes wrong: a page, or for htmx one line in the place for messages."""

from __future__ import annotations

import logging
import secrets

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import (
    Conflict,
    Forbidden,
    HTTPException,
    InternalServerError,
    NotFound,
    SecurityError,
)

from webshop.exceptions import ConflictError, NotAllowedError, NotFoundError
from webshop.htmx_responses import is_fragment

logger = logging.getLogger(__name__)

STATUS_OF: dict[type[Exception], type[HTTPException]] = {
    NotFoundError: NotFound,
    NotAllowedError: Forbidden,
    ConflictError: Conflict,
}


def init_app(app: Flask) -> None:
    for error in STATUS_OF:
        app.register_error_handler(error, _show_ours)
    app.register_error_handler(HTTPException, _show)
    app.register_error_handler(SecurityError, _show_bare)
    app.register_error_handler(InternalServerError, _show_failure)


def _show_ours(error: Exception) -> Response:
    return _show(STATUS_OF[type(error)]())


def _show(error: HTTPException) -> Response:
    """Answer with the error's page; the headers that belong to it (Allow, Retry-After) stay."""
    status = error.code or 500
    if status < 400 or error.response is not None:
        return make_response(error.get_response())
    template = "errors/_flash.html" if is_fragment() else "errors/error.html"
    response = make_response(render_template(template, status=status, **_words(error, status)), status)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _words(error: HTTPException, status: int) -> dict[str, str]:
    if isinstance(error, CSRFError):
        return {
            "title": _("Deze pagina was verlopen"),
            "text": _("Er is niets gewijzigd. Laad de pagina opnieuw en probeer het nog eens."),
        }
    texts = {
        400: (
            _("Dat konden we niet lezen"),
            _("Het adres of het formulier klopt niet. Ga terug en probeer het nog eens."),
        ),
        401: (_("Je bent niet ingelogd"), _("Log in en probeer het nog eens.")),
        403: (_("Dat mag je hier niet"), _("Je kunt deze winkel bekijken, maar dit niet wijzigen. Vraag de eigenaar.")),
        404: (_("Niet gevonden"), _("Deze pagina is er niet, of hoort niet bij jouw winkels.")),
        405: (_("Dat kan zo niet"), _("Deze pagina is alleen via de knoppen te bereiken.")),
        409: (_("Dat kan nu niet"), _("De bestelling is intussen veranderd. Laad de pagina opnieuw.")),
        413: (_("Te groot"), _("Wat je stuurt is groter dan we aannemen.")),
        429: (_("Even rustig aan"), _("Er zijn te veel pogingen gedaan. Wacht een kwartier en probeer het opnieuw.")),
    }
    title, text = texts.get(status, (_("Dat ging niet"), _("Ga terug en probeer het nog eens.")))
    return {"title": title, "text": text}


def _show_bare(error: SecurityError) -> Response:
    """Answer a request for another host's name without believing anything of it."""
    return _bare(400, "errors/400_host.html")


def _show_failure(error: InternalServerError) -> Response:
    """Answer when we failed: log what happened under a number, and use neither database nor session."""
    number = secrets.token_hex(4)
    cause = error.original_exception or error
    logger.error("request_failed", exc_info=cause, extra={"number": number, "endpoint": request.endpoint})
    g.pop("_login_user", None)
    template = "errors/_failure.html" if is_fragment() else "errors/failure.html"
    return _bare(500, template, number=number, impersonation=g.get("impersonation"))


def _bare(status: int, template: str, **context: object) -> Response:
    # Without the application's context processors: those look at the session and the user.
    return make_response(current_app.jinja_env.get_template(template).render(**context), status)
