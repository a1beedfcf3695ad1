"""The operator's commands: what they say when they cannot do their work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from tests import factories
from tests.support.settings import make_settings
from webshop import create_app
from webshop.exceptions import SettingsError
from webshop.extensions import db, transaction
from webshop.models import User
from webshop.settings import PROJECT_ROOT, Settings

PROGRAMS = {
    "commands": ["flask", "--app", "app", "shop", "list"],
    "worker": ["webshop.jobs.worker"],
    "clock": ["webshop.jobs.clock"],
    "web": ["gunicorn", "app:app", "--bind", "127.0.0.1:0", "--no-control-socket"],
}


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=arguments)


def assert_refused(result: Result, why: str) -> None:
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert why in result.output


def test_a_new_member_of_staff_gets_a_password(app: Flask) -> None:
    result = run(app, "staff", "create", " Eva@Office.test")
    assert result.exit_code == 0
    assert result.output.startswith("eva@office.test can log in with: ")
    with app.app_context():
        assert db.session.query(User).one().is_staff


def test_an_address_that_is_taken_is_refused_in_one_sentence(app: Flask) -> None:
    with app.app_context(), transaction():
        factories.user("eva@office.test")
    assert_refused(run(app, "staff", "create", "eva@office.test"), "already")


@pytest.mark.parametrize("email", ["", "eva", "eva@office", "eva @office.test", "@office.test", f"{'e' * 250}@o.test"])
def test_what_is_no_address_makes_no_user(app: Flask, email: str) -> None:
    assert_refused(run(app, "staff", "create", email), "no e-mail address")
    with app.app_context():
        assert db.session.query(User).count() == 0


def test_an_unknown_licence_is_refused_in_one_sentence(app: Flask) -> None:
    for command in (["shop", "show"], ["shop", "sync"]):
        assert_refused(run(app, *command, "AAAAA-AAAAA"), "licence")
    for name in ("show", "preview"):
        assert_refused(run(app, "order", name, "AAAAA-AAAAA", "404-0000000-0000000"), "licence")


@pytest.mark.database
def test_a_database_without_tables_says_what_to_do(empty_database_url: str, tmp_path: Path) -> None:
    app = create_app(make_settings(tmp_path, database_url=empty_database_url))
    for command in (["shop", "list"], ["staff", "create", "eva@office.test"], ["privacy", "purge"]):
        assert_refused(run(app, *command), "db upgrade")
    with app.app_context():
        db.engine.dispose()


def test_the_sandbox_refuses_a_port_that_is_none(app: Flask) -> None:
    assert run(app, "sandbox", "--port", "99999").exit_code == 2


@pytest.mark.processes
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_wrong_setting_ends_every_program_with_its_name(name: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", *PROGRAMS[name]],
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), "REDIS_TLS_VERIFY": "maybe"},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 3
    assert "REDIS_TLS_VERIFY must be on or off, not 'maybe'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="VAR_DIR"):
        Settings.from_environ({"VAR_DIR": str(tmp_path / "file" / "var")})
