"""What a person can do with an order: report it, pass it over, note it as booked, take that back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, World
from tests.support.clock import FrozenClock
from webshop.domain.booking import Issue
from webshop.exceptions import RefusedDecisionError, RetryableRemoteError
from webshop.extensions import db
from webshop.models import AuditEvent, Order, OrderState, PostingState, ProblemReport, Remote, ReportState, Schedule
from webshop.services import leases, order_decisions
from webshop.services.connections import find_connection
from webshop.services.totals import sums_per_state

MAPPING_MISSING = Issue("VAT_MAPPING_MISSING", {"country": "DE", "percentage": "19"})
DIALOGS: dict[str, dict[str, Any]] = {
    "report-problem": {"words": "Dit klopt niet."},
    "skip": {"reason": "Testbestelling"},
    "booked-by-hand": {"number": "20260042"},
    "repost": {"reason": "Verkeerde rekening", "is_removed": "y"},
}
FOR_EVERYBODY = {"report-problem"}


def make(world: World, state: OrderState = OrderState.ERROR, **values: Any) -> str:
    values.setdefault("issue", MAPPING_MISSING if state is OrderState.ERROR else None)
    with world.rows() as shop:
        order = factories.order(shop, state, **values)
        connection = find_connection(shop.id, Remote.SNELSTART)
        assert connection is not None
        if state in (OrderState.POSTED, OrderState.UNKNOWN):
            posting_state = PostingState.POSTED if state is OrderState.POSTED else PostingState.UNKNOWN
            factories.posting(order, connection.account_id, posting_state)
        return order.public_id


def find(world: World, order_id: str) -> Order:
    with world.rows():
        return db.session.query(Order).filter_by(public_id=order_id).one()


def events(world: World, action: str) -> int:
    with world.rows():
        return db.session.query(AuditEvent).filter_by(action=action).count()


# Every dialog


@pytest.mark.parametrize("name", DIALOGS)
def test_a_dialog_is_a_page_and_a_part(world: World, name: str) -> None:
    address = f"{world.place}/orders/{make(world)}/{name}"
    alice = world.visitor(ALICE)
    assert alice.get(address).find("main").find("dialog").find("form")["action"] == address
    assert alice.get(address, htmx=True).find("dialog").find("form")["hx-post"] == address


@pytest.mark.parametrize("name", DIALOGS)
@pytest.mark.parametrize("htmx", [True, False])
def test_a_dialog_without_an_answer_says_so_at_the_field(world: World, name: str, htmx: bool) -> None:
    page = world.visitor(ALICE).post(f"{world.place}/orders/{make(world)}/{name}", 422, htmx=htmx)
    assert page.find(class_="field-error")
    assert page.find(attrs={"aria-invalid": "true"})


@pytest.mark.parametrize("name", DIALOGS)
def test_who_does_not_belong_gets_no_dialog(world: World, name: str) -> None:
    address = f"{world.place}/orders/{make(world)}/{name}"
    world.visitor(CHARLIE).get(address, 404)
    world.visitor(CHARLIE).post(address, 404, **DIALOGS[name])
    world.visitor().get(address, 302)
    world.visitor().get(address, 401, htmx=True)
    world.visitor().post(address, 302, **DIALOGS[name])
    world.visitor(ALICE).post(address, 400, **DIALOGS[name], csrf_token="")


@pytest.mark.parametrize("name", DIALOGS.keys() - FOR_EVERYBODY)
def test_an_accountant_decides_nothing(world: World, name: str) -> None:
    order_id = make(world)
    dora = world.visitor(DORA)
    dora.get(f"{world.place}/orders/{order_id}/{name}", 403)
    dora.post(f"{world.place}/orders/{order_id}/{name}", 403, **DIALOGS[name])
    dora.post(f"{world.place}/orders/{order_id}/restore", 403)
    page = dora.get(f"{world.place}/orders/{order_id}")
    assert page.find("a", string="Sla over") is None
    assert find(world, order_id).state == "error"


@pytest.mark.parametrize("name", ["process", "look-up", "restore"])
def test_an_action_is_not_a_matter_of_following_a_link(world: World, name: str) -> None:
    world.visitor(ALICE).get(f"{world.place}/orders/{make(world)}/{name}", 405)
    world.visitor(CHARLIE).post(f"{world.place}/orders/{make(world)}/{name}", 404)


# Pass over, booked by hand, take back


@pytest.mark.parametrize(
    ("name", "code", "words", "state"), [("skip", "SKIPPED_BY_HAND", "Testbestelling", "skipped"),
                                         ("booked-by-hand", "BOOKED_BY_HAND", "20260042", "posted")]
)  # fmt: skip
@pytest.mark.parametrize("email", [ALICE, BOB])
def test_an_order_can_be_set_aside_and_taken_back(
    world: World, clock: FrozenClock, name: str, code: str, words: str, state: str, email: str
) -> None:
    order_id = make(world)
    visitor = world.visitor(email)
    for _twice in range(2):
        visitor.post(f"{world.place}/orders/{order_id}/{name}", **DIALOGS[name])
    order = find(world, order_id)
    assert (order.state, order.due_at, order.issues[0]["code"]) == (state, None, code)
    assert events(world, code.lower()) == 1
    page = visitor.get(visitor.response.location)
    assert words in page.find(class_="issue").text
    assert page.find("button", string="Ongedaan maken")
    with world.rows() as shop:
        assert sums_per_state(shop.id)[state][0] == 1
        assert sums_per_state(shop.id)["error"][0] == 0
    visitor.post(f"{world.place}/orders/{order_id}/restore")
    order = find(world, order_id)
    assert (order.state, order.due_at, order.issues) == ("open", clock.now(), [])
    visitor.post(f"{world.place}/orders/{order_id}/restore", 409)


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (OrderState.POSTED, "skip"),
        (OrderState.UNKNOWN, "skip"),
        (OrderState.SKIPPED, "skip"),
        (OrderState.POSTED, "booked-by-hand"),
        (OrderState.UNKNOWN, "booked-by-hand"),
    ],
)
def test_what_is_booked_or_may_be_cannot_be_set_aside(world: World, state: OrderState, name: str) -> None:
    order_id = make(world, state)
    world.visitor(ALICE).post(f"{world.place}/orders/{order_id}/{name}", 409, **DIALOGS[name])
    assert find(world, order_id).state == state.value


@pytest.mark.parametrize(("name", "state"), [("booked-by-hand", OrderState.OPEN), ("repost", OrderState.POSTED)])
def test_the_dialog_says_that_a_run_is_at_work_and_keeps_what_was_typed(
    world: World, name: str, state: OrderState
) -> None:
    order_id = make(world, state)
    with world.rows() as shop:
        assert leases.acquire(shop.id) is not None
    page = world.visitor(ALICE).post(f"{world.place}/orders/{order_id}/{name}", 422, **DIALOGS[name])
    assert "over een minuut" in page.find("dialog").find(role="alert").text
    assert page.find("input", value=next(iter(DIALOGS[name].values())))
    assert find(world, order_id).state == state.value


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (RefusedDecisionError("x", "still_there", "20260042"), "20260042 staat nog in SnelStart"),
        (RetryableRemoteError("x", remote="snelstart", operation="find"), "antwoordt nu niet"),
    ],
)
def test_the_dialog_says_why_an_order_is_not_booked_again(
    world: World, monkeypatch: pytest.MonkeyPatch, trouble: Exception, words: str
) -> None:
    def refuse(*_arguments: object) -> None:
        raise trouble

    monkeypatch.setattr(order_decisions, "repost_order", refuse)
    order_id = make(world, OrderState.POSTED)
    page = world.visitor(ALICE).post(f"{world.place}/orders/{order_id}/repost", 422, htmx=True, **DIALOGS["repost"])
    assert words in page.find("dialog").find(role="alert").text


def test_what_the_koppeling_passed_over_is_not_taken_back(world: World) -> None:
    order_id = make(world, OrderState.SKIPPED, issue=Issue("ORDER_CANCELLED"))
    world.visitor(ALICE).post(f"{world.place}/orders/{order_id}/restore", 409)


def test_with_htmx_the_dialog_closes_and_the_row_asks_for_news(world: World) -> None:
    order_id = make(world)
    alice = world.visitor(ALICE)
    part = alice.post(f"{world.place}/orders/{order_id}/skip", 200, htmx=True, reason="Dubbel")
    assert part.find(id="flash")["hx-swap-oob"] == "true"
    assert alice.response.headers["HX-Trigger"].split(", ") == [
        f"order-changed-{order_id}",
        "orders-changed",
        "close-dialog",
    ]
    row = alice.get(f"{world.place}/orders/{order_id}/row", htmx=True).tr
    assert row.find("td")["hx-trigger"] == f"order-changed-{order_id} from:body"
    assert row["data-state"] == "skipped"
    assert row.find("td", class_="actions").button.text == "Ongedaan maken"


# Report a problem


def test_a_reported_problem_is_kept_with_what_the_dialog_showed(world: World) -> None:
    order_id = make(world, OrderState.POSTED)
    dora = world.visitor(DORA)
    shown = dora.get(f"{world.place}/orders/{order_id}/report-problem").find("pre").text
    for _twice in range(2):
        dora.post(f"{world.place}/orders/{order_id}/report-problem", words=" Het bedrag klopt niet. ")
    with world.rows():
        report = db.session.query(ProblemReport).one()
        assert report.words == "Het bedrag klopt niet."
        assert report.snapshot == json.loads(shown)
        assert report.state == ReportState.RECEIVED.value
    assert events(world, "problem_reported") == 1


def test_a_report_holds_nothing_of_the_buyer(world: World) -> None:
    order_id = make(world, sealed_email="sealed-email", sealed_address="sealed-address", sealed_vat_number="sealed-vat")
    world.visitor(ALICE).post(f"{world.place}/orders/{order_id}/report-problem", words="x")
    with world.rows():
        assert "sealed" not in json.dumps(db.session.query(ProblemReport).one().snapshot)


def test_the_answer_of_our_staff_is_shown_with_the_order(world: World, clock: FrozenClock) -> None:
    order_id = make(world)
    alice = world.visitor(ALICE)
    alice.post(f"{world.place}/orders/{order_id}/report-problem", words="Help <b>")
    with world.rows():
        report = db.session.query(ProblemReport).one()
        report.state, report.reply, report.replied_at = "solved", "Het is opgelost.", clock.now()
    problem = alice.get(f"{world.place}/orders/{order_id}").find(class_="problem")
    assert problem["data-state"] == "solved"
    assert "Help <b>" in problem.text
    assert "Het is opgelost." in problem.text
    assert "Opgelost" in alice.get(f"{world.place}/errors").find(class_="report-state").text


# Unknown outcomes, booking again, Meer info


def test_an_unknown_outcome_is_looked_up_on_request(world: World, clock: FrozenClock) -> None:
    order_id = make(world, OrderState.UNKNOWN, issue=Issue("SNELSTART_WRITE_UNKNOWN"))
    rung: list[int] = []
    world.app.extensions["ring_shop"] = rung.append
    dora = world.visitor(DORA)
    page = dora.get(f"{world.place}/errors")
    assert page.find("tr", attrs={"data-state": "unknown"}).find("button", string="Controleer in SnelStart")
    dora.post(f"{world.place}/orders/{order_id}/look-up")
    with world.rows() as shop:
        assert db.session.get_one(Schedule, shop.id).due_at == clock.now()
        assert rung == [shop.id]
    world.visitor(ALICE).post(f"{world.place}/orders/{make(world)}/look-up", 409)


def test_only_the_owner_has_an_order_booked_again(world: World) -> None:
    order_id = make(world, OrderState.POSTED)
    assert world.visitor(ALICE).get(f"{world.place}/orders/{order_id}").find("a", string="Opnieuw boeken")
    bob = world.visitor(BOB)
    assert bob.get(f"{world.place}/orders/{order_id}").find("a", string="Opnieuw boeken") is None
    bob.get(f"{world.place}/orders/{order_id}/repost", 403)
    bob.post(f"{world.place}/orders/{order_id}/repost", 403, **DIALOGS["repost"])


def test_more_info_gives_the_calculation_when_it_is_opened(world: World) -> None:
    order_id = make(world)
    alice = world.visitor(ALICE)
    address = f"{world.place}/orders/{order_id}/calculation"
    assert alice.get(f"{world.place}/errors").find(attrs={"hx-get": address})["hx-trigger"].startswith("toggle from:")
    part = alice.get(address, htmx=True)
    assert "Nederland 21%" in part.text
    assert "€\xa0100,00 + €\xa021,00 btw" in part.text
    alice.get(address, 303)
    world.visitor(CHARLIE).get(address, 404, htmx=True)


# Every order of a cause


def test_every_order_of_a_cause_is_processed_at_once(world: World, clock: FrozenClock) -> None:
    mine = [make(world) for _ in range(3)]
    other = make(world, issue=Issue("SNELSTART_LEDGER_INACTIVE", {"code": "BOE-0008", "message": "x"}))
    dora = world.visitor(DORA)
    group = dora.get(f"{world.place}/errors").find(id="group-vat-mapping-missing")
    assert group.find("form").button.text == "Verwerk alle 3"
    for _twice in range(2):
        dora.post(f"{world.place}/errors/process", group="VAT_MAPPING_MISSING")
    assert "worden al verwerkt" in dora.get(dora.response.location).find(id="flash").text
    assert {find(world, order_id).due_at for order_id in mine} == {clock.now()}
    assert find(world, other).due_at is None
    with world.rows():
        event = db.session.query(AuditEvent).filter_by(action="process_all_requested").one()
        assert event.facts == {"code": "VAT_MAPPING_MISSING", "orders": 3}


def test_a_click_takes_no_more_than_it_says(world: World, monkeypatch: pytest.MonkeyPatch, clock: FrozenClock) -> None:
    for module in ("order_errors", "order_actions"):
        monkeypatch.setattr(f"webshop.services.{module}.PROCESSED_AT_ONCE", 2)
    orders = [make(world, purchased_at=clock.now() - timedelta(days=day)) for day in range(4)]
    alice = world.visitor(ALICE)
    assert alice.get(f"{world.place}/errors").find("form", action=f"{world.place}/errors/process").button.text == (
        "Verwerk de oudste 2"
    )
    alice.post(f"{world.place}/errors/process", group="VAT_MAPPING_MISSING")
    assert [find(world, order_id).due_at is not None for order_id in orders] == [False, False, True, True]


@pytest.mark.parametrize("code", ["CURRENCY_UNSUPPORTED", "NONE", "SKIPPED_BY_HAND"])
def test_a_cause_that_is_not_safe_to_repeat_is_refused(world: World, code: str) -> None:
    alice = world.visitor(ALICE)
    alice.post(f"{world.place}/errors/process", 409, group=code)
    alice.get(f"{world.place}/errors/process", 405)
    world.visitor(CHARLIE).post(f"{world.place}/errors/process", 404, group=code)


def test_a_cause_shows_its_newest_orders_and_leads_to_the_rest(world: World) -> None:
    for _ in range(7):
        make(world)
    alice = world.visitor(ALICE)
    group = alice.get(f"{world.place}/errors").find(id="group-vat-mapping-missing")
    assert len(group.find_all("tr", attrs={"data-state": "error"})) == 5
    assert group.find(class_="badge").text == "7"
    page = alice.get(group.find("a", string="Toon ze alle 7")["href"])
    assert len(page.find_all("tr", attrs={"data-state": "error"})) == 7
    assert alice.get(f"{world.place}/errors?group=WAT").find(class_="empty")
