"""Every address there is, asked by staff acting as a user: closed stays closed, and the bar is everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, World
from tests.blueprints.impersonating import EVA, Acting, Staff, events, make_staff, user_of
from webshop.blueprints.impersonation import policy
from webshop.blueprints.impersonation.policy import Access
from webshop.extensions import transaction
from webshop.models import OrderState

REFUSED = "Dat mag niet bij meekijken"
A_UUID = "00000000-0000-4000-8000-000000000001"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def staff(world: World) -> Staff:
    return make_staff(world)


def addresses(world: World, methods: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Yield endpoint, method and an address of the world's shop for every rule there is."""
    with world.rows() as shop:
        order_id = factories.order(shop, OrderState.ERROR).public_id
    values = {
        "shop_id": world.shop_id,
        "order_id": order_id,
        "person_id": user_of(world, BOB).public_id,
        "row_id": 1,
        "token": "x",
        "slug": "faq",
        "section": "pause",
        "wanted": "orders",
        "extension": "csv",
        "filename": "app.css",
    }
    with world.app.test_request_context():
        build = world.app.url_map.bind("localhost").build
        found = [
            (rule.endpoint, method, build(rule.endpoint, {name: values.get(name, A_UUID) for name in rule.arguments}))
            for rule in world.app.url_map.iter_rules()
            for method in sorted((rule.methods or set()) & set(methods))
        ]
    yield from found


def test_somebody_decided_about_every_address(app: Flask) -> None:
    undecided = {rule.endpoint for rule in app.url_map.iter_rules() if policy.access_of(rule.endpoint) is None}
    assert undecided == set(), "say in blueprints/impersonation/policy.py what staff may do there as a user"
    assert set(policy.ENDPOINTS) <= set(app.view_functions)


def test_what_nobody_decided_about_is_refused() -> None:
    for method in ("GET", *UNSAFE):
        assert not policy.is_allowed("an.address_of_tomorrow", method, is_raised=True)


@pytest.mark.parametrize("endpoint", sorted(name for name, access in policy.ENDPOINTS.items() if access is Access.READ))
def test_what_is_looked_at_is_never_written(endpoint: str) -> None:
    assert not [method for method in UNSAFE if policy.is_allowed(endpoint, method, is_raised=True)]


def test_nothing_is_written_while_staff_only_look(world: World, staff: Staff) -> None:
    asked = [one for one in addresses(world, UNSAFE) if policy.access_of(one[0]) is not Access.OWN]
    eva = staff.looking()
    token = eva.csrf_token()
    for endpoint, _method, address in asked:
        assert REFUSED in eva.post(address, 403, csrf_token=token).text, endpoint
        assert REFUSED in eva.post(address, 403, csrf_token=token, htmx=True).text, endpoint
    refused = [event.facts["page"] for event in events(world, "impersonation_refused")]
    assert refused == [endpoint for endpoint, _method, _address in asked for _ in range(2)]
    assert len(refused) > 100


def test_what_is_closed_stays_closed_when_changes_are_allowed(world: World, staff: Staff) -> None:
    closed = [one for one in addresses(world, ("GET", *UNSAFE)) if policy.access_of(one[0]) is Access.FORBIDDEN]
    eva = staff.writing()
    token = eva.csrf_token()
    for endpoint, method, address in closed:
        page = eva.get(address, 403) if method == "GET" else eva.post(address, 403, csrf_token=token)
        assert REFUSED in page.text, endpoint
    refused = events(world, "impersonation_refused")
    assert [event.facts["page"] for event in refused] == [endpoint for endpoint, _method, _address in closed]
    eva_id, alice_id = staff_and_user(world)
    assert {(event.staff_id, event.user_id, event.actor) for event in refused} == {(eva_id, alice_id, "support")}
    areas = {"auth.two_factor", "auth.switch_two_factor_off", "setup.key", "setup.try_key", "oauth.start"}
    people = {"profile.invite", "profile.change_role", "profile.change_password", "profile.change_extra_email"}
    others = {"profile.change_support", "setup.agree", "dashboard.report_file", "activity.events_file", "auth.log_out"}
    assert areas | people | others <= {event.facts["page"] for event in refused}


def staff_and_user(world: World) -> tuple[int, int]:
    return user_of(world, EVA).id, user_of(world, ALICE).id


def test_the_bar_is_on_every_page_and_nothing_is_kept_by_a_browser(world: World, staff: Staff) -> None:
    asked = [one for one in addresses(world, ("GET",)) if one[0] != "static"]
    eva = staff.looking()
    pages = 0
    for endpoint, _method, address in asked:
        answer = eva.client.get(address)
        assert answer.headers["Cache-Control"] == "no-store", endpoint
        if answer.mimetype == "text/html" and answer.status_code not in (301, 302, 303):
            check_bar(answer.text, endpoint)
            pages += 1
    assert pages > 60
    for address in (f"{world.place}/nowhere", f"/shops/{world.other_shop_id}/"):
        check_bar(eva.client.get(address).text, address)
    check_bar(eva.client.post(f"{world.place}/report").text, "405")
    check_bar(eva.client.post("/support/impersonation/stop").text, "without token")


def check_bar(text: str, endpoint: str) -> None:
    bars: Any = BeautifulSoup(text, "html.parser").find_all(id="impersonation-bar")
    assert len(bars) == 1, endpoint
    (bar,) = bars
    assert bar.find("strong").text == "Fietsbel & Zo", endpoint
    assert ALICE in bar.text, endpoint
    assert int(bar.find(attrs={"data-minutes": True})["data-minutes"]) in range(1, 31), endpoint
    assert bar.find("form", method="post")["action"] == "/support/impersonation/stop", endpoint
    assert bar.find("form").find("input", attrs={"name": "csrf_token"})["value"], endpoint
    assert bar.find(class_="impersonation-state")["data-raised"] == "no", endpoint


def test_a_page_that_htmx_loads_brings_the_bar_up_to_date(world: World, staff: Staff) -> None:
    eva = staff.looking()
    page = eva.get(f"{world.place}/report", htmx=True)
    assert page.find(id="impersonation-bar")["hx-swap-oob"] == "true"
    assert page.find(id="impersonation-bar").find(class_="impersonation-state")["data-raised"] == "no"
    bar = eva.get("/support/impersonation/bar", htmx=True)
    assert bar.find(id="impersonation-bar").get("hx-swap-oob") is None


def test_a_page_of_our_failure_says_it_as_well(world: World, staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_values: object) -> None:
        raise ZeroDivisionError

    eva = staff.looking()
    monkeypatch.setitem(world.app.view_functions, "dashboard.index", fail)
    world.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = eva.client.get(f"{world.place}/")
    assert answer.status_code == 500
    assert BeautifulSoup(answer.text, "html.parser").find(class_="impersonation-bar")


def test_another_shop_of_the_user_is_not_there(world: World, staff: Staff) -> None:
    alice = user_of(world, ALICE)
    with world.app.app_context(), transaction():
        elsewhere = factories.connected_shop(alice, name="Tweede winkel", is_support_allowed=False).public_id
    eva: Acting = staff.writing()
    for page in ("/", "/report", "/profile"):
        assert "Tweede winkel" not in eva.get(f"/shops/{elsewhere}{page}", 404).text
    eva.post(f"/shops/{elsewhere}/fetch", 404)
    eva.get("/shops", 303)
    assert eva.response.location == f"{world.place}/"
    assert len(events(world, "impersonation_refused")) == 4
