"""The web side of the product: everything that turns requests into pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, has_request_context, request
from flask_babel import Babel
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from webshop import formatting, htmx_responses, security_headers, static_files
from webshop.blueprints import (
    activity,
    auth,
    check,
    configuration,
    dashboard,
    downloads,
    errors,
    health,
    help,
    impersonation,
    labels,
    migration,
    oauth,
    orders,
    page_context,
    profile,
    public,
    reconciliation,
    setup,
    subscription,
    support,
    webhooks,
)
from webshop.blueprints.auth import sessions
from webshop.blueprints.impersonation import guard
from webshop.extensions import babel, csrf, htmx, limiter, login
from webshop.settings import Settings

LANGUAGES = ("nl", "en", "de")
AREAS = (
    public,
    auth,
    oauth,
    setup,
    dashboard,
    orders,
    configuration,
    profile,
    subscription,
    migration,
    reconciliation,
    activity,
    check,
    help,
    support,
    impersonation,
    webhooks,
    health,
)
LARGEST_FORM = 256 * 1024


def register(app: Flask) -> None:
    """Bind the extensions of the web side and all blueprints to the application."""
    settings: Settings = app.extensions["settings"]
    _configure(app, settings)
    guard.init_app(app)
    login.init_app(app)
    csrf.init_app(app)
    htmx.init_app(app)
    limiter.init_app(app)
    _choose_language(app, babel)
    for module in (
        sessions,
        formatting,
        labels,
        page_context,
        security_headers,
        htmx_responses,
        static_files,
        downloads,
        errors,
    ):
        module.init_app(app)
    for area in AREAS:
        app.register_blueprint(area.blueprint)


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SESSION_COOKIE_NAME="__Host-session" if settings.is_https else "session",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        BABEL_DEFAULT_LOCALE="nl",
        BABEL_DEFAULT_TIMEZONE="Europe/Amsterdam",
        **_limiter_options(settings),
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions.setdefault("ring_shop", lambda shop_id: False)
    app.extensions.setdefault("ring_health", lambda shop_id: None)
    app.extensions.setdefault("look_at_queues", lambda: None)
    app.extensions.setdefault("ring_purge", lambda: None)
    if settings.is_production:
        app.config["TRUSTED_HOSTS"] = [urlsplit(settings.public_url).hostname]
        # Heroku's router writes the last entry; what a client puts before it is not believed.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]


def _limiter_options(settings: Settings) -> dict[str, object]:
    """Count in Redis, so that all processes count together; without it in memory, and never refuse for that."""
    options: dict[str, object] = {
        "RATELIMIT_STORAGE_URI": _limiter_storage(settings),
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_SWALLOW_ERRORS": True,
    }
    if settings.redis_url:
        connection: dict[str, object] = {"socket_connect_timeout": 1, "socket_timeout": 1}
        if settings.redis_url.startswith("rediss:") and not settings.is_redis_tls_verified:
            connection["ssl_cert_reqs"] = "none"
        options["RATELIMIT_STORAGE_OPTIONS"] = connection
    return options


def _limiter_storage(settings: Settings) -> str:
    """Return the limiter's name for our Redis; it spells a socket's address in its own way."""
    url = settings.redis_url or "memory://"
    return f"redis+{url}" if url.startswith("unix://") else url


def _choose_language(app: Flask, babel: Babel) -> None:
    def select_locale() -> str:
        if not has_request_context():
            # A job or a command; what is written to a person there is put in that person's language.
            return "nl"
        user = sessions.known_user()
        if user is not None and user.locale in LANGUAGES:
            return user.locale
        return request.accept_languages.best_match(LANGUAGES, default="nl")

    babel.init_app(app, locale_selector=select_locale)
