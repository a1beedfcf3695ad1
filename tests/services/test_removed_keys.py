"""A key removed too early is the operator's trouble: it is named, nothing is lost, and all goes on when it is back."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import select, update

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.extensions import db, transaction
from webshop.models import Administration, Connection, Order
from webshop.services.issue_catalogue import describe
from webshop.services.overview import issues_of
from webshop.vault import Vault

pytestmark = pytest.mark.database

OTHER_KEY = b"another key, of thirty-two bytes"


def replace_keys(scenario: Scenario, *keys: bytes) -> None:
    scenario.app.extensions["vault"] = Vault(keys)


def old_keys(scenario: Scenario) -> tuple[bytes, ...]:
    keys: tuple[bytes, ...] = scenario.app.extensions["settings"].encryption_keys
    return keys


def connections(scenario: Scenario) -> dict[str, tuple[str, str | None]]:
    with scenario.app.app_context():
        rows = db.session.execute(select(Connection.remote, Connection.state, Connection.last_error_code))
        return {remote: (state, code) for remote, state, code in rows}


def test_both_connections_say_so_and_neither_is_lost(
    scenario: Scenario, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    scenario.add_orders(2)
    scenario.run()
    scenario.add_orders(1)
    replace_keys(scenario, OTHER_KEY)
    clock.advance(hours=1)

    with caplog.at_level(logging.ERROR):
        result = scenario.run()

    assert (result.state, result.error_code) == ("finished", "ENCRYPTION_KEY_MISSING")
    assert connections(scenario)["amazon"] == ("active", "ENCRYPTION_KEY_MISSING")
    assert "encryption_key_missing" in caplog.messages
    page = scenario.app.test_client()
    assert page.get("/healthz").status_code == 200

    replace_keys(scenario, OTHER_KEY, *old_keys(scenario))
    clock.advance(minutes=10)
    scenario.run()
    assert connections(scenario) == {"amazon": ("active", None), "snelstart": ("active", None)}
    assert scenario.states() == {"posted": 3}
    scenario.check_books()


def test_an_order_waits_whose_buyer_cannot_be_read_and_the_others_go_on(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.change_shop(is_posting_automatic=False)
    (unreadable,) = scenario.add_orders(1)
    scenario.run()
    # From here on everything is sealed with the new key; only this order still needs the old one.
    reseal(scenario, OTHER_KEY)
    replace_keys(scenario, OTHER_KEY)
    scenario.change_shop(is_posting_automatic=True)
    others = scenario.add_orders(2)
    clock.advance(hours=1)

    scenario.run()

    assert {scenario.order(number).state for number in others} == {"posted"}
    order = scenario.order(unreadable)
    assert (order.state, scenario.codes(unreadable)) == ("open", ["ENCRYPTION_KEY_MISSING"])
    assert order.due_at is not None
    (issue,) = issues_of(order)
    assert "sleutel" in describe(issue).cause

    replace_keys(scenario, OTHER_KEY, *old_keys(scenario))
    clock.advance(minutes=15)
    scenario.run()
    assert scenario.states() == {"posted": 3}
    scenario.check_books()


def test_the_index_of_customers_without_its_key_makes_no_second_customer(
    scenario: Scenario, clock: FrozenClock
) -> None:
    scenario.add_order(email="vast@example.nl")
    scenario.run()
    reseal(scenario, OTHER_KEY, has_administration=False)
    replace_keys(scenario, OTHER_KEY)
    number = scenario.add_order(email="vast@example.nl")
    clock.advance(hours=1)

    result = scenario.run()

    assert (result.state, result.error_code) == ("finished", "ENCRYPTION_KEY_MISSING")
    assert connections(scenario)["snelstart"] == ("active", "ENCRYPTION_KEY_MISSING")
    assert scenario.order(number).state == "open"
    assert scenario.calls("POST /relaties") == 1


def test_what_was_copied_from_another_place_is_no_missing_key(scenario: Scenario) -> None:
    """Tampering is not forgiven like a mislaid key: the order ends in Fouten."""
    scenario.change_shop(is_posting_automatic=False)
    first, second = scenario.add_orders(2)
    scenario.run()
    with scenario.app.app_context(), transaction() as session:
        other = session.scalars(select(Order.sealed_email).where(Order.amazon_order_id == second)).one()
        session.execute(update(Order).where(Order.amazon_order_id == first).values(sealed_email=other))
    scenario.change_shop(is_posting_automatic=True)
    for _ in range(4):
        with scenario.app.app_context(), transaction() as session:
            session.execute(update(Order).where(Order.amazon_order_id == first).values(due_at=order_due(scenario)))
        scenario.run("manual")
    assert scenario.codes(first) == ["ORDER_CRASHED"]


def order_due(scenario: Scenario) -> object:
    return scenario.sandbox.world.clock()


def reseal(scenario: Scenario, key: bytes, *, has_administration: bool = True) -> None:
    """Seal the credentials (and the key of the fingerprints) anew, as rotating does."""
    old, new = Vault(old_keys(scenario)), Vault((key,))
    with scenario.app.app_context(), transaction() as session:
        for row in session.scalars(select(Connection)):
            for field, name in (("sealed_secret", "secret"), ("sealed_access_token", "access_token")):
                sealed, place = getattr(row, field), f"shop:{row.shop_id}:{row.remote}.{name}"
                if sealed:
                    setattr(row, field, new.seal(old.open(sealed, bound_to=place), bound_to=place))
        for administration in session.scalars(select(Administration)) if has_administration else ():
            place = f"administration:{administration.administration_id}:fingerprint"
            text = old.open(administration.sealed_fingerprint_key, bound_to=place)
            administration.sealed_fingerprint_key = new.seal(text, bound_to=place)
