"""VIES in the pipe: no sale at 0 % without its yes, no order that waits for another one's answer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_shop, order_document
from tests.support.settings import SANDBOX, make_settings
from webshop.extensions import db, transaction
from webshop.models import Order, ViesConsultation
from webshop.sandbox import Sandbox
from webshop.sandbox.amazon.projection import DEFAULT_ROLES, TAX_INVOICING
from webshop.sandbox.core import Fault
from webshop.sandbox.vies import out_of_order
from webshop.services import business_buyers, privacy
from webshop.services.preview import preview_order
from webshop.settings import Settings

pytestmark = pytest.mark.database

BERLIN, WIEN = "DE136695976", "ATU10223006"
OPERATION = "check-vat-number"


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return make_settings(tmp_path, database_url=database_url, vies_url=f"{SANDBOX}/vies/rest-api")


@pytest.fixture
def scenario(app: Flask, sandbox: Sandbox) -> Scenario:
    """A shop that Amazon tells the VAT numbers of its buyers."""
    scenario = connect_shop(app, sandbox, roles=DEFAULT_ROLES | {TAX_INVOICING})
    sandbox.world.log.clear()
    return scenario


def place(scenario: Scenario, number: str | None = BERLIN, *, country: str = "DE", **facts: Any) -> str:
    at = scenario.sandbox.world.clock() - timedelta(hours=1)
    document = order_document(
        at, email=f"inkoop@example.{country.lower()}", country=country, postal_code="10115", **facts
    )
    document["programs"] = ["AMAZON_BUSINESS"]
    if number is not None:
        registration = {"entityType": "BUYER", "taxRegistrationType": "VAT", "taxRegistrationNumber": number}
        document["tax"] = {"taxRegistrations": [registration]}
    return scenario.sandbox.amazon.add_order(scenario.seller_id, document)


def check_of(scenario: Scenario, number: str) -> dict[str, Any]:
    check = scenario.order(number).vat_number_check
    assert check is not None
    return check


def give(scenario: Scenario, number: str, vat_number: str) -> None:
    with scenario.app.app_context(), transaction() as session:
        order = session.scalars(select(Order).where(Order.amazon_order_id == number)).one()
        business_buyers.give_vat_number(order, vat_number)


def test_a_confirmed_number_is_booked_without_vat_and_the_proof_stays(scenario: Scenario, clock: FrozenClock) -> None:
    number = place(scenario)
    scenario.run()
    (entry,) = scenario.entries()
    assert (entry["btw"], scenario.order(number).treatment, scenario.codes(number)) == ([], "ICP", [])
    check = check_of(scenario, number)
    assert check == {
        "country": "DE",
        "status": "CONFIRMED_BY_VIES",
        "masked": "DE*****976",
        "checked_on": "2026-11-23",
        "checked_at": check["checked_at"],
        "consultation": "WAPIAAAA00000001",
    }
    assert check["checked_at"] == clock.now().isoformat()
    assert "136695976" not in str(check)


def test_a_number_is_asked_about_once_a_day(scenario: Scenario, clock: FrozenClock) -> None:
    numbers = [place(scenario) for _ in range(5)]
    scenario.run()
    assert scenario.calls(OPERATION) == 1
    assert {check_of(scenario, number)["consultation"] for number in numbers} == {"WAPIAAAA00000001"}
    clock.advance(days=1)
    place(scenario)
    scenario.run()
    assert scenario.calls(OPERATION) == 2
    assert scenario.states() == {"posted": 6}


def test_a_refused_number_is_never_booked_without_vat(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.sandbox.vies.judge(BERLIN, is_valid=False)
    number = place(scenario)
    scenario.run()
    assert (scenario.order(number).state, scenario.codes(number)) == ("error", ["VAT_NUMBER_NOT_IN_VIES"])
    assert check_of(scenario, number)["status"] == "REFUSED_BY_VIES"
    assert scenario.entries() == []
    # The buyer's registration came through: a person tries again the next day.
    scenario.sandbox.vies.judge(BERLIN, is_valid=True)
    clock.advance(days=1)
    give(scenario, number, BERLIN)
    scenario.run()
    assert (scenario.order(number).state, scenario.order(number).treatment) == ("posted", "ICP")


def test_a_refusal_is_asked_about_again_when_the_order_is_tried_on_a_later_day(
    scenario: Scenario, clock: FrozenClock
) -> None:
    scenario.sandbox.vies.judge(BERLIN, is_valid=False)
    number = place(scenario)
    scenario.run()
    scenario.sandbox.vies.judge(BERLIN, is_valid=True)
    clock.advance(days=1)
    with scenario.app.app_context(), transaction() as session:
        session.scalars(select(Order)).one().due_at = clock.now()
    scenario.run("manual")
    assert scenario.order(number).state == "posted"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda: out_of_order("MS_UNAVAILABLE", times=None), id="the member state"),
        pytest.param(lambda: out_of_order("SERVICE_UNAVAILABLE", times=None), id="VIES itself"),
        pytest.param(lambda: Fault("vies", OPERATION, "status", None, parameters={"status": 500}), id="HTTP 500"),
        pytest.param(lambda: Fault("vies", OPERATION, "drop", None), id="no answer"),
        pytest.param(lambda: Fault("vies", OPERATION, "truncate", None, parameters={"bytes": 9}), id="half an answer"),
    ],
)
def test_without_an_answer_the_order_waits_and_the_others_go_on(
    scenario: Scenario, clock: FrozenClock, fault: Any
) -> None:
    scenario.sandbox.world.faults.add(fault())
    number = place(scenario)
    others = scenario.add_orders(3)
    scenario.run()
    assert (scenario.order(number).state, scenario.codes(number)) == ("open", ["VIES_UNAVAILABLE"])
    assert scenario.order(number).due_at == clock.now() + timedelta(minutes=10)
    assert {scenario.order(other).state for other in others} == {"posted"}

    scenario.sandbox.world.faults.clear()
    clock.advance(minutes=10)
    scenario.run()
    assert scenario.order(number).state == "posted"
    assert check_of(scenario, number)["status"] == "CONFIRMED_BY_VIES"


def test_an_order_waits_longer_with_every_question_that_gets_no_answer(scenario: Scenario, clock: FrozenClock) -> None:
    scenario.sandbox.world.faults.add(out_of_order("SERVICE_UNAVAILABLE", times=None))
    number = place(scenario)
    waits = []
    for _ in range(8):
        scenario.run()
        due_at = scenario.order(number).due_at
        assert due_at is not None
        waits.append(due_at - clock.now())
        clock.advance(seconds=waits[-1].total_seconds())
    assert waits[:3] == [timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40)]
    assert waits[-1] == timedelta(hours=6)
    assert scenario.entries() == []


def test_while_vies_is_away_one_question_stands_for_all(scenario: Scenario) -> None:
    """Each question may take its whole time limit: fifty of them would be a run without any booking."""
    scenario.sandbox.world.faults.add(Fault("vies", OPERATION, "drop", None))
    for _ in range(6):
        place(scenario)
    place(scenario, WIEN, country="AT")
    scenario.run()
    assert scenario.calls(OPERATION) == 1
    assert scenario.states() == {"open": 7}


def test_a_member_state_that_is_away_does_not_hold_up_another(scenario: Scenario) -> None:
    scenario.sandbox.world.faults.add(out_of_order("MS_UNAVAILABLE"))
    berlin, vienna = place(scenario), place(scenario, WIEN, country="AT")
    scenario.run()
    assert (scenario.order(berlin).state, scenario.order(vienna).state) == ("open", "posted")


def test_a_seller_that_vies_does_not_know_still_gets_an_answer(scenario: Scenario) -> None:
    scenario.sandbox.vies.judge("NL004495445B01", is_valid=False)
    numbers = [place(scenario), place(scenario, WIEN, country="AT")]
    scenario.run()
    assert scenario.states() == {"posted": 2}
    assert {check_of(scenario, number)["consultation"] for number in numbers} == {None}
    assert scenario.calls(OPERATION) == 3


def test_only_a_sale_whose_vat_hangs_on_it_is_asked_about(scenario: Scenario) -> None:
    place(scenario, "NL004495445B01", country="NL")
    place(scenario, None, country="NL")
    place(scenario, "DE123456789")
    scenario.run()
    assert scenario.calls(OPERATION) == 0


def test_the_preview_says_that_vies_comes_first(scenario: Scenario) -> None:
    scenario.change_shop(is_posting_automatic=False)
    number = place(scenario)
    scenario.run()
    with scenario.app.app_context():
        translation = preview_order(scenario.order(number)).translation
    assert translation is not None
    assert [issue.code for issue in translation.issues] == ["VIES_PENDING"]
    assert scenario.calls(OPERATION) == 0


def test_news_from_amazon_does_not_take_the_proof_away(scenario: Scenario, clock: FrozenClock) -> None:
    number = place(scenario)
    scenario.run()
    before = check_of(scenario, number)
    clock.advance(hours=1)
    scenario.sandbox.amazon.update_order(scenario.seller_id, number, {"programs": ["AMAZON_BUSINESS", "PRIME"]})
    clock.advance(hours=1)
    scenario.run()
    assert "PRIME" in scenario.order(number).content["programs"]
    assert check_of(scenario, number) == before


def test_another_number_given_while_vies_is_asked_is_not_taken_for_confirmed(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webshop.clients.vies import ViesClient

    number = place(scenario)
    real = ViesClient.check

    def check(client: ViesClient, *args: Any, **facts: Any) -> Any:
        answer = real(client, *args, **facts)
        monkeypatch.setattr(ViesClient, "check", real)
        scenario.sandbox.vies.judge(WIEN, is_valid=False)
        with transaction() as session:
            business_buyers.give_vat_number(session.scalars(select(Order)).one(), WIEN)
        return answer

    monkeypatch.setattr(ViesClient, "check", check)
    scenario.run()
    assert scenario.entries() == []
    scenario.run("manual")
    assert scenario.codes(number) == ["VAT_NUMBER_NOT_IN_VIES"]
    assert scenario.entries() == []


def test_the_answers_of_earlier_days_are_forgotten_with_the_purge(scenario: Scenario, clock: FrozenClock) -> None:
    place(scenario)
    scenario.run()
    clock.advance(days=2)
    with scenario.app.app_context():
        kept = select(func.count()).select_from(ViesConsultation)
        assert db.session.scalar(kept) == 1
        privacy.purge()
        assert db.session.scalar(kept) == 0
