"""Fifty thousand orders: every page sends the same few statements, and each of them finds its rows by an index."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from tests import factories
from tests.blueprints.conftest import ALICE, Visitor
from tests.support.clock import FrozenClock
from tests.support.settings import make_settings
from webshop import create_app
from webshop.domain.booking import Issue
from webshop.extensions import db, transaction
from webshop.models import AuditEvent, Order, OrderState, Posting, PostingState, Remote, Shop
from webshop.models.base import table_of
from webshop.services import audit, totals
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
SORTED_BY_HAND = "USE TEMP B-TREE FOR ORDER BY"


@pytest.fixture(scope="session")
def full_database(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A database with one shop of many orders, made once; its path and the ids of shop and order."""
    folder = tmp_path_factory.mktemp("full")
    path = folder / "full.sqlite"
    shutil.copy(sqlite_template, path)
    app = create_app(make_settings(folder, database_url=f"sqlite:///{path}"), clock=FrozenClock())
    with app.app_context():
        with transaction() as session:
            shop = factories.connected_shop(factories.user(ALICE))
            session.flush()
            sample = factories.order(
                shop, OrderState.ERROR, issue=Issue(CODES[0], {"country": "DE", "percentage": "19"})
            )
            factories.run(shop)
            fill(shop, sample)
            totals.rebuild(shop.id)
            found = path, shop.public_id, sample.public_id
        db.session.remove()
        db.engine.dispose()
    return found


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
def plans(full_database: tuple[Path, str, str], tmp_path: Path) -> Iterator[tuple[Visitor, list[str], str, str]]:
    """A visitor of the full shop, and the plans of the statements that its pages send."""
    path, shop_id, order_id = full_database
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


@pytest.mark.parametrize("page", ["/report", "/open", "/errors?group=VAT_MAPPING_MISSING", "/activity?about=all"])
def test_a_page_of_a_list_is_read_in_its_order_and_not_sorted(
    plans: tuple[Visitor, list[str], str, str], page: str
) -> None:
    visitor, found, place, _order_id = plans
    visitor.get(place + page)
    assert not [plan for plan in found if SORTED_BY_HAND in plan and "postings" in plan], found
