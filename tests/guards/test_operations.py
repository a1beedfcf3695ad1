"""What Heroku starts exists, what is scheduled is worked on, and every setting is documented."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import json
import re

from rq.utils import import_attribute

from tests.guards.source import product_modules
from webshop.company import VARIABLES
from webshop.jobs import queues
from webshop.jobs.schedule import SCHEDULE
from webshop.settings import PROJECT_ROOT

NAME = re.compile(r"[A-Z][A-Z0-9_]+")
SET_BY_THE_PLATFORM = {"DYNO"}


def processes() -> dict[str, str]:
    lines = (PROJECT_ROOT / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}


def test_heroku_gets_the_four_processes_and_each_can_be_started() -> None:
    assert list(processes()) == ["release", "web", "worker", "clock"]
    for name, command in processes().items():
        program = re.match(r"python -m (\S+)", command)
        assert program is not None, name
        assert importlib.util.find_spec(program[1]) is not None, name


def test_the_web_server_leaves_no_control_socket_in_somebody_s_home() -> None:
    assert "--no-control-socket" in processes()["web"]


def test_every_scheduled_job_exists_and_a_worker_listens_to_its_queue() -> None:
    assert processes()["worker"] == "python -m webshop.jobs.worker"
    for entry in SCHEDULE:
        path = f"{entry.function.__module__}.{entry.function.__qualname__}"
        assert import_attribute(path) is entry.function
        assert entry.queue in queues.QUEUES
        assert hasattr(entry.function, "__wrapped__"), f"{path} lacks @job"
        assert not inspect.signature(entry.function).parameters


def settings_read() -> set[str]:
    """Return the names of environment variables that settings.py asks for; those of the company stand in a table."""
    (module,) = (module for module in product_modules() if module.name == "webshop.settings")
    return (
        set(VARIABLES.values())
        | {
            node.args[0].value
            for node in module.nodes()
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
            and NAME.fullmatch(node.args[0].value)
        }
        - SET_BY_THE_PLATFORM
    )


def settings_documented() -> set[str]:
    text = (PROJECT_ROOT / "docs/settings.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)}


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    assert settings_read() == settings_documented()


def test_heroku_asks_for_settings_that_exist() -> None:
    wanted = json.loads((PROJECT_ROOT / "app.json").read_text())["env"]
    assert set(wanted) <= settings_read()
