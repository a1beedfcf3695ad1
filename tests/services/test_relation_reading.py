"""A large administration: its customers are read over as many runs as it takes, and none is made before."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from tests.services.test_articles import act
from tests.services.test_posting import Killed
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.clients.snelstart.client import SnelStartClient
from webshop.extensions import db
from webshop.models import Administration, RelationLink
from webshop.services import relation_reading

pytestmark = pytest.mark.database
CUSTOMERS = 23
LAST = f"klant{CUSTOMERS - 1}@example.nl"


def make_customer(scenario: Scenario, email: str) -> None:
    act(scenario, "/relaties", {"naam": "Klant", "email": email, "relatiesoort": ["Klant"]})


@pytest.fixture
def large(scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """An administration of which a run can read two pages of five relations."""
    for number in range(CUSTOMERS):
        act(
            scenario,
            "/relaties",
            {"naam": f"K{number}", "email": f"klant{number}@example.nl", "relatiesoort": ["Klant"]},
        )
    clock.advance(hours=2)
    monkeypatch.setattr(relation_reading, "PAGE", 5)
    real = SnelStartClient.relations_page

    def slow(client: SnelStartClient, **facts: Any) -> Any:
        clock.advance(seconds=31)
        return real(client, **facts)

    monkeypatch.setattr(SnelStartClient, "relations_page", slow)
    return scenario


def position(scenario: Scenario) -> int:
    with scenario.app.app_context():
        return db.session.scalars(select(Administration.relations_position)).one()


def test_the_next_run_goes_on_where_this_one_stopped(large: Scenario) -> None:
    large.add_order(email=LAST)
    positions = []
    for _ in range(20):
        result = large.run()
        positions.append(position(large))
        if not result.is_more_due:
            break
        assert (large.entries(), large.calls("POST /relaties")) == ([], 0)
    # Each run reads the last page of the one before once more, then one or two new ones.
    assert positions == [*sorted(positions[:-1]), 0]
    assert len(positions) > 3
    (entry,) = large.entries()
    (known,) = [row for row in large.customers() if row["email"] == LAST]
    assert entry["klant"]["id"] == known["id"]
    with large.app.app_context():
        assert db.session.scalars(select(func.count(RelationLink.relation_id.distinct()))).one() >= CUSTOMERS


def test_a_crash_in_between_costs_a_page_and_makes_no_customer(
    large: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    large.add_order(email=LAST)
    real = SnelStartClient.relations_page
    calls: list[int] = []

    def dying(client: SnelStartClient, **facts: Any) -> Any:
        calls.append(facts["skip"])
        if len(calls) == 4:
            raise Killed
        return real(client, **facts)

    monkeypatch.setattr(SnelStartClient, "relations_page", dying)
    with pytest.raises(Killed):
        while True:
            large.run()
    reached = calls[-1]
    clock.advance(minutes=6)
    while large.run().is_more_due:
        assert large.calls("POST /relaties") == 0
    assert calls[4] == reached - 5
    assert large.states() == {"posted": 1}
    assert (len(large.customers()), large.calls("POST /relaties")) == (CUSTOMERS, 0)


def test_a_customer_made_while_the_reading_lasts_is_found(large: Scenario) -> None:
    """By another shop of the administration, or by a person: read with the changes since the start."""
    large.add_order(email="nieuw@example.nl")
    large.run()
    make_customer(large, "nieuw@example.nl")
    while large.run().is_more_due:
        pass
    assert large.states() == {"posted": 1}
    assert large.calls("POST /relaties") == 0


def test_relations_that_are_removed_meanwhile_hide_none(large: Scenario) -> None:
    large.add_order(email=LAST)
    large.run()
    books = large.sandbox.snelstart.books(large.administration_id)
    for row in large.customers()[:4]:
        books.remove("relaties", row["id"])
    while large.run().is_more_due:
        pass
    (entry,) = large.entries()
    assert entry["klant"]["id"] in {row["id"] for row in large.customers() if row["email"] == LAST}
    assert large.calls("POST /relaties") == 0


def test_many_changes_are_read_over_several_runs_too(large: Scenario, clock: FrozenClock) -> None:
    large.add_order(email=LAST)
    while large.run().is_more_due:
        pass
    clock.advance(hours=1)
    for number in range(12):
        make_customer(large, f"later{number}@example.nl")
    large.add_order(email="later11@example.nl")
    clock.advance(hours=1)
    assert large.run().is_more_due
    while large.run().is_more_due:
        pass
    assert large.states() == {"posted": 2}
    assert large.calls("POST /relaties") == 0
