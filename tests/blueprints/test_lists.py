"""Search, files, Aansluiting, runs and activity: what is asked for, page by page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests import factories
from tests.blueprints.conftest import ALICE, CHARLIE, World
from tests.browser.stories import HOSTILE_TITLE
from tests.services.test_spreadsheets import read_workbook
from tests.support.clock import FrozenClock
from webshop.domain.booking import Issue
from webshop.extensions import clock as product_clock
from webshop.extensions import db
from webshop.models import Order, OrderState, RateTotal, Remote, Shop, User
from webshop.services import audit
from webshop.services.connections import find_connection
from webshop.services.overview import PAGE_SIZE

DIFFERS = Issue("ORDER_TOTAL_DIFFERS", {"number": "1", "ours": "1", "theirs": "2"})


def post(shop: Shop, number: str | None = None, kind: str = "sales_entry", **values: Any) -> Order:
    connection = find_connection(shop.id, Remote.SNELSTART)
    assert connection is not None
    order = factories.order(shop, OrderState.POSTED, **values)
    named: dict[str, Any] = {"external_number": number} if number else {}
    factories.posting(order, connection.account_id, kind=kind, **named)
    return order


def numbers(page: Any) -> list[str]:
    return [row["id"].removeprefix("order-") for row in page.find_all("tr", attrs={"data-state": True})]


# The report


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("order_number=20260042", [1]),
        ("order_number=2026004", []),
        ("order_number=404-1", [1]),
        ("order_number=404-1111111-1111111", [1]),
        ("kind=sales_order", [2]),
        ("kind=sales_entry", [1]),
        ("state=all", [1, 2, 3, 4]),
        ("state=error", [3]),
        ("state=open", [4]),
        ("attention=yes", [2]),
        ("state=all&from_on=2026-11-20&until_on=2026-11-20", [2]),
    ],
)
def test_the_report_finds_every_order_by_what_is_known_of_it(world: World, query: str, expected: list[int]) -> None:
    with world.rows() as shop:
        at = datetime(2026, 11, 20, 22, 59, tzinfo=UTC)  # a minute before midnight in Amsterdam
        post(shop, "20260042", amazon_order_id="404-1111111-1111111", purchased_at=at + timedelta(days=2))
        post(shop, "77", "sales_order", amazon_order_id="404-2222222-2222222", purchased_at=at, issue=DIFFERS)
        later: dict[str, Any] = {"purchased_at": at + timedelta(minutes=1)}
        issue = Issue("VAT_MAPPING_MISSING", {"country": "DE", "percentage": "19"})
        factories.order(shop, OrderState.ERROR, amazon_order_id="404-3333333-3333333", issue=issue, **later)
        factories.order(shop, amazon_order_id="404-4444444-4444444", **later)
    page = world.visitor(ALICE).get(f"{world.place}/report?{query}")
    assert sorted(numbers(page)) == [f"404-{digit * 1111111}-{digit * 1111111}" for digit in expected]


def test_a_file_holds_what_the_filter_shows_on_all_pages(world: World) -> None:
    with world.rows() as shop:
        for _ in range(PAGE_SIZE + 5):
            post(shop, country="DE", total=Decimal("12.50"))
        post(shop, country="NL")
    alice = world.visitor(ALICE)
    alice.get(f"{world.place}/report.csv?country=DE")
    assert alice.response.headers["Content-Disposition"] == "attachment; filename=rapportage-2026-11-23.csv"
    assert alice.response.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(alice.response.get_data(as_text=True)[1:], newline=""), delimiter=";"))
    assert len(rows) == 1 + PAGE_SIZE + 5
    assert {row[2] for row in rows[1:]} == {"DE"}
    assert rows[1][6] == "12,50"
    alice.get(f"{world.place}/report.xlsx?country=DE")
    cells = read_workbook(alice.response.data)
    assert len(cells) == len(rows)
    assert {row[6] for row in cells[1:]} == {Decimal("12.50")}


def test_a_file_that_is_cut_off_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webshop.services.report.EXPORT_LIMIT", 3)
    monkeypatch.setattr("webshop.blueprints.dashboard.lists.EXPORT_LIMIT", 3)
    with world.rows() as shop:
        for _ in range(5):
            post(shop)
    alice = world.visitor(ALICE)
    alice.get(f"{world.place}/report.csv")
    lines = alice.response.get_data(as_text=True).splitlines()
    assert len(lines) == 5
    assert "Na 3 regels afgebroken" in lines[-1]


def test_a_file_of_a_filter_that_cannot_be_used_leads_back(world: World) -> None:
    alice = world.visitor(ALICE)
    alice.get(f"{world.place}/report.csv?from_on=gisteren", 303)
    alice.get(alice.response.location, 422)


def test_no_formula_leaves_with_a_file(world: World) -> None:
    with world.rows() as shop:
        post(shop, "=HYPERLINK(1)")
    alice = world.visitor(ALICE)
    alice.get(f"{world.place}/report.csv")
    assert ";'=HYPERLINK(1);" in alice.response.get_data(as_text=True)


# Let op


def test_the_overview_names_what_is_booked_and_deserves_a_look(world: World, clock: FrozenClock) -> None:
    with world.rows() as shop:
        post(shop)
        cancelled = post(shop, cancelled_after_posting_at=clock.now()).amazon_order_id
        changed = post(shop, amazon_total=Decimal("100.00")).amazon_order_id
        for _ in range(4):
            post(shop, issue=DIFFERS, purchased_at=clock.now() - timedelta(days=40))
    alice = world.visitor(ALICE)
    attention = alice.get(f"{world.place}/").find(id="attention")
    listed = [item.a.text for item in attention.find_all("li")]
    assert len(listed) == 5
    assert {cancelled, changed} <= set(listed)
    assert "ander bedrag" in attention.text
    everything = alice.get(attention.find("a", string="Alles wat aandacht vraagt")["href"])
    assert len(numbers(everything)) == 6


def test_the_chart_is_told_in_numbers_too(world: World) -> None:
    with world.rows() as shop:
        today = product_clock.now()
        post(shop, purchased_at=today)
        factories.order(shop, OrderState.ERROR, purchased_at=today)
        factories.order(shop, OrderState.UNKNOWN, purchased_at=today)
    chart = world.visitor(ALICE).get(f"{world.place}/").find(id="chart")
    assert chart.svg["aria-labelledby"] == "chart-title chart-desc"
    assert len(chart.tbody.find_all("tr")) == 30
    assert [cell.text for cell in chart.tbody.tr.find_all("td")] == ["1", "0", "2"]
    assert {rect["class"][0] for rect in chart.find_all("rect")} == {"bar-posted", "bar-error"}


def test_todays_counters_lead_to_todays_orders(world: World) -> None:
    with world.rows() as shop:
        post(shop, purchased_at=product_clock.now())
        post(shop, purchased_at=product_clock.now() - timedelta(days=3))
    alice = world.visitor(ALICE)
    link = alice.get(f"{world.place}/").find("a", class_="counter-today")
    assert link.text == "1 van vandaag"
    assert len(numbers(alice.get(link["href"]))) == 1


# Aansluiting


def test_amazon_and_the_states_tie_out_per_month_and_per_day(world: World) -> None:
    with world.rows() as shop:
        for day in (3, 3, 17):
            post(shop, purchased_at=datetime(2026, 10, day, 9, tzinfo=UTC))
        factories.order(shop, OrderState.ERROR, purchased_at=datetime(2026, 10, 3, 9, tzinfo=UTC))
    alice = world.visitor(ALICE)
    page = alice.get(f"{world.place}/reconciliation?month=2026-10")
    assert page.find(class_="notice-green")
    month = page.find(id="month-2026-10-01")
    assert month["data-right"] == "yes"
    amazon, *_states = month.find_all("td")
    assert amazon.a.text == "4"
    assert len(numbers(alice.get(amazon.a["href"]))) == 4
    cells = page.find(id="day-2026-10-03").find_all("td")
    assert [cell.find(["a", "span"]).text for cell in cells[:6]] == ["3", "2", "0", "1", "0", "0"]
    assert len(numbers(alice.get(cells[1].a["href"]))) == 2


def test_a_difference_is_red_and_leads_to_the_order(world: World) -> None:
    with world.rows() as shop:
        number = post(shop, amazon_total=Decimal("100.00")).amazon_order_id
    alice = world.visitor(ALICE)
    page = alice.get(f"{world.place}/reconciliation")
    assert "€\xa0-21,00" in page.find(role="alert").text
    cell = page.find("tr", attrs={"data-right": "no"}).find(class_="difference")
    assert cell["data-is-zero"] == "no"
    assert numbers(alice.get(cell.a["href"])) == [number]


def test_the_vat_of_a_quarter_is_listed_per_country_and_rate(world: World) -> None:
    with world.rows() as shop:
        post(shop, total=Decimal("150.00"))
        for day, country, rate, net, vat in (
            (date(2026, 11, 3), "DE", "19", "100.00", "19.00"),
            (date(2026, 10, 1), "DE", "19", "10.00", "1.90"),
            (date(2026, 9, 30), "DE", "19", "1.00", "0.19"),
        ):
            db.session.add(
                RateTotal(
                    shop_id=shop.id,
                    day=day,
                    treatment="EU_B2C_OSS",
                    country=country,
                    percentage=Decimal(rate),
                    orders=1,
                    net=Decimal(net),
                    vat=Decimal(vat),
                )
            )
    alice = world.visitor(ALICE)
    page = alice.get(f"{world.place}/reconciliation")
    row = page.find(id="rates").tbody.tr
    assert [cell.text for cell in row.find_all("td")][1:] == ["Duitsland", "19%", "2", "€\xa0110,00", "€\xa020,90"]
    assert "€\xa019,10" in page.find(id="not-split").text
    alice.get(f"{world.place}/vat.csv")
    assert "DE;19;2;110,00;20,90" in alice.response.get_data(as_text=True)
    assert "btw-2026-K4" in alice.response.headers["Content-Disposition"]


@pytest.mark.parametrize("month", ["november", "2026-13", "1800-01", "2026-11-01"])
def test_a_month_that_is_none_is_refused(world: World, month: str) -> None:
    world.visitor(ALICE).get(f"{world.place}/reconciliation?month={month}", 400)


# Runs and activity


@pytest.mark.parametrize(("only", "expected"), [("all", 3), ("orders", 1), ("trouble", 1)])
def test_runs_are_listed_with_the_empty_ones(world: World, only: str, expected: int) -> None:
    with world.rows() as shop:
        factories.run(shop)
        factories.run(shop, fetched=3, posted=3)
        factories.run(shop, error_code="AMAZON_THROTTLED")
    page = world.visitor(ALICE).get(f"{world.place}/runs?only={only}")
    assert len(page.find_all("tr", attrs={"data-state": True})) == expected
    assert "9 s" in page.text


def all_pages(world: World, address: str) -> list[str]:
    alice, seen = world.visitor(ALICE), []
    while address:
        page = alice.get(address)
        seen += [row.text for row in page.find(id="rows").find_all("tr", class_=lambda name: name != "more")]
        link = page.find("a", string="Meer laden")
        address = link["href"] if link else ""
    return seen


def test_runs_and_events_come_page_by_page(world: World) -> None:
    with world.rows() as shop:
        for number in range(2 * PAGE_SIZE + 1):
            factories.run(shop, fetched=number)
            audit.record("sku_rates_imported", shop_id=shop.id, facts={"rates": number})
    for address in (f"{world.place}/runs", f"{world.place}/activity?actor=system"):
        seen = all_pages(world, address)
        assert len(seen) == len(set(seen)) == 2 * PAGE_SIZE + 1


@pytest.mark.parametrize(
    "page", ["/runs?only=some", "/activity?about=me", "/activity?from_on=x", "/activity?actor=cat"]
)
def test_a_filter_that_is_none_is_named(world: World, page: str) -> None:
    found = world.visitor(ALICE).get(world.place + page, 422)
    assert page.split("=")[1] in found.find(role="alert").text


def test_activity_says_who_did_what_and_nothing_of_other_shops(world: World) -> None:
    with world.rows() as shop:
        alice = db.session.query(User).filter_by(email=ALICE).one()
        order = factories.order(shop)
        audit.record("fetch_requested", shop_id=shop.id, user_id=alice.id)
        audit.record("posted", shop_id=shop.id, order_id=order.id, facts={"number": "42"})
        audit.record("an_action_of_another_release", shop_id=shop.id, facts={"x": HOSTILE_TITLE})
        number = order.amazon_order_id
    visitor = world.visitor(ALICE)
    about_shop = visitor.get(f"{world.place}/activity")
    assert "Nu ophalen gevraagd" in about_shop.text
    assert ALICE in about_shop.find(id="events").text
    assert about_shop.find("img") is None
    assert number not in about_shop.text
    about_orders = visitor.get(f"{world.place}/activity?about=orders")
    assert "nummer: 42" in about_orders.find(id="events").text
    assert about_orders.find("a", string=number)
    elsewhere = world.visitor(CHARLIE).get(f"/shops/{world.other_shop_id}/activity?about=all")
    assert "Nu ophalen gevraagd" not in elsewhere.text
    visitor.get(f"{world.place}/activity.csv?about=orders")
    assert f"Geboekt in SnelStart;koppeling;;;{number};nummer: 42" in visitor.response.get_data(as_text=True)


@pytest.mark.parametrize("address", ["/runs", "/activity"])
def test_a_cursor_is_good_for_its_own_list(world: World, address: str) -> None:
    with world.rows() as shop:
        for _ in range(PAGE_SIZE + 1):
            post(shop)
    link: Callable[..., Any] = world.visitor(ALICE).get(f"{world.place}/report").find
    cursor = str(link("a", string="Meer laden")["href"]).partition("cursor=")[2]
    world.visitor(ALICE).get(f"{world.place}{address}?cursor={cursor}", 400)
