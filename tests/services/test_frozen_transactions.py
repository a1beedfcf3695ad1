"""A process that stops inside a transaction, frozen or cut off, and the locks it leaves behind."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.support.scenario import Scenario
from webshop import extensions
from webshop.extensions import db, transaction
from webshop.models import Schedule
from webshop.services import leases


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_process_that_is_frozen_in_a_transaction_does_not_keep_its_shop_locked(
    app: Flask, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        db.engine.dispose()
        monkeypatch.setattr(extensions, "IDLE_IN_TRANSACTION_MS", 100)
        frozen = db.engine.connect()
        frozen.execute(select(Schedule.shop_id).where(Schedule.shop_id == scenario.shop_id).with_for_update())
        with transaction() as session:
            session.execute(text("SET lock_timeout = '10s'"))
        assert leases.acquire(scenario.shop_id) is not None
        with pytest.raises(DBAPIError):
            frozen.execute(text("SELECT 1"))
        frozen.invalidate()
        frozen.close()
