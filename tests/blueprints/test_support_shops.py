"""Our staff finds the shop that needs help, by what a customer can tell on the telephone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select

from tests import factories
from tests.blueprints.conftest import ALICE, World
from tests.blueprints.support_world import staff
from tests.blueprints.test_support_access import make_invoice
from tests.support.clock import FrozenClock
from tests.support.statements import counted_statements
from webshop.domain.booking import Issue
from webshop.domain.periods import local_date
from webshop.extensions import clock as now_of
from webshop.extensions import db, transaction, vault
from webshop.models import (
    Checkout,
    CheckoutState,
    Connection,
    ConnectionState,
    HealthCheck,
    InstallerGrant,
    OrderState,
    PostingState,
    ProblemReport,
    Product,
    Remote,
    Schedule,
    Shop,
    User,
)
from webshop.models.base import new_public_id, table_of
from webshop.services import support_shops
from webshop.services.health_lights import Light
from webshop.services.onboarding import new_licence_key
from webshop.services.support_shops import Filter

NUMBER = "405-1234567-7654321"


def names(page: Any) -> list[str]:
    return [link.text for link in page.select(".shop-list a.row-link")]


def find(world: World, query: str) -> list[str]:
    with world.app.test_request_context("/support/"):
        return [row.shop.name for row in support_shops.shops_page(Filter.ALL, query, None).rows]


def chosen(world: World, chosen: Filter) -> Sequence[str]:
    with world.app.test_request_context("/support/"):
        return sorted(row.shop.name for row in support_shops.shops_page(chosen, "", None).rows)


# What is found


def test_a_shop_is_found_by_everything_a_customer_can_tell(world: World) -> None:
    with world.rows() as shop:
        shop.extra_email = "kantoor@fietsbel.test"
        factories.order(shop, amazon_order_id=NUMBER)
        db.session.add(make_invoice(shop.id, "2026-00042"))
        key = shop.licence_key
    for query in (
        key,
        key.lower(),
        f"  {key.replace('-', ' ')} ",
        key.replace("-", ""),
        ALICE,
        " Alice@Shop.TEST ",
        "kantoor@fietsbel.test",
        NUMBER,
        f" {NUMBER} ",
        "2026-00042",
        "fiets",
        "FIETSBEL & ZO",
    ):
        assert find(world, query) == ["Fietsbel & Zo"], query


@pytest.mark.database
def test_what_is_only_a_part_or_nonsense_finds_nothing(world: World) -> None:
    with world.rows() as shop:
        factories.order(shop, amazon_order_id=NUMBER)
        db.session.add(make_invoice(shop.id, "2026-00042"))
    nonsense = ("alice@shop", "lice@shop.test", NUMBER[:-1], "zo", "%", "_", "\0", "x" * 300, "'; --", "A" * 25, "@")
    for query in (*nonsense, "2026-0004", f"{NUMBER}0", "\ud800"):
        assert find(world, query) == [], query


def test_an_order_number_tells_the_shop_and_the_state_but_nothing_of_the_buyer(world: World) -> None:
    with world.rows() as shop:
        order = factories.order(shop, OrderState.POSTED, amazon_order_id=NUMBER)
        order.sealed_email = vault().seal("koper@buyer.test", bound_to="order")
        order.sealed_address = vault().seal(json.dumps({"postal_code": "1234AB", "city": "Utrecht"}), bound_to="order")
        account = db.session.scalars(
            select(Connection.account_id).where(Connection.shop_id == shop.id, Connection.remote == "snelstart")
        ).one()
        factories.posting(order, account, external_number="VRK-77")
    page = staff(world).get(f"/support/?q={NUMBER}")
    row = page.select_one("#found-orders tbody tr")
    assert row["data-state"] == "posted"
    assert row.find("a")["href"] == f"/support/shops/{world.shop_id}"
    assert "VRK-77" in row.text
    for secret in ("koper@", "buyer", "1234AB", "Utrecht", order.sealed_email):
        assert secret not in str(page)
    assert names(page) == ["Fietsbel & Zo"]


def test_the_same_number_in_two_shops_shows_both(world: World) -> None:
    with world.app.app_context(), transaction():
        for shop in db.session.scalars(select(Shop)):
            factories.order(shop, OrderState.ERROR, amazon_order_id=NUMBER)
    assert len(staff(world).get(f"/support/?q={NUMBER}").select("#found-orders tbody tr")) == 2


# What the list shows and the filters keep


@pytest.fixture
def clinic(world: World) -> World:
    """One shop for every trouble, named by it."""
    with world.app.app_context(), transaction() as session:
        today = local_date(now_of.now())
        healthy: dict[str, Any] = {"active_until": today + timedelta(days=200)}
        trial = factories.connected_shop(name="trial", active_until=today)
        factories.connected_shop(name="ended", active_until=today - timedelta(days=1))
        factories.connected_shop(name="paused", paused_until=now_of.now() + timedelta(days=2), **healthy)
        factories.connected_shop(name="pause over", paused_until=now_of.now(), **healthy)
        factories.order(factories.connected_shop(name="error", **healthy), OrderState.ERROR)
        factories.order(factories.connected_shop(name="unknown", **healthy), OrderState.UNKNOWN)
        solved = factories.order(factories.connected_shop(name="solved error", **healthy), OrderState.ERROR)
        factories.move(solved, OrderState.POSTED)
        cut_off = factories.connected_shop(name="cut off", **healthy)
        connection = session.query(Connection).filter_by(shop_id=cut_off.id, remote="amazon").one()
        connection.state = ConnectionState.NEEDS_RECONNECT.value
        factories.shop(name="being installed", **healthy)
        late = factories.connected_shop(name="late", **healthy)
        session.get_one(Schedule, late.id).due_at = now_of.now() - timedelta(minutes=62)
        hurried = factories.connected_shop(name="nearly late", **healthy)
        session.get_one(Schedule, hurried.id).due_at = now_of.now() - timedelta(minutes=61)
        reported = factories.connected_shop(name="reported", **healthy)
        user = session.query(User).filter_by(email=ALICE).one()
        session.add(
            ProblemReport(shop_id=reported.id, user_id=user.id, words="?", snapshot={}, created_at=now_of.now())
        )
        for shop in session.scalars(select(Shop)):
            if shop.id != trial.id:
                _pay(shop)
    return world


def _pay(shop: Shop, state: CheckoutState = CheckoutState.PAID) -> None:
    amounts = dict.fromkeys(("net", "vat", "total"), Decimal("1.00"))
    product = Product.SUBSCRIPTION.value
    db.session.add(Checkout(shop_id=shop.id, product=product, state=state.value, created_at=now_of.now(), **amounts))


@pytest.mark.database
def test_a_filter_keeps_what_it_says(clinic: World) -> None:
    assert {one: chosen(clinic, one) for one in Filter if one is not Filter.ALL} == {
        Filter.ATTENTION: ["cut off", "error", "late", "reported", "unknown"],
        Filter.TRIAL: ["trial"],
        Filter.ENDED: ["ended"],
        Filter.ERRORS: ["error", "unknown"],
        Filter.PAUSED: ["paused"],
        Filter.RED: ["being installed", "cut off"],
    }


def test_a_row_tells_the_state_of_a_shop(clinic: World) -> None:
    eva = staff(clinic)
    page = eva.get("/support/?q=error")
    (row,) = page.select("#rows tr")
    cells = [cell.get_text(" ", strip=True) for cell in row.find_all("td")]
    assert cells[3:6] == ["1", "0", "0"]
    assert [lamp["data-state"] for lamp in row.select(".light")] == ["green", "green"]
    assert "Actief" in cells[2]
    assert "te laat" in eva.get("/support/?q=late").select_one("#rows tr").text
    assert "Proef" in eva.get("/support/?q=trial").select_one("#rows tr").text
    assert "Voorbij" in eva.get("/support/?q=ended").select_one("#rows tr").text
    states = [lamp["data-state"] for lamp in eva.get("/support/?q=cut").select("#rows .light")]
    assert states == ["red", "green"]


def test_a_payment_that_was_not_finished_leaves_a_shop_on_trial(world: World) -> None:
    with world.rows() as shop:
        shop.active_until = local_date(now_of.now())
        _pay(shop, CheckoutState.OPEN)
    assert chosen(world, Filter.TRIAL) == ["Fietsbel & Zo"]


def test_a_filter_that_does_not_exist_is_said(world: World) -> None:
    page = staff(world).get("/support/?filter=vreemd", 422)
    assert "vreemd" in page.find(role="alert").text
    assert names(page)


def test_nothing_found_says_what_to_try(world: World) -> None:
    assert "Geen winkel gevonden" in staff(world).get("/support/?q=bestaat+niet").find(class_="empty").text


# Many shops


def _add_shops(world: World, number: int) -> None:
    with world.app.app_context(), transaction() as session:
        at, first = now_of.now(), (session.scalar(select(Shop.id).order_by(Shop.id.desc())) or 0) + 1
        rows = [
            {
                "id": first + index,
                "public_id": new_public_id(),
                "licence_key": new_licence_key(),
                "name": f"Winkel {index:05}",
                "marketplace_id": factories.MARKETPLACE_NL,
                "created_at": at + timedelta(seconds=index // 3),
                "statuses": ["SHIPPED"],
                "revenue_groups": {},
            }
            for index in range(number)
        ]
        session.execute(insert(Shop), rows)
        unused = dict.fromkeys(("lease_token", "reviews_asked", "review_number"), 0)
        session.execute(
            insert(table_of(Schedule)),
            [{"shop_id": row["id"], "due_at": at, "slot_at": at, **unused} for row in rows],
        )


def test_every_shop_is_on_exactly_one_page(world: World) -> None:
    _add_shops(world, 120)
    eva, seen, address = staff(world), [], "/support/"
    while address:
        page = eva.get(address)
        seen += names(page)
        link = page.select_one("tr.more a")
        address = link["href"] if link else ""
    assert len(seen) == len(set(seen)) == 122
    assert seen[:2] == ["Winkel 00119", "Winkel 00118"]


def test_a_cursor_of_another_list_is_refused(world: World) -> None:
    _add_shops(world, 60)
    eva = staff(world)
    address = eva.get("/support/").select_one("tr.more a")["href"]
    eva.get(address)
    eva.get(address.replace("filter=all", "filter=errors"), 400)
    eva.get("/support/?cursor=verzonnen", 400)


def test_the_list_costs_the_same_whatever_the_number_of_shops(world: World) -> None:
    eva, counts = staff(world), []
    for more in (1, 50, 2000):
        _add_shops(world, more)
        with counted_statements() as statements:
            eva.get("/support/")
        counts.append(len(statements))
    assert counts[0] == counts[1] == counts[2] <= 6


# One shop


def test_the_page_of_a_shop_has_what_helps_and_nothing_secret(world: World) -> None:
    with world.rows() as shop:
        user = db.session.query(User).filter_by(email=ALICE).one()
        factories.order(
            shop, OrderState.ERROR, issue=Issue("VAT_MAPPING_MISSING", {"country": "DE", "percentage": "19"})
        )
        factories.run(shop, fetched=7, error_code="SNELSTART_UNREACHABLE")
        amazon = db.session.query(Connection).filter_by(shop_id=shop.id, remote=Remote.AMAZON.value).one()
        amazon.sealed_secret, amazon.sealed_access_token = "SEALED-SECRET", "SEALED-TOKEN"
        light = Light("snelstart", "red", "SNELSTART_RECONNECT")
        row: dict[str, Any] = {"name": light.name, "state": "red", "code": light.code, "facts": {}, "since": None}
        db.session.add(HealthCheck(shop_id=shop.id, due_at=now_of.now(), checked_at=now_of.now(), results=[row]))
        db.session.add(make_invoice(shop.id))
        db.session.add(
            InstallerGrant(
                shop_id=shop.id,
                granted_by=user.id,
                granted_at=now_of.now(),
                expires_at=now_of.now() + timedelta(hours=72),
            )
        )
        key = shop.licence_key
    page = staff(world).get(f"/support/shops/{world.shop_id}")
    text = page.get_text(" ", strip=True)
    for wanted in (key, "Fietsbel B.V.", ALICE, "VAT_MAPPING_MISSING", "2026-00900", "7 opgehaald"):
        assert wanted in text, wanted
    assert page.find("a", href=f"/shops/{world.shop_id}/setup/amazon")
    assert page.find("a", string="Crediteren") or "Crediteren" in text
    for secret in ("SEALED-SECRET", "SEALED-TOKEN", "argon2"):
        assert secret not in str(page)


def test_the_way_in_as_the_customer_is_only_offered_when_it_exists(world: World) -> None:
    assert ("impersonation.start" in world.app.view_functions) == (
        "Meekijken" in str(staff(world).get(f"/support/shops/{world.shop_id}"))
    )


def test_the_page_of_a_shop_costs_the_same_however_much_happened(world: World, clock: FrozenClock) -> None:
    eva = staff(world)
    address = f"/support/shops/{world.shop_id}"
    with counted_statements() as few:
        eva.get(address)
    with world.rows() as shop:
        for number in range(12):
            factories.order(shop, OrderState.ERROR, issue=Issue("VAT_MAPPING_MISSING", {}))
            factories.run(shop, started_at=now_of.now() - timedelta(hours=number))
            db.session.add(make_invoice(shop.id, f"2026-{number + 1:05}"))
    with counted_statements() as many:
        eva.get(address)
    assert len(few) == len(many) <= 13


def test_a_late_shop_says_so(world: World) -> None:
    with world.rows() as shop:
        db.session.get_one(Schedule, shop.id).due_at = now_of.now() - timedelta(hours=3)
    assert "wacht sinds" in staff(world).get(f"/support/shops/{world.shop_id}").find(class_="notice").text


def test_the_state_of_a_posting_is_shown_in_words(world: World) -> None:
    with world.rows() as shop:
        order = factories.order(shop, OrderState.UNKNOWN, amazon_order_id=NUMBER)
        account = db.session.query(Connection).filter_by(shop_id=shop.id, remote="snelstart").one().account_id
        factories.posting(order, account, PostingState.UNKNOWN)
    page = staff(world).get(f"/support/?q={NUMBER}")
    assert "Onzeker" in page.select_one("#found-orders").text
