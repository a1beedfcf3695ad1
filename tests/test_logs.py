"""Nothing that stood in a column reaches the log, whatever a database says about it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError

from webshop.extensions import db
from webshop.logs import without_values

pytestmark = pytest.mark.database
CANARY = "canary@example.nl"


@pytest.fixture
def log(app: Flask) -> Iterator[io.StringIO]:
    """What the application's own handler writes."""
    (handler,) = [one for one in logging.getLogger().handlers if getattr(one, "is_webshop", False)]
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


def logged(log: io.StringIO) -> dict[str, str]:
    line: dict[str, str] = json.loads(log.getvalue().strip().splitlines()[-1])
    return line


def test_a_double_key_is_told_without_its_value(app: Flask, log: io.StringIO) -> None:
    with app.app_context():
        statement = text("INSERT INTO budgets (key, state) VALUES (:key, '{}')")
        db.session.execute(statement, {"key": CANARY})
        with pytest.raises(IntegrityError) as caught:
            db.session.execute(statement, {"key": CANARY})
        if db.engine.dialect.name == "postgresql":
            assert CANARY in str(caught.value), "the error itself must hold it, or this test shows nothing"
        try:
            raise RuntimeError("the run failed") from caught.value
        except RuntimeError:
            logging.getLogger("webshop.test").exception("crashed")
        db.session.rollback()
    line = logged(log)
    assert CANARY not in json.dumps(line)
    assert "IntegrityError" in line["exception"]
    assert "RuntimeError: the run failed" in line["exception"]
    assert "budgets" in line["exception"]


def test_an_empty_column_is_told_without_the_rest_of_its_row(app: Flask, log: io.StringIO) -> None:
    with app.app_context():
        with pytest.raises(IntegrityError) as caught:
            db.session.execute(text("INSERT INTO budgets (key, state) VALUES (:key, NULL)"), {"key": f"{CANARY}\n2"})
        logging.getLogger("webshop.test").error("crashed: %s", caught.value)
        db.session.rollback()
    assert CANARY not in json.dumps(logged(log))


def test_a_value_of_the_wrong_kind_is_not_repeated(app: Flask, log: io.StringIO) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            return
        with pytest.raises(DataError) as caught:
            db.session.execute(text("SELECT CAST(:value AS integer)"), {"value": CANARY})
        assert CANARY in str(caught.value)
        logging.getLogger("webshop.test").error("crashed", exc_info=caught.value)
        db.session.rollback()
    assert CANARY not in json.dumps(logged(log))


def test_other_texts_stay_as_they_are() -> None:
    told = 'duplicate key value violates unique constraint "uq_users_email"\nDETAIL:  Key (email)=(x@y.nl) exists.'
    kept = 'duplicate key value violates unique constraint "uq_users_email"\nDETAIL: […]'
    assert without_values(told) == kept
    assert without_values("run_finished in detail") == "run_finished in detail"
