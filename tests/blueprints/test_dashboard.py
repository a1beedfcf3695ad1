"""The overview and the three tabs: the right orders, in the right words, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from tests import factories
from tests.blueprints.conftest import ALICE, CHARLIE, DORA, World
from tests.browser.stories import HOSTILE_TITLE
from tests.support.clock import FrozenClock
from tests.support.statements import counted_statements
from webshop.domain.booking import Issue
from webshop.extensions import clock as product_clock
from webshop.extensions import db, transaction
from webshop.models import Connection, OrderState, PostingState, Remote, Schedule, Shop
from webshop.services.connections import find_connection
from webshop.services.overview import PAGE_SIZE

MAPPING_MISSING = Issue("VAT_MAPPING_MISSING", {"country": "DE", "percentage": "19"})
NOT_SHIPPED = Issue("ORDER_STATUS_NOT_ELIGIBLE", {"status": "UNSHIPPED", "statuses": "SHIPPED"})
STATEMENTS = 6


def post(shop: Shop, number: str = "", **values: Any) -> str:
    """Make an order that was booked; return its number at Amazon."""
    connection = find_connection(shop.id, Remote.SNELSTART)
    assert connection is not None
    order = factories.order(shop, OrderState.POSTED, **values)
    named: dict[str, Any] = {"external_number": number} if number else {}
    factories.posting(order, connection.account_id, **named)
    return order.amazon_order_id


def fill(world: World, number: int) -> None:
    with world.rows() as shop:
        connection = find_connection(shop.id, Remote.SNELSTART)
        assert connection is not None
        for _ in range(number):
            post(shop)
            factories.order(shop, issue=NOT_SHIPPED, amazon_status="UNSHIPPED")
            factories.order(shop, OrderState.ERROR, issue=MAPPING_MISSING)
            unknown = factories.order(shop, OrderState.UNKNOWN, issue=Issue("SNELSTART_WRITE_UNKNOWN"))
            factories.posting(unknown, connection.account_id, PostingState.UNKNOWN)
            factories.run(shop)


# Few statements


@pytest.mark.parametrize("number", [1, 60])
@pytest.mark.parametrize("page", ["/", "/report", "/report?country=NL&order_number=404", "/errors", "/open", "/tabs"])
def test_a_page_sends_few_statements_however_many_orders_there_are(world: World, page: str, number: int) -> None:
    fill(world, number)
    alice = world.visitor(ALICE)
    with counted_statements() as statements:
        alice.get(world.place + page, htmx=page == "/tabs")
    assert len(statements) <= STATEMENTS, statements
    assert not [statement for statement in statements if "OFFSET ?" in statement and "LIMIT" not in statement]


@pytest.mark.parametrize("number", [1, 60])
def test_asking_how_the_fetch_goes_is_cheap(world: World, number: int) -> None:
    fill(world, number)
    alice = world.visitor(ALICE)
    with counted_statements() as statements:
        alice.get(f"{world.place}/fetch", htmx=True)
    assert len(statements) <= 3, statements


# Overview


def test_the_counters_lead_to_the_lists_they_count(world: World) -> None:
    fill(world, 3)
    alice = world.visitor(ALICE)
    page = alice.get(f"{world.place}/")
    for name in ("posted", "open", "errors", "unknown"):
        counter = page.find(id=f"count-{name}")
        assert counter.text == "3"
        state = "error" if name == "errors" else name
        assert len(alice.get(counter["href"]).find_all("tr", attrs={"data-state": state})) == 3


def test_the_overview_says_what_is_not_booked_yet(world: World) -> None:
    with world.rows() as shop:
        post(shop, total=Decimal("1000.05"))
        factories.order(shop, total=Decimal("234.45"))
        factories.order(shop, OrderState.SKIPPED, total=Decimal("99.99"))
    page = world.visitor(ALICE).get(f"{world.place}/")
    cells = [cell.text for cell in page.find(id="difference").find_all("td")]
    assert cells == ["1", "€\xa0234,45"]
    assert "1 bestelling telt niet mee" in page.text


@pytest.mark.parametrize(
    ("values", "state", "words"),
    [
        ({"last_error_code": "SNELSTART_UNREACHABLE"}, "amber", "SnelStart is even niet bereikbaar"),
        ({"state": "needs_reconnect", "last_error_code": "SNELSTART_RECONNECT"}, "red", "Verbind opnieuw"),
    ],
)
def test_a_light_tells_what_is_wrong(world: World, values: dict[str, str], state: str, words: str) -> None:
    with world.rows() as shop:
        mine = (Connection.shop_id == shop.id) & (Connection.remote == "snelstart")
        db.session.execute(update(Connection).where(mine).values(**values))
    page = world.visitor(ALICE).get(f"{world.place}/")
    assert page.find(id="light-snelstart")["data-state"] == state
    assert page.find(id="light-amazon")["data-state"] == "green"
    assert words in page.text


def test_a_new_shop_shows_what_is_still_to_be_done(world: World) -> None:
    with world.app.app_context(), transaction():
        newcomer = factories.user("new@shop.test")
        shop = factories.shop(newcomer, is_posting_automatic=False)
        place = f"/shops/{shop.public_id}"
    visitor = world.visitor("new@shop.test")
    page = visitor.get(f"{place}/")
    assert [item["data-done"] for item in page.find(class_="checklist").find_all("li")] == ["no"] * 6
    assert "Nu ophalen" not in page.text
    for tab in ("report", "errors", "open"):
        assert visitor.get(f"{place}/{tab}").find(class_="empty")


def test_latest_runs_are_shown_with_their_trouble(world: World) -> None:
    with world.rows() as shop:
        factories.run(shop, fetched=1234, error_code="AMAZON_THROTTLED")
    text = world.visitor(ALICE).get(f"{world.place}/").text
    assert "1.234" in text
    assert "Amazon: even wachten" in text


# Report


def test_the_report_shows_what_was_booked_and_as_what(world: World) -> None:
    with world.rows() as shop:
        at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
        number = post(shop, "20260042", total=Decimal("1234.50"), country="DE", purchased_at=at)
        factories.order(shop, OrderState.ERROR, issue=MAPPING_MISSING)
    row = world.visitor(ALICE).get(f"{world.place}/report").find(id=f"order-{number}")
    assert row["data-state"] == "posted"
    cells = [cell.text.strip() for cell in row.find_all("td")]
    assert cells[0] == "ma 23 nov 00:30"  # Amsterdam's Monday, not UTC's Sunday
    assert cells[2:6] == ["Duitsland", "Verkoopboeking", "20260042", "€\xa01.234,50"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["404-1111111-1111111", "404-2222222-2222222"]),
        ("from_on=2026-11-22", ["404-1111111-1111111"]),
        ("until_on=2026-11-21", ["404-2222222-2222222"]),
        ("from_on=2026-11-20&until_on=2026-11-20", ["404-2222222-2222222"]),
        ("country=DE", ["404-2222222-2222222"]),
        ("country=other", []),
        ("order_number=404-2", ["404-2222222-2222222"]),
        ("order_number=%25", []),
        ("order_number=_04", []),
        ("order_number=' OR 1=1 --", []),
        ("state=skipped", ["404-3333333-3333333"]),
    ],
)
def test_the_filters_find_what_is_asked_for(world: World, query: str, expected: list[str]) -> None:
    with world.rows() as shop:
        post(shop, amazon_order_id="404-1111111-1111111", purchased_at=datetime(2026, 11, 22, 9, tzinfo=UTC))
        at = datetime(2026, 11, 20, 22, 59, tzinfo=UTC)
        post(shop, amazon_order_id="404-2222222-2222222", country="DE", purchased_at=at)
        factories.order(shop, OrderState.SKIPPED, amazon_order_id="404-3333333-3333333")
    page = world.visitor(ALICE).get(f"{world.place}/report?{query}")
    assert [row["id"].removeprefix("order-") for row in page.find_all("tr", attrs={"data-state": True})] == expected


@pytest.mark.parametrize("query", ["from_on=gisteren", "until_on=2026-02-30", "country=XX", "state=lost", "kind=gift"])
def test_a_filter_that_cannot_be_used_is_named(world: World, query: str) -> None:
    page = world.visitor(ALICE).get(f"{world.place}/report?{query}", status=422)
    assert query.split("=")[1] in page.find(role="alert").text


def test_a_filter_is_shown_as_text(world: World) -> None:
    page = world.visitor(ALICE).get(f"{world.place}/report", status=200)
    page = world.visitor(ALICE).get(f"{world.place}/report?country=<script>alert(1)</script>", status=422)
    assert page.find("script", src=False) is None


# Page by page


@pytest.mark.parametrize(
    ("tab", "state", "size"),
    [
        ("report", OrderState.POSTED, PAGE_SIZE),
        ("open", OrderState.OPEN, PAGE_SIZE),
        ("errors?group=VAT_MAPPING_MISSING", OrderState.ERROR, PAGE_SIZE),
    ],
)
def test_pages_show_every_order_once(world: World, tab: str, state: OrderState, size: int) -> None:
    with world.rows() as shop:
        moment = product_clock.now() - timedelta(hours=1)
        # All at one moment: the order of the pages then hangs on the second part of the position.
        expected = {
            factories.order(shop, state, issue=MAPPING_MISSING, purchased_at=moment).amazon_order_id
            for _ in range(2 * size + 1)
        }
    alice = world.visitor(ALICE)
    address, seen = f"{world.place}/{tab}", []
    for _page in range(3):
        page = alice.get(address)
        seen += [row["id"].removeprefix("order-") for row in page.find_all("tr", attrs={"data-state": True})]
        link = page.find("a", string=["Meer laden", "Oudere fouten"])
        address = link["href"] if link else ""
    assert not address
    assert len(seen) == len(expected)
    assert set(seen) == expected


def test_a_filter_stays_on_the_next_page(world: World) -> None:
    with world.rows() as shop:
        for number in range(PAGE_SIZE + 5):
            post(shop, country="DE" if number % 5 else "NL")
        for _ in range(PAGE_SIZE):
            post(shop, country="DE")
    page = world.visitor(ALICE).get(f"{world.place}/report?country=DE")
    assert "country=DE" in page.find("a", string="Meer laden")["href"]


@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: "x" + text, lambda _text: "W10"])
def test_a_changed_cursor_is_refused(world: World, change: object) -> None:
    cursor = _cursor(world)
    world.visitor(ALICE).get(f"{world.place}/report?cursor={change(cursor)}", status=400)  # type: ignore[operator]


def test_a_cursor_is_good_for_its_own_list_of_its_own_shop(world: World) -> None:
    cursor = _cursor(world)
    world.visitor(ALICE).get(f"{world.place}/open?cursor={cursor}", status=400)
    world.visitor(CHARLIE).get(f"/shops/{world.other_shop_id}/report?cursor={cursor}", status=400)


def _cursor(world: World) -> str:
    with world.rows() as shop:
        for _ in range(PAGE_SIZE + 1):
            post(shop)
    link = world.visitor(ALICE).get(f"{world.place}/report").find("a", string="Meer laden")
    return str(link["href"]).partition("cursor=")[2]


# Errors and open


def test_errors_are_grouped_by_cause_with_their_explanation(world: World) -> None:
    with world.rows() as shop:
        first = factories.order(shop, OrderState.ERROR, issue=MAPPING_MISSING)
        factories.order(
            shop, OrderState.ERROR, issue=Issue("VAT_MAPPING_MISSING", {"country": "AT", "percentage": "20"})
        )
        factories.order(shop, OrderState.ERROR, issue=Issue("SNELSTART_LEDGER_INACTIVE", {"message": "x"}))
        number = first.amazon_order_id
    page = world.visitor(ALICE).get(f"{world.place}/errors")
    group = page.find(id="group-vat-mapping-missing")
    assert group.find(class_="badge").text == "2"
    row = group.find(id=f"order-{number}")
    assert "Duitsland" in row.text
    headings = [heading.text for heading in row.find("dl").find_all("dt")]
    assert headings == ["Wat betekent dit?", "Hoe komt het?", "Zo los je het op", "Wanneer contact opnemen?"]
    assert row.find("summary").text == "Meer info"
    assert row.find("td", class_="actions").button.text == "Verwerk"


def test_only_what_may_be_sent_again_can_be_processed(world: World) -> None:
    with world.rows() as shop:
        factories.order(shop, OrderState.ERROR, issue=Issue("CURRENCY_UNSUPPORTED", {"currency": "PLN"}))
    page = world.visitor(ALICE).get(f"{world.place}/errors")
    assert page.find("tr", attrs={"data-state": "error"}).find("td", class_="actions").button is None


def test_unknown_outcomes_stand_on_top_with_the_time_of_their_look_up(world: World) -> None:
    fill(world, 1)
    with world.rows() as shop:
        connection = find_connection(shop.id, Remote.SNELSTART)
        assert connection is not None
        order = factories.order(shop, OrderState.UNKNOWN, issue=Issue("SNELSTART_WRITE_UNKNOWN"))
        lookup_at = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
        factories.posting(order, connection.account_id, PostingState.UNKNOWN, lookup_at=lookup_at)
        number = order.amazon_order_id
    page = world.visitor(ALICE).get(f"{world.place}/errors")
    assert page.find("section", class_="group")["id"] == "group-unknown"
    assert "10:02" in page.find(id=f"order-{number}").text


def test_an_order_without_a_reason_is_shown_all_the_same(world: World) -> None:
    with world.rows() as shop:
        factories.order(shop, OrderState.ERROR, content={}, total=None, country=None, currency=None)
        factories.order(shop, OrderState.ERROR, issue=Issue("A_CODE_OF_ANOTHER_RELEASE"))
    assert len(world.visitor(ALICE).get(f"{world.place}/errors").find_all("tr", attrs={"data-state": "error"})) == 2


def test_open_says_what_an_order_waits_for(world: World) -> None:
    with world.rows() as shop:
        order = factories.order(shop, issue=NOT_SHIPPED, amazon_status="UNSHIPPED", total=None)
        number = order.amazon_order_id
    row = world.visitor(ALICE).get(f"{world.place}/open").find(id=f"order-{number}")
    assert "Niet verzonden" in row.text
    assert "10:42" in row.text


def test_what_others_wrote_is_shown_as_text(world: World) -> None:
    with world.rows() as shop:
        issue = Issue("SNELSTART_REJECTED", {"code": HOSTILE_TITLE, "message": HOSTILE_TITLE})
        order = factories.order(shop, OrderState.ERROR, issue=issue, title=HOSTILE_TITLE, country="<b")
        shop.name = HOSTILE_TITLE
        order_id = order.public_id
    alice = world.visitor(ALICE)
    for address in ("/", "/errors", f"/orders/{order_id}"):
        page = alice.get(world.place + address)
        assert page.find("img") is None
        assert HOSTILE_TITLE in page.text


# Fetch now


def test_fetch_now_makes_the_shop_due_and_shows_how_it_goes(world: World, clock: FrozenClock) -> None:
    alice = world.visitor(ALICE)
    part = alice.post(f"{world.place}/fetch", 200, htmx=True).find(id="fetch-status")
    assert "Bezig met ophalen" in part.text
    assert part["hx-trigger"] == "every 2s"
    assert part.find("button") is None
    with world.rows() as shop:
        schedule = db.session.get_one(Schedule, shop.id)
        assert schedule.due_at == schedule.slot_at == clock.now()
        schedule.due_at = schedule.slot_at = clock.now() + timedelta(minutes=60)
        factories.run(shop, fetched=3, posted=2)
    part = alice.get(f"{world.place}/fetch", htmx=True).find(id="fetch-status")
    assert "3 opgehaald, 2 doorgezet" in part.text
    assert not part.get("hx-trigger")
    assert alice.response.headers["HX-Trigger"] == "orders-changed"


@pytest.mark.parametrize("is_own_trouble", [True, False])
def test_a_fetch_that_got_no_answer_is_not_called_done(world: World, is_own_trouble: bool) -> None:
    with world.rows() as shop:
        # While Amazon has us wait, a run ends well without having asked.
        factories.run(shop, error_code="AMAZON_THROTTLED" if is_own_trouble else None)
        amazon = find_connection(shop.id, Remote.AMAZON)
        assert amazon is not None
        amazon.last_error_code = None if is_own_trouble else "AMAZON_THROTTLED"
    part = world.visitor(ALICE).get(f"{world.place}/fetch", htmx=True).find(id="fetch-status")
    assert "Amazon: even wachten" in part.text
    assert "Klaar" not in part.text


def test_fetch_now_without_htmx_leads_back_with_a_message(world: World) -> None:
    alice = world.visitor(ALICE)
    alice.post(f"{world.place}/fetch")
    page = alice.get(alice.response.location)
    assert "We halen je bestellingen op" in page.find(id="flash").text


def test_fetch_now_during_a_run_changes_nothing(world: World, clock: FrozenClock) -> None:
    with world.rows() as shop:
        schedule = db.session.get_one(Schedule, shop.id)
        schedule.lease_until = clock.now() + timedelta(minutes=5)
        slot_at = schedule.slot_at
    world.visitor(ALICE).post(f"{world.place}/fetch", 200, htmx=True)
    with world.rows() as shop:
        assert db.session.get_one(Schedule, shop.id).slot_at == slot_at


def test_the_page_stops_asking_when_nobody_picks_the_work_up(world: World, clock: FrozenClock) -> None:
    alice = world.visitor(ALICE)
    alice.post(f"{world.place}/fetch", 200, htmx=True)
    clock.advance(minutes=3, seconds=1)
    part = alice.get(f"{world.place}/fetch", htmx=True).find(id="fetch-status")
    assert "duurt langer" in part.text
    assert not part.get("hx-trigger")


def test_an_accountant_does_not_fetch(world: World) -> None:
    dora = world.visitor(DORA)
    assert "Nu ophalen" not in dora.get(f"{world.place}/").text
    dora.post(f"{world.place}/fetch", 403)


def test_fetching_again_and_again_is_slowed_down(world: World) -> None:
    alice = world.visitor(ALICE)
    for _ in range(6):
        alice.post(f"{world.place}/fetch", 200, htmx=True)
    alice.post(f"{world.place}/fetch", 429, htmx=True)


# Which shop


def test_who_has_several_shops_chooses(world: World) -> None:
    with world.app.app_context(), transaction():
        user = factories.user("many@shop.test")
        names = {factories.shop(user, name=name).name for name in ("Zadel", "Anker")}
    page = world.visitor("many@shop.test").get("/shops")
    assert {strong.text for strong in page.find_all("strong")} == names


def test_who_has_no_shop_is_told_so(world: World) -> None:
    with world.app.app_context(), transaction():
        factories.user("none@shop.test")
    assert world.visitor("none@shop.test").get("/shops").find(class_="empty")


def test_the_public_page_says_what_the_product_does_not(world: World) -> None:
    page = world.visitor().get("/")
    assert "Retouren en terugbetalingen boeken" in page.text
    assert page.find("a", href="/login")
