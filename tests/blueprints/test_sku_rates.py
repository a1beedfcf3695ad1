"""Rates per product: searched, changed one by one, or read from a file that is shown first."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest

from tests.blueprints.conftest import ALICE, CHARLIE, DORA, Visitor, World
from tests.support.statements import counted_statements
from webshop.blueprints import LARGEST_FORM
from webshop.blueprints.configuration import rates_routes
from webshop.extensions import db
from webshop.models import AuditEvent, SkuRate
from webshop.services import sku_rate_table, sku_rates

POSTS = ("", "/remove", "/import")


def place(world: World) -> str:
    return f"{world.place}/configuration/rates"


def add(world: World, number: int) -> None:
    with world.rows() as shop:
        sku_rates.store(shop.id, {(f"SKU-{index:04}", ""): Decimal(9) for index in range(number)})


def stored(world: World) -> dict[tuple[str, str], Decimal]:
    with world.rows() as shop:
        return {
            (rate.sku, rate.country): rate.percentage for rate in db.session.query(SkuRate).filter_by(shop_id=shop.id)
        }


def upload(visitor: Visitor, address: str, data: bytes, status: int = 200, htmx: bool = False) -> Any:
    token = visitor.csrf_token()
    visitor.response = visitor.client.post(
        address,
        data={"csrf_token": token, "file": (io.BytesIO(data), "tarieven.csv")},
        headers={"HX-Request": "true"} if htmx else {},
    )
    return visitor._read(status, htmx)


def test_rates_are_added_changed_and_removed(world: World) -> None:
    alice = world.visitor(ALICE)
    for percentage in ("9", "7,5"):
        alice.post(place(world), sku=" BOEK-1 ", country="DE", percentage=percentage)
    assert stored(world) == {("BOEK-1", "DE"): Decimal("7.5")}
    page = alice.get(f"{place(world)}?sku=BOEK-1&country=DE")
    assert page.find("input", id="sku")["value"] == "BOEK-1"
    assert page.find("option", selected=True, value="DE")
    for _ in range(2):
        alice.post(f"{place(world)}/remove", sku="BOEK-1", country="DE")
    assert stored(world) == {}
    with world.rows() as shop:
        assert not shop.has_sku_rates
        facts = [event.facts for event in db.session.query(AuditEvent).filter_by(action="setting_changed")]
    assert [fact["section"] for fact in facts] == ["rates"] * 3
    assert facts[1]["old"] == {"BOEK-1 DE": "9"}


@pytest.mark.parametrize(
    ("field", "value"), [("sku", ""), ("sku", "x" * 101), ("country", "US"), ("percentage", "veel"), ("percentage", "")]
)
def test_what_cannot_be_is_told_at_its_field(world: World, field: str, value: str) -> None:
    form: dict[str, Any] = {"sku": "A", "country": "", "percentage": "9", field: value}
    page = world.visitor(ALICE).post(place(world), 422, **form)
    assert page.find(id=f"{field}-error").text
    if field != "country":
        assert page.find("input", id=field)["value"] == value
    assert stored(world) == {}


def test_pages_follow_each_other_without_gaps(world: World) -> None:
    add(world, 120)
    alice = world.visitor(ALICE)
    seen: list[str] = []
    address = place(world)
    while address:
        page = alice.get(address, htmx=True)
        seen += [row.td.text for row in page.find(id="rows").find_all("tr") if "more" not in row.get("class", [])]
        more = page.find("tr", class_="more")
        address = more.a["href"] if more else ""
    assert seen == [f"SKU-{index:04}" for index in range(120)]


def test_the_search_takes_the_text_as_it_is(world: World) -> None:
    add(world, 3)
    with world.rows() as shop:
        sku_rates.store(shop.id, {("100%_NEW", ""): Decimal(21)})
    alice = world.visitor(ALICE)
    assert "100%_NEW" in alice.get(f"{place(world)}?search=100%25").find(id="rows").text
    assert alice.get(f"{place(world)}?search=_").find(id="rows") is None
    alice.get(f"{place(world)}?search=%00&after_sku=%00")


@pytest.mark.parametrize("number", [0, 1, 120])
def test_the_page_sends_few_statements(world: World, number: int) -> None:
    add(world, number)
    alice = world.visitor(ALICE)
    with counted_statements() as statements:
        alice.get(place(world))
    assert len(statements) == 3


def test_a_file_is_shown_before_it_counts(world: World) -> None:
    add(world, 2)
    alice = world.visitor(ALICE)
    text = 'sku;land;percentage\nSKU-0000;;9\nSKU-0001;;21\n"A,B,C;""D""";DE;7\nkapot\nX;;veel\n'
    page = upload(alice, f"{place(world)}/import", text.encode())
    assert [fact.text for fact in page.find("dl", class_="facts").find_all("dd")] == ["1", "1", "1"]
    assert "Regel 5:" in page.text
    assert "Regel 6:" in page.text
    assert stored(world)["SKU-0001", ""] == Decimal(9)
    content = page.find("input", attrs={"name": "content"})["value"]
    for _ in range(2):
        alice.post(f"{place(world)}/import", content=content)
    assert stored(world) == {
        ("SKU-0000", ""): Decimal(9),
        ("SKU-0001", ""): Decimal(21),
        ('A,B,C;"D"', "DE"): Decimal(7),
    }
    with world.rows():
        assert db.session.query(AuditEvent).filter_by(action="setting_changed").count() == 1


@pytest.mark.parametrize("data", [b"", b"\x00\xff\xfe" * 50, bytes(range(256)), b"a;b;c;d\n", "ƒ;9€".encode()])
def test_a_file_without_a_usable_line_says_so(world: World, data: bytes) -> None:
    page = upload(world.visitor(ALICE), f"{place(world)}/import", data, 422)
    assert page.find(id="file-error").text
    assert stored(world) == {}


def test_a_file_larger_than_other_forms_goes_through(world: World) -> None:
    alice = world.visitor(ALICE)
    lines = "".join(f"SKU-{index:06};;9\n" for index in range(sku_rates.MOST_ROWS))
    assert len(lines) > LARGEST_FORM
    page = upload(alice, f"{place(world)}/import", lines.encode())
    content = page.find("input", attrs={"name": "content"})["value"]
    alice.post(f"{place(world)}/import", content=content)
    assert len(stored(world)) == sku_rates.MOST_ROWS


def test_a_file_that_is_too_large_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = world.visitor(ALICE)
    for module in (rates_routes, sku_rates):
        monkeypatch.setattr(module, "LONGEST_FILE", 100)
    page = upload(alice, f"{place(world)}/import", b"SKU-1;;9\n" * 20, 422)
    assert "te groot" in page.text
    monkeypatch.setattr(rates_routes, "LARGEST_REQUEST", 1000)
    upload(alice, f"{place(world)}/import", b"SKU-1;;9\n" * 200, 413)


def test_a_shop_has_no_more_rates_than_a_run_can_load(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sku_rate_table, "MOST_RATES", 1)
    alice = world.visitor(ALICE)
    alice.post(place(world), sku="A", country="", percentage="9")
    assert "te veel tarieven" in alice.post(place(world), 422, sku="B", country="", percentage="9").text
    assert "te veel tarieven" in alice.post(f"{place(world)}/import", 422, content="sku;land;percentage\nB;;9\n").text


def test_the_example_can_be_read_back(world: World) -> None:
    visitor = world.visitor(DORA)
    visitor.get(f"{place(world)}/template.csv")
    assert "attachment" in visitor.response.headers["Content-Disposition"]
    assert sku_rates.read_csv(visitor.response.data).problems == []


@pytest.mark.parametrize("page", POSTS)
@pytest.mark.parametrize("htmx", [True, False])
def test_others_change_nothing(world: World, page: str, htmx: bool) -> None:
    form: dict[str, Any] = {"sku": "A", "country": "", "percentage": "9", "content": "A;;9"}
    world.visitor(DORA).post(place(world) + page, 403, htmx=htmx, **form)
    world.visitor(CHARLIE).post(place(world) + page, 404, htmx=htmx, **form)
    world.visitor().post(place(world) + page, 401 if htmx else 302, htmx=htmx, **form)
    assert stored(world) == {}


@pytest.mark.parametrize("page", ["", "/template.csv"])
def test_others_see_nothing(world: World, page: str) -> None:
    world.visitor(CHARLIE).get(place(world) + page, 404)
    world.visitor().get(place(world) + page, 302)
    assert not world.visitor(DORA).get(place(world)).main.find_all("form", method="post")


def test_wrong_methods_are_refused(world: World) -> None:
    alice = world.visitor(ALICE)
    for page in ("/remove", "/import"):
        alice.get(place(world) + page, 405)
    alice.post(f"{place(world)}/template.csv", 405)
