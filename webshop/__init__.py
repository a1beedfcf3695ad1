"""The koppeling Amazon → SnelStart.

`create_app` puts the product together and reads top to bottom: settings, extensions, blueprints,
error pages, commands.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime

from flask import Flask
from requests.adapters import BaseAdapter

from webshop import blueprints, cli, extensions, logs, models
from webshop.clients.http import build_session
from webshop.exceptions import SettingsError
from webshop.jobs import nightly, queues, sync
from webshop.settings import Settings
from webshop.vault import Vault

__all__ = ["create_app", "models", "start_app"]  # importing the models registers the tables

GUNICORN_GIVES_UP = 3
"""The exit status at which gunicorn stops; at any other it starts its process again for ever."""


def create_app(
    settings: Settings | None = None,
    *,
    clock: Callable[[], datetime] | None = None,
    transport: BaseAdapter | None = None,
) -> Flask:
    """Build the application.

    `clock` and `transport` replace the time and the network; tests and the fault simulation do.

    :raise SettingsError: when the environment does not hold together.
    """
    settings = settings or Settings.from_environ()
    app = Flask(__name__)
    app.extensions["settings"] = settings
    app.extensions["vault"] = Vault(settings.encryption_keys)
    app.extensions["remote_session"] = build_session(adapter=transport)
    app.config.from_mapping(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
    )
    logs.configure(settings)
    extensions.clock.init_app(app, clock)
    extensions.db.init_app(app)
    extensions.migrate.init_app(app, extensions.db)
    app.extensions["ring_shop"] = sync.ring
    app.extensions["ring_health"] = nightly.ring_health
    app.extensions["look_at_queues"] = queues.look
    app.extensions["ring_purge"] = nightly.ring_purge
    blueprints.register(app)
    cli.init_app(app)
    return app


def start_app() -> Flask:
    """Build the application of a program; with settings that do not hold together say which, and end."""
    try:
        return create_app()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(GUNICORN_GIVES_UP)


def _engine_options(settings: Settings) -> dict[str, object]:
    # An error tells its statement, and the log keeps it: without the addresses and hashes that went along.
    options: dict[str, object] = {"hide_parameters": True}
    if settings.database_url.startswith("sqlite"):
        return options
    # A dyno's database closes idle connections; ping before use, and keep the pool small.
    return options | {"pool_pre_ping": True, "pool_size": 5, "max_overflow": 5, "connect_args": {"connect_timeout": 10}}
