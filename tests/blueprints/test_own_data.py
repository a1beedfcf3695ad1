"""Taking one's data along, deleting the shop and the account: who may, what stays, and what nobody sees again."""

from __future__ import annotations

import csv
import io
import json
import uuid
import zipfile
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, Visitor, World
from tests.support import mailbox
from tests.support.clock import FrozenClock
from tests.support.statements import counted_statements
from webshop.extensions import db, transaction
from webshop.models import (
    AuditEvent,
    Connection,
    LinkPurpose,
    Membership,
    Order,
    OrderState,
    Posting,
    Schedule,
    Shop,
    User,
)
from webshop.models.base import table_of
from webshop.services import account_links, data_export, runs, scheduling, shop_health
from webshop.services.privacy import purge

pytestmark = pytest.mark.database

NAME, PASSWORD = "Fietsbel & Zo", factories.PASSWORD
GETS = ("/profile/data", "/profile/data.zip", "/profile/delete")
POSTS = {
    "/profile/data/export": {"password": PASSWORD},
    "/profile/delete": {"password": PASSWORD, "shop_name": NAME},
}


def shop_of(world: World) -> Shop:
    with world.app.app_context():
        return db.session.scalars(select(Shop).where(Shop.public_id == world.shop_id)).one()


def actions(world: World) -> list[str]:
    with world.app.app_context():
        return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


# who may


@pytest.mark.parametrize("page", GETS)
def test_the_pages_are_the_owner_s(world: World, page: str) -> None:
    status = 303 if page.endswith(".zip") else 200
    for email, expected in ((ALICE, status), (BOB, 403), (DORA, 403), (CHARLIE, 404), (None, 302)):
        world.visitor(email).get(world.place + page, expected)
    world.visitor(ALICE).get(world.place + page, status, htmx=True)
    world.visitor().get(world.place + page, 401, htmx=True)
    stranger = world.visitor(CHARLIE)
    stranger.get(world.place + page, 404)
    foreign = stranger.response.data
    stranger.get(f"/shops/{uuid.uuid4()}{page}", 404)
    assert stranger.response.data == foreign


@pytest.mark.parametrize("page", POSTS)
def test_nobody_but_the_owner_does_it(world: World, page: str) -> None:
    for email, expected in ((BOB, 403), (DORA, 403), (CHARLIE, 404), (None, 302)):
        world.visitor(email).post(world.place + page, expected, htmx=False, **POSTS[page])
    alice = world.visitor(ALICE)
    alice.post(world.place + page, 400, htmx=False, csrf_token="", **POSTS[page])
    alice.get(world.place + "/profile/data/export", 405)
    assert shop_of(world).deleted_at is None
    assert "data_exported" not in actions(world)


@pytest.mark.parametrize("page", POSTS)
@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("password", ["", "not my password at all", "x" * 2000])
def test_without_the_password_nothing_happens(world: World, page: str, htmx: bool, password: str) -> None:
    alice = world.visitor(ALICE)
    form = POSTS[page] | {"password": password}
    found = alice.post(world.place + page, 422, htmx=htmx, **form)
    assert found.find(id="password-error")
    if "shop_name" in form:
        assert found.find(id="shop_name")["value"] == NAME, "what was typed stays"
    assert shop_of(world).deleted_at is None


def test_the_name_has_to_be_typed(world: World) -> None:
    alice = world.visitor(ALICE)
    found = alice.post(f"{world.place}/profile/delete", 422, password=PASSWORD, shop_name="Elders")
    assert NAME in found.find(id="shop_name-error").text
    assert shop_of(world).deleted_at is None
    alice.post(f"{world.place}/profile/delete", 303, password=PASSWORD, shop_name=f"  {NAME.upper()} ")
    assert shop_of(world).deleted_at is not None


def test_guessing_ends(world: World) -> None:
    alice = world.visitor(ALICE)
    for _ in range(10):
        alice.post(f"{world.place}/profile/data/export", 422, password="wrong")
    alice.post(f"{world.place}/profile/data/export", 429, password=PASSWORD)


# the export


def export(alice: Visitor, world: World) -> zipfile.ZipFile:
    alice.post(f"{world.place}/profile/data/export", 303, password=PASSWORD)
    assert alice.response.location == f"{world.place}/profile/data.zip"
    alice.get(alice.response.location)
    assert alice.response.mimetype == "application/zip"
    assert alice.response.headers["Content-Disposition"].startswith("attachment; filename=koppeling-")
    assert alice.response.headers["Cache-Control"] == "no-store"
    return zipfile.ZipFile(io.BytesIO(alice.response.data))


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig")), delimiter=";"))


def test_the_owner_takes_everything_along(world: World, clock: FrozenClock) -> None:
    with world.rows() as shop:
        administration = db.session.scalars(
            select(Connection.account_id).where(Connection.shop_id == shop.id, Connection.remote == "snelstart")
        ).one()
        for _number in range(3):
            order = factories.order(shop, OrderState.POSTED, title='=HYPERLINK("x")')
            factories.posting(order, administration)
        factories.order(shop, content={})
        foreign = factories.order(db.session.query(Shop).filter_by(public_id=world.other_shop_id).one())
        foreign_number = foreign.amazon_order_id
    archive = export(world.visitor(ALICE), world)
    assert archive.testzip() is None
    assert [entry.filename for entry in archive.infolist()] == [
        "README.txt", "settings.json", "orders.csv", "order_lines.csv", "postings.csv", "vat_table.csv",
        "sku_rates.csv", "reports.csv", "activity.csv", "invoices.csv", "users.csv",
    ]  # fmt: skip
    readme = archive.read("README.txt").decode()
    assert all(entry in readme for entry in archive.namelist() if entry != "README.txt")
    orders = rows(archive, "orders.csv")
    assert len(orders) == 4 and {order["total"] for order in orders} == {"121,00"}
    lines = rows(archive, "order_lines.csv")
    assert [line["title"] for line in lines] == ['\'=HYPERLINK("x")'] * 3, "no formula"
    assert {row["state"] for row in rows(archive, "postings.csv")} == {"posted"}
    assert {row["email"] for row in rows(archive, "users.csv")} == {ALICE, BOB, DORA}
    assert len(rows(archive, "vat_table.csv")) > 1
    assert json.loads(archive.read("settings.json"))["name"] == NAME
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert foreign_number.encode() not in everything
    assert b"sealed" not in everything
    assert actions(world)[-1] == "data_exported"


def test_the_readme_speaks_the_reader_s_language(world: World) -> None:
    archive = export(world.visitor(ALICE), world)
    assert "instellingen" in archive.read("README.txt").decode()


def test_the_file_is_not_there_without_the_password_or_later(world: World, clock: FrozenClock) -> None:
    alice = world.visitor(ALICE)
    alice.get(f"{world.place}/profile/data.zip", 303)
    export(alice, world)
    clock.advance(minutes=6)
    alice.get(f"{world.place}/profile/data.zip", 303)
    assert alice.response.location == f"{world.place}/profile/data"


def test_many_orders_take_no_more_memory_than_few(world: World, clock: FrozenClock) -> None:
    """Pages of a fixed size, each forgotten before the next, and no transaction in between."""
    with world.rows() as shop:
        shop_id = shop.id
        factories.order(shop)
        _add_many(shop, 2300, clock)
    with world.app.test_request_context(), counted_statements() as statements:
        largest, number = 0, 0
        shop = db.session.get_one(Shop, shop_id)
        db.session.commit()
        for piece in data_export.export_shop(shop):
            largest, number = max(largest, len(piece)), number + 1
            assert not db.session().in_transaction()
            assert len(db.session().identity_map) <= 1
    assert number > 5
    assert largest < 128 * 1024
    assert all(
        "LIMIT" in statement for statement in statements if "FROM orders" in statement and "ORDER BY" in statement
    )


def _add_many(shop: Shop, number: int, clock: FrozenClock) -> None:
    now = clock.now()
    item = {"sku": "S", "asin": None, "title": "Een heel lange titel " * 4, "quantity": 1, "total": "1.00"}
    values = [
        {
            "shop_id": shop.id, "public_id": str(uuid.uuid4()), "amazon_order_id": f"404-0000000-{position:07}",
            "marketplace_id": shop.marketplace_id, "purchased_at": now, "booked_on": now.date(),
            "last_updated_at": now, "amazon_status": "SHIPPED", "fulfilled_by": "MERCHANT", "state": "skipped",
            "issues": [], "attempts": 0, "content": {"items": [item]}, "purge_on": now.date(), "first_seen_at": now,
        }
        for position in range(number)
    ]  # fmt: skip
    db.session.execute(table_of(Order).insert(), values)


# deletion of a shop


@pytest.fixture
def full(world: World, clock: FrozenClock) -> World:
    """A shop with an order of a known buyer, its booking, keys, an invitation and a second owner's address."""
    with world.rows() as shop:
        administration = db.session.scalars(
            select(Connection.account_id).where(Connection.shop_id == shop.id, Connection.remote == "snelstart")
        ).one()
        order = factories.order(shop, OrderState.POSTED, sealed_email="v1.x.y", sealed_address="v1.x.z")
        factories.posting(order, administration)
        shop.extra_email = "boeken@shop.test"
        account_links.create(LinkPurpose.INVITE, "gast@shop.test", shop_id=shop.id)
        db.session.execute(update(Connection).where(Connection.shop_id == shop.id).values(sealed_secret="v1.x.s"))
    return world


def delete(world: World, email: str = ALICE) -> Visitor:
    visitor = world.visitor(email)
    visitor.post(f"{world.place}/profile/delete", 303, password=PASSWORD, shop_name=NAME)
    return visitor


def test_a_deleted_shop_is_gone_for_everybody(full: World) -> None:
    alice = delete(full)
    for visitor in (alice, full.visitor(BOB), full.visitor(DORA)):
        for page in ("/", "/profile", "/report", "/profile/data", "/profile/delete"):
            visitor.get(full.place + page, 404)
        assert visitor.get("/shops").find("a", href="/account/delete")
    alice.post(f"{full.place}/profile/delete", 404, password=PASSWORD, shop_name=NAME)
    assert actions(full).count("shop_deleted") == 1
    full.visitor(CHARLIE).get(f"/shops/{full.other_shop_id}/")


def test_keys_and_people_go_at_once_and_the_buyers_with_the_purge(full: World, clock: FrozenClock) -> None:
    token = full.app.test_client()
    delete(full)
    shop = shop_of(full)
    with full.app.app_context():
        for table in (Connection, Membership):
            rows_left = db.session.scalar(select(func.count()).where(table.shop_id == shop.id))
            assert rows_left == 0, table.__tablename__
        assert (shop.extra_email, shop.is_posting_automatic) == ("", False)
        assert shop.active_until is not None and shop.active_until <= clock.now().date()
        removed = purge()
        assert (removed["purge_buyers"], removed["purge_contents"]) == (1, 1)
        order, posting = db.session.scalars(select(Order)).one(), db.session.scalars(select(Posting)).one()
        assert (order.sealed_email, order.content, posting.payload) == (None, {}, {})
        assert (posting.state, posting.external_number) == ("posted", posting.external_number)
        assert posting.amazon_order_id and posting.external_number, "never twice, also after this"
        assert token.get("/healthz").status_code == 200


def test_nothing_is_ever_done_for_a_deleted_shop(full: World, clock: FrozenClock) -> None:
    delete(full)
    shop = shop_of(full)
    with full.app.app_context():
        clock.advance(days=2)
        assert shop.id not in scheduling.due_shops(clock.now())
        assert shop.id not in scheduling.due_nights(clock.now())
        assert shop.id not in shop_health.due_checks(clock.now())
        result = runs.run_shop(shop.id)
        assert (result.fetched, result.posted) == (0, 0)


def test_a_run_at_work_writes_nothing_more(full: World) -> None:
    shop = shop_of(full)
    with full.app.app_context():
        before = db.session.scalars(select(Schedule.lease_token).where(Schedule.shop_id == shop.id)).one()
    delete(full)
    with full.app.app_context():
        schedule = db.session.get_one(Schedule, shop.id)
        assert (schedule.lease_token, schedule.lease_until) == (before + 1, None)


def test_who_owned_it_is_told(full: World) -> None:
    delete(full)
    told = {mail.recipient: mail for mail in mailbox.mails(full.app) if mail.kind == "shop_deleted"}
    assert told.keys() == {ALICE, "boeken@shop.test"}
    assert "Seller Central" in " ".join(mailbox.text_of(full.app, told[ALICE]).split())


def test_an_open_invitation_leads_nowhere(full: World, clock: FrozenClock) -> None:
    shop = shop_of(full)
    with full.app.app_context(), transaction():
        token = account_links.create(LinkPurpose.INVITE, "nog@shop.test", shop_id=shop.id, role="member")
    delete(full)
    assert full.visitor().client.get(f"/uitnodiging/{token}").status_code in (404, 410)


def test_the_page_says_what_stays_and_warns_of_what_is_uncertain(full: World) -> None:
    with full.rows() as shop:
        factories.order(shop, OrderState.UNKNOWN)
    page = full.visitor(ALICE).get(f"{full.place}/profile/delete")
    assert page.find(id="unknown")
    for word in ("7 jaar", "10 jaar", "dubbel", "Seller Central"):
        assert word in page.text


# deletion of an account


def test_who_owns_nothing_deletes_the_account(world: World) -> None:
    bob = world.visitor(BOB)
    bob.get("/account/delete")
    bob.post("/account/delete", 422, password="wrong")
    bob.post("/account/delete", 303, password=PASSWORD)
    assert bob.response.location == "/login"
    bob.get("/shops", 302)
    world.visitor().post("/login", 422, email=BOB, password=PASSWORD)
    shop = shop_of(world)
    with world.app.app_context():
        assert db.session.scalar(select(User.id).where(User.email == BOB)) is None
        assert db.session.scalar(select(func.count()).where(Membership.shop_id == shop.id)) == 2
    assert [mail.kind for mail in mailbox.mails(world.app, BOB)] == ["account_deleted"]
    assert "account_deleted" in actions(world)


def test_an_owner_deletes_the_shop_first(world: World) -> None:
    alice = world.visitor(ALICE)
    assert alice.get("/account/delete").find(id="owner")
    assert alice.post("/account/delete", 422, password=PASSWORD).find(id="owner")
    alice.get(world.place + "/profile")
    delete(world)
    alice.post("/account/delete", 303, password=PASSWORD)
    assert "account_deleted" in actions(world)


def test_the_account_page_is_for_who_is_logged_in(world: World) -> None:
    world.visitor().get("/account/delete", 302)
    world.visitor().get("/account/delete", 401, htmx=True)
    world.visitor().post("/account/delete", 302, password=PASSWORD)
    world.visitor(BOB).post("/account/delete", 400, csrf_token="", password=PASSWORD)
    world.visitor(BOB).get("/account/delete", htmx=True)


# what a reader sees of what was removed


def test_the_owner_reads_in_one_line_what_was_removed(world: World, clock: FrozenClock) -> None:
    with world.rows() as shop:
        factories.order(shop, OrderState.POSTED, sealed_email="v1.x.y", purge_on=clock.now().date())
    with world.app.app_context():
        purge()
    line = world.visitor(ALICE).get(f"{world.place}/profile/data").find(id="removed").text
    assert "gegevens van 1 koper," in line


def test_a_purged_order_is_shown_in_every_place_without_breaking(world: World, clock: FrozenClock) -> None:
    with world.rows() as shop:
        administration = db.session.scalars(
            select(Connection.account_id).where(Connection.shop_id == shop.id, Connection.remote == "snelstart")
        ).one()
        at: dict[str, Any] = {"purchased_at": clock.now(), "content": {}, "content_purged_at": clock.now()}
        posted = factories.order(shop, OrderState.POSTED, **at)
        posting = factories.posting(posted, administration)
        posting.payload, posting.customer_id = {}, None
        skipped = factories.order(shop, OrderState.SKIPPED, skipped_at=clock.now(), **at)
        number, places = posting.external_number, [posted.public_id, skipped.public_id]
    alice = world.visitor(ALICE)
    for place in places:
        page = alice.get(f"{world.place}/orders/{place}")
        assert "bewaartermijn" in page.find(id="purged").text
        for part in ("row", "calculation", "customer"):
            alice.get(f"{world.place}/orders/{place}/{part}", htmx=True)
        for dialog in ("report-problem", "repost", "skip"):
            assert alice.client.get(f"{world.place}/orders/{place}/{dialog}").status_code < 500
    assert str(number) in alice.get(f"{world.place}/orders/{places[0]}").find(id="booking").text
    assert "Opnieuw boeken" not in alice.get(f"{world.place}/orders/{places[0]}").text
    for page in (
        "/report?state=all",
        "/report.csv?state=all",
        "/report.xlsx?state=all",
        "/reconciliation",
        "/activity",
    ):
        alice.get(world.place + page)
