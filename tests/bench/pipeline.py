"""What one hour of a shop costs: requests, CPU and SQL statements per order.

The sandbox runs in a process of its own, so that the CPU time is the product's alone.
"""

from __future__ import annotations

import multiprocessing
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from sqlalchemy import event

from tests.support import databases
from tests.support.scenario import connect_administration, order_document
from tests.support.settings import make_settings
from webshop import create_app
from webshop.extensions import db, transaction
from webshop.models import PostingKind, Shop
from webshop.sandbox import create_sandbox
from webshop.services import connections, onboarding
from webshop.services.runs import run_shop

ORDERS, PRODUCTS = 100, 20
TARGETS = {
    PostingKind.SALES_ENTRY: ("2.05", "1.05"),
    PostingKind.SALES_ORDER: ("2.27", "1.07"),
}
"""Requests per posted order: of new customers and products, of known ones."""


class _Server(BaseApplication):
    """gunicorn around the sandbox: it keeps connections open, as the vendors do."""

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__()

    def load_config(self) -> None:
        options = {"bind": f"127.0.0.1:{self.port}", "worker_class": "gthread", "threads": 4, "keepalive": 30}
        for name, value in {**options, "control_socket_disable": True, "loglevel": "warning"}.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return create_sandbox().wsgi


def _serve(port: int) -> None:
    _Server(port).run()


@contextmanager
def served_sandbox() -> Iterator[str]:
    """Yield the address of a sandbox in another process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(port,))
    process.start()
    try:
        _wait_for(f"http://127.0.0.1:{port}/control/log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join(timeout=10)


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            requests.get(url, timeout=1)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(url)


@dataclass
class Bench:
    app: Flask
    url: str
    shop_id: int
    seller_id: str

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/control/{path}", json=body, timeout=60)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def requests_so_far(self) -> int:
        count: int = requests.get(f"{self.url}/control/log", timeout=60).json()["count"]
        return count

    def self_inflicted_429(self) -> int:
        count: int = requests.get(f"{self.url}/control/log", timeout=60).json()["self_inflicted_429"]
        return count

    def add_orders(self, count: int) -> None:
        """Place orders of `count` buyers and 20 products; the same ones every time."""
        at = datetime.now(UTC) - timedelta(hours=1)
        for number in range(count):
            document = order_document(at, email=f"koper{number}@example.nl", sku=f"PRODUCT-{number % PRODUCTS}")
            self.control("orders", seller_id=self.seller_id, document=document)


@contextmanager
def bench_shop(kind: PostingKind = PostingKind.SALES_ENTRY) -> Iterator[Bench]:
    """Yield a connected shop on a fresh SQLite database, with the sandbox elsewhere."""
    with served_sandbox() as url, tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        settings = replace(
            make_settings(path, database_url=f"sqlite:///{path / 'bench.sqlite'}"),
            amazon_token_url=f"{url}/amazon/auth/o2/token",
            amazon_api_url=f"{url}/amazon/api",
            snelstart_token_url=f"{url}/snelstart/auth/b2b/token",
            snelstart_api_url=f"{url}/snelstart/api/v2",
        )
        databases.migrate(settings.database_url, path)
        app = create_app(settings)
        with app.app_context():
            yield _connected(app, url, kind)
            db.session.remove()
            db.engine.dispose()


def _connected(app: Flask, url: str, kind: PostingKind) -> Bench:
    bench = Bench(app, url, 0, "")
    seller = bench.control("sellers", name="Bench")
    administration = bench.control(
        "administrations", name="Bench", article_code_kind="Alfanumeriek", article_code_length=25
    )
    with transaction():
        owner = onboarding.create_user("bench@example.nl")
        shop = onboarding.create_shop("Bench", "A1805IZSGTT6HS", owner)
        shop.start_on = datetime.now(UTC).date() - timedelta(days=30)
        shop.may_post_orders = kind is PostingKind.SALES_ORDER
        shop.posting_kind = kind.value
    connections.connect_amazon(shop.id, seller["seller_id"], seller["refresh_token"])
    connect_administration(shop.id, administration["key"])
    bench.shop_id, bench.seller_id = shop.id, seller["seller_id"]
    return bench


@dataclass(frozen=True)
class Measured:
    requests: int
    posted: int
    cpu_ms: float
    seconds: float

    def per_order(self) -> str:
        return f"{self.requests / self.posted:5.2f} requests, {self.cpu_ms / self.posted:5.2f} ms CPU per posted order"


def measure_run(bench: Bench) -> Measured:
    """Run the shop until nothing is due, with fresh access tokens as after an hour."""
    _forget_tokens(bench)
    before, started_at, cpu = bench.requests_so_far(), time.perf_counter(), time.process_time()
    posted, is_more_due = 0, True
    while is_more_due:
        result = run_shop(bench.shop_id, kind="manual")
        posted, is_more_due = posted + result.posted, result.is_more_due
    cpu_ms = (time.process_time() - cpu) * 1000
    return Measured(bench.requests_so_far() - before, posted, cpu_ms, time.perf_counter() - started_at)


def _forget_tokens(bench: Bench) -> None:
    with transaction() as session:
        session.connection().exec_driver_sql("UPDATE connections SET access_token_expires_at = NULL")


def statements_per_ingested_order(bench: Bench, count: int) -> float:
    """Fetch `count` new orders without posting and count the SQL statements of the whole run."""
    with transaction() as session:
        session.get_one(Shop, bench.shop_id).is_posting_automatic = False
    bench.add_orders(count)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    # The token and the lease are the run's, not the orders': count what storing pages takes.
    from webshop.services import fetching

    real = fetching._store_page

    def store(*args: Any, **facts: Any) -> int:
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            return real(*args, **facts)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    fetching._store_page = store
    try:
        fetched = run_shop(bench.shop_id, kind="manual").fetched
    finally:
        fetching._store_page = real
    assert fetched == count, f"fetched {fetched} of {count}"
    return len(statements) / count


def measure_idle_hour(bench: Bench) -> int:
    _forget_tokens(bench)
    before = bench.requests_so_far()
    run_shop(bench.shop_id, kind="manual")
    return bench.requests_so_far() - before


def bare_post_ms(bench: Bench) -> float:
    """Return the CPU time of one POST by requests and nothing else: the yardstick of a noisy machine."""
    with requests.Session() as session:
        cpu = time.process_time()
        for _ in range(ORDERS):
            session.post(f"{bench.url}/snelstart/auth/b2b/token", json={"not": "a form"}, timeout=30)
        return (time.process_time() - cpu) * 1000 / ORDERS


def measure_kind(kind: PostingKind) -> None:
    """Print what an order of this kind costs while its customer and product are new, and when they are known."""
    with bench_shop(kind) as bench:
        measure_run(bench)  # the first mirror of the relations is not the hour's
        idle = measure_idle_hour(bench)
        bench.add_orders(ORDERS)
        new = measure_run(bench)
        bench.add_orders(ORDERS)
        known = measure_run(bench)
        bare = bare_post_ms(bench)
        refused = bench.self_inflicted_429()
    for_new, for_known = TARGETS[kind]
    print(f"{kind.value}, {ORDERS} orders, {PRODUCTS} products")
    print(
        f"  new customers    {new.per_order()}   (targets {for_new}, 6 ms; {new.posted} orders in {new.seconds:.1f} s)"
    )
    print(
        f"  known customers  {known.per_order()}   (targets {for_known}, 3 ms; {known.posted} in {known.seconds:.1f} s)"
    )
    print(f"  yardstick        a bare POST by requests takes {bare:.2f} ms CPU on this machine at this moment")
    print(f"  idle hour        {idle} requests   (target 2)")
    print(f"  429s we caused   {refused}   (target 0)")


def main() -> None:
    for kind in PostingKind:
        with bench_shop(kind) as bench:
            # A worker runs many shops: what the first one pays for importing and compiling is not an order's.
            bench.add_orders(ORDERS)
            measure_run(bench)
    for kind in PostingKind:
        measure_kind(kind)
    with bench_shop() as bench:
        statements = statements_per_ingested_order(bench, 200)
    print(f"SQL statements   {statements:.3f} per ingested order   (target 0.05)")


if __name__ == "__main__":
    main()
