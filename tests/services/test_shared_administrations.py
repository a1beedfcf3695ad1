"""Two shops that book in one administration and have the same order: what stops the one must not hang the other."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from tests.services.test_articles import act
from tests.services.test_posting import POST, settle
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_administration, connect_shop
from webshop.clients.snelstart.client import SnelStartClient
from webshop.extensions import db, transaction
from webshop.models import DailyTotal, DocumentReading, FoundDocument, Order, Posting, Schedule
from webshop.sandbox import Sandbox
from webshop.services import reading, recovery

pytestmark = pytest.mark.database


@pytest.fixture
def other(app: Flask, sandbox: Sandbox, scenario: Scenario) -> Scenario:
    other = connect_shop(app, sandbox, name="Tweede koppeling")
    with app.app_context():
        connect_administration(other.shop_id, sandbox.snelstart.administration(scenario.administration_id).key)
    return other


def add_to_both(scenario: Scenario, other: Scenario) -> str:
    number = scenario.add_order(email="a@example.nl")
    document = scenario.sandbox.amazon.order(scenario.seller_id, number)
    assert document is not None
    scenario.sandbox.amazon.add_order(other.seller_id, document)
    return number


def states(scenario: Scenario) -> dict[int, tuple[str, tuple[str, ...]]]:
    """Return where the order stands at each shop, with the reasons."""
    with scenario.app.app_context():
        rows = db.session.scalars(select(Order)).all()
        return {row.shop_id: (row.state, tuple(issue["code"] for issue in row.issues)) for row in rows}


def test_what_a_shop_left_unknown_when_it_went_elsewhere_is_looked_up_by_the_other(
    app: Flask, sandbox: Sandbox, scenario: Scenario, other: Scenario, clock: FrozenClock
) -> None:
    number = add_to_both(scenario, other)
    scenario.fault("snelstart", POST, "commit_then_hang")
    scenario.run()
    new = sandbox.snelstart.create_administration(name="Nieuwe administratie")
    with app.app_context():
        connect_administration(scenario.shop_id, new.key)
    settle(other, clock)
    assert {state for state, _ in states(scenario).values()} == {"posted"}
    settle(scenario, clock)
    assert scenario.booked() == {number: 1}
    assert sandbox.snelstart.documents(new.id, "verkoopboekingen") == []


def test_another_document_with_the_number_is_an_error_for_both(
    scenario: Scenario, other: Scenario, clock: FrozenClock
) -> None:
    number = add_to_both(scenario, other)
    make_another(scenario, number)
    scenario.run()
    settle(scenario, clock, rounds=1)
    settle(other, clock)
    assert set(states(scenario).values()) == {("error", ("INVOICE_NUMBER_DUPLICATE_DIFFERENT",))}
    assert [entry["factuurbedrag"] for entry in scenario.entries()] == [Decimal("12.10")]


def test_another_document_that_is_found_by_the_look_up_is_an_error_for_both(
    scenario: Scenario, other: Scenario, clock: FrozenClock
) -> None:
    """It was made after the administration was read, so that nothing but SnelStart's refusal tells of it."""
    for one in (scenario, other):
        one.run()
    number = add_to_both(scenario, other)
    make_another(scenario, number)
    scenario.run("manual")
    settle(scenario, clock, rounds=2)
    other.run("manual")
    assert set(states(scenario).values()) == {("error", ("INVOICE_NUMBER_DUPLICATE_DIFFERENT",))}
    settle(other, clock)
    assert scenario.booked() == {number: 1}


def make_another(scenario: Scenario, number: str) -> None:
    customer = next(row for row in sandbox_rows(scenario, "relaties") if row["relatiecode"] == -2)
    ledger = next(row for row in sandbox_rows(scenario, "grootboeken") if row["nummer"] == 8000)
    line = {"omschrijving": "eigen", "grootboek": {"id": ledger["id"]}, "bedrag": 10, "btwSoort": "Hoog"}
    entry = {
        "factuurnummer": number,
        "klant": {"id": customer["id"]},
        "factuurdatum": "2026-11-23",
        "factuurbedrag": 12.10,
        "boekingsregels": [line],
        "btw": [{"btwSoort": "VerkopenHoog", "btwBedrag": 2.10}],
    }
    act(scenario, "/verkoopboekingen", entry)


def sandbox_rows(scenario: Scenario, collection: str) -> list[dict[str, object]]:
    return scenario.sandbox.snelstart.documents(scenario.administration_id, collection)


@pytest.mark.parametrize(
    ("call", "page"),
    [("sales_orders_page", 1), ("sales_invoices_page", 1), ("sales_invoices_page", 2), ("sales_invoices_page", 4)],
)
@pytest.mark.parametrize("is_restored", [False, True])
def test_two_runs_that_read_the_administration_at_the_same_moment_find_each_document_once(
    scenario: Scenario,
    other: Scenario,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    is_restored: bool,
    call: str,
    page: int,
) -> None:
    """The other shop's run reads on while the first one waits for its page."""
    numbers = [*scenario.add_orders(3), *other.add_orders(2), add_to_both(scenario, other)]
    for one in (scenario, other):
        one.run()
    forget_all_bookings(scenario, is_restored=is_restored)
    monkeypatch.setattr(reading, "PAGE", 2)
    monkeypatch.setattr(reading, "PAGES_OVERLAP", 1)
    real, pages = getattr(SnelStartClient, call), 0

    def read(client: SnelStartClient, **position: Any) -> Any:
        nonlocal pages
        pages += 1
        answer = real(client, **position)
        if pages == page:
            other.run("manual")
        return answer

    monkeypatch.setattr(SnelStartClient, call, read)
    for one in (scenario, other, scenario):
        one.run("manual")
        clock.advance(minutes=6)
    assert pages > page
    assert scenario.booked() == dict.fromkeys(numbers, 1)
    assert {state for state, _ in states(scenario).values()} == {"posted"}
    with scenario.app.app_context():
        assert db.session.scalars(select(FoundDocument)).all() == []
        assert not recovery.is_open(scenario.administration_id)
    assert scenario.calls(POST) == len(numbers)


def forget_all_bookings(scenario: Scenario, *, is_restored: bool) -> None:
    """Leave the database as a backup from before the first booking would, or as that of a new customer."""
    with scenario.app.app_context():
        with transaction() as session:
            for table in (Posting, Order, DailyTotal, DocumentReading):
                session.execute(delete(table))
            session.execute(update(Schedule).values(watermark_at=None))
        if is_restored:
            recovery.start_epoch()
