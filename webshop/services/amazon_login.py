"""Connect a shop to Amazon: send the owner to Seller Central for consent, and make a connection of what comes back.

It starts from our page or, for the yearly renewal, from Amazon's (the login URI). Whatever can go wrong has
a code of its own; the setup has a text for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import update

from webshop.clients.amazon import consent
from webshop.clients.amazon.auth import AmazonToken
from webshop.clients.amazon.client import AmazonClient, Participation
from webshop.domain.marketplaces import MARKETPLACES, NAMES
from webshop.exceptions import (
    BudgetEmptyError,
    ConflictError,
    PartnerAccessError,
    ReconnectRequiredError,
    RejectedError,
    RemoteError,
    WebshopError,
)
from webshop.extensions import clock, db, settings, transaction
from webshop.models import Connection, PendingConnection, Remote, Schedule, Shop
from webshop.services import audit, pending
from webshop.services.budgets import AMAZON_OPERATIONS, Purse, amazon_key
from webshop.services.connections import amazon_auth, connect_amazon, deadline, find_connection, http_client
from webshop.services.pending import Session

STATE_LIFETIME = timedelta(minutes=10)
CONFIRM_LIFETIME = timedelta(minutes=15)
SECONDS = 10
"""How long a person waits for Amazon at most; the code is good for one try only."""
CALLBACK = "/oauth/amazon/callback"
LONGEST_PARAMETER = 2_000
_SELLER_ID = re.compile(r"[A-Z0-9]{5,30}")


class ConsentError(WebshopError):
    """The consent led to no connection; `code` says why, `found` names the marketplaces that were seen instead."""

    def __init__(self, code: str, found: Iterable[str] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.found = tuple(found)


class OtherSellerError(ConsentError):
    """Another seller than before gave consent: the user is asked whether that is meant."""

    def __init__(self) -> None:
        super().__init__("confirm")


@dataclass(frozen=True)
class AmazonRequest:
    """What Amazon sends along when the owner starts at Amazon."""

    callback_uri: str
    state: str
    seller_id: str
    version: str

    @property
    def is_sound(self) -> bool:
        """Whether it may be followed: the address is one of Amazon's own, and nothing in it is strange."""
        texts = (self.callback_uri, self.state, self.seller_id, self.version)
        if any(len(text) > LONGEST_PARAMETER or not text.isascii() or not text.isprintable() for text in texts):
            return False
        is_known = bool(self.state) and self.version in ("", "beta")
        return is_known and bool(_SELLER_ID.fullmatch(self.seller_id)) and _is_amazons(self.callback_uri)


def _is_amazons(address: str) -> bool:
    """Return whether the address is exactly at one of the places of consent; browsers read some addresses otherwise."""
    if set(address) & set("\\ @#"):
        return False
    try:
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc}" in settings().consent_origins
    except ValueError:
        return False


def start(shop: Shop, session: Session) -> str:
    """Begin a consent on our side and return the address to send the user to."""
    state = _remember_state(shop, session)
    return consent.consent_address(
        settings().consent_url(_country(shop)),
        application_id=settings().amazon_application_id,
        state=state,
        redirect_uri=redirect_uri(),
        is_draft=settings().is_amazon_application_draft,
    )


def go_on(shop: Shop, session: Session, request: AmazonRequest) -> str:
    """Go on with a consent that began at Amazon and return the address to send the user to."""
    state = _remember_state(shop, session, seller_id=request.seller_id)
    return consent.confirm_address(
        request.callback_uri,
        amazon_state=request.state,
        state=state,
        redirect_uri=redirect_uri(),
        version=request.version,
    )


def _remember_state(shop: Shop, session: Session, *, seller_id: str = "") -> str:
    state = consent.new_state()
    pending.remember(shop.id, session, Remote.AMAZON, state, lifetime=STATE_LIFETIME, account_id=seller_id)
    return state


def redirect_uri() -> str:
    return f"{settings().public_url}{CALLBACK}"


def finish(shop: Shop, waiting: PendingConnection, session: Session, *, seller_id: str, code: str) -> Connection:
    """Turn the code into a connection.

    :raise OtherSellerError: when the shop was connected to another seller; the new one waits for a confirmation.
    :raise ConsentError: when there is no connection to be made.
    """
    try:
        return _finish(shop, waiting, session, seller_id=seller_id, code=code)
    except ConsentError as refusal:
        with transaction():
            audit.record("amazon_refused", shop_id=shop.id, user_id=session.user_id, facts={"code": refusal.code})
        raise


def _finish(shop: Shop, waiting: PendingConnection, session: Session, *, seller_id: str, code: str) -> Connection:
    if not pending.is_in_time(waiting):
        raise ConsentError("expired")
    if not code:
        raise ConsentError("denied")
    if not _SELLER_ID.fullmatch(seller_id) or len(code) > LONGEST_PARAMETER or not code.isascii():
        raise ConsentError("unreadable")
    if waiting.account_id and waiting.account_id != seller_id:
        raise ConsentError("seller_switched")
    # No transaction is open during a call: on SQLite it would hold the one write lock.
    db.session.commit()
    with deadline(SECONDS):
        token = _exchange(code)
        participations = _participations(seller_id, token)
    name = _check_marketplace(shop, participations)
    before = find_connection(shop.id, Remote.AMAZON)
    if before is not None and before.account_id != seller_id:
        pending.remember(
            shop.id,
            session,
            Remote.AMAZON,
            pending.confirmation_token(shop.id, Remote.AMAZON),
            lifetime=CONFIRM_LIFETIME,
            account_id=seller_id,
            account_name=name,
            secret=token.refresh_token,
        )
        raise OtherSellerError
    return _connect(shop, seller_id, token.refresh_token or "", name, session)


def confirm(shop: Shop, session: Session) -> Connection:
    """Connect the other seller after all.

    :raise ConsentError: when that took too long, or is not possible any more.
    """
    found = pending.take(session, pending.confirmation_token(shop.id, Remote.AMAZON))
    if found is None or not pending.is_in_time(found[0]):
        raise ConsentError("expired")
    waiting = found[0]
    return _connect(shop, waiting.account_id, pending.secret_of(waiting), waiting.account_name, session)


def _connect(shop: Shop, seller_id: str, refresh_token: str, name: str, session: Session) -> Connection:
    try:
        connection = connect_amazon(shop.id, seller_id, refresh_token, name=name, user_id=session.user_id)
    except ConflictError:
        raise ConsentError("taken") from None
    with transaction() as db_session:
        # What was missed meanwhile, or the first orders, are fetched at once.
        now = clock.now()
        db_session.execute(update(Schedule).where(Schedule.shop_id == shop.id).values(due_at=now, slot_at=now))
    return connection


def _exchange(code: str) -> AmazonToken:
    try:
        token = amazon_auth().exchange_code(code, redirect_uri())
    except ReconnectRequiredError:
        raise ConsentError("code_expired") from None
    except (PartnerAccessError, RejectedError):
        raise ConsentError("ours") from None
    except RemoteError:
        raise ConsentError("unreachable") from None
    if token.refresh_token is None:
        raise ConsentError("unreachable")
    return token


class _GivenToken:
    """The access token that came with the consent; there is no other one yet."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get(self) -> str:
        return self._token

    def renew(self, rejected: str) -> str:
        return self._token


def _participations(seller_id: str, token: AmazonToken) -> tuple[Participation, ...]:
    def take(operation: str) -> None:
        Purse(amazon_key(seller_id, operation), AMAZON_OPERATIONS[operation]).spend()

    client = AmazonClient(
        http=http_client("amazon"),
        base_url=settings().amazon_api_url,
        tokens=_GivenToken(token.access_token),
        take=take,
        clock=clock.now,
    )
    try:
        return client.marketplace_participations()
    except PartnerAccessError:
        raise ConsentError("ours") from None
    except (ReconnectRequiredError, RejectedError):
        # A seller without the rights for it: a secondary user, or an account without a Professional plan.
        raise ConsentError("no_access") from None
    except (RemoteError, BudgetEmptyError):
        raise ConsentError("unreachable") from None


def _check_marketplace(shop: Shop, participations: Iterable[Participation]) -> str:
    """Return the seller's name on the shop's marketplace.

    :raise ConsentError: when the seller does not sell there.
    """
    active = {one.marketplace_id: one for one in participations if one.is_participating}
    here = active.get(shop.marketplace_id)
    if here is None:
        known = [one.country for one in MARKETPLACES if one.marketplace_id in active]
        raise ConsentError("other_marketplace" if known else "no_marketplace", known)
    return here.store_name or NAMES.get(shop.marketplace_id, here.name)


def _country(shop: Shop) -> str:
    return next((one.country for one in MARKETPLACES if one.marketplace_id == shop.marketplace_id), "")
