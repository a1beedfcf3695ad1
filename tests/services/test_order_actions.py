"""What a click sets in motion, while a run is at work on the same shop."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.scenario import Scenario
from tests.support.statements import counted_statements
from webshop.extensions import db
from webshop.models import Order, User
from webshop.services.order_actions import process_again

pytestmark = pytest.mark.database


def test_process_again_takes_its_locks_in_the_order_of_a_run(app: Flask, scenario: Scenario) -> None:
    """A run that stores a page holds the schedule and wants the order: the other way round both would wait."""
    scenario.add_order(country="ZZ")
    scenario.run()
    with app.test_request_context(method="POST"):
        order, user = db.session.scalars(select(Order)).one(), db.session.scalars(select(User)).one()
        with counted_statements() as executed:
            process_again(order, user)
    tables = [statement.split()[1] for statement in executed if statement.startswith("UPDATE")]
    assert tables == ["schedules", "orders"]
