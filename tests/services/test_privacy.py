"""What is over goes, everywhere it may stand; what keeps a sale from being booked twice stays."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from tests import factories
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from tests.support.statements import counted_statements
from webshop.domain.booking import Issue
from webshop.exceptions import ConflictError
from webshop.extensions import db, transaction
from webshop.models import (
    AccountLink,
    Connection,
    LinkPurpose,
    Mail,
    MailState,
    Order,
    OrderState,
    Posting,
    PrivacyPurge,
    ProblemReport,
    RelationLink,
    ServiceRequest,
    Shop,
    User,
)
from webshop.services import (
    account_links,
    connections,
    order_decisions,
    order_states,
    problem_reports,
    purge_steps,
    totals,
)
from webshop.services.preview import preview_order
from webshop.services.privacy import purge

pytestmark = pytest.mark.database

EMAIL = "kanarie@marketplace.amazon.nl"
POSTAL_CODE, CITY = "9999 ZZ", "Kanariestad"
CANARIES = (EMAIL, POSTAL_CODE, "9999ZZ", CITY)


def purged(app: Flask) -> Counter[str]:
    with app.app_context():
        return purge()


def connect_again(scenario: Scenario) -> None:
    """Renew Amazon's consent, which ends after a year."""
    with scenario.app.app_context():
        token = scenario.sandbox.amazon.authorise(scenario.seller_id)
        connections.connect_amazon(scenario.shop_id, scenario.seller_id, token)


def the_user(app: Flask) -> User:
    with app.app_context():
        return db.session.scalars(select(User)).one()


def test_thirty_days_after_delivery_the_buyer_is_forgotten(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    scenario.run()
    clock.advance(days=29)
    assert purged(app) == {}
    assert scenario.order(number).sealed_email is not None
    clock.advance(days=2)
    assert purged(app) == {"purge_buyers": 1}
    assert purged(app) == {}
    order = scenario.order(number)
    assert (order.sealed_email, order.sealed_address, order.state) == (None, None, "posted")


def test_the_promised_delivery_counts_when_amazon_gives_one(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email="a@example.nl")
    document = scenario.sandbox.amazon.order(scenario.seller_id, number)
    assert document is not None
    window = {"latestDateTime": "2026-12-24T22:59:59.000Z"}
    fulfillment = {**document["fulfillment"], "deliverByWindow": window}
    scenario.sandbox.amazon.update_order(scenario.seller_id, number, {"fulfillment": fulfillment})
    clock.advance(minutes=5)
    scenario.run()
    assert str(scenario.order(number).purge_on) == "2027-01-23"


def test_news_of_a_booked_order_does_not_bring_its_buyer_back(
    app: Flask, scenario: Scenario, clock: FrozenClock
) -> None:
    number = scenario.add_order(email=EMAIL)
    scenario.run()
    clock.advance(days=31)
    purged(app)
    scenario.sandbox.amazon.update_order(scenario.seller_id, number, {"programs": ["PRIME"]})
    clock.advance(hours=1)
    assert scenario.run().fetched == 1
    order = scenario.order(number)
    assert (order.sealed_email, order.sealed_address, order.sealed_vat_number) == (None, None, None)


def test_the_buyer_is_taken_out_of_what_people_typed(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    """They quote what they see at Amazon: the address, the postal code without its space, the town."""
    number = scenario.add_order(email=EMAIL, postal_code=POSTAL_CODE, city=CITY)
    scenario.run()
    order, user = scenario.order(number), the_user(app)
    with app.app_context():
        words = f"Koper {EMAIL} uit 9999zz {CITY.upper()} belde: order {number}, 24,99"
        report = problem_reports.report_problem(order, None, user, words)
        with transaction() as session:
            session.execute(
                update(ProblemReport)
                .where(ProblemReport.id == report.id)
                .values(reply=f"Wij mailden {EMAIL}", replied_at=clock.now(), snapshot={"issues": [{"text": EMAIL}]})
            )
            remark = Issue("SNELSTART_REJECTED", {"code": "X", "message": f"{CITY} bestaat niet"})
            order_states.set_state(order, OrderState.POSTED, [remark])
            request = {"kind": "contract", "words": f"Bel {EMAIL}", "facts": {"email": EMAIL}}
            at = clock.now()
            session.add(ServiceRequest(shop_id=scenario.shop_id, user_id=user.id, created_at=at, **request))
    clock.advance(days=31)
    assert purged(app) == {"purge_buyers": 1, "purge_words": 1}
    with app.app_context():
        kept = db.session.scalars(select(ProblemReport)).one()
        asked = db.session.scalars(select(ServiceRequest)).one()
        issues = db.session.scalars(select(Order.issues)).one()
        texts = repr((kept.words, kept.reply, kept.snapshot, asked.words, asked.facts, issues)).casefold()
    assert [canary for canary in CANARIES if canary.casefold() in texts] == []
    assert f"order {number}, 24,99" in kept.words, "the rest of the words stays"
    assert purged(app) == {}


def test_an_answer_that_comes_later_is_searched_as_well(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email=EMAIL)
    scenario.run()
    order, user = scenario.order(number), the_user(app)
    with app.app_context():
        problem_reports.report_problem(order, None, user, "Klopt dit?")
    clock.advance(days=31)
    purged(app)
    clock.advance(days=1)
    with app.app_context(), transaction() as session:
        session.execute(update(ProblemReport).values(reply=f"Vraag {EMAIL}", replied_at=clock.now()))
    clock.advance(hours=1)
    assert purged(app) == {"purge_words": 1}
    assert purged(app) == {}
    with app.app_context():
        assert db.session.scalars(select(ProblemReport.reply)).one() == "Vraag …"


def test_a_reason_never_carries_a_buyer_into_what_cannot_be_changed(app: Flask, scenario: Scenario) -> None:
    scenario.change_shop(is_posting_automatic=False)
    number = scenario.add_order(email=EMAIL)
    scenario.run()
    order, owner = scenario.order(number), the_user(app)
    with app.app_context():
        order_decisions.skip_order(order, owner, f"{EMAIL} uit {POSTAL_CODE} annuleerde zelf")
        facts = db.session.execute(text("SELECT facts FROM audit_events")).scalars().all()
    assert EMAIL not in repr(facts)
    assert POSTAL_CODE not in repr(facts)
    assert "annuleerde zelf" in repr(scenario.order(number).issues)


def test_a_month_after_the_end_nothing_of_buyers_is_left(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    """Whatever the promised delivery: the agreement says thirty days."""
    scenario.add_order(email=EMAIL)
    scenario.run()
    scenario.change_shop(active_until=date(2026, 11, 25))
    with app.app_context(), transaction() as session:
        session.execute(update(Order).values(purge_on=date(2030, 1, 1)))
    clock.advance(days=32)
    assert purged(app) == {}
    clock.advance(days=1)
    assert purged(app)["purge_buyers"] == 1


# 18 months


def test_after_eighteen_months_lines_and_texts_go_and_the_order_never_comes_twice(
    app: Flask, scenario: Scenario, clock: FrozenClock
) -> None:
    numbers = scenario.add_orders(2, title="Kanariezaad")
    scenario.run()
    before = {number: scenario.posting(number) for number in numbers}
    clock.advance(days=550)
    assert purged(app)["purge_contents"] == 2
    for number in numbers:
        order, posting = scenario.order(number), scenario.posting(number)
        assert (order.content, order.issues, posting.payload, posting.customer_id) == ({}, [], {}, None)
        assert (order.state, order.total) == ("posted", before[number].total)
        assert (posting.state, posting.external_number) == ("posted", before[number].external_number)
    assert "Kanariezaad" not in dump(app)

    # Amazon tells about one again, and both are read in SnelStart's books by night.
    connect_again(scenario)
    scenario.sandbox.amazon.update_order(scenario.seller_id, numbers[0], {"programs": ["PRIME"]})
    clock.advance(hours=1)
    assert scenario.run().error_code is None
    assert scenario.run(kind="nightly").error_code is None
    assert scenario.booked() == Counter(numbers)
    assert scenario.order(numbers[0]).content == {}
    with app.app_context(), transaction():
        totals.rebuild(scenario.shop_id)
    scenario.check_books()
    assert purged(app) == {}


def test_an_order_that_is_not_settled_keeps_what_it_is_booked_from(
    app: Flask, scenario: Scenario, clock: FrozenClock
) -> None:
    scenario.change_shop(is_posting_automatic=False)
    number = scenario.add_order(email=EMAIL)
    scenario.run()
    clock.advance(days=600)
    purged(app)
    assert scenario.order(number).content["items"]
    scenario.change_shop(is_posting_automatic=True)
    # Amazon's consent lasts a year, and Amazon is asked for the buyer once more.
    connect_again(scenario)
    scenario.run()
    assert scenario.order(number).state == "posted"
    assert purged(app) == {}, "18 months count from the booking"


def test_a_purged_order_is_not_booked_anew(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order(email=EMAIL)
    scenario.change_shop(is_posting_automatic=False)
    scenario.run()
    order, owner = scenario.order(number), the_user(app)
    with app.app_context():
        order_decisions.skip_order(order, owner, "hoeft niet")
        clock.advance(days=600)
        purge()
    order = scenario.order(number)
    with app.app_context():
        with pytest.raises(ConflictError):
            order_decisions.undo_skip(order, owner)
        assert preview_order(order).payload is None


def test_what_a_setting_passed_over_may_come_back_to_be_booked(
    app: Flask, scenario: Scenario, clock: FrozenClock
) -> None:
    """As when past sales are migrated after their lines were removed."""
    number = scenario.add_order(minutes_ago=60, email=EMAIL)
    scenario.change_shop(start_on=date(2026, 12, 1))
    scenario.run()
    assert scenario.order(number).state == "skipped"
    clock.advance(days=600)
    purged(app)
    assert scenario.order(number).content == {}
    scenario.change_shop(start_on=date(2026, 1, 1))
    connect_again(scenario)
    scenario.sandbox.amazon.update_order(scenario.seller_id, number, {"programs": ["PRIME"]})
    clock.advance(hours=1)
    scenario.run()
    assert scenario.order(number).state == "posted"
    scenario.check_books()


def test_old_reports_are_emptied(app: Flask, scenario: Scenario, clock: FrozenClock) -> None:
    number = scenario.add_order()
    scenario.run()
    order, user = scenario.order(number), the_user(app)
    with app.app_context():
        problem_reports.report_problem(order, None, user, "Klopt dit?")
        with transaction() as session:
            session.add(ServiceRequest(shop_id=scenario.shop_id, user_id=user.id, kind="contract",
                                       facts={"what": "orders"}, created_at=clock.now()))  # fmt: skip
    clock.advance(days=600)
    assert purged(app)["remove_words"] == 2
    with app.app_context():
        report = db.session.scalars(select(ProblemReport)).one()
        assert (report.words, report.snapshot) == ("", {})
        assert db.session.scalars(select(ServiceRequest.facts)).one() == {}
    assert purged(app) == {}


# what belongs to no shop


def test_the_buyers_of_an_administration_nobody_is_connected_to_are_forgotten(
    app: Flask, scenario: Scenario, clock: FrozenClock
) -> None:
    scenario.add_order(email="vast@example.nl")
    scenario.run()
    assert purged(app) == {}
    with app.app_context(), transaction() as session:
        session.execute(update(Connection).where(Connection.remote == "snelstart").values(account_id="another"))
    assert purged(app)["remove_relations"] > 0
    with app.app_context(), transaction() as session:
        assert session.scalar(select(func.count()).select_from(RelationLink)) == 0
        session.execute(
            update(Connection).where(Connection.remote == "snelstart").values(account_id=scenario.administration_id)
        )
    assert purged(app) == {}
    # Connected again: the relations are read again, and the returning buyer is the same debtor.
    scenario.add_order(email="vast@example.nl")
    clock.advance(hours=1)
    scenario.run()
    assert len(scenario.customers()) == 1
    scenario.check_books()


def test_old_mails_and_links_are_removed_and_what_waits_is_not(app: Flask, clock: FrozenClock) -> None:
    with app.app_context(), transaction() as session:
        account_links.create(LinkPurpose.INVITE, "gast@example.nl")
        for number, (kind, state) in enumerate(
            (("digest", MailState.SENT), ("digest", MailState.PENDING), ("account_deleted", MailState.SENT))
        ):
            session.add(Mail(cause=f"{number}", kind=kind, recipient="a@example.nl", subject="S", state=state.value,
                             created_at=clock.now(), due_at=clock.now()))  # fmt: skip
    clock.advance(days=31)
    assert purged(app) == {"remove_mails": 1}
    clock.advance(days=20)
    assert purged(app) == {"remove_links": 1}
    clock.advance(days=550)
    assert purged(app) == {"remove_mails": 1}
    with app.app_context():
        assert db.session.scalars(select(Mail.state)).all() == ["pending"]
        assert db.session.scalars(select(AccountLink.id)).all() == []


# how it works


def many(app: Flask, clock: FrozenClock, number: int) -> int:
    with app.app_context(), transaction() as session:
        shop = factories.shop()
        session.add_all(
            [
                factories_row(shop, position, clock)
                for position in range(number)
            ]
        )  # fmt: skip
        return shop.id


def factories_row(shop: Shop, position: int, clock: FrozenClock) -> Order:
    at = clock.now() - timedelta(days=600, minutes=position)
    return Order(
        shop_id=shop.id, amazon_order_id=f"404-0000000-{position:07}", marketplace_id=shop.marketplace_id,
        purchased_at=at, booked_on=at.date(), last_updated_at=at, amazon_status="SHIPPED", fulfilled_by="MERCHANT",
        state="skipped", content={"items": [1]}, sealed_email="v1.gone.x", purge_on=at.date(), first_seen_at=at,
    )  # fmt: skip


def test_a_night_s_work_is_cut_in_pieces_and_goes_on_where_it_was_stopped(app: Flask, clock: FrozenClock) -> None:
    shop_id = many(app, clock, 1201)
    calls = iter([False, False, False, True])
    with app.app_context():
        first = purge(lambda: next(calls, True))
        assert 0 < first["purge_buyers"] <= 2 * purge_steps.BATCH < 1201
        second = purge()
        assert first["purge_buyers"] + second["purge_buyers"] == 1201
        assert second["purge_contents"] == 1201
        rows = db.session.execute(select(PrivacyPurge.what, PrivacyPurge.number)).all()
        assert dict(rows) == {"buyers": 1201, "contents": 1201}
        assert purge_steps.counts_since(shop_id, timedelta(days=30)) == {"buyers": 1201, "contents": 1201}


def test_a_piece_takes_as_many_statements_for_one_order_as_for_hundreds(app: Flask, clock: FrozenClock) -> None:
    needed = {}
    for number in (1, 400):
        with app.app_context(), transaction():
            db.session.execute(update(Order).values(sealed_email=None, content_purged_at=clock.now()))
        shop_id = many(app, clock, number)
        with app.app_context():
            (shop,) = [row for row in purge_steps.shops_behind(0) if row.id == shop_id]
            due = purge_steps.due_of(shop)
            with counted_statements() as statements:
                assert [step(due) for step in (purge_steps.purge_buyers, purge_steps.purge_contents)] == [number] * 2
            needed[number] = len(statements)
        with app.app_context(), transaction():
            db.session.execute(update(Order).values(amazon_order_id=Order.amazon_order_id + "x"))
    assert needed[1] == needed[400] <= 8


def test_what_is_removed_already_costs_the_next_night_nothing(app: Flask, clock: FrozenClock) -> None:
    """Both questions of the night are answered by an index that holds only what is left."""
    many(app, clock, 2000)
    with app.app_context():
        purge()
        with transaction() as session:
            if db.engine.dialect.name == "postgresql":
                session.execute(text("ANALYZE orders"))
        questions = (
            "shop_id = 1 AND (sealed_email IS NOT NULL OR sealed_address IS NOT NULL OR sealed_vat_number IS NOT NULL)"
            " AND purge_on <= '2030-01-01' ORDER BY purge_on, id",
            "shop_id = 1 AND content_purged_at IS NULL AND purchased_at < '2030-01-01' ORDER BY purchased_at, id",
        )
        for question, index in zip(questions, ("ix_orders_sealed", "ix_orders_with_content"), strict=True):
            explain = "EXPLAIN" if db.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
            statement = f"{explain} SELECT id FROM orders WHERE {question} LIMIT 500"  # noqa: S608 - our own words
            plan = db.session.execute(text(statement)).all()
            assert index in repr(plan)


def dump(app: Flask) -> str:
    with app.app_context():
        rows: list[Any] = []
        for table in db.metadata.sorted_tables:
            rows += db.session.execute(select(table)).all()
        return repr(rows)


def test_postings_of_another_administration_are_no_obstacle(app: Flask, clock: FrozenClock) -> None:
    """Only what is still at work keeps an order's lines."""
    many(app, clock, 1)
    with app.app_context():
        assert purge()["purge_contents"] == 1
        assert db.session.scalars(select(Posting.id)).all() == []
