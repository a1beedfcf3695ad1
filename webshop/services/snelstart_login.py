"""Connect a shop to SnelStart: try the key, let the user confirm the administration by its name, then keep it.

Until the confirmation the key waits sealed on our side; no page ever shows it again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, select

from webshop.clients.snelstart.client import CompanyInfo
from webshop.exceptions import (
    BudgetEmptyError,
    PartnerAccessError,
    ReconnectRequiredError,
    RejectedError,
    RemoteError,
    ThrottledError,
    WebshopError,
)
from webshop.extensions import db, transaction, vault
from webshop.models import Connection, ConnectionState, PendingConnection, PostingKind, Remote, Shop, VatMapping
from webshop.services import mapping, pending, reference_lists, scheduling
from webshop.services.connections import (
    connect_snelstart,
    deadline,
    find_connection,
    open_snelstart,
    place_of,
)
from webshop.services.key_trial import ORDERS_REFUSED, try_snelstart_key
from webshop.services.pending import Session

CONFIRM_LIFETIME = timedelta(minutes=15)
SECONDS = 5
LONGEST_KEY = 2_000


class KeyRefusedError(WebshopError):
    """The key leads to no connection; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Found:
    """The administration a key opens, and what the user should know before confirming it."""

    name: str
    replaces: str | None
    """The name of the other administration the shop books in now."""
    is_shared: bool
    """Whether another shop books in it too."""


def try_key(shop: Shop, session: Session, key: str) -> Found:
    """Try a key and let it wait for the user's confirmation.

    :raise KeyRefusedError: when it opens nothing we can book in.
    """
    before = find_connection(shop.id, Remote.SNELSTART)
    key = "".join(key.split())
    if not key.isascii() or not key.isprintable() or len(key) > LONGEST_KEY:
        raise KeyRefusedError("unknown")
    company = _try(shop, before, key)
    pending.remember(
        shop.id,
        session,
        Remote.SNELSTART,
        _token(shop),
        lifetime=CONFIRM_LIFETIME,
        account_id=company.administration_id,
        account_name=company.name,
        secret=key,
    )
    found = find_waiting(shop, session)
    if found is None:
        raise KeyRefusedError("expired")
    return found


def _try(shop: Shop, before: Connection | None, key: str) -> CompanyInfo:
    was_ours = before is not None and _is_key_of(before, key)
    # No transaction is open during a call: on SQLite it would hold the one write lock.
    db.session.commit()
    try:
        with deadline(SECONDS):
            return try_snelstart_key(key, needs_orders=shop.posting_kind == PostingKind.SALES_ORDER.value)
    except ReconnectRequiredError:
        raise KeyRefusedError("withdrawn" if was_ours else "unknown") from None
    except PartnerAccessError:
        raise KeyRefusedError("ours") from None
    except RejectedError as refusal:
        raise KeyRefusedError(_REFUSALS.get(refusal.code or "", "refused")) from None
    except (ThrottledError, BudgetEmptyError):
        raise KeyRefusedError("busy") from None
    except RemoteError:
        raise KeyRefusedError("unreachable") from None


_REFUSALS = {"PACKAGE": "trial", "SCOPE": "rights", ORDERS_REFUSED: "package"}


def _is_key_of(connection: Connection, key: str) -> bool:
    if connection.sealed_secret is None:
        return False
    return secrets.compare_digest(vault().open(connection.sealed_secret, bound_to=place_of(connection, "secret")), key)


def find_waiting(shop: Shop, session: Session) -> Found | None:
    """Return the administration that waits for this user's confirmation."""
    waiting = pending.look(session, _token(shop))
    if waiting is None:
        return None
    before = find_connection(shop.id, Remote.SNELSTART)
    is_other = before is not None and before.account_id != waiting.account_id
    return Found(waiting.account_name, before.account_name if before and is_other else None, _is_shared(shop, waiting))


def _is_shared(shop: Shop, waiting: PendingConnection) -> bool:
    used = exists().where(
        Connection.remote == Remote.SNELSTART.value,
        Connection.account_id == waiting.account_id,
        Connection.shop_id != shop.id,
        Connection.state != ConnectionState.DISABLED.value,
    )
    return bool(db.session.scalar(select(used)))


def confirm(shop: Shop, session: Session) -> bool:
    """Connect the administration that waits; return whether its lists could be read at once.

    :raise KeyRefusedError: when it waited too long, or the key does not open it any more.
    """
    taken = pending.take(session, _token(shop))
    if taken is None or not pending.is_in_time(taken[0]):
        raise KeyRefusedError("expired")
    key = pending.secret_of(taken[0])
    company = _try(shop, find_connection(shop.id, Remote.SNELSTART), key)
    if company.administration_id != taken[0].account_id:
        raise KeyRefusedError("expired")
    connect_snelstart(shop.id, key, company, user_id=session.user_id)
    with transaction():
        scheduling.make_due(shop.id)
    return read_lists(shop)


def read_lists(shop: Shop) -> bool:
    """Read the administration's lists and propose a VAT table when there is none; return whether that worked."""
    connection = find_connection(shop.id, Remote.SNELSTART)
    if connection is None or connection.state != ConnectionState.ACTIVE.value:
        return False
    db.session.commit()
    access = open_snelstart(connection)
    try:
        with deadline(SECONDS):
            reference_lists.refresh(access.administration_id, access.client)
    except (RemoteError, BudgetEmptyError):
        return False
    finally:
        access.purse.give_back()
    with transaction() as db_session:
        current = db_session.get_one(Shop, shop.id, with_for_update={"key_share": True}, populate_existing=True)
        if db_session.scalar(select(VatMapping.id).where(VatMapping.shop_id == shop.id).limit(1)) is None:
            mapping.propose_mapping(current, access.administration_id)
    return True


def _token(shop: Shop) -> str:
    return pending.confirmation_token(shop.id, Remote.SNELSTART)
