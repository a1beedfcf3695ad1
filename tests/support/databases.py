"""The migrations run once: SQLite tests get a copy of the file, PostgreSQL is emptied for each (postgresql.py)."""

from __future__ import annotations

import shutil
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import text

from tests.support.settings import make_settings
from webshop import create_app
from webshop.extensions import db
from webshop.settings import PROJECT_ROOT


def migrate(url: str, var_dir: Path) -> None:
    """Bring the database at this address up to date, with the migrations that production runs."""
    app = create_app(make_settings(var_dir, database_url=url))
    with app.app_context():
        upgrade(directory=str(PROJECT_ROOT / "migrations"))
        if url.startswith("sqlite"):
            # Everything into the one file that is copied.
            with db.engine.connect() as connection:
                connection.execute(text("COMMIT"))
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.engine.dispose()


def copy_sqlite(template: Path, folder: Path) -> str:
    target = folder / "webshop.sqlite"
    shutil.copyfile(template, target)
    return f"sqlite:///{target}"
