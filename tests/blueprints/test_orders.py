"""The page of one order, and processing it again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, DORA, World
from tests.support.clock import FrozenClock
from tests.support.statements import counted_statements
from webshop.domain.booking import Issue
from webshop.extensions import db
from webshop.models import AuditEvent, Order, OrderState, Posting, PostingState, Remote, Schedule
from webshop.services import audit, recovery
from webshop.services.connections import find_connection

MAPPING_MISSING = Issue("VAT_MAPPING_MISSING", {"country": "DE", "percentage": "19"})


def make(world: World, state: OrderState, **values: Any) -> str:
    with world.rows() as shop:
        order = factories.order(shop, state, **values)
        connection = find_connection(shop.id, Remote.SNELSTART)
        assert connection is not None
        if state is OrderState.POSTED:
            factories.posting(order, connection.account_id, external_number="20260042")
        if state is OrderState.UNKNOWN:
            factories.posting(order, connection.account_id, PostingState.UNKNOWN)
        return order.public_id


@pytest.mark.parametrize("state", OrderState)
def test_the_page_of_an_order_sends_few_statements(world: World, state: OrderState) -> None:
    order_id = make(world, state, issue=MAPPING_MISSING if state is OrderState.ERROR else None)
    alice = world.visitor(ALICE)
    with counted_statements() as statements:
        alice.get(f"{world.place}/orders/{order_id}")
    assert len(statements) <= 6, statements


def test_a_booked_order_shows_what_was_sent(world: World) -> None:
    page = world.visitor(ALICE).get(f"{world.place}/orders/{make(world, OrderState.POSTED)}")
    booking = page.find(id="booking")
    assert booking.h2.text == "Geboekt in SnelStart"
    assert "8000 Omzet verkopen hoog" in booking.text
    assert "€\xa0100,00" in booking.text
    assert "€\xa021,00" in booking.text
    assert "20260042" in booking.text
    assert booking.find(id="booking-difference").text == "€\xa00,00"
    assert "BEL-60" in page.find(id="amazon").text
    assert "Geboekt in SnelStart" in page.find(id="timeline").text


def test_a_booking_that_differs_from_amazon_says_so(world: World) -> None:
    order_id = make(world, OrderState.POSTED)
    with world.rows():
        db.session.query(Order).filter_by(public_id=order_id).one().total = Decimal("120.00")
    page = world.visitor(ALICE).get(f"{world.place}/orders/{order_id}")
    assert page.find(id="booking-difference").text == "€\xa01,00"
    assert page.find(class_="difference")["data-is-zero"] == "no"


def test_an_order_that_is_not_booked_shows_how_it_will_be(world: World) -> None:
    page = world.visitor(ALICE).get(f"{world.place}/orders/{make(world, OrderState.OPEN)}")
    booking = page.find(id="booking")
    assert booking.h2.text == "Zo wordt het geboekt"
    assert booking.find(id="booking-difference").text == "€\xa00,00"
    assert "Nederland 21%" in booking.text
    assert "€\xa0100,00" in booking.text


def test_an_order_that_waits_for_its_status_shows_what_it_becomes(world: World) -> None:
    waiting = Issue("ORDER_STATUS_NOT_ELIGIBLE", {"status": "UNSHIPPED", "statuses": "SHIPPED"})
    order_id = make(world, OrderState.OPEN, issue=waiting, amazon_status="UNSHIPPED")
    page = world.visitor(ALICE).get(f"{world.place}/orders/{order_id}")
    assert "Jij zet bestellingen door bij: Verzonden" in page.text
    assert "€\xa0100,00" in page.find(id="booking").text
    assert "verkoop binnen Nederland" in page.find(id="amazon").text


def test_an_order_whose_vat_is_not_known_says_so_in_words(world: World) -> None:
    issue = Issue("ORDER_UNREADABLE", {"fields": "createdTime"})
    order_id = make(world, OrderState.ERROR, issue=issue, content={}, treatment="UNKNOWN")
    amazon = world.visitor(ALICE).get(f"{world.place}/orders/{order_id}").find(id="amazon")
    assert "nog niet bepaald" in amazon.text
    assert "UNKNOWN" not in amazon.text


def test_an_order_that_cannot_be_booked_says_why(world: World) -> None:
    order_id = make(world, OrderState.ERROR, issue=MAPPING_MISSING)
    page = world.visitor(ALICE).get(f"{world.place}/orders/{order_id}")
    assert "Voor Duitsland met 19% btw is nog geen grootboekrekening gekozen." in page.text


def test_a_refused_order_shows_what_a_new_attempt_sends_differently(world: World) -> None:
    order_id = make(world, OrderState.ERROR, issue=Issue("SNELSTART_REJECTED", {"code": "ALG-0001", "message": "nee"}))
    with world.rows() as shop:
        snelstart = find_connection(shop.id, Remote.SNELSTART)
        assert snelstart is not None
        order = db.session.get_one(Order, _id(order_id))
        sent = factories.payload(order, Decimal("119.00"), Decimal("20.65"))
        factories.posting(order, snelstart.account_id, PostingState.REJECTED, payload=sent)
    alice = world.visitor(ALICE)
    with counted_statements() as statements:
        booking = alice.get(f"{world.place}/orders/{order_id}").find(id="booking")
    changes = booking.find("table", attrs={"aria-labelledby": "changes"})
    found = {row.th.text: [cell.text for cell in row.find_all("td")] for row in changes.tbody.find_all("tr")}
    assert found["factuurbedrag"] == ["119.00", "121.00"]
    assert found["btw[0].btwBedrag"] == ["20.65", "21.00"]
    assert "klant.id" not in found
    assert len(statements) <= 6


def test_an_order_that_could_not_be_read_is_shown(world: World) -> None:
    issue = Issue("ORDER_UNREADABLE", {"fields": "createdTime"})
    order_id = make(world, OrderState.ERROR, issue=issue, content={}, total=None, country=None, currency=None)
    assert world.visitor(ALICE).get(f"{world.place}/orders/{order_id}").find(id="amazon").find(class_="empty")


def test_an_order_is_shown_before_snelstart_is_connected(world: World) -> None:
    order_id = make(world, OrderState.OPEN)
    with world.rows() as shop:
        db.session.delete(find_connection(shop.id, Remote.SNELSTART))
    page = world.visitor(ALICE).get(f"{world.place}/orders/{order_id}")
    assert "Zodra SnelStart verbonden is" in page.find(id="booking").text


def test_an_order_cancelled_after_posting_says_what_to_do(world: World, clock: FrozenClock) -> None:
    order_id = make(world, OrderState.POSTED, cancelled_after_posting_at=clock.now())
    assert "creditboeking" in world.visitor(ALICE).get(f"{world.place}/orders/{order_id}").text


def test_the_timeline_names_who_did_it_and_no_other_orders_events(world: World) -> None:
    order_id, other_id = (make(world, OrderState.ERROR, issue=MAPPING_MISSING) for _ in range(2))
    alice = world.visitor(ALICE)
    alice.post(f"{world.place}/orders/{order_id}/process")
    with world.rows() as shop:
        audit.record("an_action_of_another_release", shop_id=shop.id, order_id=_id(order_id))
    timeline = alice.get(f"{world.place}/orders/{order_id}").find(id="timeline")
    assert "Opnieuw verwerken gevraagd" in timeline.text
    assert "gebruiker" in timeline.text
    assert "an_action_of_another_release" in timeline.text
    assert "Opnieuw" not in alice.get(f"{world.place}/orders/{other_id}").find(id="timeline").text


# Process again


@pytest.mark.parametrize("email", [ALICE, BOB, DORA])
def test_everybody_of_the_shop_may_process_an_order_again(world: World, clock: FrozenClock, email: str) -> None:
    order_id = make(world, OrderState.ERROR, issue=MAPPING_MISSING, attempts=3)
    visitor = world.visitor(email)
    visitor.post(f"{world.place}/orders/{order_id}/process")
    assert "wordt opnieuw verwerkt" in visitor.get(visitor.response.location).find(id="flash").text
    with world.rows() as shop:
        order = db.session.get_one(Order, _id(order_id))
        assert (order.due_at, order.attempts) == (clock.now(), 0)
        assert db.session.get_one(Schedule, shop.id).due_at == clock.now()
        event = db.session.query(AuditEvent).filter_by(action="process_requested").one()
        assert event.order_id == order.id
        assert event.user_id is not None


def test_processing_rings_for_the_shop(world: World) -> None:
    rung: list[int] = []
    world.app.extensions["ring_shop"] = rung.append
    order_id = make(world, OrderState.ERROR, issue=MAPPING_MISSING)
    world.visitor(ALICE).post(f"{world.place}/orders/{order_id}/process")
    with world.rows() as shop:
        assert rung == [shop.id]


def test_the_row_asks_until_the_order_is_done(world: World) -> None:
    order_id = make(world, OrderState.ERROR, issue=MAPPING_MISSING)
    alice = world.visitor(ALICE)
    row = alice.post(f"{world.place}/orders/{order_id}/process", 200, htmx=True).tr
    assert row["hx-trigger"] == "every 3s"
    assert "Wordt verwerkt" in row.text
    assert "HX-Trigger" not in alice.response.headers
    with world.rows() as shop:
        order = db.session.get_one(Order, _id(order_id))
        factories.move(order, OrderState.POSTED)
        connection = find_connection(shop.id, Remote.SNELSTART)
        assert connection is not None
        factories.posting(order, connection.account_id, external_number="20260077")
    row = alice.get(row["hx-get"], htmx=True).tr
    assert row["data-state"] == "posted"
    assert not row.get("hx-trigger")
    assert "20260077" in row.text
    assert alice.response.headers["HX-Trigger"] == "orders-changed"


def test_the_row_stops_asking_when_nobody_picks_the_work_up(world: World, clock: FrozenClock) -> None:
    order_id = make(world, OrderState.ERROR, issue=MAPPING_MISSING)
    alice = world.visitor(ALICE)
    alice.post(f"{world.place}/orders/{order_id}/process", 200, htmx=True)
    clock.advance(minutes=3, seconds=1)
    row = alice.get(f"{world.place}/orders/{order_id}/row", htmx=True).tr
    assert not row.get("hx-trigger")
    assert row.find("button").text == "Verwerk"


def test_a_second_click_is_the_same_as_one(world: World) -> None:
    order_id = make(world, OrderState.ERROR, issue=MAPPING_MISSING)
    alice = world.visitor(ALICE)
    for _ in range(2):
        alice.post(f"{world.place}/orders/{order_id}/process")
    with world.rows():
        assert db.session.query(AuditEvent).filter_by(action="process_requested").count() == 1


@pytest.mark.parametrize(
    "make_order",
    [
        lambda world: make(world, OrderState.POSTED),
        lambda world: make(world, OrderState.UNKNOWN, issue=Issue("SNELSTART_WRITE_UNKNOWN")),
        lambda world: make(world, OrderState.OPEN),
        lambda world: make(world, OrderState.POSTED, issue=MAPPING_MISSING),
        lambda world: make(world, OrderState.ERROR, issue=Issue("CURRENCY_UNSUPPORTED", {"currency": "PLN"})),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_what_may_not_be_sent_again_is_not(world: World, make_order: Callable[[World], str], htmx: bool) -> None:
    order_id = make_order(world)
    world.visitor(ALICE).post(f"{world.place}/orders/{order_id}/process", 409, htmx=htmx)
    with world.rows() as shop:
        assert db.session.get_one(Order, _id(order_id)).due_at is None
        assert db.session.get_one(Schedule, shop.id).due_at > shop.created_at + timedelta(minutes=1)


def test_a_refused_payment_of_a_booked_order_is_sent_again_on_request(world: World, clock: FrozenClock) -> None:
    order_id = make(world, OrderState.POSTED, issue=Issue("BOOKYEAR_CLOSED", {"about": "payment"}))
    alice = world.visitor(ALICE)
    address = f"{world.place}/orders/{order_id}"
    assert alice.get(address).find("button", string="Verwerk") is None
    with world.rows():
        sale = db.session.query(Posting).one()
        refused = {"state": "rejected", "last_error_code": "BOE-0042", "payload": {}, "payload_hash": ""}
        same = {name: getattr(sale, name) for name in ("administration_id", "amazon_order_id", "shop_id", "order_id")}
        db.session.add(Posting(purpose="payment", kind="journal", attempt=1, total=sale.total, **same, **refused))
    assert alice.get(address).find("button", string="Verwerk")
    alice.post(f"{address}/process")
    with world.rows() as shop:
        assert db.session.query(Posting).filter_by(purpose="payment").one().state == "pending"
        assert db.session.get_one(Schedule, shop.id).due_at == clock.now()
    alice.post(f"{address}/process", 409)


def test_what_is_uncertain_where_the_shop_booked_before_can_be_settled_by_hand(world: World) -> None:
    for code, is_offered in (("SNELSTART_WRITE_UNKNOWN", False), ("ADMINISTRATION_LEFT", True)):
        order_id = make(world, OrderState.UNKNOWN, issue=Issue(code, {"name": "Oude administratie"}))
        page = world.visitor(ALICE).get(f"{world.place}/orders/{order_id}")
        assert [bool(page.find("a", string=text)) for text in ("Sla over", "Zelf geboekt")] == [is_offered] * 2


def test_an_uncertain_order_says_what_was_sent_and_is_looked_up_on_request(world: World, clock: FrozenClock) -> None:
    order_id = make(world, OrderState.UNKNOWN, issue=Issue("SNELSTART_WRITE_UNKNOWN", {}))
    alice = world.visitor(ALICE)
    page = alice.get(f"{world.place}/errors")
    row = page.find(id="group-unknown").tbody.tr
    assert "Verstuurd" in row.text
    assert row.find("button").text == "Controleer in SnelStart"
    alice.post(f"{world.place}/orders/{order_id}/look-up")
    with world.rows() as shop:
        assert db.session.get_one(Schedule, shop.id).due_at == clock.now()
        assert "lookup_requested" in db.session.scalars(db.select(AuditEvent.action)).all()


def test_every_page_says_that_nothing_is_booked_during_a_recovery(world: World) -> None:
    alice = world.visitor(ALICE)
    assert alice.get(f"{world.place}/").find(id="recovering") is None
    with world.rows():
        recovery.start_epoch()
    for path in ("/", "/report", "/errors", "/open"):
        assert "wordt er niets geboekt" in alice.get(world.place + path).find(id="recovering").text


def test_an_order_that_was_found_shows_no_booking_of_ours(world: World) -> None:
    with world.rows() as shop:
        order = factories.order(shop, OrderState.POSTED, issue=Issue("FOUND_IN_SNELSTART", {"number": "7"}))
        connection = find_connection(shop.id, Remote.SNELSTART)
        assert connection is not None
        factories.posting(order, connection.account_id, external_number="7", payload={})
        order_id = order.public_id
    page = world.visitor(ALICE).get(f"{world.place}/orders/{order_id}")
    assert "Stond al in SnelStart" in page.text


def _id(public_id: str) -> int:
    return db.session.query(Order.id).filter_by(public_id=public_id).one()[0]
