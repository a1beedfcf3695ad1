"""A migration of 2,500 past sales, a hundred of which somebody booked before: no double, and how long it takes."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.services.test_sale_migrations import Migrating, check_many
from tests.support import databases
from tests.support.clock import FrozenClock
from tests.support.scenario import connect_shop
from tests.support.settings import make_settings
from webshop import create_app
from webshop.extensions import db
from webshop.sandbox import SandboxAdapter, create_sandbox

ORDERS = 2500


def main() -> None:
    clock = FrozenClock()
    sandbox = create_sandbox(clock=clock)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/migration.sqlite"
        databases.migrate(url, Path(folder))
        app = create_app(
            make_settings(Path(folder), database_url=url), clock=clock, transport=SandboxAdapter(sandbox.wsgi)
        )
        scenario = connect_shop(app, sandbox)
        scenario.run()
        began_at, cpu = clock.now(), time.process_time()
        sandbox.world.log.clear()
        check_many(Migrating(scenario, clock), ORDERS)
        cpu = (time.process_time() - cpu) * 1000 / ORDERS
        took = clock.now() - began_at
        with app.app_context():
            db.engine.dispose()
    sandbox.close()
    print(f"migration        {ORDERS} orders counted and booked in {took}, {cpu:.1f} ms CPU each, look-alikes included")


if __name__ == "__main__":
    main()
