"""The migrations make exactly the tables of the models, on both databases, forwards and backwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from tests.support.settings import make_settings
from webshop import create_app
from webshop.extensions import db
from webshop.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "migrations"


@pytest.fixture
def empty_app(empty_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(make_settings(tmp_path, database_url=empty_database_url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.database
def test_the_migrations_make_the_tables_of_the_models(empty_app: Flask) -> None:
    upgrade(directory=str(FOLDER))
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, db.metadata) == []


@pytest.mark.database
def test_every_migration_can_be_taken_back(empty_app: Flask) -> None:
    upgrade(directory=str(FOLDER))
    downgrade(directory=str(FOLDER), revision="base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]
    upgrade(directory=str(FOLDER))


def test_the_migrations_form_one_numbered_line() -> None:
    script = ScriptDirectory(str(FOLDER))
    revisions = [revision.revision for revision in script.walk_revisions()][::-1]
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]
    assert [
        path.name for path in sorted((FOLDER / "versions").glob("*.py")) if not re.match(r"\d{4}_", path.name)
    ] == []


def test_a_migration_does_not_depend_on_today_s_models() -> None:
    wrong = [path.name for path in (FOLDER / "versions").glob("*.py") if "webshop" in path.read_text(encoding="utf-8")]
    assert wrong == []
