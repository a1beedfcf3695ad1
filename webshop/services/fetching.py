"""Fetch a shop's changed orders from Amazon and store them.

Every page is one transaction: its orders, the daily totals and how far we are. The watermark is the
time Amazon itself gave with the first page, and it moves in the commit that stores the last page, so
a crash, a throttle or a broken page repeats work but skips none.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from webshop.clients.amazon.client import OrdersPage, PageTokenInvalidError
from webshop.clients.amazon.parsing import AmazonOrder, UnreadableOrder
from webshop.domain.booking import Issue
from webshop.domain.money import is_amount
from webshop.domain.orders import Status
from webshop.domain.periods import local_date, search_window
from webshop.domain.territories import resolve_destination
from webshop.domain.vat_numbers import compact
from webshop.extensions import clock, db, transaction, vault
from webshop.models import AT_AMAZON, BookingDate, Order, OrderState, Schedule, Shop
from webshop.models.base import insert, new_public_id, table_of
from webshop.services import audit, buyers, totals
from webshop.services.connections import AmazonAccess
from webshop.services.leases import Lease
from webshop.services.translation import known_fulfiller, known_status, stored_check, stored_issues
from webshop.services.vat_numbers import check_vat_number
from webshop.vault import SealBrokenError

OVERLAP = timedelta(hours=1)
FIRST_LOOK_BACK = timedelta(days=14)
PAGE_TOKEN_LIFE = timedelta(hours=23)
PURGE_AFTER = timedelta(days=30)
SETTLED = (OrderState.POSTED.value, OrderState.UNKNOWN.value)
"""States of orders that are or may be booked."""


def _upsert_with(dialect: Any) -> Any:
    """Build the statement that stores an order, or replaces what was known of it."""
    statement = dialect.insert(table_of(Order)).values({name: bindparam(name) for name in STORED})
    kept = {"shop_id", "amazon_order_id", "public_id", "first_seen_at", "skipped_at", "sale_migration_id"}
    replaced = {name: statement.excluded[name] for name in STORED if name not in kept}
    return statement.on_conflict_do_update(index_elements=["shop_id", "amazon_order_id"], set_=replaced)


STORED = [column.name for column in table_of(Order).columns if column.name != "id" and not column.computed]
_UPSERT = {"sqlite": _upsert_with(sqlite), "postgresql": _upsert_with(postgresql)}


@dataclass(frozen=True)
class FetchResult:
    orders: int
    """How many orders were new or changed."""
    is_complete: bool
    """False when time ran out before the last page; the next run goes on there."""


def fetch_orders(shop: Shop, access: AmazonAccess, lease: Lease, *, is_over: Callable[[], bool]) -> FetchResult:
    """Fetch what changed since the watermark, page by page, until `is_over`.

    :raise RemoteError: as the client classifies it; the pages before are stored.
    :raise BudgetEmptyError: when Amazon allows no search now.
    :raise LeaseLostError: when another run has taken over.
    """
    schedule = _current_schedule(shop.id)
    token, after = _starting_point(schedule, shop)
    changed = 0
    while True:
        try:
            page = access.client.search_orders(
                marketplace_id=shop.marketplace_id,
                last_updated_after=after,
                pagination_token=token,
                has_packages=needs_packages(shop),
            )
        except PageTokenInvalidError:
            if token is None:
                raise
            # Too old or refused: start the window again. Storing an order twice changes nothing.
            token, after = None, _window_start(schedule, shop)
            continue
        changed += _store_page(shop, page, lease, after=after, is_first=token is None)
        token = page.next_token
        if token is None:
            return FetchResult(changed, is_complete=True)
        if is_over():
            return FetchResult(changed, is_complete=False)


def store_search(
    shop: Shop, access: AmazonAccess, lease: Lease, after: datetime, *, is_over: Callable[[], bool]
) -> int:
    """Search once more from `after` and store what changed, without moving the watermark; return how many did.

    :raise RemoteError: as the client classifies it; the pages before are stored.
    :raise BudgetEmptyError: when Amazon allows no search now.
    :raise LeaseLostError: when another run has taken over.
    """
    token, changed = None, 0
    while not is_over():
        page = access.client.search_orders(
            marketplace_id=shop.marketplace_id, last_updated_after=after, pagination_token=token
        )
        with transaction():
            lease.check()
            changed += store_orders(shop, page.orders)
            show_unreadable(shop, page.unreadable)
        token = page.next_token
        if token is None:
            break
    return changed


def fetch_one(shop: Shop, access: AmazonAccess, lease: Lease, amazon_order_id: str) -> bool:
    """Fetch one order by its number; return whether it belongs to the shop's marketplace and was stored."""
    order = access.client.get_order(amazon_order_id, has_packages=needs_packages(shop))
    if order.marketplace_id != shop.marketplace_id:
        return False
    with transaction():
        lease.check()
        store_orders(shop, [order])
    return True


def needs_packages(shop: Shop) -> bool:
    """Say whether it matters when the packages left; otherwise Amazon is not asked about them."""
    return shop.booking_date == BookingDate.SHIP.value


def _current_schedule(shop_id: int) -> Schedule:
    with transaction() as session:
        return session.scalars(
            select(Schedule).where(Schedule.shop_id == shop_id).execution_options(populate_existing=True)
        ).one()


def _starting_point(schedule: Schedule, shop: Shop) -> tuple[str | None, datetime]:
    is_resumable = (
        schedule.page_token is not None
        and schedule.page_token_at is not None
        and schedule.page_after_at is not None
        and clock.now() - schedule.page_token_at < PAGE_TOKEN_LIFE
    )
    if is_resumable and schedule.page_after_at is not None:
        return schedule.page_token, schedule.page_after_at
    return None, _window_start(schedule, shop)


def _window_start(schedule: Schedule, shop: Shop) -> datetime:
    first = clock.now() - FIRST_LOOK_BACK
    if shop.start_on is not None:
        start = datetime.combine(shop.start_on, datetime.min.time(), first.tzinfo)
        first = min(first, start - timedelta(days=1))
    return search_window(schedule.watermark_at or first, clock.now(), OVERLAP)


def _store_page(shop: Shop, page: OrdersPage, lease: Lease, *, after: datetime, is_first: bool) -> int:
    with transaction():
        # First, because it also makes sure that the lease is still ours.
        _store_progress(lease, page, after=after, is_first=is_first)
        changed = store_orders(shop, page.orders)
        show_unreadable(shop, page.unreadable)
    return changed


def _store_progress(lease: Lease, page: OrdersPage, *, after: datetime, is_first: bool) -> None:
    values: dict[str, Any] = {}
    if is_first:
        values["page_watermark_at"] = page.last_updated_before
    if page.next_token is None:
        watermark = page.last_updated_before if is_first else Schedule.page_watermark_at
        values |= {"page_token": None, "page_token_at": None, "page_after_at": None}
        if watermark is not None:
            values["watermark_at"] = watermark
    else:
        values |= {"page_token": page.next_token, "page_token_at": clock.now(), "page_after_at": after}
    token = db.session.scalar(
        update(Schedule).where(Schedule.shop_id == lease.shop_id).values(**values).returning(Schedule.lease_token)
    )
    lease.confirm(token, db.session.connection())


def store_orders(shop: Shop, orders: tuple[AmazonOrder, ...] | list[AmazonOrder], *, is_again: bool = False) -> int:
    """Store new and changed orders in one statement; return how many there were.

    With `is_again` also those that did not change since they were stored.
    """
    newest = _newest_of_each(orders)
    if not newest:
        return 0
    known = {
        row.amazon_order_id: row
        for row in db.session.execute(
            select(
                Order.amazon_order_id,
                Order.state,
                Order.last_updated_at,
                Order.booked_on,
                Order.total,
                Order.amazon_total,
                Order.due_at,
                Order.first_seen_at,
                Order.public_id,
                Order.issues,
                Order.treatment,
                Order.cancelled_after_posting_at,
                Order.sealed_vat_number,
                Order.vat_number_check,
                Order.skipped_at,
                Order.content_purged_at,
            )
            .where(Order.shop_id == shop.id, Order.amazon_order_id.in_(newest))
            .with_for_update()
        )
    }
    changes = totals.Changes(shop.id)
    rows = []
    for order in newest.values():
        before = known.get(order.order_id)
        if before is not None and _stays(before, order, is_again=is_again):
            continue
        row = _row(shop, order, before)
        rows.append(row)
        if before is not None:
            changes.remove(totals.Entry(before.booked_on, before.state, before.total or Decimal(0)))
            changes.remove(totals.Entry(before.booked_on, AT_AMAZON, before.amazon_total or Decimal(0)))
        changes.add(totals.Entry(row["booked_on"], row["state"], row["total"] or Decimal(0)))
        changes.add(totals.Entry(row["booked_on"], AT_AMAZON, row["amazon_total"] or Decimal(0)))
    if rows:
        connection = db.session.connection()
        connection.execute(_UPSERT[connection.dialect.name], rows)
        changes.write()
    return len(rows)


def show_unreadable(shop: Shop, unreadable: tuple[UnreadableOrder, ...]) -> None:
    """Keep what could not be read visible: as an order in Fouten, or at least as an event."""
    for order in unreadable:
        known_id = (order.order_id or "")[:40]
        audit.record("unreadable_order", shop_id=shop.id, facts={"order": known_id, "problem": order.problem})
        if not known_id:
            continue
        now = clock.now()
        made = db.session.execute(
            insert(Order)
            .values(
                shop_id=shop.id,
                public_id=new_public_id(),
                amazon_order_id=known_id,
                marketplace_id=shop.marketplace_id,
                purchased_at=now,
                booked_on=local_date(now),
                last_updated_at=now,
                amazon_status=Status.UNKNOWN.value,
                fulfilled_by="UNKNOWN",
                state=OrderState.ERROR.value,
                issues=stored_issues([Issue("ORDER_UNREADABLE", {"fields": order.problem})]),
                attempts=0,
                content={},
                purge_on=(now + PURGE_AFTER).date(),
                first_seen_at=now,
            )
            .on_conflict_do_nothing()
            .returning(Order.id)
        ).first()
        if made:
            changes = totals.Changes(shop.id)
            for counted_as in (OrderState.ERROR.value, AT_AMAZON):
                changes.add(totals.Entry(local_date(now), counted_as, Decimal(0)))
            changes.write()


def _newest_of_each(orders: tuple[AmazonOrder, ...] | list[AmazonOrder]) -> dict[str, AmazonOrder]:
    newest: dict[str, AmazonOrder] = {}
    for order in orders:
        other = newest.get(order.order_id)
        if other is None or other.last_updated_at < order.last_updated_at:
            newest[order.order_id] = order
    return newest


def _stays(before: Any, order: AmazonOrder, *, is_again: bool) -> bool:
    """Say whether Amazon tells nothing that is to be stored: it is known, or too late to be kept again."""
    if before.content_purged_at is not None:
        # What was removed comes back only to be booked after all, as when past sales are migrated.
        return before.state in SETTLED or before.skipped_at is not None
    at = before.last_updated_at
    return bool(at > order.last_updated_at if is_again else at >= order.last_updated_at)


def _row(shop: Shop, order: AmazonOrder, before: Any) -> dict[str, Any]:
    now = clock.now()
    row = _facts(shop, order)
    row |= {
        "public_id": before.public_id if before else new_public_id(),
        "first_seen_at": before.first_seen_at if before else now,
        "seen_at": now,
        "sale_migration_id": None,
        "skipped_at": before.skipped_at if before else None,
        "state": OrderState.OPEN.value,
        "due_at": now,
        "issues": [],
        "treatment": None,
        "cancelled_after_posting_at": None,
        "content_purged_at": None,
    }
    if before is not None and _keeps_number(shop, order, before):
        # A person may have given the number that Amazon does not, and what proves it is kept with it.
        row |= {"sealed_vat_number": before.sealed_vat_number, "vat_number_check": before.vat_number_check}
    if before is not None and (before.skipped_at or before.state in SETTLED):
        # What was or may have been booked keeps its state, as does what a person decided; Amazon's news is only told.
        was_cancelled = order.status == Status.CANCELLED.value
        row |= {
            "state": before.state,
            "due_at": before.due_at,
            "issues": before.issues,
            "treatment": before.treatment,
            "total": before.total,
            "cancelled_after_posting_at": before.cancelled_after_posting_at
            or (now if was_cancelled and before.state in SETTLED else None),
        }
        if row["purge_on"] <= local_date(now):
            # Its buyer's time is over and nobody needs the buyer any more.
            row |= dict.fromkeys(buyers.COLUMNS.values())
    return row


def _keeps_number(shop: Shop, order: AmazonOrder, before: Any) -> bool:
    """Say whether the VAT number that is known of an order stays as it is, with what a check of it gave."""
    if order.buyer_vat_number is None or before.state in (OrderState.POSTED.value, OrderState.UNKNOWN.value):
        return True
    if before.sealed_vat_number is None:
        return False
    place = buyers.place_of(shop.id, order.order_id, "vat")
    with suppress(SealBrokenError):
        return vault().open(before.sealed_vat_number, bound_to=place) == compact(order.buyer_vat_number)
    return False


def _whole_cents(amount: Decimal | None) -> Decimal | None:
    """Return the amount when it can be counted in cents; another one is an error the core shows."""
    return amount if amount is not None and is_amount(amount) else None


def _facts(shop: Shop, order: AmazonOrder) -> dict[str, Any]:
    destination = resolve_destination(order.country_code, order.postal_code, order.city, order.state_or_region)
    content = order.content()
    content["destination"] = {
        "country": destination.country,
        "territory": destination.territory,
        "is_undecided": destination.is_undecided,
    }
    number = order.buyer_vat_number
    delivered_by = order.deliver_by or order.ship_by or order.purchased_at
    return {
        "shop_id": shop.id,
        "amazon_order_id": order.order_id,
        "marketplace_id": order.marketplace_id[:20],
        "purchased_at": order.purchased_at,
        "booked_on": local_date(order.purchased_at),
        "last_updated_at": order.last_updated_at,
        "amazon_status": known_status(order.status).value,
        "fulfilled_by": known_fulfiller(order.fulfilled_by).value,
        "country": destination.country,
        "currency": order.currency,
        "total": _whole_cents(order.grand_total),
        "amazon_total": _whole_cents(order.grand_total),
        "attempts": 0,
        "content": content,
        **buyers.sealed(
            shop.id,
            order.order_id,
            buyers.Buyer(order.buyer_email, order.postal_code, order.city, order.buyer_vat_number),
        ),
        "vat_number_check": stored_check(check_vat_number(number)) if number else None,
        "purge_on": (delivered_by + PURGE_AFTER).date(),
    }
