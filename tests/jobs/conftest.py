from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from redis import Redis

from tests.support.clock import FrozenClock
from webshop import create_app
from webshop.extensions import db
from webshop.settings import Settings


@pytest.fixture
def settings(settings: Settings, redis: Redis, redis_server: str) -> Settings:
    """As everywhere, with a real Redis-protocol server, empty."""
    return replace(settings, redis_url=redis_server)


@pytest.fixture
def app(settings: Settings, clock: FrozenClock) -> Iterator[Flask]:
    """An application whose context stays open: jobs get theirs from the worker."""
    app = create_app(settings, clock=clock)
    with app.app_context():
        yield app
        if "redis" in app.extensions:
            app.extensions["redis"].close()
        db.session.remove()
        db.engine.dispose()
