"""What the application is put together with."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from webshop.extensions import transaction
from webshop.models import User

pytestmark = pytest.mark.database


def test_an_error_of_the_database_tells_no_address_and_no_hash(app: Flask) -> None:
    with app.app_context(), pytest.raises(DBAPIError) as error, transaction() as session:
        session.execute(insert(User).values(email="eva@office.test", name="Eva", password_hash="argon2", is_staff=None))
    assert "INSERT INTO users" in str(error.value)
    # PostgreSQL's own detail is not ours to hide; what we sent is.
    assert "[parameters" not in str(error.value)
