"""A shop's access to Amazon and SnelStart: connect, hand out clients, keep tokens fresh.

One process at a time renews a token (single-flight through the row); the others come back a moment
later. A refused credential turns the connection to "needs reconnect" and stops the shop, nothing else.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import g
from sqlalchemy import ColumnElement, and_, or_, select, update

from webshop.clients.amazon.auth import AmazonAuth
from webshop.clients.amazon.client import AmazonClient
from webshop.clients.http import HttpClient, build_user_agent
from webshop.clients.snelstart.auth import SnelStartAuth
from webshop.clients.snelstart.client import CompanyInfo, SnelStartClient
from webshop.clients.tokens import TokenSource
from webshop.exceptions import (
    BudgetEmptyError,
    ConflictError,
    CredentialsUnreadableError,
    ReconnectRequiredError,
)
from webshop.extensions import clock, db, detached, remote_session, settings, transaction, vault
from webshop.models import Administration, Connection, ConnectionState, Remote, Schedule, Shop
from webshop.models.base import insert
from webshop.services import audit, fingerprints, notifications, recovery
from webshop.services.budgets import AMAZON_OPERATIONS, SNELSTART, Purse, amazon_key, snelstart_key
from webshop.services.write_window import WriteWindow
from webshop.settings import VERSION
from webshop.vault import SealBrokenError

USER_AGENT = build_user_agent(VERSION)
# Both vendors' access tokens live an hour; a run is at most a minute long.
EXPIRY_MARGIN = timedelta(minutes=2)
RENEWING = timedelta(seconds=30)
SNELSTART_BLOCK = 25


def find_connection(shop_id: int, remote: Remote) -> Connection | None:
    return db.session.scalars(
        select(Connection).where(Connection.shop_id == shop_id, Connection.remote == remote.value)
    ).one_or_none()


def active_connection(shop_id: int, remote: Remote) -> Connection | None:
    """Return the connection as it stands now, detached: a run keeps to it, whatever is connected meanwhile."""
    connection = find_connection(shop_id, remote)
    if connection is None or connection.state != ConnectionState.ACTIVE.value:
        return None
    db.session.refresh(connection)
    return detached(db.session(), [connection])[0]


def _still_is(connection: Connection) -> ColumnElement[bool]:
    """Match the connection's row as long as nobody connected anew: another account may stand there then."""
    return and_(
        Connection.id == connection.id,
        Connection.account_id == connection.account_id,
        Connection.connected_at == connection.connected_at,
    )


class Tokens:
    """The access token of one connection: from memory, from the row, or renewed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sealed_secret = connection.sealed_secret
        self._token = ""
        self._expires_at: datetime | None = None

    def get(self) -> str:
        """Return a token that is good for the next minutes.

        :raise ReconnectRequiredError: when the remote refuses our credentials.
        :raise BudgetEmptyError: when another process is renewing it right now, or the owner connected anew.
        """
        if not self._is_fresh():
            self._load()
        if not self._is_fresh():
            self._renew()
        return self._token

    def renew(self, rejected: str) -> str:
        """Return another token than the rejected one."""
        self._load()
        if self._token == rejected or not self._is_fresh():
            self._renew()
        return self._token

    def _is_fresh(self) -> bool:
        return self._expires_at is not None and self._expires_at - EXPIRY_MARGIN > clock.now()

    def _load(self) -> None:
        with transaction() as session:
            row = session.execute(
                select(
                    Connection.sealed_access_token, Connection.access_token_expires_at, Connection.sealed_secret
                ).where(_still_is(self._connection))
            ).one_or_none()
        if row is None:
            raise BudgetEmptyError(f"{self._connection.remote} token", clock.now())
        sealed, self._expires_at, self._sealed_secret = row
        self._token = _opened(self._connection, sealed, "access_token") if sealed else ""

    def _renew(self) -> None:
        now = clock.now()
        with transaction() as session:
            claimed = session.execute(
                update(Connection)
                .where(
                    _still_is(self._connection),
                    # Longer than that it cannot last: the clock was ahead when it was written.
                    or_(
                        Connection.renewing_until.is_(None),
                        ~Connection.renewing_until.between(now, now + RENEWING),
                    ),
                )
                .values(renewing_until=now + RENEWING)
            )
        if claimed.rowcount != 1:  # type: ignore[attr-defined]
            raise BudgetEmptyError(f"{self._connection.remote} token", now + timedelta(seconds=5))
        try:
            token, expires_at, secret = _fetch_token(self._connection, self._sealed_secret)
        finally:
            self._set(renewing_until=None)
        self._token, self._expires_at = token, expires_at
        self._set(
            sealed_access_token=vault().seal(token, bound_to=place_of(self._connection, "access_token")),
            access_token_expires_at=expires_at,
            **_changed_secret(self._connection, secret),
        )

    def _set(self, **values: object) -> None:
        with transaction() as session:
            session.execute(update(Connection).where(_still_is(self._connection)).values(**values))


def _fetch_token(connection: Connection, sealed_secret: str | None) -> tuple[str, datetime, str | None]:
    """Ask the remote for an access token; return it, its expiry and a changed refresh token if any."""
    if sealed_secret is None:
        raise ReconnectRequiredError("the connection holds no credentials", remote=connection.remote, operation="token")
    secret = _opened(connection, sealed_secret, "secret")
    if connection.remote == Remote.AMAZON.value:
        amazon_token = amazon_auth().refresh(secret)
        return amazon_token.access_token, amazon_token.expires_at, amazon_token.refresh_token
    snelstart_token = snelstart_auth().token(secret)
    return snelstart_token.access_token, snelstart_token.expires_at, None


def _opened(connection: Connection, sealed: str, field: str) -> str:
    """Open what is kept for a connection.

    :raise CredentialsUnreadableError: when no key of ours does.
    """
    try:
        return vault().open(sealed, bound_to=place_of(connection, field))
    except SealBrokenError as broken:
        raise CredentialsUnreadableError(str(broken), remote=connection.remote, operation=field) from None


def _changed_secret(connection: Connection, secret: str | None) -> dict[str, str]:
    """Amazon may hand out a new refresh token with a new access token: keep the newest."""
    if secret is None:
        return {}
    return {"sealed_secret": vault().seal(secret, bound_to=place_of(connection, "secret"))}


def place_of(connection: Connection, field: str) -> str:
    """Return what a connection's sealed field is bound to."""
    return f"shop:{connection.shop_id}:{connection.remote}.{field}"


@contextmanager
def deadline(seconds: int) -> Iterator[None]:
    """Let all calls made inside end within so many seconds together: a person is waiting for the page."""
    g.remote_ends_at = time.monotonic() + seconds
    try:
        yield
    finally:
        del g.remote_ends_at


def http_client(remote: str) -> HttpClient:
    ends_at = g.get("remote_ends_at")
    return HttpClient(remote=remote, session=remote_session(), user_agent=USER_AGENT, ends_at=ends_at)


def amazon_auth() -> AmazonAuth:
    current = settings()
    return AmazonAuth(
        http=http_client("amazon"),
        token_url=current.amazon_token_url,
        client_id=current.amazon_client_id,
        client_secret=current.amazon_client_secret,
        clock=clock.now,
    )


def snelstart_auth() -> SnelStartAuth:
    return SnelStartAuth(http=http_client("snelstart"), token_url=settings().snelstart_token_url, clock=clock.now)


@dataclass
class AmazonAccess:
    """A client for one seller with the budgets it spends from."""

    connection: Connection
    client: AmazonClient


def open_amazon(connection: Connection, *, searches_left: int = 0) -> AmazonAccess:
    """Return a client for the connection's seller; it leaves the last searches of the budget to others."""
    reserves = {"searchOrders": searches_left}
    purses = {
        operation: Purse(amazon_key(connection.account_id, operation), limit, reserve=reserves.get(operation, 0))
        for operation, limit in AMAZON_OPERATIONS.items()
    }
    client = AmazonClient(
        http=http_client("amazon"),
        base_url=settings().amazon_api_url,
        tokens=Tokens(connection),
        take=lambda operation: purses[operation].spend(),
        clock=clock.now,
    )
    return AmazonAccess(connection, client)


@dataclass
class SnelStartAccess:
    """A client for one administration with the budget it spends from and the time it has for a write."""

    administration_id: str
    client: SnelStartClient
    purse: Purse
    window: WriteWindow


def open_snelstart(connection: Connection) -> SnelStartAccess:
    purse = Purse(snelstart_key(connection.account_id), SNELSTART, block=SNELSTART_BLOCK)
    window = WriteWindow()
    client = snelstart_client(Tokens(connection), purse, window)
    return SnelStartAccess(connection.account_id, client, purse, window)


def snelstart_client(tokens: TokenSource, purse: Purse, window: WriteWindow) -> SnelStartClient:
    """Return a client that calls with these tokens, spends from this purse and writes within this window."""

    def take(operation: str) -> None:
        purse.spend()
        # After the budget, which may take a while: nothing comes between this and the call.
        window.check(operation)

    current = settings()
    return SnelStartClient(
        http=http_client("snelstart"),
        base_url=current.snelstart_api_url,
        subscription_key=current.snelstart_subscription_key,
        tokens=tokens,
        take=take,
    )


def connect_snelstart(shop_id: int, key: str, company: CompanyInfo, *, user_id: int | None = None) -> Connection:
    """Store a key that was tried and whose administration the user confirmed."""
    with transaction() as session:
        ensure_administration(company.administration_id, company.name)
        connection = _store(shop_id, Remote.SNELSTART, company.administration_id, company.name, key)
        audit.record(
            "snelstart_connected",
            shop_id=shop_id,
            user_id=user_id,
            facts={"administration": company.administration_id, "name": company.name},
        )
        session.flush()
    return connection


def connect_amazon(
    shop_id: int, seller_id: str, refresh_token: str, *, name: str = "", user_id: int | None = None
) -> Connection:
    """Store the authorisation of a seller.

    :raise ConflictError: when another shop has this seller for the same marketplace.
    """
    with transaction() as session:
        shop = session.get_one(Shop, shop_id)
        taken = session.scalars(
            select(Connection.shop_id)
            .join(Shop, Shop.id == Connection.shop_id)
            .where(
                Connection.remote == Remote.AMAZON.value,
                Connection.account_id == seller_id,
                Connection.shop_id != shop_id,
                Connection.state != ConnectionState.DISABLED.value,
                Shop.marketplace_id == shop.marketplace_id,
            )
        ).first()
        if taken is not None:
            raise ConflictError("this seller is connected to another shop for the same marketplace")
        before = find_connection(shop_id, Remote.AMAZON)
        if before is not None and before.account_id != seller_id:
            _start_window_anew(shop_id)
        connection = _store(shop_id, Remote.AMAZON, seller_id, name, refresh_token)
        audit.record("amazon_connected", shop_id=shop_id, user_id=user_id, facts={"seller": seller_id})
    return connection


def _start_window_anew(shop_id: int) -> None:
    """Forget how far the seller before was fetched: it says nothing about another one's orders.

    The run that may be at work for that seller loses its lease, so that it cannot write its window here.
    """
    forgotten = dict.fromkeys(("watermark_at", "page_token", "page_token_at", "page_after_at", "page_watermark_at"))
    db.session.execute(
        update(Schedule)
        .where(Schedule.shop_id == shop_id)
        .values(**forgotten, lease_token=Schedule.lease_token + 1, lease_until=None)
    )


def _store(shop_id: int, remote: Remote, account_id: str, name: str, secret: str) -> Connection:
    connection = find_connection(shop_id, remote) or Connection(shop_id=shop_id, remote=remote.value)
    connection.state = ConnectionState.ACTIVE.value
    connection.account_id = account_id
    connection.account_name = name
    connection.sealed_secret = vault().seal(secret, bound_to=place_of(connection, "secret"))
    connection.sealed_access_token = None
    connection.access_token_expires_at = None
    connection.renewing_until = None
    connection.connected_at = clock.now()
    connection.last_error_code = None
    db.session.add(connection)
    return connection


def ensure_administration(administration_id: str, name: str) -> None:
    """Make the administration's row, with a fingerprint key of its own, or update its name."""
    key = vault().seal(secrets.token_hex(32), bound_to=fingerprints.place_of(administration_id))
    statement = insert(Administration).values(
        administration_id=administration_id, name=name, sealed_fingerprint_key=key
    )
    db.session.execute(
        statement.on_conflict_do_update(index_elements=["administration_id"], set_={"name": statement.excluded.name})
    )
    recovery.include(administration_id)


def mark_success(connection_ids: list[int]) -> None:
    """Note that these connections worked just now; part of the caller's transaction."""
    if connection_ids:
        db.session.execute(
            update(Connection)
            .where(Connection.id.in_(connection_ids))
            .values(last_success_at=clock.now(), last_error_code=None)
        )


def mark_error(connection: Connection, code: str, *, needs_reconnect: bool = False) -> None:
    """Note what went wrong with a connection; a refused credential stops it until it is renewed."""
    with transaction() as session:
        values: dict[str, object] = {"last_error_code": code, "last_error_at": clock.now()}
        if needs_reconnect:
            values |= {"state": ConnectionState.NEEDS_RECONNECT.value, "sealed_access_token": None}
        marked = session.scalar(
            update(Connection).where(_still_is(connection)).values(**values).returning(Connection.id)
        )
        if needs_reconnect and marked is not None:
            audit.record("needs_reconnect", shop_id=connection.shop_id, facts={"remote": connection.remote})
            notifications.connection_lost(connection)
