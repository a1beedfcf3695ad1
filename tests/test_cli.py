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
from tests.support.scenario import Scenario, connect_shop
from tests.support.settings import make_settings
from webshop import create_app
from webshop.exceptions import SettingsError
from webshop.extensions import db, transaction
from webshop.models import Shop, User
from webshop.sandbox import Sandbox
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


# recovery, reconcile and decisions


@pytest.fixture
def licence(app: Flask, sandbox: Sandbox) -> tuple[str, Scenario]:
    scenario = connect_shop(app, sandbox)
    with app.app_context():
        return db.session.get_one(Shop, scenario.shop_id).licence_key, scenario


def test_a_recovery_says_what_happens_next_and_asks_nothing(app: Flask, licence: tuple[str, Scenario]) -> None:
    scenario = licence[1]
    assert run(app, "recovery-epoch", "show").output == "no recovery epoch was ever started\n"
    result = run(app, "recovery-epoch", "start", "--backup-at", "2026-11-23T03:00:00+01:00")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("stopped=1\nNothing is made in these administrations until")
    assert f"{scenario.administration_id}  Testwinkel administratie  shops=1" in result.output
    assert "backup 2026-11-23 02:00 UTC" in result.output
    scenario.run()
    assert run(app, "recovery-epoch", "show").output.rstrip().endswith("closed")


@pytest.mark.parametrize("moment", ["yesterday", "2030-01-01"])
def test_a_backup_at_no_sensible_time_stops_nothing(app: Flask, licence: tuple[str, Scenario], moment: str) -> None:
    result = run(app, "recovery-epoch", "start", "--backup-at", moment)
    assert_refused(result, "backup")
    assert "no recovery epoch" in run(app, "recovery-epoch", "show").output


def test_reconcile_prints_its_counts(app: Flask, licence: tuple[str, Scenario]) -> None:
    key, scenario = licence
    scenario.add_orders(2)
    scenario.run()
    result = run(app, "reconcile", key)
    assert result.exit_code == 0, result.exception
    assert result.output == "read=2 adopted=0 changed=0 gone=0 found=0\n"


def test_an_order_is_fetched_skipped_and_taken_back(app: Flask, licence: tuple[str, Scenario]) -> None:
    key, scenario = licence
    number = scenario.add_order(email="a@example.nl", status="UNSHIPPED")
    assert run(app, "order", "fetch", key, number).output == "fetched\n"
    with app.app_context():
        owner = db.session.scalars(db.select(User)).one().email
    who = ("--user", owner)
    assert run(app, "order", "skip", key, number, *who, "--reason", "proef").output == "skipped\n"
    assert run(app, "order", "skip", key, number, *who, "--reason", "proef").output == "skipped\n"
    assert run(app, "order", "skip", key, number, *who, "--undo").exit_code == 0
    assert run(app, "order", "booked", key, number, *who, "--number", "2026-1").output == "taken as booked\n"
    assert_refused(run(app, "order", "skip", key, number, *who, "--reason", "proef"), "can be skipped")
    assert_refused(run(app, "order", "repost", key, number, *who, "--reason", "weg"), "booked by hand")
    assert run(app, "order", "booked", key, number, *who, "--undo").exit_code == 0
    assert_refused(run(app, "order", "look-up", key, number, *who), "nothing is uncertain")
    assert_refused(run(app, "order", "repost", key, number, "--user", "x@y.nl", "--reason", "weg"), "no user")


def test_an_order_is_booked_again_by_command(app: Flask, licence: tuple[str, Scenario]) -> None:
    key, scenario = licence
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    with app.app_context():
        owner = db.session.scalars(db.select(User)).one().email
    arguments = ("order", "repost", key, number, "--user", owner, "--reason", "verkeerde rekening")
    assert_refused(run(app, *arguments), "still stands")
    entry = scenario.entries()[0]["id"]
    scenario.sandbox.snelstart.act(scenario.administration_id, "DELETE", f"/verkoopboekingen/{entry}")
    assert run(app, *arguments).output == "the next run books it again\n"
    scenario.run()
    assert scenario.booked() == {number: 1}
