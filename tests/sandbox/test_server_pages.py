"""The pages of the sandbox: readable for people, harmless with whatever a remote sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.clock import FrozenClock
from webshop.sandbox import Sandbox, create_sandbox
from webshop.sandbox.amazon import APPLICATION_ID, BAD_INPUTS
from webshop.sandbox.core import KINDS


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[Sandbox]:
    sandbox = create_sandbox(clock=clock)
    yield sandbox
    sandbox.close()


@pytest.fixture
def browser(sandbox: Sandbox) -> FlaskClient:
    return sandbox.app.test_client()


def page(browser: FlaskClient, path: str) -> BeautifulSoup:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    soup = BeautifulSoup(answer.text, "html.parser")
    assert not soup.find_all(["script", "style"])
    assert not soup.find_all(style=True)
    assert not soup.find_all(lambda tag: any(name.startswith("on") for name in tag.attrs))
    return soup


def links(soup: BeautifulSoup) -> dict[str, str]:
    return {link.text: str(link["href"]) for link in soup.select("a")}


def json_of(answer: TestResponse) -> Any:
    return json.loads(answer.text)


PATHS = [
    "/",
    "/amazon/orders",
    "/faults",
    "/log",
    "/mailbox",
    "/amazon/seller-central/apps/manage",
    "/amazon/seller-central/home",
    f"/amazon/seller-central/apps/authorize/consent?application_id={APPLICATION_ID}",
]


@pytest.mark.parametrize("path", PATHS)
def test_an_empty_sandbox_has_every_page(browser: FlaskClient, path: str) -> None:
    assert page(browser, path).h1


def test_the_overview_counts_orders_and_links_to_the_books(
    sandbox: Sandbox, browser: FlaskClient, clock: FrozenClock
) -> None:
    seller = sandbox.amazon.create_seller(name="Winkel Noord")
    sandbox.amazon.generate_orders(seller.seller_id, count=60, since=clock() - timedelta(days=3), until=clock())
    administration = sandbox.snelstart.create_administration(name="Proef BV")
    overview = page(browser, "/")
    cells = [cell.text.strip() for cell in overview.select("tbody td")]
    assert cells[:4] == ["Winkel Noord", seller.seller_id, "NL, DE", "60"]
    assert links(overview)["Proef BV"] == f"/snelstart/books/{administration.id}"
    assert len(page(browser, "/amazon/orders").select("tbody tr")) == 50
    assert len(page(browser, "/amazon/orders?page=1").select("tbody tr")) == 10


def test_hostile_orders_are_shown_as_text(sandbox: Sandbox, browser: FlaskClient) -> None:
    seller = sandbox.amazon.create_seller(name="<b>Winkel</b>")
    for kind in BAD_INPUTS:
        sandbox.amazon.add_bad_input(seller.seller_id, kind)
    addresses = [str(link["href"]) for link in page(browser, "/amazon/orders").select("tbody a")]
    assert len(addresses) == len(BAD_INPUTS)
    for address in addresses:
        page(browser, address)
    assert "<b>Winkel</b>" in page(browser, "/").text


def test_the_books_page_shows_totals_and_one_document(sandbox: Sandbox, browser: FlaskClient) -> None:
    administration = sandbox.snelstart.create_administration(name="Proef BV")
    path = f"/snelstart/books/{administration.id}"
    assert "0, samen € 0,00" in page(browser, path).text
    relation = sandbox.snelstart.documents(administration.id, "relaties")[0]
    assert page(browser, f"{path}/relaties/{relation['id']}").h1
    assert browser.get(f"{path}/grootboeken/{relation['id']}").status_code == 404
    assert browser.get("/snelstart/books/unknown").status_code == 404


def test_the_fault_page_switches_on_and_off(sandbox: Sandbox, browser: FlaskClient) -> None:
    form = {"target": "snelstart POST /verkoopboekingen", "kind": "commit_then_hang", "times": "", "skip": "2",
            "parameters": '{"seconds": 5}'}  # fmt: skip
    assert browser.post("/faults", data=form).status_code == 302
    fault = sandbox.world.faults.active()[0]
    assert (fault.remote, fault.operation, fault.kind) == ("snelstart", "POST /verkoopboekingen", "commit_then_hang")
    assert (fault.times, fault.skip, fault.parameters) == (None, 2, {"seconds": 5})
    assert "commit_then_hang" in page(browser, "/faults").select("table")[0].text
    browser.post("/faults/clear")
    assert sandbox.world.faults.active() == []


@pytest.mark.parametrize(
    "change", [{"kind": "explode"}, {"target": "bol.com x"}, {"times": "many"}, {"parameters": "{"}, {"kind": None}]
)
def test_the_fault_page_says_what_it_does_not_know(
    sandbox: Sandbox, browser: FlaskClient, change: dict[str, str | None]
) -> None:
    form = {"target": "amazon *", "kind": "drop", "times": "1", **change}
    answer = browser.post("/faults", data={name: value for name, value in form.items() if value is not None})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert sandbox.world.faults.active() == []


def test_the_fault_page_explains_every_kind(browser: FlaskClient) -> None:
    offered = [str(option["value"]) for option in page(browser, "/faults").select("select[name=kind] option")]
    assert offered == list(KINDS)


def test_a_page_of_another_site_can_not_press_the_buttons(sandbox: Sandbox, browser: FlaskClient) -> None:
    form = {"target": "amazon *", "kind": "drop"}
    for site in ("cross-site", "same-site"):
        assert browser.post("/faults", data=form, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert browser.post("/faults", data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 302


def test_the_mailbox_keeps_mails_and_never_runs_them(browser: FlaskClient) -> None:
    mail = {"to": "jan@example.nl", "subject": "Welkom", "text": "Zie http://localhost:5000/installatie/x",
            "html": "<script>alert(1)</script>"}  # fmt: skip
    assert browser.post("/mailbox", json=mail).status_code == 201
    assert links(page(browser, "/mailbox"))["Welkom"] == "/mailbox/1"
    shown = page(browser, "/mailbox/1")
    assert shown.find("a", href="http://localhost:5000/installatie/x")
    assert "<script>alert(1)</script>" in shown.text
    assert browser.post("/mailbox", json={"subject": "nobody"}).status_code == 400
    assert browser.get("/mailbox/2").status_code == 404


def test_pages_forbid_scripts_and_foreign_frames(browser: FlaskClient) -> None:
    policy = browser.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    with browser.get("/static/sandbox.css") as style:
        assert style.status_code == 200


def test_control_fills_and_reads_the_sandbox(sandbox: Sandbox, browser: FlaskClient, clock: FrozenClock) -> None:
    seller_id = json_of(browser.post("/control/sellers", json={"name": "Winkel", "orders_per_day": 24}))["seller_id"]
    administration = json_of(browser.post("/control/administrations", json={"name": "Proef BV"}))
    assert administration["key"]
    added = browser.post("/control/orders", json={"seller_id": seller_id, "bad_input": "zero_lines"})
    assert added.status_code == 201
    order_id = json_of(added)["order_ids"][0]
    changes = {"fulfillment": {"fulfillmentStatus": "UNSHIPPED"}}
    assert browser.post(f"/control/orders/{seller_id}/{order_id}", json=changes).status_code == 200
    order = sandbox.amazon.order(seller_id, order_id)
    assert order is not None
    assert order["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    totals = json_of(browser.get("/control/totals"))
    assert totals["sellers"][0]["orders"] == sandbox.amazon.count_orders(seller_id)
    assert totals["administrations"][0]["booking_sum"] == "0"
    browser.post("/control/faults", json={"remote": "amazon", "operation": "*", "kind": "drop"})
    assert len(json_of(browser.get("/control/faults"))["faults"]) == 1
    browser.delete("/control/faults")
    assert json_of(browser.get("/control/faults"))["faults"] == []
    browser.get("/amazon/api/orders/2026-01-01/orders")
    assert json_of(browser.get("/control/log?remote=amazon"))["by_status"] == {"403": 1}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("sellers", {"nickname": "x"}),
        ("orders", {"seller_id": "nobody", "bad_input": "zero_lines"}),
        ("orders", {"count": 3}),
        ("faults", {"remote": "amazon", "operation": "*", "kind": "explode"}),
        ("keys/revoke", {}),
    ],
)
def test_control_names_what_is_wrong(browser: FlaskClient, path: str, body: dict[str, object]) -> None:
    answer = browser.post(f"/control/{path}", json=body)
    assert answer.status_code == 400
    assert json_of(answer)["error"]
