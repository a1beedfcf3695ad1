"""Werking: what is wrong is on one page, at the same cost however many shops there are; and Prometheus reads it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from redis import Redis

from tests import factories
from tests.blueprints.conftest import World
from tests.blueprints.support_world import staff
from tests.support.clock import FrozenClock
from tests.support.statements import counted_statements
from webshop import create_app
from webshop.domain.booking import Issue
from webshop.extensions import clock as now_of
from webshop.extensions import db, transaction
from webshop.jobs import queues, sync
from webshop.models import (
    Budget,
    Connection,
    ConnectionState,
    Heartbeat,
    Mail,
    MailState,
    OrderState,
    Posting,
    PostingState,
    RecoveryEpoch,
    Schedule,
)
from webshop.services import budgets, support_operations
from webshop.settings import Settings

TOKEN = "a-token-of-prometheus"
WORKING = {"depths": {"schedule": 0, "sync": 3}, "workers": [{"name": "w1", "state": "busy", "seen_at": None}]}


def texts(page: Any) -> str:
    return str(page.find(id="operations").get_text(" ", strip=True))


def make_trouble(world: World, *, orders: int = 1) -> None:
    with world.rows() as shop:
        now = now_of.now()
        db.session.get_one(Schedule, shop.id).due_at = now - timedelta(minutes=62)
        account = db.session.query(Connection).filter_by(shop_id=shop.id, remote="snelstart").one().account_id
        for _ in range(orders):
            factories.order(shop, OrderState.ERROR, issue=Issue("VAT_MAPPING_MISSING", {}), first_seen_at=now)
            order = factories.order(shop, OrderState.UNKNOWN)
            factories.posting(order, account, PostingState.UNKNOWN, lookup_at=now + timedelta(minutes=2))
        old = factories.order(shop, OrderState.ERROR, issue=Issue("ACCOUNTANT_LOCK", {}))
        old.first_seen_at = now - timedelta(hours=25)
        db.session.add(Heartbeat(name="clock", beat_at=now - timedelta(minutes=4)))
        db.session.add(RecoveryEpoch(administration_id=account, started_at=now))
        db.session.add(
            Mail(
                cause="x",
                kind="digest",
                recipient="a@b.test",
                subject="Overzicht",
                state=MailState.FAILED.value,
                created_at=now,
                due_at=now,
                last_error="550",
            )
        )


def test_everything_that_is_wrong_is_on_the_page(world: World) -> None:
    make_trouble(world)
    world.app.extensions["look_at_queues"] = lambda: WORKING
    page = staff(world).get("/support/operations")
    text = texts(page)
    for wanted in (
        "Winkels aan de beurt: 1",
        "62 minuten te laat",
        "alarm",
        "Onzekere boekingen: 1",
        "VAT_MAPPING_MISSING",
        "1 winkel",
        "Mislukte mails: 1",
        "550",
        "sync 3",
        "Werkers: 1",
        "Fietsbel B.V.",
    ):
        assert wanted in text, wanted
    assert "ACCOUNTANT_LOCK" not in text
    lamps = [(lamp.contents[-1], lamp["data-state"]) for lamp in page.select(".lamp-row .light")]
    assert lamps == [("Database", "green"), ("Redis", "green"), ("Klok", "red"), ("Werkers: 1", "green")]


def test_when_all_is_well_nothing_alarms(world: World) -> None:
    with world.rows():
        db.session.add(Heartbeat(name="clock", beat_at=now_of.now()))
    world.app.extensions["look_at_queues"] = lambda: WORKING
    page = staff(world).get("/support/operations")
    assert not page.select(".alarm")
    assert {lamp["data-state"] for lamp in page.select(".lamp-row .light")} == {"green"}


def test_without_redis_and_without_a_clock_the_page_says_so(world: World) -> None:
    world.app.extensions["look_at_queues"] = lambda: None
    page = staff(world).get("/support/operations")
    assert "Redis antwoordt niet" in texts(page)
    assert "Geen teken van leven" in texts(page)


def test_a_shop_is_alarming_only_after_61_minutes(world: World, clock: FrozenClock) -> None:
    with world.rows() as shop:
        db.session.get_one(Schedule, shop.id).due_at = now_of.now() - timedelta(minutes=61)
    eva = staff(world)
    assert eva.get("/support/operations").find(attrs={"data-alarm": "no"})
    clock.advance(seconds=1)
    assert eva.get("/support/operations").find(attrs={"data-alarm": "yes"})


@pytest.mark.parametrize("is_ended", [True, False])
def test_a_shop_that_cannot_be_fetched_is_not_due(world: World, is_ended: bool) -> None:
    with world.rows() as shop:
        db.session.get_one(Schedule, shop.id).due_at = now_of.now() - timedelta(hours=5)
        if is_ended:
            shop.active_until = (now_of.now() - timedelta(days=2)).date()
        else:
            connection = db.session.query(Connection).filter_by(shop_id=shop.id, remote="amazon").one()
            connection.state = ConnectionState.NEEDS_RECONNECT.value
    assert "Winkels aan de beurt: 0" in texts(staff(world).get("/support/operations"))


def test_the_page_asks_for_news_for_a_while_and_then_stops(world: World) -> None:
    eva = staff(world)
    page = eva.get("/support/operations")
    rounds = 0
    block = page.find(id="operations")
    while block.get("hx-get"):
        assert block["hx-trigger"] == "every 10s"
        assert block.has_attr("data-while-seen")
        rounds = int(block["hx-get"].split("round=")[1])
        if rounds == 3:
            rounds = 59
        block = eva.get(f"/support/operations/now?round={rounds}", htmx=True).find(id="operations")
    assert rounds == 60
    assert block.find("a", href="/support/operations")
    for wrong in ("", "?round=", "?round=x", "?round=99999", "?round=-1", "?round=²"):
        assert not eva.get(f"/support/operations/now{wrong}", htmx=True).find(id="operations").get("hx-get")
    eva.get("/support/operations/now", 303)


def test_the_page_costs_the_same_however_much_is_wrong(world: World) -> None:
    eva = staff(world)
    with counted_statements() as few:
        eva.get("/support/operations")
    make_trouble(world, orders=30)
    with world.app.app_context(), transaction():
        for number in range(30):
            shop = factories.connected_shop(name=f"Winkel {number}", due_in=timedelta(hours=-2))
            factories.run(shop)
    with counted_statements() as many:
        page = eva.get("/support/operations")
    assert len(few) == len(many) <= 18
    assert "Winkels aan de beurt: 31" in texts(page)
    assert len(page.select("[data-alarm]")) == support_operations.SHOWN


# Budgets


@pytest.mark.database
def test_a_budget_that_is_low_or_paused_is_shown(world: World, clock: FrozenClock) -> None:
    with world.rows() as shop:
        accounts = {one.remote: one.account_id for one in db.session.query(Connection).filter_by(shop_id=shop.id)}
        factories.run(shop)
    search = budgets.amazon_key(accounts["amazon"], "searchOrders")
    with world.app.app_context():
        budgets.take(search, budgets.SEARCH_ORDERS, 18)
        budgets.take(budgets.amazon_key(accounts["amazon"], "getOrder"), budgets.GET_ORDER, 2)
        budgets.take(budgets.snelstart_key(accounts["snelstart"]), budgets.SNELSTART, 450)
        budgets.pause("amazon:of-a-shop-without-runs:getOrder", now_of.now() + timedelta(minutes=3))
        rows = {row.key: row for row in support_operations.load_operations().budgets}
    assert set(rows) == {
        search,
        budgets.snelstart_key(accounts["snelstart"]),
        "amazon:of-a-shop-without-runs:getOrder",
    }
    assert "nog 10% over" in texts(staff(world).get("/support/operations"))
    clock.advance(minutes=4)
    with world.app.app_context():
        assert [row.key for row in support_operations.load_operations().budgets] == [search]


def test_looking_at_a_budget_takes_nothing_of_it(world: World) -> None:
    with world.app.app_context():
        key = budgets.snelstart_key("administration")
        budgets.take(key, budgets.SNELSTART, 100)
        budget = db.session.get_one(Budget, key)
        before = repr(budget.state)
        assert budgets.left(budget, now_of.now()) == Decimal("0.8")
        assert repr(budget.state) == before
        assert budgets.left(Budget(key="amazon:seller:somethingNew", state={}), now_of.now()) is None


# Queues


def test_queues_and_workers_are_read_from_redis(app: Flask, redis: Redis, redis_server: str) -> None:
    app.extensions["settings"] = replace(app.extensions["settings"], redis_url=redis_server)
    with app.app_context():
        for shop_id in (1, 2):
            sync.ring(shop_id)
        seen = app.extensions["look_at_queues"]()
    assert seen == {"depths": {"schedule": 0, "sync": 2}, "workers": []}
    assert tuple(seen["depths"]) == queues.QUEUES


# Prometheus


@pytest.fixture
def measured(world: World) -> World:
    world.app.extensions["settings"] = replace(world.app.extensions["settings"], metrics_token=TOKEN)
    world.app.extensions["look_at_queues"] = lambda: WORKING
    return world


def read(world: World, token: str = TOKEN) -> dict[str, str]:
    answer = world.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'koppeling_[a-z_]+(\{[a-z]+="[a-z]+"\})? -?\d+', line) for line in lines), lines
    return dict(line.rsplit(" ", 1) for line in lines)


def test_the_names_and_values_that_alarms_rely_on(measured: World) -> None:
    make_trouble(measured)
    assert read(measured) == {
        "koppeling_oldest_due_seconds": "3720",
        "koppeling_due_shops": "1",
        'koppeling_orders_state{state="open"}': "0",
        'koppeling_orders_state{state="error"}': "2",
        'koppeling_orders_state{state="unknown"}': "1",
        "koppeling_unknown_outcomes_total": "1",
        "koppeling_mails_failed": "1",
        "koppeling_recovery_epochs_open": "1",
        "koppeling_clock_age_seconds": "240",
        "koppeling_redis_up": "1",
        'koppeling_queue_depth{queue="schedule"}': "0",
        'koppeling_queue_depth{queue="sync"}': "3",
        "koppeling_workers": "1",
    }


def test_every_metric_says_what_it_is(measured: World) -> None:
    text = measured.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    for name in {line.partition(" ")[0].partition("{")[0] for line in text.splitlines() if not line.startswith("#")}:
        assert f"# HELP {name} " in text
        assert f"# TYPE {name} gauge\n" in text


def test_without_redis_the_metrics_still_come(measured: World) -> None:
    measured.app.extensions["look_at_queues"] = lambda: None
    found = read(measured)
    assert found["koppeling_redis_up"] == "0"
    assert "koppeling_workers" not in found


def test_no_shop_order_or_address_stands_in_the_metrics(measured: World) -> None:
    make_trouble(measured)
    text = measured.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    with measured.app.app_context():
        numbers = [posting.amazon_order_id for posting in db.session.query(Posting)]
    for secret in (*numbers, measured.shop_id, "Fietsbel", "@", TOKEN):
        assert secret not in text


def test_the_metrics_cost_the_same_for_many_shops(measured: World) -> None:
    with counted_statements() as few:
        read(measured)
    make_trouble(measured, orders=20)
    with counted_statements() as many:
        read(measured)
    assert len(few) == len(many) <= 8


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer é"],
)
def test_the_metrics_take_the_token(measured: World, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = measured.app.test_client().get("/metrics", headers=headers)
    assert (answer.status_code, answer.data) == (401, b"")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_without_a_token_set_there_are_no_metrics(world: World) -> None:
    for header in ("Bearer ", "Bearer None", ""):
        assert world.app.test_client().get("/metrics", headers={"Authorization": header}).status_code == 404


def test_the_metrics_are_only_read(measured: World) -> None:
    assert measured.app.test_client().delete("/metrics").status_code == 405


def test_an_application_that_is_made_by_itself_knows_its_queues(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        assert app.extensions["look_at_queues"]() is None
        db.engine.dispose()
