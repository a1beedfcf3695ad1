"""Whether this process can serve pages: the database answers and is up to date."""

from __future__ import annotations

from dataclasses import dataclass

import redis
from sqlalchemy.exc import SQLAlchemyError

from webshop.extensions import settings
from webshop.services.health import current_revisions


@dataclass(frozen=True)
class Readiness:
    """Without Redis pages work and orders wait for the next sweep: degraded, not down."""

    database: str
    redis: str

    @property
    def is_ready(self) -> bool:
        return self.database == "ok"


def check_readiness() -> Readiness:
    return Readiness(_database(), _redis())


def _database() -> str:
    try:
        current, newest = current_revisions()
    except SQLAlchemyError:
        return "down"
    return "ok" if current == newest else "migrations missing"


def _redis() -> str:
    url = settings().redis_url
    if url is None:
        return "off"
    options = {"ssl_cert_reqs": "none"} if url.startswith("rediss") and not settings().is_redis_tls_verified else {}
    try:
        with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, **options) as connection:
            connection.ping()
    except redis.RedisError:
        return "degraded"
    return "ok"
