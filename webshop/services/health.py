"""Check the installation: what an operator wants to know when something is wrong at night."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import redis
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from webshop.exceptions import WebshopError
from webshop.extensions import clock, db, settings, vault
from webshop.models import (
    Connection,
    HealthCheck,
    Heartbeat,
    LightState,
    Mail,
    MailState,
    Posting,
    PostingState,
    RecoveryEpoch,
    Schedule,
)
from webshop.services import key_rotation
from webshop.services.connections import place_of

HEARTBEAT_LATE = timedelta(minutes=3)
SHOP_LATE = timedelta(minutes=61)
MAIL_LATE = timedelta(hours=1)
MAIL_REMEMBERED = timedelta(days=7)


@dataclass(frozen=True)
class Check:
    name: str
    is_ok: bool
    text: str


def check_installation() -> list[Check]:
    """Run every check; one that cannot be run counts as failed and the others go on."""
    checks: list[tuple[str, Callable[[], str]]] = [
        ("database", _database),
        ("migrations", _migrations),
        ("redis", _redis),
        ("encryption keys", _encryption_keys),
        ("older keys", _older_keys),
        ("clock", _clock_process),
        ("shops", _shops),
        ("unknown outcomes", _unknown_outcomes),
        ("recovery", _recovery),
        ("health of shops", _red_lights),
        ("mail", _mail),
    ]
    return [_run(name, check) for name, check in checks]


class _ProblemError(WebshopError):
    """What a check found wrong."""


def _run(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, True, check())
    except (_ProblemError, SQLAlchemyError, redis.RedisError, WebshopError, OSError) as problem:
        db.session.rollback()
        is_ours = isinstance(problem, WebshopError)
        return Check(name, False, str(problem) if is_ours else f"no answer ({type(problem).__name__})")


def _database() -> str:
    db.session.execute(text("SELECT 1"))
    return f"{db.session.get_bind().dialect.name} answers"


def current_revisions() -> tuple[str | None, str | None]:
    """Return the database's migration and the newest one there is."""
    config = Config()
    config.set_main_option("script_location", str(current_app.extensions["migrate"].directory))
    head = ScriptDirectory.from_config(config).get_current_head()
    return MigrationContext.configure(db.session.connection()).get_current_revision(), head


def _migrations() -> str:
    current, head = current_revisions()
    if current != head:
        raise _ProblemError(f"the database is at {current or 'nothing'}, the code at {head}: run flask db upgrade")
    return f"at {head}"


def _redis() -> str:
    url = settings().redis_url
    if url is None:
        return "REDIS_URL is not set: `make run` starts the bundled server"
    connection = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        policy = connection.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction")
    finally:
        connection.close()
    if policy != "noeviction":
        raise _ProblemError(f"maxmemory-policy is {policy}: set it to noeviction, or queued work may vanish")
    return "answers"


def _encryption_keys() -> str:
    count = 0
    for connection in db.session.scalars(select(Connection).where(Connection.sealed_secret.is_not(None))):
        vault().open(connection.sealed_secret or "", bound_to=place_of(connection, "secret"))
        count += 1
    return f"open all {count} stored credentials"


def _older_keys() -> str:
    """Tell which columns need more than the newest key; that is no trouble while the keys are listed."""
    left = key_rotation.left_to_do()
    if not left:
        return "only the newest key is needed"
    columns = ", ".join(f"{name} {count}" for name, count in left.items())
    return f"still needed for {columns}: run keys rotate before you take one out"


def _clock_process() -> str:
    beat_at = db.session.scalar(select(Heartbeat.beat_at).where(Heartbeat.name == "clock"))
    if beat_at is None:
        raise _ProblemError("the clock process has never run: no shop is worked on by itself")
    if clock.now() - beat_at > HEARTBEAT_LATE:
        raise _ProblemError(f"the clock process was last alive at {beat_at:%Y-%m-%d %H:%M} UTC: start it")
    return "alive"


def _shops() -> str:
    late = db.session.scalar(
        select(func.count()).select_from(Schedule).where(Schedule.due_at < clock.now() - SHOP_LATE)
    )
    if late:
        raise _ProblemError(f"{late} shops are more than an hour late: is the worker running?")
    return "none is late"


def _unknown_outcomes() -> str:
    count = db.session.scalar(
        select(func.count()).select_from(Posting).where(Posting.state == PostingState.UNKNOWN.value)
    )
    return f"{count} wait for their look-up"


def _recovery() -> str:
    """Tell the administrations in which nothing is booked until they were read again; that ends by itself."""
    count = db.session.scalar(select(func.count()).select_from(RecoveryEpoch).where(RecoveryEpoch.closed_at.is_(None)))
    if count:
        raise _ProblemError(f"{count} administrations are in a recovery epoch: nothing is booked there until it closes")
    return "no epoch is open"


def _red_lights() -> str:
    """Count the shops with a red light; what is wrong with them is for their owners, who got a mail."""
    results = db.session.scalars(select(HealthCheck.results).where(HealthCheck.checked_at.is_not(None))).all()
    red = sum(any(row["state"] == LightState.RED.value for row in rows) for rows in results)
    return f"{red} of {len(results)} checked shops have a red light"


def _mail() -> str:
    now = clock.now()
    is_late = Mail.state.in_((MailState.PENDING.value, MailState.SENDING.value)) & (Mail.created_at < now - MAIL_LATE)
    is_given_up = (Mail.state == MailState.FAILED.value) & (Mail.created_at > now - MAIL_REMEMBERED)
    late, given_up = (
        db.session.scalar(select(func.count()).select_from(Mail).where(condition))
        for condition in (is_late, is_given_up)
    )
    if late or given_up:
        raise _ProblemError(
            f"{late} mails wait for over an hour, {given_up} were given up this week: see mails.last_error"
        )
    return "goes out"
