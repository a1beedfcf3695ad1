"""Customers are found by e-mail address, made once when there is none, and never changed."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from tests.services.test_articles import process_again
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_administration, connect_shop
from webshop.clients.snelstart.client import SnelStartClient
from webshop.exceptions import OutcomeUnknownError, RemoteError, ThrottledError
from webshop.extensions import db, transaction
from webshop.models import RelationClaim, RelationLink
from webshop.sandbox import Sandbox

pytestmark = pytest.mark.database


def test_a_returning_customer_is_the_same_relation(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_order(email="Vaste.Klant@Example.nl ")
    scenario.add_order(email="vaste.klant@example.nl")
    scenario.run()
    clock.advance(hours=1)
    scenario.add_order(email="vaste.klant@example.nl")
    scenario.run()
    assert len(scenario.entries()) == 3
    assert len({entry["klant"]["id"] for entry in scenario.entries()}) == 1
    assert scenario.calls("POST /relaties") == 1


def test_a_new_customer_has_a_full_address_and_no_name_of_a_person(scenario: Scenario) -> None:
    scenario.add_order(email="a@example.nl", postal_code="1012 AB", city="Amsterdam")
    scenario.run()
    (customer,) = scenario.customers()
    address = customer["vestigingsAdres"]
    assert customer["naam"] == "Amazon-klant 1012 AB NL"
    assert (address["straat"], address["postcode"], address["plaats"]) == ("Onbekend", "1012 AB", "Amsterdam")
    assert address["land"]["id"]


def test_orders_without_an_address_share_the_countrys_debtor(scenario: Scenario) -> None:
    numbers = [
        scenario.add_order(fulfilled_by="AMAZON", country=country, postal_code=None) for country in ("NL", "NL", "BE")
    ]
    scenario.change_shop(fba_dispatch_country="NL")
    scenario.run()
    assert scenario.states() == {"posted": 3}, [scenario.codes(number) for number in numbers]
    names = Counter(customer["naam"] for customer in scenario.customers())
    assert names == {"Amazon consument Nederland": 1, "Amazon consument België": 1}
    assert all("EMAIL_MISSING" in scenario.codes(number) for number in numbers)
    scenario.check_books()


def test_a_collective_debtor_made_before_is_used_again(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_order()
    scenario.run()
    with scenario.app.app_context(), transaction():
        for table in (RelationLink, RelationClaim):
            db.session.execute(delete(table))
        db.session.connection().exec_driver_sql("UPDATE administrations SET relations_watermark_at = NULL")
    scenario.add_order()
    clock.advance(hours=1)
    scenario.run()
    assert len(scenario.customers()) == 1
    assert len(scenario.entries()) == 2


@pytest.mark.parametrize(
    ("kind", "facts"),
    [("commit_then_hang", {}), ("drop", {}), ("commit_then_status", {"status": 502, "body": ""})],
)
def test_an_unanswered_create_makes_one_customer(
    scenario: Scenario, clock: FrozenClock, kind: str, facts: dict[str, Any]
) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.fault("snelstart", "POST /relaties", kind, **facts)
    scenario.run()
    assert scenario.order(number).state == "unknown"
    for _ in range(4):
        clock.advance(minutes=3)
        scenario.run()
    assert len(scenario.customers()) == 1
    assert scenario.order(number).state == "posted"
    scenario.check_books()


def test_a_refused_customer_is_an_error_of_that_order_only(scenario: Scenario) -> None:
    scenario.add_orders(2)
    body = '[{"errorCode": "REL-0061", "message": "Het e-mailadres is ongeldig", "details": null}]'
    scenario.fault("snelstart", "POST /relaties", "status", status=400, body=body)
    scenario.run()
    assert scenario.states() == {"error": 1, "posted": 1}


def test_two_relations_with_one_address_lead_to_the_collective_debtor(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_order(email="a@example.nl")
    scenario.add_order(email="b@example.nl")
    scenario.run()
    first, second = scenario.customers()
    clock.advance(hours=1)
    scenario.sandbox.snelstart.change_document(
        scenario.administration_id, "relaties", second["id"], email=first["email"]
    )
    number = scenario.add_order(email=first["email"])
    clock.advance(hours=1)
    scenario.run()
    assert "RELATION_AMBIGUOUS" in scenario.codes(number)
    assert scenario.order(number).state == "posted"
    assert Counter(row["naam"] for row in scenario.customers())["Amazon consument Nederland"] == 1


def test_an_inactive_relation_is_not_used_and_not_changed(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_order(email="a@example.nl")
    scenario.run()
    (customer,) = scenario.customers()
    clock.advance(hours=1)
    scenario.sandbox.snelstart.change_document(scenario.administration_id, "relaties", customer["id"], nonactief=True)
    number = scenario.add_order(email="a@example.nl")
    clock.advance(hours=1)
    scenario.run()
    assert "RELATION_INACTIVE" in scenario.codes(number)
    assert scenario.order(number).state == "posted"
    unchanged = next(row for row in scenario.customers() if row["id"] == customer["id"])
    assert unchanged["nonactief"] is True


def test_known_customers_cost_no_request_each(scenario: Scenario, clock: FrozenClock) -> None:
    for number in range(20):
        scenario.add_order(email=f"koper{number}@example.nl")
    scenario.run()
    for number in range(20):
        scenario.add_order(email=f"koper{number}@example.nl")
    clock.advance(hours=1)
    scenario.sandbox.world.log.clear()
    scenario.run()
    assert scenario.calls("POST /verkoopboekingen") == 20
    assert len(scenario.sandbox.world.log.entries()) <= 24


@pytest.mark.parametrize(
    "change", [{"paused_until": datetime(2027, 1, 1, tzinfo=UTC)}, {"is_posting_automatic": False}]
)
def test_no_customer_is_made_once_posting_is_stopped(
    scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    scenario.add_orders(3)
    real = SnelStartClient.create_sales_entry

    def create(client: SnelStartClient, payload: Any) -> Any:
        created = real(client, payload)
        scenario.change_shop(**change)
        return created

    monkeypatch.setattr(SnelStartClient, "create_sales_entry", create)
    for _ in range(3):
        scenario.run()
        clock.advance(hours=1)
    assert scenario.calls("POST /relaties") == 1


def test_a_customer_made_while_the_clock_goes_back_is_found(scenario: Scenario, clock: FrozenClock) -> None:
    """02:50 came before 02:05 that night, and SnelStart's times do not tell which of the two they are."""
    clock.set(datetime(2026, 10, 25, 0, 50, tzinfo=UTC))
    scenario.add_order(email="a@example.nl")
    scenario.fault("snelstart", "POST /relaties", "delayed_commit", seconds=660)
    scenario.run()
    for minutes in (15, 6, 6):
        clock.advance(minutes=minutes)
        scenario.run()
    assert scenario.states() == {"posted": 1}
    assert len(scenario.customers()) == 1


@pytest.mark.parametrize("email", ["a@example.nl", None])
@pytest.mark.parametrize("kind", ["sales_entry", "sales_order"])
def test_a_customer_that_is_gone_is_made_again_by_verwerk(
    order_scenario: Scenario, clock: FrozenClock, kind: str, email: str | None
) -> None:
    """SnelStart then says that the relation is no customer; a collective debtor would stop a whole country."""
    order_scenario.change_shop(posting_kind=kind)
    order_scenario.add_order(email=email)
    order_scenario.run()
    books = order_scenario.sandbox.snelstart.books(order_scenario.administration_id)
    books.remove("relaties", order_scenario.customers()[0]["id"])
    clock.advance(hours=1)
    number = order_scenario.add_order(email=email)
    order_scenario.run()
    assert order_scenario.codes(number) == ["SNELSTART_RELATION_NOT_CUSTOMER"]
    process_again(order_scenario, number, clock)
    assert order_scenario.order(number).state == "posted"
    assert len(order_scenario.customers()) == 1


def test_a_customer_that_became_a_supplier_is_not_made_again(
    scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was changed after this run had read the relations: the next run knows."""
    scenario.add_order(email="a@example.nl")
    scenario.run()
    clock.advance(hours=1)
    real = SnelStartClient.create_sales_entry

    def create(client: SnelStartClient, payload: Any) -> Any:
        scenario.sandbox.snelstart.change_document(
            scenario.administration_id, "relaties", scenario.customers()[0]["id"], relatiesoort=["Leverancier"]
        )
        return real(client, payload)

    number = scenario.add_order(email="a@example.nl")
    with monkeypatch.context() as patch:
        patch.setattr(SnelStartClient, "create_sales_entry", create)
        scenario.run()
    process_again(scenario, number, clock)
    assert (scenario.order(number).state, scenario.codes(number)) == ("posted", ["RELATION_NOT_CUSTOMER"])
    assert sorted(customer["email"] or "" for customer in scenario.customers()) == ["", "a@example.nl"]


def test_another_shop_that_reads_a_new_customer_first_does_not_crash_the_run(
    app: Flask, sandbox: Sandbox, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two shops on one administration keep one index of its customers."""
    other = connect_shop(app, sandbox, name="Tweede koppeling")
    key = next(row.key for row in sandbox.snelstart.administrations() if row.id == scenario.administration_id)
    with app.app_context():
        connect_administration(other.shop_id, key)
    scenario.add_order(email="a@example.nl")
    other.add_order(email="a@example.nl")
    real = SnelStartClient.create_relation

    def create(client: SnelStartClient, payload: Any) -> Any:
        made = real(client, payload)
        meanwhile = threading.Thread(target=other.run)
        meanwhile.start()
        meanwhile.join()
        return made

    monkeypatch.setattr(SnelStartClient, "create_relation", create)
    result = scenario.run()
    assert (result.posted, result.error_code) == (1, None)
    assert len(scenario.customers()) == 1
    assert len(scenario.entries()) == 2


@pytest.mark.parametrize("answer", [OutcomeUnknownError, ThrottledError])
def test_what_a_frozen_run_hears_late_does_not_undo_what_is_known_of_a_customer(
    app: Flask,
    scenario: Scenario,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    answer: type[RemoteError],
) -> None:
    scenario.add_order(email="a@example.nl")
    real = SnelStartClient.create_relation
    frozen: list[bool] = []

    def work_on() -> None:
        for _ in range(2):
            clock.advance(minutes=10)
            scenario.run()

    def create(client: SnelStartClient, payload: Any) -> Any:
        if frozen:
            return real(client, payload)
        frozen.append(True)
        other = threading.Thread(target=work_on)
        other.start()
        other.join()
        assert scenario.states() == {"posted": 1}
        raise answer("late", remote="snelstart", operation="POST /relaties")

    monkeypatch.setattr(SnelStartClient, "create_relation", create)
    scenario.run()
    with app.app_context():
        assert db.session.scalars(select(RelationClaim.state)).all() == ["created"]
    assert len(scenario.customers()) == 1
