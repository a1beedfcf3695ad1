"""The fixtures themselves: what they promise the other tests."""

from __future__ import annotations

import socket

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from tests.support.clock import FrozenClock
from tests.support.network import NetworkRefusedError
from webshop import extensions
from webshop.extensions import db
from webshop.models import Heartbeat
from webshop.services import scheduling


def test_another_machine_cannot_be_reached() -> None:
    with pytest.raises(NetworkRefusedError):
        requests.get("http://192.0.2.1/", timeout=1)
    with pytest.raises(NetworkRefusedError):
        requests.get("http://example.com/", timeout=1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, pytest.raises(NetworkRefusedError):
        udp.connect(("192.0.2.1", 53))


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


@pytest.mark.database
@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_starts_with_a_database_without_rows(app: Flask, turn: int) -> None:
    with app.app_context():
        assert db.session.query(Heartbeat).count() == 0
        scheduling.record_heartbeat("test")
        assert db.session.query(Heartbeat).count() == 1


@pytest.mark.database
def test_a_marked_test_runs_on_the_database_it_names(app: Flask, database_kind: str) -> None:
    with app.app_context():
        assert db.engine.dialect.name == database_kind
        assert db.session.scalar(text("SELECT 1")) == 1


def test_the_product_sees_the_time_of_the_test(app: Flask, clock: FrozenClock) -> None:
    clock.advance(days=400)
    with app.app_context():
        assert extensions.clock.now() == clock.now()
