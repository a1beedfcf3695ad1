"""Settings are stored with what follows from them, on both databases; lists are read while a person waits."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from flask import Flask

from tests.support.scenario import Scenario
from webshop.extensions import db, transaction
from webshop.models import AuditEvent, Remote, Schedule, Shop, User, VatMapping
from webshop.services import administration_lists, configuration, sku_rate_table, vat_table
from webshop.services.configuration import InvalidSettingError, Saved
from webshop.services.connections import find_connection

pytestmark = pytest.mark.database


def save(scenario: Scenario, section: str, **values: object) -> Saved:
    with scenario.app.app_context():
        return configuration.save_section(
            scenario.shop_id,
            section,
            values,
            user=db.session.query(User).first(),  # type: ignore[arg-type]
            seen=configuration.mark_of(configuration.values_of(db.session.get_one(Shop, scenario.shop_id), section)),
            lists=administration_lists.load_lists(find_connection(scenario.shop_id, Remote.SNELSTART)),
        )


def test_another_status_lets_waiting_orders_pass_with_the_next_run(scenario: Scenario) -> None:
    scenario.add_orders(2, status="UNSHIPPED")
    scenario.run()
    assert scenario.states() == {"open": 2}
    assert save(scenario, "statuses", statuses=["UNSHIPPED", "SHIPPED"]).is_changed
    scenario.run()
    assert scenario.states() == {"posted": 2}
    scenario.check_books()


def test_the_same_values_change_nothing(scenario: Scenario) -> None:
    assert not save(scenario, "statuses", statuses=["SHIPPED"]).is_changed
    with scenario.app.app_context():
        assert db.session.get_one(Schedule, scenario.shop_id).reviews_asked == 0
        assert not db.session.query(AuditEvent).filter_by(action="setting_changed").count()


def test_a_run_at_work_stores_nothing_more_of_the_marketplace_before(scenario: Scenario) -> None:
    with scenario.app.app_context():
        token = db.session.get_one(Schedule, scenario.shop_id).lease_token
    save(scenario, "marketplace", marketplace_id="A1PA6795UKMFR9")
    with scenario.app.app_context():
        schedule = db.session.get_one(Schedule, scenario.shop_id)
        assert schedule.lease_token == token + 1
        assert schedule.watermark_at is None


def test_a_setting_that_cannot_be_changes_nothing(scenario: Scenario) -> None:
    with pytest.raises(InvalidSettingError):
        save(scenario, "posting", posting_kind="sales_order")
    with scenario.app.app_context():
        assert db.session.get_one(Shop, scenario.shop_id).posting_kind == "sales_entry"
        assert db.session.get_one(Schedule, scenario.shop_id).reviews_asked == 0


def test_two_people_who_save_at_once_both_get_through(app: Flask, scenario: Scenario) -> None:
    begun = threading.Barrier(2)

    def change(status: str) -> None:
        begun.wait()
        save(scenario, "statuses", statuses=[status])

    people = [threading.Thread(target=change, args=(status,)) for status in ("PENDING", "UNSHIPPED")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    with app.app_context():
        assert db.session.query(AuditEvent).filter_by(action="setting_changed").count() == 2
        assert db.session.get_one(Schedule, scenario.shop_id).reviews_asked == 2


def test_a_corrected_row_of_the_vat_table_lets_its_orders_pass(scenario: Scenario) -> None:
    with scenario.app.app_context(), transaction() as session:
        row_id = session.query(VatMapping).filter_by(scope="NL", percentage=Decimal(21)).one().id
        values = vat_table.values_of(session.get_one(VatMapping, row_id))
        for row in session.query(VatMapping).filter_by(scope="NL"):
            row.ledger_id = None
    scenario.add_orders(2)
    scenario.run()
    assert scenario.states() == {"error": 2}
    with scenario.app.app_context():
        user = db.session.query(User).first()
        assert user is not None
        vat_table.save_row(scenario.shop_id, row_id, ("NL", "NL"), values, user=user, seen="")
    scenario.run()
    assert scenario.states() == {"posted": 2}


def test_rates_and_table_work_on_this_database(scenario: Scenario) -> None:
    with scenario.app.app_context():
        shop = db.session.get_one(Shop, scenario.shop_id)
        user = db.session.query(User).first()
        assert user is not None
        rates = {("B", ""): Decimal(9), ("A", "DE"): Decimal(7), ("A", ""): Decimal(9)}
        assert sku_rate_table.save_rates(shop.id, rates, user) == 3
        page = sku_rate_table.rates_page(shop.id, "", ("A", ""))
        assert [(rate.sku, rate.country) for rate in page.rates] == [("A", "DE"), ("B", "")]
        lists = administration_lists.load_lists(find_connection(shop.id, Remote.SNELSTART))
        table = vat_table.load_table(shop, lists)
        assert not [group for group in (*table.first, *table.others) if group.has_problems]
        assert vat_table.reset(shop.id, lists, user) > 50
        assert vat_table.propose(shop.id, lists, user).added == 0
        assert set(configuration.latest_changes(shop.id)) == {"rates", "vat"}


def test_the_lists_are_read_again(scenario: Scenario) -> None:
    scenario.sandbox.world.clock.advance(minutes=10)  # type: ignore[attr-defined]
    with scenario.app.app_context():
        snelstart = find_connection(scenario.shop_id, Remote.SNELSTART)
        before = administration_lists.load_lists(snelstart).read_at
        assert administration_lists.read_again(scenario.shop_id, snelstart) is None
        after = administration_lists.load_lists(snelstart).read_at
    assert before is not None
    assert after is not None
    assert after > before


def test_lists_that_cannot_be_read_stay_as_they_were(scenario: Scenario) -> None:
    scenario.fault("snelstart", "GET /grootboeken", "status", status=500, body="", times=None)
    with scenario.app.app_context():
        snelstart = find_connection(scenario.shop_id, Remote.SNELSTART)
        assert administration_lists.read_again(scenario.shop_id, snelstart) == "SNELSTART_UNREACHABLE"
        assert administration_lists.load_lists(snelstart).clearing_ledgers


def test_nobody_waits_longer_than_the_deadline(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(administration_lists, "SECONDS", 0)
    scenario.sandbox.world.log.clear()
    with scenario.app.app_context():
        snelstart = find_connection(scenario.shop_id, Remote.SNELSTART)
        assert administration_lists.read_again(scenario.shop_id, snelstart) == "SNELSTART_UNREACHABLE"
    assert scenario.calls("GET /grootboeken") == 0
