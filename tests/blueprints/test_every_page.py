"""What holds for every page of a shop, whoever asks and however."""

from __future__ import annotations

import uuid

import pytest

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, World
from webshop.domain.booking import Issue
from webshop.models import OrderState

PAGES = ("/", "/report", "/errors", "/open", "/reconciliation", "/runs", "/activity")
LISTS = ("report", "reconciliation", "vat", "activity", "refunds")
FILES = tuple(f"/{name}.{extension}" for name in LISTS for extension in ("csv", "xlsx"))
WIDGETS = ("/tabs", "/fetch", "/orders/{order}/row", "/orders/{order}/calculation", "/orders/{order}/customer")
POSTS = ("/fetch", "/errors/process", "/find-order", "/orders/{order}/process")
EVERYTHING = (*PAGES, *WIDGETS, "/find-order", "/orders/{order}")


@pytest.fixture
def order_id(world: World) -> str:
    with world.rows() as shop:
        issue = Issue("VAT_MAPPING_MISSING", {"country": "DE", "percentage": "19"})
        return factories.order(shop, OrderState.ERROR, issue=issue).public_id


@pytest.mark.parametrize("page", [*PAGES, "/orders/{order}"])
@pytest.mark.parametrize("email", [ALICE, BOB, DORA])
def test_everybody_of_the_shop_sees_the_page(world: World, order_id: str, page: str, email: str) -> None:
    found = world.visitor(email).get(world.place + page.format(order=order_id))
    assert found.find(id="light-amazon")["data-state"] == "green"
    assert found.find(id="light-snelstart")["data-state"] == "green"


@pytest.mark.parametrize("page", [*EVERYTHING])
def test_htmx_gets_a_part_that_caches_cannot_mistake_for_the_page(world: World, order_id: str, page: str) -> None:
    alice = world.visitor(ALICE)
    alice.get(world.place + page.format(order=order_id), htmx=True)
    assert "HX-Request" in alice.response.vary
    assert alice.response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("page", WIDGETS)
def test_a_part_that_is_opened_by_hand_leads_to_its_page(world: World, order_id: str, page: str) -> None:
    alice = world.visitor(ALICE)
    alice.get(world.place + page.format(order=order_id), status=303)
    alice.get(alice.response.location)


def test_going_back_in_the_history_gets_the_whole_page(world: World) -> None:
    alice = world.visitor(ALICE)
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in alice.client.get(world.place + "/report", headers=headers).text


@pytest.mark.parametrize("page", EVERYTHING)
def test_who_is_logged_out_is_sent_to_the_login(world: World, order_id: str, page: str) -> None:
    address = world.place + page.format(order=order_id)
    nobody = world.visitor()
    nobody.get(address, status=302)
    assert nobody.response.location.startswith("/login")
    nobody.get(address, status=401, htmx=True)
    assert nobody.response.headers["HX-Redirect"].startswith("/login")


@pytest.mark.parametrize("page", EVERYTHING)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_stranger_cannot_tell_the_shop_from_one_that_is_not_there(
    world: World, order_id: str, page: str, htmx: bool
) -> None:
    charlie = world.visitor(CHARLIE)
    charlie.get(world.place + page.format(order=order_id), status=404, htmx=htmx)
    foreign = charlie.response.data
    charlie.get(f"/shops/{uuid.uuid4()}" + page.format(order=order_id), status=404, htmx=htmx)
    assert foreign == charlie.response.data


@pytest.mark.parametrize("page", FILES)
def test_a_file_is_for_who_belongs_to_the_shop(world: World, page: str) -> None:
    for email in (ALICE, BOB, DORA):
        visitor = world.visitor(email)
        visitor.get(world.place + page)
        assert visitor.response.headers["Content-Disposition"].startswith("attachment; filename=")
    world.visitor(ALICE).post(world.place + page, 405)
    world.visitor(CHARLIE).get(world.place + page, 404)
    world.visitor().get(world.place + page, 302)


@pytest.mark.parametrize("page", ["/orders/{order}", "/orders/{order}/row"])
def test_an_order_is_only_found_in_its_own_shop(world: World, order_id: str, page: str) -> None:
    charlie = world.visitor(CHARLIE)
    charlie.get(f"/shops/{world.other_shop_id}{page.format(order=order_id)}", status=404, htmx=True)


@pytest.mark.parametrize("page", POSTS)
def test_a_stranger_changes_nothing(world: World, order_id: str, page: str) -> None:
    charlie = world.visitor(CHARLIE)
    charlie.post(world.place + page.format(order=order_id), status=404)
    charlie.post(f"/shops/{world.other_shop_id}/orders/{order_id}/process", status=404)


@pytest.mark.parametrize("page", POSTS)
def test_who_is_logged_out_changes_nothing(world: World, order_id: str, page: str) -> None:
    nobody = world.visitor()
    nobody.post(world.place + page.format(order=order_id), status=302)
    assert nobody.response.location == "/login"


@pytest.mark.parametrize("page", POSTS)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_form_without_token_changes_nothing(world: World, order_id: str, page: str, htmx: bool) -> None:
    found = world.visitor(ALICE).post(world.place + page.format(order=order_id), 400, htmx=htmx, csrf_token="")
    assert "verlopen" in found.text


def test_another_site_cannot_send_forms(world: World) -> None:
    alice = world.visitor(ALICE)
    token = alice.csrf_token()
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = alice.client.post(f"{world.place}/fetch", data={"csrf_token": token}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("page", [*PAGES, "/tabs"])
def test_pages_are_not_posted_to(world: World, page: str) -> None:
    world.visitor(ALICE).post(world.place + page, status=405)


def test_processing_is_not_a_matter_of_following_a_link(world: World, order_id: str) -> None:
    alice = world.visitor(ALICE)
    alice.get(f"{world.place}/orders/{order_id}/process", status=405)
    assert alice.response.headers["Allow"]


@pytest.mark.parametrize("address", ["/nergens", "/shops/geen-uuid/", "/.git/config", "/.env", "/rq", "/debug"])
def test_what_is_not_there_is_not_found(world: World, address: str) -> None:
    world.visitor().get(address, status=404)


def test_an_unknown_order_is_not_found(world: World) -> None:
    world.visitor(ALICE).get(f"{world.place}/orders/{uuid.uuid4()}", status=404)
