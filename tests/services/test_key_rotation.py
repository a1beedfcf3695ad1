"""Keys are changed without losing anything: all that is sealed is sealed anew, and then the old key may go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests.support.scenario import Scenario
from webshop.extensions import clock, db, transaction
from webshop.models import LinkPurpose, Order, Remote, User
from webshop.services import account_links, key_rotation, letters, notifications, pending, two_factor
from webshop.services.health import check_installation
from webshop.services.key_rotation import SEALED, left_to_do, rotate
from webshop.vault import Vault

pytestmark = pytest.mark.database

NEW_KEY = b"another key, of thirty-two bytes"
SESSION = pending.Session(1, "a session")


@pytest.fixture
def full(app: Flask, scenario: Scenario) -> Scenario:
    """Something in every sealed column."""
    scenario.add_orders(3)
    scenario.run()
    with app.app_context():
        user = db.session.scalars(select(User)).one()
        db.session.commit()
        two_factor.begin(user)
        pending.remember(
            scenario.shop_id, SESSION, Remote.SNELSTART, "t", lifetime=timedelta(minutes=9), secret="a waiting key"
        )
        with transaction() as session:
            token = account_links.create(LinkPurpose.RESET, user.email)
            notifications.write_mail("reset", "c", notifications.recipient(user), lambda: letters.reset(token))
            number = session.scalars(select(Order.amazon_order_id).order_by(Order.id)).first()
            place = f"shop:{scenario.shop_id}:order:{number}:vat"
            sealed = app.extensions["vault"].seal("DE136695976", bound_to=place)
            session.execute(update(Order).where(Order.amazon_order_id == number).values(sealed_vat_number=sealed))
    return scenario


def use_keys(app: Flask, *keys: bytes) -> None:
    app.extensions["vault"] = Vault(keys)


def old_keys(app: Flask) -> tuple[bytes, ...]:
    keys: tuple[bytes, ...] = app.extensions["settings"].encryption_keys
    return keys


def doctor(app: Flask) -> str:
    with app.app_context():
        (check,) = [check for check in check_installation() if check.name == "older keys"]
    assert check.is_ok
    return check.text


def test_every_sealed_column_can_be_sealed_anew() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in db.metadata.tables.values()
        for column in table.columns
        if column.name.startswith("sealed_")
    }
    assert sorted(columns ^ {sealed.name for sealed in SEALED}) == []


def test_after_a_rotation_the_old_key_is_needed_for_nothing(app: Flask, full: Scenario) -> None:
    use_keys(app, NEW_KEY, *old_keys(app))
    with app.app_context():
        before = left_to_do()
        assert before.keys() == {sealed.name for sealed in SEALED}, "something stands in every column"
        assert {name: outcome.resealed for name, outcome in rotate().items()} == before
        assert left_to_do() == {}
        assert sum(outcome.resealed for outcome in rotate().values()) == 0
    use_keys(app, NEW_KEY)
    with app.app_context():
        user = db.session.scalars(select(User)).one()
        assert two_factor.pending_secret(user)
        waiting = pending.look(SESSION, "t")
        assert waiting is not None and pending.secret_of(waiting) == "a waiting key"
    number = full.add_order(email="koper@example.nl")
    app.extensions["clock"].advance(hours=1)
    full.run()
    assert full.order(number).state == "posted"
    full.check_books()


def test_pieces_follow_one_another_and_one_that_does_not_open_stops_nothing(
    app: Flask, full: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotation, "BATCH", 1)
    with app.app_context(), transaction() as session:
        first = session.scalars(select(func.min(Order.id))).one()
        session.execute(update(Order).where(Order.id == first).values(sealed_email="v1.0badkey0.AAAA"))
    use_keys(app, NEW_KEY, *old_keys(app))
    result = app.test_cli_runner().invoke(args=["keys", "rotate"])
    assert result.exit_code == 1
    assert "orders.sealed_email: 2 sealed anew cannot be opened: 1" in result.output
    assert f"orders.sealed_email of {first}: no listed key opens it" in result.output
    with app.app_context():
        assert left_to_do() == {"orders.sealed_email": 1}


def test_the_operator_is_told_when_the_old_key_may_go(app: Flask, full: Scenario) -> None:
    use_keys(app, NEW_KEY, *old_keys(app))
    assert "still needed for orders.sealed_email 3" in doctor(app)
    assert "can be taken out" in app.test_cli_runner().invoke(args=["keys", "rotate"]).output
    assert doctor(app) == "only the newest key is needed"


def test_what_is_written_meanwhile_is_not_overwritten(
    app: Flask, full: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process sealed a new secret between our reading and our writing."""
    use_keys(app, NEW_KEY, *old_keys(app))
    with app.app_context():
        user = db.session.scalars(select(User)).one()
        place = two_factor.place_of(user.id)
        newer = app.extensions["vault"].seal("NEWERSECRET", bound_to=place)
        (sealed,) = (one for one in SEALED if one.name == "users.sealed_totp_secret")
        batches = key_rotation._batches

        def meanwhile(one: key_rotation.Sealed) -> object:
            for rows in batches(one):
                with transaction() as session:
                    session.execute(update(User).values(sealed_totp_secret=newer))
                yield rows

        monkeypatch.setattr(key_rotation, "_batches", meanwhile)
        assert key_rotation._rotate(sealed).resealed == 0
        assert db.session.scalars(select(User.sealed_totp_secret)).one() == newer
        assert clock.now()
