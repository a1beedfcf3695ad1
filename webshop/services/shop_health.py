"""Check whether a shop's connection works: every night, and when somebody asks.

Nothing is booked and no setting is changed. The administration's lists are read again, because what was
chosen from them can be gone, and a light that turns red is mailed once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import aliased

from webshop.domain.marketplaces import NAMES as MARKETPLACE_NAMES
from webshop.exceptions import BudgetEmptyError, RejectedError, RemoteError, WebshopError
from webshop.extensions import clock, db, transaction
from webshop.models import Connection, ConnectionState, HealthCheck, PostingKind, RefundReading, Remote, Schedule, Shop
from webshop.models.base import insert
from webshop.services import audit, leases, nightly, notifications, reference_lists, remote_troubles, scheduling
from webshop.services.administration_lists import load_lists
from webshop.services.connections import (
    SnelStartAccess,
    active_connection,
    find_connection,
    mark_success,
    open_amazon,
    open_snelstart,
)
from webshop.services.health_lights import AMBER, NAMES, RED, Light, own_lights, since
from webshop.services.leases import Lease, LeaseLostError

AFTER_THE_NIGHT = timedelta(minutes=20)
"""How long after the nightly check of the orders the health is looked at: never in its way."""
CLAIMED = timedelta(minutes=10)
"""From when on a check that was begun and never finished is begun again."""
PICKED_UP_WITHIN = timedelta(minutes=3)
"""How long a page waits for a check before it says that it takes longer."""
SWEEP_LIMIT = 200
MAILED_OTHERWISE = frozenset({"AMAZON_RECONNECT", "SNELSTART_RECONNECT"})
_NO_PACKAGE = frozenset({"PACKAGE", "SCOPE"})


def due_checks(now: datetime) -> list[int]:
    """Return the shops whose check is due and that no living run holds; the first one is when both are connected."""
    amazon, snelstart = aliased(Connection), aliased(Connection)
    with transaction() as session:
        return list(
            session.scalars(
                select(Schedule.shop_id)
                .join(amazon, (amazon.shop_id == Schedule.shop_id) & (amazon.remote == Remote.AMAZON.value))
                .join(snelstart, (snelstart.shop_id == Schedule.shop_id) & (snelstart.remote == Remote.SNELSTART.value))
                .outerjoin(HealthCheck, HealthCheck.shop_id == Schedule.shop_id)
                .where(or_(HealthCheck.due_at.is_(None), HealthCheck.due_at <= now), leases.is_free(now))
                .order_by(HealthCheck.due_at, Schedule.shop_id)
                .limit(SWEEP_LIMIT)
            )
        )


@dataclass(frozen=True)
class Health:
    """The latest check of a shop; `is_waiting` while one is asked for, `is_late` when nobody takes it up."""

    results: Sequence[dict[str, Any]]
    checked_at: datetime | None
    is_waiting: bool
    is_late: bool


def load_health(shop_id: int) -> Health:
    check = db.session.get(HealthCheck, shop_id)
    if check is None:
        return Health((), None, is_waiting=False, is_late=False)
    is_late = check.asked_at is not None and clock.now() - check.asked_at > PICKED_UP_WITHIN
    is_waiting = check.asked_at is not None and not is_late
    return Health(check.results, check.checked_at, is_waiting, is_late)


def ask_check(shop_id: int, user_id: int) -> bool:
    """Let a shop be checked now; return False when that was asked already and is still to be done."""
    now = clock.now()
    with transaction() as session:
        session.execute(
            insert(HealthCheck)
            .values(shop_id=shop_id, due_at=now, results=[])
            .on_conflict_do_nothing(index_elements=["shop_id"])
        )
        asked = session.scalar(
            update(HealthCheck)
            .where(HealthCheck.shop_id == shop_id, HealthCheck.asked_at.is_(None))
            .values(asked_at=now, due_at=now)
            .returning(HealthCheck.shop_id)
        )
        if asked is not None:
            audit.record("health_check_requested", shop_id=shop_id, user_id=user_id)
    return asked is not None


def check_shop(shop_id: int) -> bool:
    """Check one shop and store what was found; return False when a run holds it, and the next sweep rings again."""
    lease = leases.acquire(shop_id)
    if lease is None:
        return False
    try:
        shop = _claim(shop_id, lease)
        found = {light.name: light for light in (*_ask_amazon(shop), *_ask_snelstart(shop))}
        _store(shop_id, lease, found)
    except LeaseLostError:
        return False
    finally:
        db.session.rollback()
        leases.release(lease)
    return True


def _claim(shop_id: int, lease: Lease) -> Shop:
    """Put the due time off, so that a check that crashes is not tried again at once."""
    again = clock.now() + CLAIMED
    with transaction() as session:
        lease.check()
        statement = insert(HealthCheck).values(shop_id=shop_id, due_at=again, results=[])
        session.execute(
            statement.on_conflict_do_update(index_elements=["shop_id"], set_={"due_at": statement.excluded.due_at})
        )
        return session.get_one(Shop, shop_id, populate_existing=True)


def _ask_amazon(shop: Shop) -> Iterator[Light]:
    with transaction():
        connection, missing = _usable(shop.id, Remote.AMAZON)
    if connection is None:
        yield Light("amazon", RED, missing)
        yield Light("marketplace", AMBER, "NOT_CHECKED")
        return
    try:
        participations = open_amazon(connection).client.marketplace_participations()
    except (RemoteError, BudgetEmptyError) as trouble:
        yield _troubled("amazon", connection, Remote.AMAZON, trouble, operation="getMarketplaceParticipations")
        yield Light("marketplace", AMBER, "NOT_CHECKED")
        return
    with transaction():
        mark_success([connection.id])
    yield Light("amazon")
    facts = {"marketplace": str(MARKETPLACE_NAMES.get(shop.marketplace_id, shop.marketplace_id))}
    mine = [one for one in participations if one.marketplace_id == shop.marketplace_id]
    if not any(one.is_participating for one in mine):
        yield Light("marketplace", RED, "NOT_PARTICIPATING", facts)
    elif any(one.has_suspended_listings for one in mine):
        yield Light("marketplace", AMBER, "LISTINGS_SUSPENDED", facts)
    else:
        yield Light("marketplace", facts=facts)


def _ask_snelstart(shop: Shop) -> Iterator[Light]:
    with transaction():
        connection, missing = _usable(shop.id, Remote.SNELSTART)
    if connection is None:
        yield Light("snelstart", RED, missing)
        yield Light("package", AMBER, "NOT_CHECKED")
        return
    access = open_snelstart(connection)
    try:
        yield from _look_into(access, connection, shop)
    except (RemoteError, BudgetEmptyError) as trouble:
        yield _troubled("snelstart", connection, Remote.SNELSTART, trouble)
        yield Light("package", AMBER, "NOT_CHECKED")
    finally:
        access.purse.give_back()


def _look_into(access: SnelStartAccess, connection: Connection, shop: Shop) -> Iterator[Light]:
    """Ask for the administration, its lists, and a document of the kind the shop posts.

    :raise RemoteError: when SnelStart does not answer.
    """
    company = access.client.company_info()
    facts = {"administration": company.name or connection.account_name}
    if company.administration_id.lower() != connection.account_id.lower():
        yield Light("snelstart", RED, "ADMINISTRATION_CHANGED", facts)
        yield Light("package", AMBER, "NOT_CHECKED")
        return
    _read_lists(access)
    package = _try_kind(access, shop)
    with transaction():
        mark_success([connection.id])
    yield Light("snelstart", facts=facts)
    yield package


def _read_lists(access: SnelStartAccess) -> None:
    """Read the administration's lists again; when they changed, held orders may pass now."""
    with transaction():
        before = reference_lists.load(access.administration_id)
    reference_lists.refresh(access.administration_id, access.client)
    with transaction() as session:
        session.expire_all()
        if reference_lists.load(access.administration_id) == before:
            return
        shops = session.scalars(
            select(Connection.shop_id)
            .where(Connection.remote == Remote.SNELSTART.value, Connection.account_id == access.administration_id)
            .order_by(Connection.shop_id)
        ).all()
        for shop_id in shops:
            scheduling.ask_review(shop_id)


def _try_kind(access: SnelStartAccess, shop: Shop) -> Light:
    """Ask for one document of the kind the shop posts: a package without them refuses that as well."""
    is_order = shop.posting_kind == PostingKind.SALES_ORDER.value
    if is_order and not shop.may_post_orders:
        return Light("package", RED, "ORDERS_NOT_AGREED")
    try:
        if is_order:
            access.client.sales_orders_page(modified_since=None, skip=0, top=1)
        else:
            access.client.sales_invoices_page(modified_since=None, skip=0, top=1)
    except RejectedError as refusal:
        if refusal.code not in _NO_PACKAGE:
            raise
        return Light("package", RED, "ORDERS_NOT_IN_PACKAGE" if is_order else "ENTRIES_NOT_IN_PACKAGE")
    return Light("package")


def _usable(shop_id: int, remote: Remote) -> tuple[Connection | None, str]:
    """Return the connection when it can be used, else the code of why it cannot."""
    found = find_connection(shop_id, remote)
    name = remote.value.upper()
    if found is None:
        return None, f"{name}_MISSING"
    if found.state == ConnectionState.DISABLED.value:
        return None, f"{name}_DISCONNECTED"
    return active_connection(shop_id, remote), f"{name}_RECONNECT"


def _troubled(name: str, connection: Connection, remote: Remote, trouble: WebshopError, **facts: str) -> Light:
    """Turn trouble into a light: red when only a person can help, amber when it passes by itself."""
    code, _retry_at = remote_troubles.note(connection, remote, trouble, **facts)
    if code is None:
        return Light(name, AMBER, f"{remote.value.upper()}_THROTTLED")
    is_passing = code.endswith(("_THROTTLED", "_UNREACHABLE"))
    return Light(name, AMBER if is_passing else RED, code)


def _store(shop_id: int, lease: Lease, found: dict[str, Light]) -> None:
    """Add the lights that need no remote, store all of them, and mail what turned red: one commit."""
    now = clock.now()
    with transaction() as session:
        lease.check()
        shop = session.get_one(Shop, shop_id, populate_existing=True)
        check = session.get_one(HealthCheck, shop_id, populate_existing=True)
        snelstart = find_connection(shop_id, Remote.SNELSTART)
        reading = session.get(RefundReading, shop_id)
        own = own_lights(shop, snelstart, load_lists(snelstart), reading.refusal_code if reading else None)
        found |= {light.name: light for light in own}
        lights = [found[name] for name in NAMES]
        previous, check.results = check.results, [light.stored(since(check.results, light, now)) for light in lights]
        check.checked_at, check.asked_at = now, None
        check.due_at = nightly.next_night(shop_id, now) + AFTER_THE_NIGHT
        if shop.start_on is not None:
            # Before that the person is installing, and sees the lights there.
            _mail(shop, previous, check.results)


def _mail(shop: Shop, previous: Sequence[dict[str, Any]], results: Sequence[dict[str, Any]]) -> None:
    """Mail every light that turned red; the lost connections have a mail of their own."""
    before = {(row["name"], row["code"]) for row in previous if row["state"] == RED}
    for row in results:
        is_new = row["state"] == RED and (row["name"], row["code"]) not in before
        if is_new and row["code"] not in MAILED_OTHERWISE:
            notifications.light_red(shop, row)
