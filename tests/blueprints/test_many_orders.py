"""Fifty thousand orders: every page sends the same few statements, and each of them finds its rows by an index."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from werkzeug.routing import Rule

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, Visitor
from tests.blueprints.rights import QUERIES, RIGHTS, Kind, value_in
from tests.support.clock import FrozenClock
from tests.support.settings import make_settings
from tests.support.statements import counted_statements
from webshop import create_app
from webshop.domain.booking import Issue
from webshop.extensions import db, transaction
from webshop.models import AuditEvent, Order, OrderState, Posting, PostingState, Remote, Shop, User, VatMapping
from webshop.models.base import table_of
from webshop.services import audit, invoices, totals
from webshop.services.connections import find_connection

ORDERS = 50_000
STATEMENTS = 6
CODES = ("VAT_MAPPING_MISSING", "SNELSTART_LEDGER_INACTIVE", "TOTAL_MISMATCH")
PAGES = (
    "/",
    "/report",
    "/report?order_number=404-0000007-0000007",
    "/report?order_number=20269999",
    "/report?state=all&from_on=2026-11-01&until_on=2026-11-02",
    "/report?attention=yes",
    "/report?country=LV",
    "/errors",
    "/errors?group=VAT_MAPPING_MISSING",
    "/open",
    "/reconciliation",
    "/runs",
    "/activity",
    "/activity?about=orders",
    "/orders/{order}",
)
FullDatabase = tuple[Path, str, str, list["Place"]]
SORTED_BY_HAND = "USE TEMP B-TREE FOR ORDER BY"


@dataclass(frozen=True)
class Place:
    """A shop with so many orders, and what in it an address can name."""

    orders: int
    ids: dict[str, str]


@pytest.fixture(scope="session")
def full_database(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> FullDatabase:
    """A database made once: a shop of many orders, one of fifty and one of one; bob has them all, alice the first."""
    folder = tmp_path_factory.mktemp("full")
    path = folder / "full.sqlite"
    shutil.copy(sqlite_template, path)
    app = create_app(make_settings(folder, database_url=f"sqlite:///{path}"), clock=FrozenClock())
    with app.app_context():
        with transaction() as session:
            shop, bob = factories.connected_shop(factories.user(ALICE)), factories.user(BOB)
            factories.membership(bob, shop)
            session.flush()
            sample = factories.order(
                shop, OrderState.ERROR, issue=Issue(CODES[0], {"country": "DE", "percentage": "19"})
            )
            factories.run(shop)
            fill(shop, sample)
            totals.rebuild(shop.id)
            places = [_place(shop, sample, bob, ORDERS)]
            places += [_make_place(bob, orders) for orders in (1, 50)]
            found = path, shop.public_id, sample.public_id, places
        db.session.remove()
        db.engine.dispose()
    return found


def _make_place(owner: User, orders: int) -> Place:
    shop = factories.connected_shop(owner)
    factories.run(shop)
    issue = Issue(CODES[0], {"country": "DE", "percentage": "19"})
    sample = factories.order(shop, OrderState.ERROR, issue=issue)
    connection = find_connection(shop.id, Remote.SNELSTART)
    assert connection is not None
    factories.posting(sample, connection.account_id, PostingState.REJECTED)
    for _ in range(orders - 1):
        factories.posting(factories.order(shop, OrderState.POSTED), connection.account_id)
    return _place(shop, sample, owner, orders)


def _place(shop: Shop, sample: Order, owner: User, orders: int) -> Place:
    row_id = db.session.query(VatMapping.id).filter_by(shop_id=shop.id, country="DE").limit(1).scalar()
    checkout = factories.paid_checkout(shop)
    migration = factories.sale_migration(shop, owner)
    ids = {
        "shop_id": shop.public_id,
        "order_id": sample.public_id,
        "person_id": owner.public_id,
        "checkout_id": checkout.public_id,
        "invoice_id": invoices.issue(checkout).public_id,
        "migration_id": migration.public_id,
    }
    return Place(orders, ids | {"row_id": str(row_id)})


def fill(shop: Shop, sample: Order) -> None:
    """Copy one order many times inside the database: most booked, one in fifty in error, one in a hundred open."""
    connection = find_connection(shop.id, Remote.SNELSTART)
    assert connection is not None
    posting = factories.posting(sample, connection.account_id, PostingState.REJECTED)
    at = "strftime('%Y-%m-%d %H:%M:%f000', purchased_at, '-' || (5 * n) || ' minutes')"
    code = f"CASE WHEN n % 50 = 0 THEN json_array('{CODES[0]}', '{CODES[1]}', '{CODES[2]}') ->> (n % 3)"
    number = "printf('404-%07d-%07d', n, n)"
    copies = {
        "id": "n",
        "public_id": "printf('00000000-0000-4000-8000-%012d', n)",
        "amazon_order_id": number,
        "purchased_at": at,
        "booked_on": f"date({at})",
        "first_seen_at": at,
        "last_updated_at": at,
        "state": "CASE WHEN n % 50 = 0 THEN 'error' WHEN n % 100 = 1 THEN 'open' ELSE 'posted' END",
        "issues": f"json_array(json_object('code', {code} ELSE 'EMAIL_MISSING' END, 'facts', json_object()))",
    }
    _copy(Order, sample.id, copies)
    booked = {
        "id": "n",
        "amazon_order_id": number,
        "order_id": "n",
        "state": "'posted'",
        "external_number": number,
        "posted_at": "sent_at",
    }
    _copy(Posting, posting.id, booked, "n % 50 != 0 AND n % 100 != 1")
    audit.record("posted", shop_id=shop.id, order_id=sample.id)
    event_id = db.session.query(AuditEvent.id).filter_by(order_id=sample.id).one()[0]
    _copy(AuditEvent, event_id, {"id": "n", "order_id": "n"}, "n % 50 != 0 AND n % 100 != 1")


def _copy(model: type[Any], sample_id: int, changed: dict[str, str], condition: str = "TRUE") -> None:
    names = [column.name for column in table_of(model).columns if not column.computed]
    values = ", ".join(changed.get(name, name) for name in names)
    db.session.execute(
        text(
            f"INSERT INTO {model.__tablename__} ({', '.join(names)})"  # noqa: S608 - names of our own columns
            f" WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)"
            f" SELECT {values} FROM {model.__tablename__}, numbers WHERE id = :sample AND {condition}"
        ),
        {"first": 1000, "last": 999 + ORDERS, "sample": sample_id},
    )


@pytest.fixture
def plans(full_database: FullDatabase, tmp_path: Path) -> Iterator[tuple[Visitor, list[str], str, str]]:
    """A visitor of the full shop, and the plans of the statements that its pages send."""
    path, shop_id, order_id, _places = full_database
    app: Flask = create_app(make_settings(tmp_path, database_url=f"sqlite:///{path}"), clock=FrozenClock())
    app.testing = True
    found: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            found.append("\n".join(row[3] for row in rows))

    visitor = Visitor(app.test_client())
    visitor.log_in(ALICE)
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", explain)
    yield visitor, found, f"/shops/{shop_id}", order_id
    with app.app_context():
        event.remove(db.engine, "before_cursor_execute", explain)
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_costs_the_same_with_fifty_thousand_orders(
    plans: tuple[Visitor, list[str], str, str], page: str
) -> None:
    visitor, found, place, order_id = plans
    visitor.get(place + page.format(order=order_id))
    assert 2 <= len(found) <= STATEMENTS, found
    for plan in found:
        scanned = [line for line in plan.splitlines() if line.startswith("SCAN") and _is_big(line)]
        assert not scanned, plan


def _is_big(line: str) -> bool:
    return any(table in line.split()[1:3] for table in ("orders", "postings", "audit_events"))


def _shop_routes(app: Flask) -> Iterator[Rule]:
    """Give every page and part of a shop; a file is read from its list in blocks, test_lists.py has those."""
    for rule in app.url_map.iter_rules():
        is_of_a_shop = "shop_id" in rule.arguments and "GET" in (rule.methods or ())
        if is_of_a_shop and "extension" not in rule.arguments and RIGHTS[rule.endpoint] is not Kind.STAFF:
            yield rule


def test_every_route_of_a_shop_sends_the_same_few_statements_however_many_orders_it_has(
    full_database: FullDatabase, tmp_path: Path
) -> None:
    path, _shop_id, _order_id, places = full_database
    app = create_app(make_settings(tmp_path, database_url=f"sqlite:///{path}"), clock=FrozenClock())
    app.testing = True
    bob = Visitor(app.test_client())
    bob.log_in(BOB)
    wrong = {}
    for rule in _shop_routes(app):
        for htmx in (False, True):
            counts = {place.orders: _statements(bob, rule, place.ids, htmx=htmx) for place in places}
            if len(set(counts.values())) > 1 or max(counts.values()) > STATEMENTS:
                wrong[rule.endpoint, htmx] = counts
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    assert not wrong


def _statements(visitor: Visitor, rule: Rule, ids: dict[str, str], *, htmx: bool) -> int:
    values: dict[str, Any] = {name: value_in(rule, name, ids) for name in rule.arguments}
    address = visitor.client.application.url_map.bind("localhost").build(rule.endpoint, values, "GET")
    headers = {"HX-Request": "true"} if htmx else {}
    with counted_statements() as statements:
        answer = visitor.client.get(address, query_string=QUERIES.get(rule.endpoint, ""), headers=headers)
    assert answer.status_code in (200, 303), (address, answer.status)
    return len(statements)


@pytest.mark.parametrize("page", ["/report", "/open", "/errors?group=VAT_MAPPING_MISSING", "/activity?about=all"])
def test_a_page_of_a_list_is_read_in_its_order_and_not_sorted(
    plans: tuple[Visitor, list[str], str, str], page: str
) -> None:
    visitor, found, place, _order_id = plans
    visitor.get(place + page)
    assert not [plan for plan in found if SORTED_BY_HAND in plan and "postings" in plan], found
