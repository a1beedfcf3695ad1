"""A migration of past sales is counted and paid first, then booked once, behind the daily work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.services.test_posting import Killed
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.exceptions import ConflictError
from webshop.extensions import db, transaction
from webshop.models import Budget, Mail, Membership, MigrationState, Order, SaleMigration, Shop, User
from webshop.services import (
    budgets,
    fetching,
    migration_search,
    migration_work,
    past_orders,
    prices,
    sale_migrations,
)
from webshop.services.access import Tenant, find_shop
from webshop.services.invoice_amounts import amounts_for
from webshop.services.migration_report import count_orders, export, outcome_page
from webshop.services.nightly import SEARCHES_LEFT
from webshop.services.privacy import purge_buyer_data

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
    asked = [call for call in migrating.scenario.sandbox.world.log.entries() if "createdAfter" in str(call)]
    assert all("BUYER" not in str(call) for call in asked)
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
        price = amounts_for(tenant.shop, prices.Product.MIGRATION, 1).total
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


def book_before(scenario: Scenario, number: str, total: str = "24.99") -> None:
    """Book an order as another connector or a person would."""
    relation = scenario.sandbox.snelstart.act(
        scenario.administration_id, "POST", "relaties", {"naam": "Klant", "relatiesoort": ["Klant"]}
    )
    total_excl = (Decimal(total) / Decimal("1.21")).quantize(Decimal("0.01"))
    ledger = next(
        row
        for row in scenario.sandbox.snelstart.documents(scenario.administration_id, "grootboeken")
        if row["nummer"] == 8000
    )
    answer = scenario.sandbox.snelstart.act(
        scenario.administration_id,
        "POST",
        "verkoopboekingen",
        {
            "factuurnummer": number,
            "klant": {"id": relation.json["id"]},
            "factuurdatum": "2025-03-10T00:00:00",
            "betalingstermijn": 14,
            "omschrijving": "met de hand",
            "factuurbedrag": Decimal(total),
            "boekingsregels": [
                {"omschrijving": "x", "grootboek": {"id": ledger["id"]}, "bedrag": total_excl, "btwSoort": "Hoog"}
            ],
            "btw": [{"btwSoort": "VerkopenHoog", "btwBedrag": Decimal(total) - total_excl}],
        },
    )
    assert answer.status == 201, answer
