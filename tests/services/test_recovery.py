"""A backup is restored: what was booked since is found again, and nothing is booked twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from tests.services.test_payments import identifier, paying  # noqa: F401
from tests.services.test_posting import Killed, kill_after, kill_before, settle
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_administration, connect_shop
from webshop.clients.snelstart.client import SnelStartClient
from webshop.exceptions import ConflictError
from webshop.extensions import db, transaction
from webshop.models import DailyTotal, DocumentReading, FoundDocument, Order, Posting, RecoveryEpoch
from webshop.sandbox import Sandbox
from webshop.services import payments, reading, recovery, runs

pytestmark = pytest.mark.database


class Backup:
    """A copy of the whole database, on either kind."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self._app = app
        self._file = folder / "backup.sqlite"
        self._rows: dict[str, list[Any]] = {}
        with app.app_context():
            self._is_sqlite = db.engine.dialect.name == "sqlite"
            if self._is_sqlite:
                with sqlite3.connect(str(db.engine.url.database)) as source, sqlite3.connect(self._file) as target:
                    source.backup(target)
                return
            with db.engine.connect() as connection:
                for table in db.metadata.sorted_tables:
                    # What the database computes by itself cannot be put back.
                    stored = [column for column in table.columns if column.computed is None]
                    self._rows[table.name] = [dict(row) for row in connection.execute(select(*stored)).mappings()]

    def restore(self) -> None:
        with self._app.app_context():
            db.session.remove()
            if self._is_sqlite:
                path = str(db.engine.url.database)
                db.engine.dispose()
                with sqlite3.connect(self._file) as source, sqlite3.connect(path) as target:
                    source.backup(target)
                return
            with db.engine.begin() as connection:
                # Without the triggers: the audit refuses to be emptied.
                connection.execute(text("SET LOCAL session_replication_role = replica"))
                for table in db.metadata.sorted_tables:
                    connection.execute(table.delete())
                    if self._rows[table.name]:
                        connection.execute(table.insert(), self._rows[table.name])


@pytest.fixture
def backup(app: Flask, tmp_path: Path) -> Callable[[], Backup]:
    return lambda: Backup(app, tmp_path)


def start(scenario: Scenario, backup_at: datetime | None = None) -> list[recovery.EpochStatus]:
    with scenario.app.app_context():
        return recovery.start_epoch(backup_at)


def is_open(scenario: Scenario) -> bool:
    with scenario.app.app_context():
        return recovery.is_open(scenario.administration_id)


def book_after_a_backup(
    scenario: Scenario, clock: FrozenClock, backup: Callable[[], Backup], *, restores: bool = True
) -> tuple[datetime, list[str]]:
    """Book some orders, make a backup, book known and new orders, and restore the backup hours later."""
    before = scenario.add_orders(2)
    scenario.run()
    known = [scenario.add_order(email=f"known{number}@example.nl", status="UNSHIPPED") for number in range(2)]
    clock.advance(hours=1)
    scenario.run()
    copy, backup_at = backup(), clock.now()
    clock.advance(hours=1)
    for number in known:
        ship(scenario, number)
    after = scenario.add_orders(2, minutes_ago=5)
    clock.advance(minutes=30)
    scenario.run("manual")
    clock.advance(hours=2)
    scenario.run()
    assert set(scenario.booked()) == {*before, *known, *after}
    if restores:
        copy.restore()
    return backup_at, [*before, *known, *after]


def ship(scenario: Scenario, number: str) -> None:
    changes = {"fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"}}
    scenario.sandbox.amazon.update_order(scenario.seller_id, number, changes)


@pytest.mark.parametrize("knows_when", [True, False])
def test_what_was_booked_after_the_backup_is_not_booked_again(
    scenario: Scenario, clock: FrozenClock, backup: Callable[[], Backup], knows_when: bool
) -> None:
    backup_at, numbers = book_after_a_backup(scenario, clock, backup)
    customers = len(scenario.customers())
    start(scenario, backup_at if knows_when else None)
    new = scenario.add_order(email="new@example.nl", minutes_ago=1)
    settle(scenario, clock)
    clock.advance(hours=1)
    scenario.run()
    assert not is_open(scenario)
    assert set(scenario.booked()) == {*numbers, new}
    assert scenario.states() == {"posted": len(numbers) + 1}
    assert len(scenario.customers()) == customers + 1
    scenario.check_books()


def test_without_the_epoch_a_sales_order_would_be_booked_twice(
    order_scenario: Scenario, clock: FrozenClock, backup: Callable[[], Backup]
) -> None:
    """What the other tests are about: with nothing but the restore, doubles appear."""
    book_after_a_backup(order_scenario, clock, backup)
    settle(order_scenario, clock)
    assert max(order_scenario.booked().values()) == 2


def test_sales_orders_are_found_again(
    order_scenario: Scenario, clock: FrozenClock, backup: Callable[[], Backup]
) -> None:
    backup_at, numbers = book_after_a_backup(order_scenario, clock, backup)
    articles = set(order_scenario.articles())
    start(order_scenario, backup_at)
    settle(order_scenario, clock)
    assert order_scenario.booked() == dict.fromkeys(numbers, 1)
    assert set(order_scenario.articles()) == articles
    order_scenario.check_books()


def test_a_hidden_sales_order_is_found_by_the_reading(
    order_scenario: Scenario, clock: FrozenClock, backup: Callable[[], Backup], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SnelStart's filter on the number gives nothing: what was read in bulk is asked for by its id."""
    backup_at, numbers = book_after_a_backup(order_scenario, clock, backup)
    start(order_scenario, backup_at)
    monkeypatch.setattr(SnelStartClient, "find_sales_orders", lambda *args: ())
    settle(order_scenario, clock)
    assert order_scenario.booked() == dict.fromkeys(numbers, 1)


def test_payments_are_not_made_again(
    paying: Scenario,  # noqa: F811
    clock: FrozenClock,
    backup: Callable[[], Backup],
) -> None:
    backup_at, numbers = book_after_a_backup(paying, clock, backup)
    assert paying.payments() == dict.fromkeys(numbers, 1)
    start(paying, backup_at)
    settle(paying, clock)
    assert paying.payments() == dict.fromkeys(numbers, 1)
    assert {paying.posting(number, "payment").state for number in numbers} == {"posted"}
    paying.check_books()


def test_a_payment_between_backup_and_restore_within_minutes_is_not_made_again(
    paying: Scenario,  # noqa: F811
    clock: FrozenClock,
    backup: Callable[[], Backup],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sale stands in the backup, its payment does not: it looks fresh enough to be sent without a look."""
    number = paying.add_order(email="a@example.nl")
    with monkeypatch.context() as patch:
        kill_before(patch, SnelStartClient, "create_journal_entry")
        patch.setattr(runs, "_end", lambda *args, **kwargs: None)
        patch.setattr(payments, "post_due_payments", lambda *args, **kwargs: True)
        paying.run()
    copy, backup_at = backup(), clock.now()
    clock.advance(minutes=6)
    paying.run()
    assert paying.payments() == {number: 1}
    copy.restore()
    start(paying, backup_at)
    clock.advance(minutes=1)
    paying.run()
    assert paying.payments() == {number: 1}
    assert paying.posting(number, "payment").state == "posted"


def test_nothing_is_made_while_the_epoch_is_open(
    scenario: Scenario, clock: FrozenClock, backup: Callable[[], Backup], monkeypatch: pytest.MonkeyPatch
) -> None:
    backup_at, numbers = book_after_a_backup(scenario, clock, backup)
    new = scenario.add_order(email="new@example.nl", minutes_ago=1)
    start(scenario, backup_at)
    scenario.fault("snelstart", "GET /verkoopfacturen", "status", status=503, body="", times=3)
    customers = len(scenario.customers())
    for _ in range(3):
        result = scenario.run("manual")
        assert (result.posted, is_open(scenario)) == (0, True)
        clock.advance(minutes=6)
    assert len(scenario.customers()) == customers
    scenario.run("manual")
    clock.advance(minutes=6)
    scenario.run("manual")
    assert scenario.order(new).state == "posted"
    assert set(scenario.booked()) == {*numbers, new}
    scenario.check_books()


def test_an_epoch_that_starts_in_the_middle_of_a_run_stops_it(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario.add_orders(3)
    real = SnelStartClient.create_sales_entry

    def create(client: SnelStartClient, payload: Any) -> Any:
        created = real(client, payload)
        recovery.start_epoch()
        return created

    monkeypatch.setattr(SnelStartClient, "create_sales_entry", create)
    scenario.run()
    assert len(scenario.entries()) == 1


@pytest.mark.parametrize("call", ["sales_orders_page", "sales_invoices_page", "find_sales_invoices"])
@pytest.mark.parametrize("kill", [kill_before, kill_after])
def test_death_during_the_recovery_changes_nothing(
    scenario: Scenario,
    clock: FrozenClock,
    backup: Callable[[], Backup],
    monkeypatch: pytest.MonkeyPatch,
    kill: Callable[[pytest.MonkeyPatch, type, str], None],
    call: str,
) -> None:
    backup_at, numbers = book_after_a_backup(scenario, clock, backup)
    numbers.append(scenario.add_order(email="new@example.nl", minutes_ago=3))
    clock.advance(hours=1)
    start(scenario, backup_at)
    with monkeypatch.context() as patch:
        kill(patch, SnelStartClient, call)
        patch.setattr(runs, "_end", lambda *args, **kwargs: None)
        with pytest.raises(Killed):
            scenario.run()
    settle(scenario, clock)
    assert scenario.booked() == dict.fromkeys(numbers, 1)
    assert not is_open(scenario)
    scenario.check_books()


def test_a_reading_goes_on_where_a_slice_ended(
    scenario: Scenario, clock: FrozenClock, backup: Callable[[], Backup], monkeypatch: pytest.MonkeyPatch
) -> None:
    backup_at, numbers = book_after_a_backup(scenario, clock, backup)
    start(scenario, backup_at)
    monkeypatch.setattr(reading, "PAGE", 2)
    monkeypatch.setattr(reading, "PAGES_OVERLAP", 1)
    steps = 0

    def pages() -> int:
        return scenario.calls("GET /verkooporders") + scenario.calls("GET /verkoopfacturen")

    def run_until_the_next_page(before: int) -> runs.RunResult:
        with scenario.app.app_context():
            return runs.run_shop(scenario.shop_id, is_stopping=lambda: pages() > before)

    while is_open(scenario):
        assert run_until_the_next_page(pages()).state is not None
        steps += 1
        assert steps < 20
    assert steps > 3
    settle(scenario, clock)
    assert scenario.booked() == dict.fromkeys(numbers, 1)
    scenario.check_books()


def test_a_second_start_reads_everything_again(
    scenario: Scenario, clock: FrozenClock, backup: Callable[[], Backup]
) -> None:
    backup_at, numbers = book_after_a_backup(scenario, clock, backup)
    start(scenario, backup_at)
    scenario.run()
    assert not is_open(scenario)
    start(scenario, backup_at)
    start(scenario, backup_at)
    assert is_open(scenario)
    settle(scenario, clock)
    assert not is_open(scenario)
    assert scenario.booked() == dict.fromkeys(numbers, 1)


def test_an_older_backup_counts_while_the_epoch_is_open(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.run()
    older = clock.now() - timedelta(days=3)
    start(scenario, older)
    start(scenario, clock.now())
    with scenario.app.app_context():
        assert db.session.get_one(RecoveryEpoch, scenario.administration_id).backup_at == older


def test_a_booking_that_differs_is_shown_and_not_made_again(
    scenario: Scenario, clock: FrozenClock, backup: Callable[[], Backup]
) -> None:
    copy, backup_at = backup(), clock.now()
    number = scenario.add_order(email="a@example.nl", total="24.99")
    scenario.run()
    entry = scenario.entries()[0]
    copy.restore()
    scenario.sandbox.snelstart.change_document(
        scenario.administration_id, "verkoopfacturen", invoice_id(scenario), factuurBedrag=Decimal("30.00")
    )
    start(scenario, backup_at)
    settle(scenario, clock)
    assert scenario.order(number).state == "error"
    assert scenario.codes(number) == ["INVOICE_NUMBER_DUPLICATE_DIFFERENT"]
    assert scenario.entries() == [entry]


def invoice_id(scenario: Scenario) -> str:
    (invoice,) = scenario.sandbox.snelstart.documents(scenario.administration_id, "verkoopfacturen")
    return str(invoice["id"])


def test_two_shops_on_one_administration_recover_together(
    app: Flask, sandbox: Sandbox, scenario: Scenario, clock: FrozenClock, backup: Callable[[], Backup]
) -> None:
    other = connect_shop(app, sandbox, name="Tweede koppeling")
    key = next(row.key for row in sandbox.snelstart.administrations() if row.id == scenario.administration_id)
    with app.app_context():
        connect_administration(other.shop_id, key)
    copy, backup_at = backup(), clock.now()
    numbers = [*scenario.add_orders(2), *other.add_orders(2)]
    scenario.run()
    other.run()
    copy.restore()
    start(scenario, backup_at)
    for _ in range(3):
        other.run("manual")
        scenario.run("manual")
        clock.advance(minutes=6)
    assert scenario.booked() == dict.fromkeys(numbers, 1)
    assert scenario.states() == {"posted": 4}


def test_an_administration_that_the_backup_does_not_know_is_recovered_when_it_is_connected(
    paying: Scenario,  # noqa: F811
    sandbox: Sandbox,
    clock: FrozenClock,
    backup: Callable[[], Backup],
) -> None:
    """The shop went to another administration after the backup and booked there; then it has to go there again."""
    other = sandbox.snelstart.create_administration(name="Nieuwe administratie")
    copy, backup_at = backup(), clock.now()
    go_to(paying, other.id)
    number = paying.add_order(email="a@example.nl")
    paying.run()
    assert paying.payments() == {number: 1}
    copy.restore()
    start(paying, backup_at)
    go_to(paying, other.id)
    settle(paying, clock)
    assert (paying.booked(), paying.payments()) == ({number: 1}, {number: 1})
    assert paying.posting(number, "payment").state == "posted"
    paying.check_books()


def go_to(paying: Scenario, administration_id: str) -> None:  # noqa: F811
    key = paying.sandbox.snelstart.administration(administration_id).key
    with paying.app.app_context():
        connect_administration(paying.shop_id, key)
    paying.administration_id = administration_id
    paying.change_shop(
        journal_id=identifier(paying, "dagboeken", 2000), clearing_ledger_id=identifier(paying, "grootboeken", 1240)
    )


def test_what_somebody_else_booked_long_after_a_restore_is_not_paid_by_us(
    app: Flask,
    paying: Scenario,  # noqa: F811
    clock: FrozenClock,
) -> None:
    number = paying.add_order(email="a@example.nl")
    paying.run()
    entry = paying.posting(number).payload
    start(paying, clock.now())
    settle(paying, clock)
    other = connect_shop(app, paying.sandbox, name="Nieuwe klant")
    clock.advance(days=30)
    later = other.add_order(email="b@example.nl")
    relations = paying.sandbox.snelstart.documents(other.administration_id, "relaties")
    customer = next(row for row in relations if row["relatiecode"] == -2)
    ledger = identifier(other, "grootboeken", 8000)
    line = {**entry["boekingsregels"][0], "grootboek": {"id": ledger}}
    theirs = {**entry, "factuurnummer": later, "klant": {"id": customer["id"]}, "boekingsregels": [line]}
    answer = paying.sandbox.snelstart.act(other.administration_id, "POST", "/verkoopboekingen", theirs)
    assert answer.status == 201, answer.body
    other.change_shop(
        may_post_payments=True,
        are_payments_posted=True,
        journal_id=identifier(other, "dagboeken", 2000),
        clearing_ledger_id=identifier(other, "grootboeken", 1240),
    )
    settle(other, clock)
    assert other.codes(later) == ["FOUND_IN_SNELSTART"]
    assert (other.booked(), other.payments()) == ({later: 1}, {})


def test_a_backup_of_the_future_is_refused(scenario: Scenario, clock: FrozenClock) -> None:
    with pytest.raises(ConflictError):
        start(scenario, clock.now() + timedelta(minutes=1))
    assert not is_open(scenario)


# before the first booking of a shop


def test_what_a_previous_connection_booked_is_found_before_the_first_booking(
    app: Flask, sandbox: Sandbox, order_scenario: Scenario, clock: FrozenClock
) -> None:
    numbers = order_scenario.add_orders(3)
    order_scenario.run()
    key = next(row.key for row in sandbox.snelstart.administrations() if row.id == order_scenario.administration_id)
    with app.app_context(), transaction() as session:
        for table in (Posting, Order, DailyTotal, DocumentReading):
            session.execute(delete(table))
        session.execute(text("UPDATE schedules SET watermark_at = NULL"))
    with app.app_context():
        connect_administration(order_scenario.shop_id, key)
    sandbox.world.log.clear()
    clock.advance(hours=1)
    order_scenario.run()
    assert order_scenario.booked() == dict.fromkeys(numbers, 1)
    assert order_scenario.states() == {"posted": 3}
    assert order_scenario.codes(numbers[0]) == ["FOUND_IN_SNELSTART"]
    assert order_scenario.calls("POST /verkooporders") == 0
    with app.app_context():
        assert db.session.scalars(select(FoundDocument)).all() == []


def test_an_earlier_start_date_is_read_before_anything_older_is_booked(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_orders(1)
    scenario.run()
    pages = scenario.calls("GET /verkoopfacturen")
    scenario.change_shop(start_on=date(2025, 1, 1))
    scenario.add_orders(1)
    clock.advance(hours=1)
    scenario.run()
    assert scenario.calls("GET /verkoopfacturen") == pages + 1
    assert scenario.states() == {"posted": 2}
