"""The health check finds what would stop a shop, before an order meets it, and changes nothing itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_order_shop
from webshop.blueprints import labels
from webshop.extensions import db, transaction
from webshop.models import (
    AuditEvent,
    Connection,
    HealthCheck,
    LedgerCache,
    Mail,
    Posting,
    RelationClaim,
    RelationLink,
    Remote,
    Schedule,
    VatMapping,
)
from webshop.sandbox import Sandbox
from webshop.services import health, leases, recovery, reference_lists, shop_health
from webshop.services.health_lights import NAMES
from webshop.services.health_texts import CODES, LIGHTS, describe_light, verdict

pytestmark = pytest.mark.database


def check(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Check the shop and return its lights by name."""
    with scenario.app.app_context():
        assert shop_health.check_shop(scenario.shop_id)
        results = shop_health.load_health(scenario.shop_id).results
        assert [row["name"] for row in results] == list(NAMES)
        for row in results:
            assert describe_light(row).found not in ("", row["code"]), row
        return {row["name"]: row for row in results}


def found(lights: dict[str, dict[str, Any]], name: str) -> tuple[str, str]:
    return lights[name]["state"], lights[name]["code"]


def mails(scenario: Scenario) -> list[str]:
    with scenario.app.app_context():
        return list(db.session.scalars(select(Mail.subject).where(Mail.kind == "light_red").order_by(Mail.id)))


def write(scenario: Scenario, statement: Any) -> None:
    with scenario.app.app_context(), transaction() as session:
        session.execute(statement)


def test_a_shop_that_works_has_no_red_light_and_nothing_is_changed(scenario: Scenario) -> None:
    scenario.add_orders(3)
    scenario.run()
    scenario.change_shop(is_fba_used=False)
    before = scenario.booked()
    lights = check(scenario)
    assert {name: row["state"] for name, row in lights.items() if row["state"] != "green"} == {}
    assert scenario.booked() == before
    with scenario.app.app_context():
        assert verdict(list(lights.values()))[0] == "green"
    assert mails(scenario) == []


def test_a_withdrawn_consent_is_red_and_is_mailed_once_by_its_own_mail(scenario: Scenario) -> None:
    scenario.sandbox.amazon.revoke(scenario.seller_id)
    lights = check(scenario)
    assert found(lights, "amazon") == ("red", "AMAZON_RECONNECT")
    assert found(lights, "marketplace") == ("amber", "NOT_CHECKED")
    assert found(lights, "snelstart") == ("green", "FINE"), "one remote says nothing about the other"
    check(scenario)
    with scenario.app.app_context():
        kinds = db.session.scalars(select(Mail.kind)).all()
    assert kinds == ["connection_lost"]


@pytest.mark.parametrize(
    ("remote", "operation", "kind", "facts", "light", "code"),
    [
        ("amazon", "getMarketplaceParticipations", "status", {"status": 503}, "amazon", "AMAZON_UNREACHABLE"),
        ("amazon", "getMarketplaceParticipations", "throttle", {}, "amazon", "AMAZON_THROTTLED"),
        ("snelstart", "*", "drop", {}, "snelstart", "SNELSTART_UNREACHABLE"),
    ],
)
def test_trouble_that_passes_by_itself_is_amber_and_mails_nobody(
    scenario: Scenario, remote: str, operation: str, kind: str, facts: dict[str, Any], light: str, code: str
) -> None:
    scenario.fault(remote, operation, kind, times=20, **facts)
    assert found(check(scenario), light) == ("amber", code)
    assert mails(scenario) == []


def test_a_seller_who_left_the_marketplace_is_told(scenario: Scenario) -> None:
    scenario.change_shop(marketplace_id="A2NODRKZP88ZB9")
    assert found(check(scenario), "marketplace") == ("red", "NOT_PARTICIPATING")
    assert len(mails(scenario)) == 1


def test_a_journal_that_is_gone_is_named_and_mailed_once(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.change_shop(journal_id="00000000-0000-4000-8000-00000000dead")
    lights = check(scenario)
    assert found(lights, "choices") == ("red", "CHOICE_GONE")
    with scenario.app.app_context():
        assert "dagboek" in describe_light(lights["choices"]).found
    since = lights["choices"]["since"]
    clock.advance(days=1)
    assert check(scenario)["choices"]["since"] == since
    assert len(mails(scenario)) == 1
    scenario.change_shop(journal_id=None)
    check(scenario)
    clock.advance(days=1)
    scenario.change_shop(journal_id="00000000-0000-4000-8000-00000000dead")
    check(scenario)
    assert len(mails(scenario)) == 2, "what is wrong again is told again"


def test_nobody_is_mailed_while_the_shop_is_being_installed(scenario: Scenario) -> None:
    scenario.change_shop(journal_id="00000000-0000-4000-8000-00000000dead", start_on=None, is_posting_automatic=False)
    assert found(check(scenario), "choices") == ("red", "CHOICE_GONE")
    assert mails(scenario) == []


def test_a_vat_row_that_fits_no_longer_is_told_and_left_as_it_is(scenario: Scenario) -> None:
    write(scenario, update(VatMapping).where(VatMapping.scope == "NL").values(vat_kind="LOW"))
    lights = check(scenario)
    assert found(lights, "vat") == ("red", "VAT_ROWS_UNFIT")
    with scenario.app.app_context():
        assert "Nederland" in describe_light(lights["vat"]).found
        kinds = set(db.session.scalars(select(VatMapping.vat_kind).where(VatMapping.scope == "NL")))
    assert kinds == {"LOW"}


def test_a_vat_table_without_ledgers_is_red(scenario: Scenario) -> None:
    write(scenario, update(VatMapping).values(ledger_id=None))
    assert found(check(scenario), "vat") == ("red", "VAT_TABLE_EMPTY")


def test_lists_that_changed_give_held_orders_another_chance(scenario: Scenario) -> None:
    check(scenario)
    with scenario.app.app_context():
        asked = db.session.scalars(select(Schedule.reviews_asked)).one()
        connection = db.session.scalars(select(Connection).filter_by(remote=Remote.SNELSTART.value)).one()
        rows = reference_lists.load(connection.account_id)["journals"]
    check(scenario)
    with scenario.app.app_context():
        assert db.session.scalars(select(Schedule.reviews_asked)).one() == asked, "nothing changed at SnelStart"
    write(scenario, update(LedgerCache).where(LedgerCache.name == "journals").values(rows=rows[:-1]))
    check(scenario)
    with scenario.app.app_context():
        assert db.session.scalars(select(Schedule.reviews_asked)).one() == asked + 1
        assert reference_lists.load(connection.account_id)["journals"] == rows


def test_article_codes_are_only_looked_at_with_sales_orders(order_scenario: Scenario) -> None:
    assert found(check(order_scenario), "article_codes") == ("green", "FINE")
    order_scenario.change_shop(posting_kind="sales_entry")
    assert found(check(order_scenario), "article_codes") == ("green", "NOT_NEEDED")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"article_code_kind": "Numeriek", "article_code_length": 10}, ("red", "ARTICLE_CODES_NUMERIC")),
        ({"article_code_kind": "Alfanumeriek", "article_code_length": 13}, ("amber", "ARTICLE_CODES_SHORT")),
    ],
)
def test_article_codes_that_are_too_narrow_are_told_before_an_order_is_refused(
    app: Flask, sandbox: Sandbox, facts: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert found(check(connect_order_shop(app, sandbox, **facts)), "article_codes") == expected


def test_an_agreement_that_was_taken_back_is_red(order_scenario: Scenario) -> None:
    order_scenario.change_shop(may_post_orders=False)
    assert found(check(order_scenario), "package") == ("red", "ORDERS_NOT_AGREED")


def test_a_collective_debtor_that_was_closed_is_told(scenario: Scenario, clock: FrozenClock) -> None:
    values = {"administration_id": scenario.administration_id, "relation_id": "r1"}
    with scenario.app.app_context(), transaction() as session:
        session.add(RelationClaim(key="collective:BE", state="created", claimed_at=clock.now(), **values))
        session.add(RelationLink(fingerprint="f", is_active=False, is_customer=True, has_vat_number=False, **values))
    lights = check(scenario)
    assert found(lights, "debtors") == ("red", "DEBTOR_UNFIT")
    with scenario.app.app_context():
        assert "België" in describe_light(lights["debtors"]).found


@pytest.mark.parametrize(
    ("values", "light", "expected"),
    [
        ({"statuses": []}, "settings", ("red", "NO_STATUSES")),
        ({"start_on": None}, "settings", ("red", "START_MISSING")),
        ({"is_posting_automatic": False}, "posting", ("amber", "POSTING_OFF")),
    ],
)
def test_settings_that_stop_the_posting_are_told(
    scenario: Scenario, values: dict[str, Any], light: str, expected: tuple[str, str]
) -> None:
    scenario.change_shop(**values)
    assert found(check(scenario), light) == expected


def test_pause_and_the_end_of_the_subscription_are_told(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.change_shop(paused_until=clock.now() + timedelta(days=2), active_until=clock.now().date())
    lights = check(scenario)
    assert found(lights, "posting") == ("amber", "PAUSED")
    assert found(lights, "subscription") == ("amber", "SUBSCRIPTION_ENDS")
    clock.advance(days=1)
    lights = check(scenario)
    assert found(lights, "subscription") == ("red", "SUBSCRIPTION_ENDED")
    assert found(lights, "run") == ("amber", "ENDED"), "that there are no rounds is no trouble of its own"


def test_rounds_that_stopped_coming_are_told(scenario: Scenario, clock: FrozenClock) -> None:
    assert found(check(scenario), "run") == ("amber", "NO_RUN_YET")
    scenario.run()
    assert found(check(scenario), "run") == ("green", "FINE")
    clock.advance(minutes=70)
    assert found(check(scenario), "run") == ("amber", "RUN_LATE")
    clock.advance(hours=3)
    assert found(check(scenario), "run") == ("red", "RUN_DEAD")


def test_an_outcome_that_stays_unknown_is_told(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.add_orders(1)
    scenario.fault("snelstart", "POST /verkoopboekingen", "commit_then_hang")
    scenario.run()
    assert found(check(scenario), "unknown") == ("green", "FINE"), "a fresh one is being looked up"
    clock.advance(minutes=61)
    assert found(check(scenario), "unknown") == ("red", "UNKNOWN_LATE")
    write(scenario, update(Posting).values(administration_id=scenario.administration_id, state="posted"))
    assert found(check(scenario), "unknown") == ("green", "FINE")


def test_a_clock_that_was_ahead_is_told(scenario: Scenario, clock: FrozenClock) -> None:
    write(scenario, update(Schedule).values(slot_at=clock.now() + timedelta(days=2)))
    assert found(check(scenario), "clock") == ("amber", "CLOCK_WAS_AHEAD")
    write(scenario, update(Schedule).values(slot_at=clock.now(), watermark_at=clock.now() + timedelta(hours=1)))
    assert found(check(scenario), "clock") == ("amber", "CLOCK_BEHIND")


# when


def due(scenario: Scenario, clock: FrozenClock) -> list[int]:
    with scenario.app.app_context():
        return shop_health.due_checks(clock.now())


def test_a_check_comes_once_a_night_and_when_somebody_asks(scenario: Scenario, clock: FrozenClock) -> None:
    assert due(scenario, clock) == [scenario.shop_id], "a shop that was just connected is looked at"
    check(scenario)
    assert due(scenario, clock) == []
    clock.advance(days=1)
    assert due(scenario, clock) == [scenario.shop_id]
    check(scenario)
    with scenario.app.app_context():
        assert shop_health.ask_check(scenario.shop_id, 1)
        assert not shop_health.ask_check(scenario.shop_id, 1), "asked twice, done once"
        assert shop_health.load_health(scenario.shop_id).is_waiting
        events = db.session.scalars(select(AuditEvent).filter_by(action="health_check_requested")).all()
    assert len(events) == 1
    assert due(scenario, clock) == [scenario.shop_id]
    check(scenario)
    with scenario.app.app_context():
        assert not shop_health.load_health(scenario.shop_id).is_waiting


def test_a_page_does_not_wait_for_a_check_that_nobody_takes_up(scenario: Scenario, clock: FrozenClock) -> None:
    with scenario.app.app_context():
        shop_health.ask_check(scenario.shop_id, 1)
    clock.advance(minutes=4)
    with scenario.app.app_context():
        state = shop_health.load_health(scenario.shop_id)
    assert (state.is_waiting, state.is_late) == (False, True)


def test_a_run_and_a_check_never_work_on_one_shop_together(scenario: Scenario, clock: FrozenClock) -> None:
    with scenario.app.app_context():
        shop_health.ask_check(scenario.shop_id, 1)
        lease = leases.acquire(scenario.shop_id)
        assert lease is not None
        assert not shop_health.check_shop(scenario.shop_id)
        assert shop_health.due_checks(clock.now()) == []
        leases.release(lease)
        assert shop_health.due_checks(clock.now()) == [scenario.shop_id], "it is still due"


def test_a_check_that_was_overtaken_stores_nothing(scenario: Scenario, clock: FrozenClock) -> None:
    def overtake(*_args: Any) -> Any:
        clock.advance(hours=1)
        assert leases.acquire(scenario.shop_id) is not None
        return iter(())

    with pytest.MonkeyPatch.context() as patch, scenario.app.app_context():
        patch.setattr(shop_health, "_ask_snelstart", overtake)
        assert not shop_health.check_shop(scenario.shop_id)
        stored = db.session.get_one(HealthCheck, scenario.shop_id)
        assert (stored.checked_at, stored.results) == (None, [])


def test_the_doctor_counts_shops_with_a_red_light_and_names_an_open_recovery(scenario: Scenario) -> None:
    scenario.change_shop(statuses=[])
    check(scenario)
    with scenario.app.app_context():
        answers = {one.name: one for one in health.check_installation()}
        assert answers["health of shops"].text == "1 of 1 checked shops have a red light"
        assert answers["recovery"].is_ok
        recovery.start_epoch(None)
        assert not {one.name: one for one in health.check_installation()}["recovery"].is_ok


def test_whatever_a_run_can_end_with_has_words() -> None:
    assert {*labels.TROUBLES, *labels.REMOTE_ERRORS} <= set(CODES)


def test_every_light_and_every_finding_has_words(app: Flask) -> None:
    assert set(LIGHTS) == set(NAMES)
    with app.test_request_context():
        for code in CODES:
            row: dict[str, Any] = {"name": "vat", "state": "red", "code": code, "facts": {}, "since": None}
            text = describe_light(row)
            assert text.found.strip()
            assert "%(" not in text.found
