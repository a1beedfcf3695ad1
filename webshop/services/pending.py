"""Connections in the making: a random token leads back to them, once, in time, in the same session only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from webshop.extensions import clock, db, transaction, vault
from webshop.models import PendingConnection, Remote, Shop

KEPT_AFTERWARDS = timedelta(hours=1)


@dataclass(frozen=True)
class Session:
    """Who is making a connection: a user, in one session of theirs."""

    user_id: int
    key: str


def remember(
    shop_id: int,
    session: Session,
    remote: Remote,
    token: str,
    *,
    lifetime: timedelta,
    account_id: str = "",
    account_name: str = "",
    secret: str | None = None,
) -> None:
    """Keep what is known so far under a token; the same token again replaces it."""
    now = clock.now()
    digest = _digest(token, session)
    with transaction() as db_session:
        # What was left behind goes with it, but not yet what is told apart from a state that never was.
        is_old = PendingConnection.expires_at < now - KEPT_AFTERWARDS
        db_session.execute(delete(PendingConnection).where((PendingConnection.token_digest == digest) | is_old))
        db_session.add(
            PendingConnection(
                shop_id=shop_id,
                user_id=session.user_id,
                remote=remote.value,
                token_digest=digest,
                account_id=account_id,
                account_name=account_name,
                sealed_secret=None if secret is None else vault().seal(secret, bound_to=place_of(shop_id, remote)),
                expires_at=now + lifetime,
            )
        )


def forget_expired() -> None:
    """Remove what waited too long; a key should not lie about, sealed or not."""
    with transaction() as db_session:
        db_session.execute(delete(PendingConnection).where(PendingConnection.expires_at <= clock.now()))


def look(session: Session, token: str) -> PendingConnection | None:
    """Return what waits under a token, and leave it there; None when it is too old."""
    return db.session.scalars(
        select(PendingConnection).where(
            PendingConnection.token_digest == _digest(token, session), PendingConnection.expires_at > clock.now()
        )
    ).one_or_none()


def take(session: Session, token: str) -> tuple[PendingConnection, Shop] | None:
    """Take what waits under a token, whatever its age: whoever comes second finds nothing."""
    with transaction() as db_session:
        found = db_session.scalars(
            delete(PendingConnection)
            .where(PendingConnection.token_digest == _digest(token, session))
            .returning(PendingConnection)
        ).one_or_none()
        if found is None:
            return None
        db_session.expunge(found)
        return found, db_session.get_one(Shop, found.shop_id)


def is_in_time(waiting: PendingConnection) -> bool:
    return waiting.expires_at > clock.now()


def secret_of(waiting: PendingConnection) -> str:
    return vault().open(waiting.sealed_secret or "", bound_to=place_of(waiting.shop_id, Remote(waiting.remote)))


def confirmation_token(shop_id: int, remote: Remote) -> str:
    """Return the token of what waits for a confirmation; not secret, the session is what counts."""
    return f"confirm:{shop_id}:{remote.value}"


def _digest(token: str, session: Session) -> str:
    return hashlib.sha256(f"{session.user_id}\n{session.key}\n{token}".encode("utf-8", "surrogatepass")).hexdigest()


def place_of(shop_id: int, remote: Remote) -> str:
    """Return what a waiting secret is bound to."""
    return f"shop:{shop_id}:pending.{remote.value}"
