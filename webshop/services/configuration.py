"""Change a shop's settings, a section at a time: check, store, record who changed what, and let it count.

A change counts for every order that is not booked yet (scheduling.ask_review). Of two people who save
the same section at once the last one wins, and hears that somebody else was there in between.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update

from webshop.domain.marketplaces import MARKETPLACES
from webshop.domain.periods import local_date
from webshop.exceptions import WebshopError
from webshop.extensions import clock, db, settings, transaction
from webshop.models import (
    AuditEvent,
    Connection,
    ConnectionState,
    DailyTotal,
    PostingKind,
    Remote,
    RequestKind,
    Schedule,
    ServiceRequest,
    Shop,
    User,
)
from webshop.services import audit, scheduling
from webshop.services.administration_lists import AdministrationLists

CHANGED = "setting_changed"
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "marketplace": ("marketplace_id",),
    "statuses": ("statuses",),
    "posting": ("posting_kind", "is_line_per_item", "journal_id", "are_payments_posted", "clearing_ledger_id"),
    "orders": ("template_id", "price_model", "order_cost_centre_id", "revenue_groups"),
    "customers": ("is_collective_debtor_used",),
    "automatic": ("is_posting_automatic", "start_on"),
    "pause": ("paused_until",),
    "stock": ("dispatch_country", "is_fba_used", "fba_dispatch_country"),
    "amounts": ("vat_source", "is_vcs_active", "booking_date"),
    "oss": ("is_oss_registered",),
}
"""The sections of Configuratie with the columns of Shop that each of them holds."""
LATEST_CHANGES = 200


class InvalidSettingError(WebshopError):
    """A setting that cannot be: `field` is the column, `reason` the code of what is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True)
class Change:
    """Who changed a section last, and what: (old, new) by column."""

    at: datetime
    by: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Saved:
    """What came of saving; `overwritten` is the change by somebody else that this one replaced."""

    is_changed: bool
    overwritten: Change | None = None


def values_of(shop: Shop, section: str) -> dict[str, Any]:
    return {name: getattr(shop, name) for name in SECTIONS[section]}


def mark_of(values: Mapping[str, Any]) -> str:
    """Return a mark of what a person saw when opening a form, to notice changes in between."""
    return hashlib.sha256(json.dumps(plain(values), sort_keys=True).encode()).hexdigest()[:16]


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as the audit keeps them: dates, times and percentages as text."""
    return {name: value if _is_plain(value) else str(value) for name, value in values.items()}


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, str, list, dict))


def save_section(
    shop_id: int,
    section: str,
    values: Mapping[str, Any],
    *,
    user: User,
    seen: str,
    lists: AdministrationLists,
    is_confirmed: bool = False,
) -> Saved:
    """Store the values of a section; the same values again change nothing.

    :raise InvalidSettingError: when a value cannot be.
    """
    with transaction():
        shop = lock_shop(shop_id)
        before = values_of(shop, section)
        wanted = _completed(shop, section, {**before, **values})
        changed = {name: value for name, value in wanted.items() if value != before[name]}
        if not changed:
            return Saved(is_changed=False)
        _check(shop, section, wanted, lists, is_confirmed=is_confirmed)
        overwritten = latest_changes(shop_id).get(section) if mark_of(before) != seen else None
        for name, value in changed.items():
            setattr(shop, name, value)
        _follow(shop, section, before)
        record_change(shop_id, section, {name: before[name] for name in changed}, changed, user)
    return Saved(is_changed=True, overwritten=overwritten)


def lock_shop(shop_id: int) -> Shop:
    """Lock the shop's row to change settings; part of the caller's transaction.

    The schedule comes first, as in a run, and the lock leaves the keys free: a run that stores orders
    refers to the shop, and would otherwise wait for this while this waits for it.
    """
    db.session.execute(select(Schedule.shop_id).where(Schedule.shop_id == shop_id).with_for_update())
    return db.session.get_one(Shop, shop_id, populate_existing=True, with_for_update={"key_share": True})


def record_change(shop_id: int, section: str, old: Mapping[str, Any], new: Mapping[str, Any], user: User) -> None:
    """Record a change and let it count for held orders; part of the caller's transaction."""
    scheduling.ask_review(shop_id)
    facts = {"section": section, "old": plain(old), "new": plain(new)}
    audit.record(CHANGED, shop_id=shop_id, user_id=user.id, facts=facts)


def latest_changes(shop_id: int) -> dict[str, Change]:
    """Return the last change of each section, as far as it is among the latest of the shop."""
    rows = db.session.execute(
        select(AuditEvent.at, AuditEvent.facts, User.name, User.email)
        .outerjoin(User, User.id == AuditEvent.user_id)
        # As literal text: only so SQLite sees that its index of the settings fits.
        .where(AuditEvent.shop_id == shop_id, text("audit_events.action = 'setting_changed'"))
        .order_by(AuditEvent.id.desc())
        .limit(LATEST_CHANGES)
    )
    changes: dict[str, Change] = {}
    for at, facts, name, email in rows:
        old, new = facts.get("old", {}), facts.get("new", {})
        values = {field: (old.get(field), new.get(field)) for field in {**old, **new}}
        changes.setdefault(facts["section"], Change(at, name or email or "", values))
    return changes


def request_contract(shop_id: int, wanted: str, user: User) -> bool:
    """Ask our staff for a contract setting ("orders" or "payments"); return False when that was asked before."""
    section = f"contract-{wanted}"
    with transaction() as session:
        lock_shop(shop_id)
        if section in latest_changes(shop_id):
            return False
        session.add(
            ServiceRequest(
                shop_id=shop_id,
                user_id=user.id,
                kind=RequestKind.CONTRACT.value,
                facts={"wanted": wanted},
                created_at=clock.now(),
            )
        )
        record_change(shop_id, section, {}, {"wanted": wanted}, user)
    return True


def enabled_marketplaces() -> frozenset[str]:
    """Return the ids of the marketplaces that the operator has enabled."""
    return frozenset(one.marketplace_id for one in MARKETPLACES if one.country in settings().marketplaces)


def _completed(shop: Shop, section: str, values: dict[str, Any]) -> dict[str, Any]:
    """Fill in what follows from the other values."""
    if section == "automatic" and values["is_posting_automatic"] and values["start_on"] is None:
        values["start_on"] = local_date(clock.now())
    if section == "stock" and not values["is_fba_used"]:
        values["fba_dispatch_country"] = None
    return values


def _check(
    shop: Shop, section: str, values: Mapping[str, Any], lists: AdministrationLists, *, is_confirmed: bool
) -> None:
    if section == "marketplace":
        _check_marketplace(shop, values["marketplace_id"], is_confirmed=is_confirmed)
    elif section == "posting":
        _check_posting(shop, values, lists)
    elif section == "automatic":
        check_start(shop, values["start_on"])
    elif section == "pause":
        _check_pause(values["paused_until"])
    elif section == "stock" and values["is_fba_used"] and not values["fba_dispatch_country"]:
        raise InvalidSettingError("fba_dispatch_country", "fba_country_missing")


def _check_marketplace(shop: Shop, marketplace_id: str, *, is_confirmed: bool) -> None:
    if marketplace_id not in enabled_marketplaces():
        raise InvalidSettingError("marketplace_id", "marketplace_not_enabled")
    if _is_taken(shop, marketplace_id):
        raise InvalidSettingError("marketplace_id", "marketplace_taken")
    has_orders = db.session.scalar(select(DailyTotal.day).where(DailyTotal.shop_id == shop.id).limit(1))
    if has_orders is not None and not is_confirmed:
        raise InvalidSettingError("is_confirmed", "marketplace_not_confirmed")


def _is_taken(shop: Shop, marketplace_id: str) -> bool:
    """Say whether another shop has the same seller for this marketplace; the seller's rows stay locked."""
    seller = (
        select(Connection.account_id)
        .where(Connection.shop_id == shop.id, Connection.remote == Remote.AMAZON.value)
        .scalar_subquery()
    )
    others = db.session.execute(
        select(Connection.shop_id, Shop.marketplace_id)
        .join(Shop, Shop.id == Connection.shop_id)
        .where(
            Connection.remote == Remote.AMAZON.value,
            Connection.account_id == seller,
            Connection.state != ConnectionState.DISABLED.value,
        )
        .order_by(Connection.id)
        .with_for_update(of=Connection)
    )
    return any(other.marketplace_id == marketplace_id for other in others if other.shop_id != shop.id)


def _check_posting(shop: Shop, values: Mapping[str, Any], lists: AdministrationLists) -> None:
    if values["posting_kind"] == PostingKind.SALES_ORDER.value and not shop.may_post_orders:
        raise InvalidSettingError("posting_kind", "orders_not_agreed")
    if not values["are_payments_posted"]:
        return
    if not shop.may_post_payments:
        raise InvalidSettingError("are_payments_posted", "payments_not_agreed")
    if values["journal_id"] not in {journal.value for journal in lists.general_journals}:
        raise InvalidSettingError("journal_id", "journal_not_general")
    if not values["clearing_ledger_id"]:
        raise InvalidSettingError("clearing_ledger_id", "clearing_ledger_missing")


def check_start(shop: Shop, start_on: date | None) -> None:
    """Let a start date only be put back as far as today: what was sold before then is a migration.

    There it is looked up and counted first; the owner may have booked it by hand.

    :raise InvalidSettingError: when the day cannot be.
    """
    today = local_date(clock.now())
    if start_on is None:
        if shop.start_on is not None:
            raise InvalidSettingError("start_on", "start_missing")
        return
    is_earlier = shop.start_on is None or start_on < shop.start_on
    if is_earlier and start_on < today:
        raise InvalidSettingError("start_on", "start_too_early")
    if start_on > today + timedelta(days=366):
        raise InvalidSettingError("start_on", "start_too_late")


def _check_pause(until: datetime | None) -> None:
    if until is not None and not clock.now() < until <= clock.now() + timedelta(days=366):
        raise InvalidSettingError("paused_until", "pause_not_ahead")


def _follow(shop: Shop, section: str, before: Mapping[str, Any]) -> None:
    """Do what a change brings with it."""
    if section == "marketplace":
        if shop.start_on is not None:
            # Its sales up to today are in nobody's list here; the owner may have booked them.
            shop.start_on = local_date(clock.now())
        _fetch_anew(shop.id)
    elif section == "automatic" and _is_earlier(shop.start_on, before["start_on"]):
        _fetch_anew(shop.id)


def _is_earlier(new: date | None, old: date | None) -> bool:
    return new is not None and (old is None or new < old)


def _fetch_anew(shop_id: int) -> None:
    """Let the next run fetch from the start date; a run at work loses its lease, so that it stores nothing more."""
    db.session.execute(
        update(Schedule)
        .where(Schedule.shop_id == shop_id)
        .values(
            lease_token=Schedule.lease_token + 1,
            slot_at=clock.now(),
            watermark_at=None,
            page_token=None,
            page_token_at=None,
            page_after_at=None,
            page_watermark_at=None,
        )
    )
