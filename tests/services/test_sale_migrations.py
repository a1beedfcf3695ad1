"""A migration of past sales is counted and paid first, then booked once, behind the daily work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from tests.services.test_posting import Killed, kill_after, kill_before
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.clients.snelstart.client import SnelStartClient
from webshop.exceptions import ConflictError
from webshop.extensions import db, transaction
from webshop.models import (
    DailyTotal,
    DocumentReading,
    FoundDocument,
    Mail,
    Membership,
    MigrationState,
    Order,
    Posting,
    Product,
    SaleMigration,
    Schedule,
    Shop,
    User,
)
from webshop.services import (
    budgets,
    claims,
    migration_work,
    order_actions,
    posting,
    prices,
    sale_migrations,
    scheduling,
)
from webshop.services.access import Tenant, find_shop
from webshop.services.invoice_amounts import amounts_for
from webshop.services.migration_report import count_orders, export, outcome_page
from webshop.services.nightly import SEARCHES_LEFT
from webshop.services.privacy import purge

pytestmark = pytest.mark.database

FROM, UNTIL = date(2025, 3, 1), date(2025, 4, 30)
IN_MARCH = datetime.fromisoformat("2025-03-10T12:00:00+00:00")
SEARCH = "searchOrders"


class Migrating:
    """A shop whose owner asks for past sales."""

    def __init__(self, scenario: Scenario, clock: FrozenClock) -> None:
        self.scenario = scenario
        self.clock = clock

    def sell(
        self, count: int, *, at: datetime = IN_MARCH, apart: timedelta = timedelta(minutes=5), **facts: Any
    ) -> list[str]:
        """Let orders of the past stand at Amazon."""
        ago = (self.clock.now() - at).total_seconds() / 60
        step = apart.total_seconds() / 60
        number = iter(range(count))
        return [
            self.scenario.add_order(minutes_ago=ago - step * n, **{"email": f"oud{n}@example.nl", **facts})
            for n in number
        ]

    def tenant(self) -> tuple[Tenant, User]:
        shop = db.session.get_one(Shop, self.scenario.shop_id)
        owner = db.session.scalars(
            select(User).join(Membership, Membership.user_id == User.id).where(Membership.shop_id == shop.id)
        ).first()
        assert owner is not None
        return find_shop(owner, UUID(shop.public_id), writes=True), owner

    def ask(self, from_on: date = FROM, until_on: date = UNTIL) -> None:
        with self.scenario.app.app_context():
            sale_migrations.ask(*self.tenant(), from_on, until_on)

    def migration(self) -> SaleMigration:
        with self.scenario.app.app_context():
            return db.session.scalars(select(SaleMigration).order_by(SaleMigration.id.desc())).first()  # type: ignore[return-value]

    @property
    def state(self) -> str:
        return self.migration().state

    def pay(self) -> None:
        with self.scenario.app.app_context():
            tenant, owner = self.tenant()
            migration = sale_migrations.migrations_of(tenant.shop)[0]
            price = str(sale_migrations.quote(tenant.shop, migration).total)
            sale_migrations.approve(tenant.shop, migration, owner, price=price)
            with transaction():
                sale_migrations.mark_paid(migration.public_id)

    def do(self, act: Callable[[SaleMigration, User], object]) -> None:
        with self.scenario.app.app_context():
            tenant, owner = self.tenant()
            act(sale_migrations.migrations_of(tenant.shop)[0], owner)

    def resume(self) -> None:
        with self.scenario.app.app_context():
            tenant, owner = self.tenant()
            sale_migrations.resume(tenant, sale_migrations.migrations_of(tenant.shop)[0], owner)

    def run_until(self, *states: MigrationState, most: int = 400) -> SaleMigration:
        """Run as the sweeps do, with the minutes that go by, until the migration is in one of these states."""
        for _round in range(most):
            if self.state in {state.value for state in states}:
                return self.migration()
            self.scenario.run()
            self.clock.advance(minutes=3)
        raise AssertionError(f"the migration stays {self.state}")

    def finish(self) -> SaleMigration:
        """Ask, count, pay and work until the end."""
        self.ask()
        self.run_until(MigrationState.QUOTED)
        self.pay()
        return self.run_until(MigrationState.FINISHED)

    def letters(self, kind: str) -> int:
        with self.scenario.app.app_context():
            return len(db.session.scalars(select(Mail).where(Mail.kind == kind)).all())

    def check(self) -> None:
        self.scenario.check_books()


@pytest.fixture
def migrating(scenario: Scenario, clock: FrozenClock) -> Migrating:
    # The daily work has begun: the documents since the start date are read.
    scenario.run()
    return Migrating(scenario, clock)


# The quote


def test_orders_are_counted_without_storing_anything_of_them(migrating: Migrating) -> None:
    migrating.sell(3)
    migrating.sell(1, status="CANCELLED")
    migrating.ask()
    assert migrating.run_until(MigrationState.QUOTED).counted == 3, "what was cancelled is not paid for"
    assert migrating.scenario.orders() == {}
    migration = migrating.migration()
    assert (migration.units, migration.price) == (1, Decimal("67.50"))
    asked = [call.query for call in migrating.scenario.sandbox.world.log.entries() if "createdAfter" in call.query]
    assert {query["includedData"] for query in asked} == {"FULFILLMENT"}, "nothing of the buyer is asked for"
    assert migrating.letters("migration_counted") == 1


@pytest.mark.parametrize(("orders", "units"), [(0, 0), (1, 1), (1000, 1), (1001, 2), (2500, 3)])
def test_the_price_is_per_started_thousand(orders: int, units: int) -> None:
    assert prices.migration_units(orders) == units


def test_a_period_without_orders_is_finished_at_once_and_costs_nothing(migrating: Migrating) -> None:
    migrating.ask()
    migration = migrating.run_until(MigrationState.FINISHED)
    assert (migration.counted, migration.units, migration.price) == (0, 0, Decimal(0))


def test_counting_goes_on_behind_the_last_page_after_a_crash(
    migrating: Migrating, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrating.sell(230)
    migrating.ask()
    real, calls = migration_work._store_count, iter(range(1_000))

    def crash(*facts: Any) -> None:
        real(*facts)
        if next(calls) == 1:
            raise Killed

    monkeypatch.setattr(migration_work, "_store_count", crash)
    with pytest.raises(Killed):
        migrating.run_until(MigrationState.QUOTED)
    assert migrating.migration().counted == 100
    assert migrating.run_until(MigrationState.QUOTED).counted == 230


def test_a_page_token_that_lapsed_counts_nothing_twice(migrating: Migrating) -> None:
    migrating.sell(30, at=IN_MARCH + timedelta(days=30))
    migrating.sell(230)
    migrating.scenario.fault("amazon", SEARCH, "page_token_invalid", skip=2)
    migrating.ask()
    assert migrating.run_until(MigrationState.QUOTED).counted == 260


def test_counting_leaves_searches_to_the_daily_work(migrating: Migrating, clock: FrozenClock) -> None:
    migrating.sell(2500, apart=timedelta(minutes=1))
    migrating.ask()
    migrating.scenario.run()
    assert migrating.state == MigrationState.COUNTING.value
    assert 0 < migrating.migration().counted < 2500
    with migrating.scenario.app.app_context():
        key = budgets.amazon_key(migrating.scenario.seller_id, SEARCH)
        left = budgets.take(key, budgets.SEARCH_ORDERS, budgets.SEARCH_ORDERS.burst)
    assert left >= SEARCHES_LEFT + 3
    assert migrating.scenario.sandbox.amazon.self_inflicted_429 == 0


@pytest.mark.parametrize(
    ("from_on", "until_on", "field", "code"),
    [
        (date(2024, 11, 22), date(2025, 1, 1), "from_on", "too_old"),
        (date(2025, 2, 1), date(2025, 1, 31), "until_on", "reversed"),
        (date(2025, 2, 1), date(2026, 1, 1), "until_on", "after_start"),
    ],
)
def test_a_period_that_cannot_be_is_refused_at_its_field(
    migrating: Migrating, from_on: date, until_on: date, field: str, code: str
) -> None:
    with pytest.raises(sale_migrations.PeriodError) as refused:
        migrating.ask(from_on, until_on)
    assert (refused.value.field, refused.value.code) == (field, code)


def test_two_years_back_to_the_day_can_be_asked_for(migrating: Migrating, clock: FrozenClock) -> None:
    migrating.ask(date(2024, 11, 23), date(2025, 12, 31))
    assert migrating.state == MigrationState.COUNTING.value
    clock.set(datetime.fromisoformat("2028-02-29T12:00:00+00:00"))
    with migrating.scenario.app.app_context():
        assert sale_migrations.earliest_day() == date(2026, 2, 28)


def test_asked_twice_there_is_one_and_the_same_period_is_not_paid_for_again(migrating: Migrating) -> None:
    migrating.sell(1)
    migrating.ask()
    migrating.ask(date(2025, 5, 1), date(2025, 5, 31))
    assert (migrating.migration().from_on, migrating.migration().id) == (FROM, 1)
    migrating.run_until(MigrationState.QUOTED)
    migrating.pay()
    migrating.run_until(MigrationState.FINISHED)
    with pytest.raises(sale_migrations.PeriodError):
        migrating.ask(date(2025, 4, 30), date(2025, 6, 1))


# Agreeing and paying


def test_nothing_is_fetched_or_booked_before_it_is_paid(migrating: Migrating) -> None:
    migrating.sell(2)
    migrating.ask()
    migrating.run_until(MigrationState.QUOTED)
    with migrating.scenario.app.app_context():
        tenant, owner = migrating.tenant()
        migration = sale_migrations.migrations_of(tenant.shop)[0]
        with pytest.raises(ConflictError):
            sale_migrations.approve(tenant.shop, migration, owner, price="1.00")
        price = amounts_for(tenant.shop, Product.MIGRATION, 1).total
        assert sale_migrations.approve(tenant.shop, migration, owner, price=str(price)) is not None
    for _hour in range(3):
        migrating.scenario.run()
        migrating.clock.advance(hours=1)
    assert migrating.state == MigrationState.APPROVED.value
    assert (migrating.scenario.orders(), migrating.scenario.booked()) == ({}, {})


def test_paid_twice_it_begins_once(migrating: Migrating) -> None:
    migrating.sell(2)
    migration = migrating.finish()
    with migrating.scenario.app.app_context(), transaction():
        sale_migrations.mark_paid(migration.public_id)
    assert migrating.state == MigrationState.FINISHED.value


def test_what_is_paid_after_it_was_cancelled_is_kept_so_that_it_goes_back(migrating: Migrating) -> None:
    migrating.sell(1)
    migrating.ask()
    migrating.run_until(MigrationState.QUOTED)
    migrating.do(sale_migrations.cancel)
    migration = migrating.migration()
    with migrating.scenario.app.app_context(), transaction():
        sale_migrations.mark_paid(migration.public_id)
    assert (migrating.state, migrating.migration().paid_at is None) == (MigrationState.CANCELLED.value, False)
    migrating.scenario.run()
    assert migrating.scenario.booked() == {}


# Working


def test_past_orders_are_booked_once_with_their_buyers_and_told(migrating: Migrating) -> None:
    numbers = migrating.sell(3, email="vaste@klant.example")
    migrating.sell(1, status="CANCELLED")
    migration = migrating.finish()
    assert migrating.scenario.booked() == dict.fromkeys(numbers, 1)
    assert (migration.posted, migration.already, migration.skipped, migration.errors) == (3, 0, 1, 0)
    assert migrating.letters("migration_finished") == 1
    assert [row["email"] for row in migrating.scenario.customers()] == ["vaste@klant.example"]
    assert all(order.sealed_email is None for order in migrating.scenario.orders().values())
    migrating.check()


def test_orders_outside_the_period_stay_unbooked(migrating: Migrating) -> None:
    migrating.sell(1, at=datetime.fromisoformat("2025-02-28T22:59:00+00:00"))
    migrating.sell(1, at=datetime.fromisoformat("2025-04-30T22:01:00+00:00"))
    inside = migrating.sell(1, at=datetime.fromisoformat("2025-02-28T23:00:00+00:00"))
    inside += migrating.sell(1, at=datetime.fromisoformat("2025-04-30T21:59:00+00:00"))
    migrating.finish()
    assert migrating.scenario.booked() == dict.fromkeys(inside, 1)


def book_before(scenario: Scenario, number: str, *, total: float = 12.1) -> None:
    """Book an order as another connector or a person would."""
    books, place = scenario.sandbox.snelstart, scenario.administration_id
    customer = next(row for row in books.documents(place, "relaties") if row["relatiecode"] == -2)
    ledger = next(row for row in books.documents(place, "grootboeken") if row["nummer"] == 8000)
    net = round(total / 1.21, 2)
    line = {"omschrijving": "zelf", "grootboek": {"id": ledger["id"]}, "bedrag": net, "btwSoort": "Hoog"}
    entry = {
        "factuurnummer": number,
        "klant": {"id": customer["id"]},
        "factuurdatum": "2025-03-12",
        "factuurbedrag": total,
        "boekingsregels": [line],
        "btw": [{"btwSoort": "VerkopenHoog", "btwBedrag": round(total - net, 2)}],
    }
    assert books.act(place, "POST", "/verkoopboekingen", entry).status == 201


def test_what_somebody_booked_before_is_skipped_and_what_differs_is_told(migrating: Migrating) -> None:
    equal, other, new = migrating.sell(3, total="12.10")
    book_before(migrating.scenario, equal)
    book_before(migrating.scenario, other, total=24.2)
    migration = migrating.finish()
    assert migrating.scenario.booked() == {equal: 1, other: 1, new: 1}
    assert (migration.posted, migration.already, migration.errors) == (1, 1, 1)
    assert "FOUND_IN_SNELSTART" not in migrating.scenario.codes(equal)
    assert migrating.scenario.codes(equal) == ["ALREADY_IN_SNELSTART"]
    assert migrating.scenario.codes(other) == ["INVOICE_NUMBER_DUPLICATE_DIFFERENT"]


def test_a_document_that_a_filter_hides_is_found_by_reading_back_to_the_period(
    migrating: Migrating, monkeypatch: pytest.MonkeyPatch
) -> None:
    (number,) = migrating.sell(1, total="12.10")
    book_before(migrating.scenario, number)
    monkeypatch.setattr(SnelStartClient, "find_sales_invoices", lambda *_facts: ())
    migration = migrating.finish()
    assert migrating.scenario.booked() == {number: 1}
    assert (migration.posted, migration.already) == (0, 1)


def test_sales_orders_that_another_connector_made_are_not_made_again(
    order_scenario: Scenario, clock: FrozenClock
) -> None:
    order_scenario.run()
    migrating = Migrating(order_scenario, clock)
    migrating.sell(3)
    migrating.finish()
    before = order_scenario.booked()
    assert len(before) == 3
    with order_scenario.app.app_context(), transaction() as session:
        # As if this shop were new here, and the documents somebody else's.
        for table in (FoundDocument, Posting, Order, SaleMigration, DocumentReading, DailyTotal):
            session.execute(delete(table))
    order_scenario.run()
    migration = migrating.finish()
    assert order_scenario.booked() == before
    assert (migration.posted, migration.already) == (0, 3)


def test_an_order_that_the_daily_run_knows_is_brought_in_too(migrating: Migrating) -> None:
    (number,) = migrating.sell(1)
    with migrating.scenario.app.app_context(), transaction() as session:
        session.execute(update(Schedule).values(watermark_at=IN_MARCH - timedelta(days=1), slot_at=IN_MARCH))
    migrating.scenario.run(kind="manual")
    assert migrating.scenario.codes(number) == ["BEFORE_START_DATE"]
    with migrating.scenario.app.app_context():
        purge()
    migrating.finish()
    assert migrating.scenario.booked() == {number: 1}
    assert len(migrating.scenario.customers()) == 1, "Amazon's answer brings back the buyer that was purged"
    migrating.check()


def test_an_order_that_we_booked_before_is_counted_as_such(migrating: Migrating) -> None:
    (number,) = migrating.sell(1)
    migrating.scenario.change_shop(start_on=date(2025, 1, 1))
    with migrating.scenario.app.app_context(), transaction() as session:
        session.execute(update(Schedule).values(watermark_at=IN_MARCH - timedelta(days=1), slot_at=IN_MARCH))
    migrating.scenario.run(kind="manual")
    assert migrating.scenario.order(number).state == "posted"
    migrating.scenario.change_shop(start_on=date(2026, 1, 1))
    migration = migrating.finish()
    assert (migration.posted, migration.already) == (0, 1)
    assert migrating.scenario.booked() == {number: 1}


def test_a_blocked_period_in_snelstart_is_an_error_that_can_be_put_right(migrating: Migrating) -> None:
    (number,) = migrating.sell(1)
    books = migrating.scenario.sandbox.snelstart
    books.block_period(migrating.scenario.administration_id, date(2025, 12, 31))
    migration = migrating.finish()
    assert (migration.errors, migration.posted) == (1, 0)
    books.block_period(migrating.scenario.administration_id, None)
    with migrating.scenario.app.app_context():
        _tenant, owner = migrating.tenant()
        order_actions.process_again(db.session.scalars(select(Order)).one(), owner)
    migrating.scenario.run()
    assert migrating.scenario.booked() == {number: 1}
    with migrating.scenario.app.app_context():
        assert count_orders(migrating.migration()).posted == 1


def test_daily_orders_go_first_and_the_migration_waits_for_them(migrating: Migrating, clock: FrozenClock) -> None:
    migrating.sell(120)
    migrating.ask()
    migrating.run_until(MigrationState.QUOTED)
    migrating.pay()
    clock.advance(hours=2)
    daily = migrating.scenario.add_orders(2)
    clock.advance(minutes=5)
    migrating.scenario.run()
    booked = [entry["factuurnummer"] for entry in migrating.scenario.entries()]
    assert set(booked[:2]) == set(daily)
    migrating.run_until(MigrationState.FINISHED)
    assert len(migrating.scenario.booked()) == 122
    migrating.check()


def test_working_leaves_searches_and_never_provokes_a_refusal(migrating: Migrating) -> None:
    migrating.sell(40, apart=timedelta(days=1))
    migrating.ask(date(2024, 12, 1), date(2025, 12, 31))
    migrating.run_until(MigrationState.QUOTED)
    migrating.pay()
    migrating.scenario.run()
    with migrating.scenario.app.app_context():
        key = budgets.amazon_key(migrating.scenario.seller_id, SEARCH)
        assert budgets.take(key, budgets.SEARCH_ORDERS, 20) >= SEARCHES_LEFT
    migrating.run_until(MigrationState.FINISHED)
    assert migrating.scenario.sandbox.amazon.self_inflicted_429 == 0


@pytest.mark.parametrize("target", ["_store_orders", "_note_progress", "_finish"])
def test_a_crash_between_pages_neither_doubles_nor_loses(
    migrating: Migrating, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    numbers = migrating.sell(130)
    migrating.ask()
    migrating.run_until(MigrationState.QUOTED)
    migrating.pay()
    real: Callable[..., Any] = getattr(migration_work, target)
    calls = iter(range(1_000))

    def crash(*facts: Any) -> None:
        real(*facts)
        if next(calls) == 0:
            raise Killed

    monkeypatch.setattr(migration_work, target, crash)
    with pytest.raises(Killed):
        migrating.run_until(MigrationState.FINISHED)
    migrating.run_until(MigrationState.FINISHED)
    assert migrating.scenario.booked() == dict.fromkeys(numbers, 1)
    assert migrating.letters("migration_finished") == 1
    migrating.check()


def test_a_page_that_our_code_trips_over_pauses_the_migration_and_not_the_shop(
    migrating: Migrating, monkeypatch: pytest.MonkeyPatch, clock: FrozenClock
) -> None:
    migrating.sell(1)
    migrating.ask()
    migrating.run_until(MigrationState.QUOTED)
    migrating.pay()

    def trip(*_facts: Any) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(migration_work, "_store_orders", trip)
    migration = migrating.run_until(MigrationState.PAUSED)
    assert migration.error_code == "CRASHED"
    daily = migrating.scenario.add_order(email="x@example.nl")
    clock.advance(hours=2)
    migrating.scenario.run()
    assert migrating.scenario.booked() == {daily: 1}
    monkeypatch.undo()
    migrating.resume()
    assert migrating.run_until(MigrationState.FINISHED).posted == 1


@pytest.mark.parametrize(
    ("remote", "operation", "kind", "facts"),
    [
        ("snelstart", "POST /verkoopboekingen", "commit_then_hang", {}),
        ("snelstart", "POST /verkoopboekingen", "status", {"status": 500}),
        ("snelstart", "POST /relaties", "commit_then_hang", {}),
        ("snelstart", "GET /verkoopfacturen", "status", {"status": 503}),
        ("amazon", SEARCH, "status", {"status": 503}),
        ("amazon", SEARCH, "status", {"status": 429}),
    ],
)
def test_trouble_with_a_remote_neither_doubles_nor_loses(
    migrating: Migrating, remote: str, operation: str, kind: str, facts: dict[str, Any]
) -> None:
    numbers = migrating.sell(6)
    migrating.ask()
    migrating.run_until(MigrationState.QUOTED)
    migrating.pay()
    migrating.scenario.fault(remote, operation, kind, times=2, skip=1, **facts)
    assert migrating.run_until(MigrationState.FINISHED).posted == 6
    assert migrating.scenario.booked() == dict.fromkeys(numbers, 1)
    migrating.check()


@pytest.mark.parametrize("kill", [kill_before, kill_after])
@pytest.mark.parametrize("call", ["create_sales_entry", "create_relation", "find_sales_invoices"])
def test_death_around_a_call_neither_doubles_nor_loses(
    migrating: Migrating,
    monkeypatch: pytest.MonkeyPatch,
    kill: Callable[[pytest.MonkeyPatch, type, str], None],
    call: str,
) -> None:
    numbers = migrating.sell(3)
    migrating.ask()
    migrating.run_until(MigrationState.QUOTED)
    migrating.pay()
    with monkeypatch.context() as patched:
        kill(patched, SnelStartClient, call)
        with pytest.raises(Killed):
            migrating.run_until(MigrationState.FINISHED)
    assert migrating.run_until(MigrationState.FINISHED).posted == 3
    assert migrating.scenario.booked() == dict.fromkeys(numbers, 1)
    assert len(migrating.scenario.customers()) == 3
    migrating.check()


# Stop means stop


def half_way(migrating: Migrating, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> list[str]:
    """Do something when the first of three orders was sent."""
    numbers = migrating.sell(3)
    migrating.ask()
    migrating.run_until(MigrationState.QUOTED)
    migrating.pay()
    real, calls = claims.claim_order, iter(range(1_000))

    def claim(*facts: Any) -> Any:
        if next(calls) == 1:
            act()
        return real(*facts)

    monkeypatch.setattr(posting, "claim_order", claim)
    migrating.scenario.run()
    return numbers


def test_a_paused_migration_sends_nothing_more_and_daily_work_goes_on(
    migrating: Migrating, monkeypatch: pytest.MonkeyPatch, clock: FrozenClock
) -> None:
    numbers = half_way(migrating, monkeypatch, lambda: migrating.do(sale_migrations.pause))
    assert len(migrating.scenario.booked()) == 1
    daily = migrating.scenario.add_order(email="x@example.nl")
    for _round in range(3):
        clock.advance(hours=1)
        migrating.scenario.run()
    assert len(migrating.scenario.booked()) == 2
    assert daily in migrating.scenario.booked()
    with migrating.scenario.app.app_context():
        assert scheduling.due_shops(clock.now()) == [], "nothing is due while it is paused"
    migrating.resume()
    migrating.run_until(MigrationState.FINISHED)
    assert migrating.scenario.booked() == dict.fromkeys([*numbers, daily], 1)
    migrating.check()


def test_buyers_that_were_purged_during_a_pause_are_asked_for_again(
    migrating: Migrating, monkeypatch: pytest.MonkeyPatch, clock: FrozenClock
) -> None:
    half_way(migrating, monkeypatch, lambda: migrating.do(sale_migrations.pause))
    clock.advance(days=2)
    with migrating.scenario.app.app_context():
        assert purge()["purge_buyers"] == 2
    migrating.resume()
    migrating.run_until(MigrationState.FINISHED)
    assert {row["email"] for row in migrating.scenario.customers()} == {f"oud{n}@example.nl" for n in range(3)}


def test_a_cancelled_migration_keeps_what_is_booked_and_lets_go_of_the_rest(
    migrating: Migrating, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = half_way(migrating, monkeypatch, lambda: migrating.do(sale_migrations.cancel))
    booked = migrating.scenario.booked()
    assert len(booked) == 1
    for _round in range(3):
        migrating.clock.advance(minutes=10)
        migrating.scenario.run()
    assert migrating.scenario.booked() == booked
    left = next(number for number in numbers if number not in booked)
    assert migrating.scenario.codes(left) == ["BEFORE_START_DATE"]
    migrating.scenario.change_shop(vat_source="amazon")
    with migrating.scenario.app.app_context(), transaction():
        scheduling.ask_review(migrating.scenario.shop_id)
    migrating.scenario.run()
    assert migrating.scenario.booked() == booked, "a change of settings does not bring them back"
    monkeypatch.undo()
    migrating.finish()
    assert migrating.scenario.booked() == dict.fromkeys(numbers, 1), "asked for again, the rest is booked"
    migrating.check()


def test_an_unanswered_booking_of_a_cancelled_migration_is_looked_up_and_not_sent_again(
    migrating: Migrating, clock: FrozenClock
) -> None:
    migrating.sell(1)
    migrating.ask()
    migrating.run_until(MigrationState.QUOTED)
    migrating.pay()
    migrating.scenario.fault("snelstart", "POST /verkoopboekingen", "drop")
    migrating.scenario.run()
    assert migrating.scenario.states() == {"unknown": 1}
    migrating.do(sale_migrations.cancel)
    for _round in range(4):
        clock.advance(minutes=6)
        migrating.scenario.run()
    assert migrating.scenario.booked() == {}
    assert migrating.scenario.states() == {"skipped": 1}


def test_the_end_of_a_subscription_stops_a_migration_until_it_goes_on(
    migrating: Migrating, monkeypatch: pytest.MonkeyPatch, clock: FrozenClock
) -> None:
    ended = (clock.now() - timedelta(days=2)).date()
    numbers = half_way(migrating, monkeypatch, lambda: migrating.scenario.change_shop(active_until=ended))
    assert len(migrating.scenario.booked()) == 1
    for _round in range(2):
        clock.advance(hours=1)
        migrating.scenario.run()
    assert len(migrating.scenario.booked()) == 1
    assert migrating.state == MigrationState.RUNNING.value
    migrating.scenario.change_shop(active_until=None)
    migrating.run_until(MigrationState.FINISHED)
    assert migrating.scenario.booked() == dict.fromkeys(numbers, 1)


def test_another_seller_is_not_booked_for_what_this_one_paid(migrating: Migrating) -> None:
    migrating.sell(2)
    migrating.ask()
    migrating.run_until(MigrationState.QUOTED)
    migrating.pay()
    with migrating.scenario.app.app_context(), transaction() as session:
        session.execute(update(SaleMigration).values(seller_id="ANOTHER"))
    migrating.scenario.run()
    assert (migrating.state, migrating.migration().error_code) == ("paused", "OTHER_SELLER")
    assert migrating.scenario.booked() == {}
    with pytest.raises(ConflictError):
        migrating.resume()


# The report


def test_the_report_tells_of_every_order_what_came_of_it(migrating: Migrating) -> None:
    equal, new, blocked = migrating.sell(3, total="12.10")
    (cancelled,) = migrating.sell(1, status="CANCELLED")
    (blocked,) = migrating.sell(1, country="XX", total="12.10")
    book_before(migrating.scenario, equal)
    migration = migrating.finish()
    with migrating.scenario.app.app_context():
        outcomes = {row.order.amazon_order_id: row.outcome for row in export(migration)}
        assert outcomes[equal] == "already"
        assert outcomes[new] == "posted"
        assert outcomes[cancelled] == "skipped"
        assert outcomes[blocked] == "errors"
        for outcome in set(outcomes.values()):
            found = [row.order.amazon_order_id for row in outcome_page(migration, outcome, None).rows]
            assert sorted(found) == sorted(number for number, one in outcomes.items() if one == outcome)


def test_hundreds_of_orders_of_which_some_were_booked_are_booked_once_each(migrating: Migrating) -> None:
    """`make bench` does the same with 2,500."""
    check_many(migrating, 210)


def check_many(migrating: Migrating, orders: int) -> None:
    numbers = migrating.sell(orders, apart=timedelta(minutes=20), total="12.10")
    booked = numbers[::25]
    for number in booked:
        book_before(migrating.scenario, number)
    migration = migrating.finish()
    assert migration.counted == orders
    assert (migration.posted, migration.already, migration.errors) == (orders - len(booked), len(booked), 0)
    assert migrating.scenario.booked() == dict.fromkeys(numbers, 1)
    assert migrating.scenario.sandbox.amazon.self_inflicted_429 == 0
    assert migrating.scenario.sandbox.snelstart.self_inflicted_429 == 0
