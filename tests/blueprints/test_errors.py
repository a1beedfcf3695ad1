"""What goes wrong is shown calmly, and tells an attacker nothing."""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import pytest

from tests.blueprints.conftest import ALICE, Visitor, World
from tests.support.clock import FrozenClock
from webshop import create_app
from webshop.services import overview
from webshop.settings import Settings


@pytest.mark.parametrize("htmx", [False, True])
def test_when_we_fail_the_page_needs_neither_database_nor_session(world: World, htmx: bool) -> None:
    alice = world.visitor(ALICE)
    world.app.config["PROPAGATE_EXCEPTIONS"] = False
    with mock.patch.object(overview, "load_overview", side_effect=RuntimeError("the secret reason")):
        page = alice.get(f"{world.place}/", status=500, htmx=htmx)
    assert "mis" in page.text
    assert "secret" not in alice.response.text
    assert "Traceback" not in alice.response.text


def test_the_failure_page_is_shown_while_the_database_is_down(world: World) -> None:
    world.app.config["PROPAGATE_EXCEPTIONS"] = False
    alice = world.visitor(ALICE)
    with mock.patch("sqlalchemy.orm.scoped_session.scalars", side_effect=RuntimeError("gone")):
        alice.get(f"{world.place}/", status=500)


def test_an_error_has_a_twin_for_the_place_of_messages(world: World) -> None:
    part = world.visitor(ALICE).get("/nergens", status=404, htmx=True)
    assert part.find(role="alert")["data-status"] == "404"


def test_a_name_that_is_not_ours_is_refused_in_production(settings: Settings, clock: FrozenClock) -> None:
    production = replace(settings, is_production=True, public_url="https://koppeling.example.nl")
    client = create_app(production, clock=clock).test_client()
    assert client.get("/", base_url="https://koppeling.example.nl").status_code == 200
    answer = client.get("/", base_url="https://evil.test")
    assert answer.status_code == 400
    assert "evil.test" not in answer.text


def test_the_process_says_it_is_alive_without_asking_anybody(world: World) -> None:
    nobody = world.visitor()
    with mock.patch("webshop.services.readiness.current_revisions", side_effect=AssertionError):
        nobody.get("/healthz")
    assert nobody.response.text == "ok\n"


def test_ready_means_that_the_database_is_up_to_date(world: World) -> None:
    nobody = world.visitor()
    nobody.get("/readyz")
    assert nobody.response.json == {"database": "ok", "redis": "off"}
    with mock.patch("webshop.services.readiness.current_revisions", return_value=("0001", "0002")):
        nobody.get("/readyz", status=503)


def test_ready_without_redis_is_degraded(settings: Settings, clock: FrozenClock, world: World) -> None:
    world.app.extensions["settings"] = replace(settings, redis_url="redis://127.0.0.1:9/0")
    nobody: Visitor = world.visitor()
    nobody.get("/readyz")
    assert nobody.response.json == {"database": "ok", "redis": "degraded"}
