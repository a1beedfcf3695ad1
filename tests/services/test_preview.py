"""A person who tries an order again sees what is different about it now."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.services.test_payments import identifier
from tests.support.scenario import Scenario
from webshop.extensions import transaction
from webshop.models import VatMapping
from webshop.services.preview import preview_order

pytestmark = pytest.mark.database


def test_a_changed_mapping_shows_what_it_changes_about_a_refused_order(scenario: Scenario) -> None:
    body = '[{"errorCode": "BOE-0061", "message": "mag niet", "details": null}]'
    scenario.fault("snelstart", "POST /verkoopboekingen", "status", status=400, body=body)
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    assert scenario.order(number).state == "error"
    sent = identifier(scenario, "grootboeken", 8000)
    chosen = identifier(scenario, "grootboeken", 8300)
    with scenario.app.app_context():
        assert preview_order(scenario.order(number)).changes == ()
        with transaction() as session:
            row = session.scalars(
                select(VatMapping).where(VatMapping.scope == "NL", VatMapping.ledger_id == sent)
            ).one()
            row.ledger_id, row.cost_centre_id = chosen, identifier(scenario, "kostenplaatsen", 1)
        changes = {change.name: (change.was, change.now) for change in preview_order(scenario.order(number)).changes}
    assert changes["boekingsregels[0].grootboek.id"] == (sent, chosen)
    assert changes["boekingsregels[0].kostenplaats.id"][0] is None
    assert len(changes) == 2


def test_a_booking_that_stands_has_not_changed(scenario: Scenario) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    with scenario.app.app_context():
        assert preview_order(scenario.order(number)).changes == ()
