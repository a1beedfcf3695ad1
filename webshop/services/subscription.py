"""How long a shop is active: a trial, a year that was paid, an end that somebody chose.

Nothing renews by itself. Owners are offered a year by mail before the end; only a payment that Mollie
confirms, or our staff, moves the end forward.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import exists, select, update

from webshop.domain.periods import is_past, local_date, year_from
from webshop.domain.personal_data import mask
from webshop.exceptions import ConflictError
from webshop.extensions import clock, db, transaction
from webshop.models import Checkout, CheckoutState, Product, Schedule, Shop
from webshop.services import audit, company_letters, notifications, subscription_gaps
from webshop.services.invoice_amounts import amounts_for

OFFER_DAYS = (14, 7, 1)
"""How many days before the end a year is offered."""
LONGEST_TRIAL_EXTENSION = 90


def is_trial(shop_id: int) -> bool:
    """Return whether the shop never paid for a year."""
    is_paid = (
        Checkout.shop_id == shop_id,
        Checkout.product == Product.SUBSCRIPTION.value,
        Checkout.state == CheckoutState.PAID.value,
    )
    return not db.session.scalar(select(exists().where(*is_paid)))


def next_year(shop: Shop) -> tuple[date, date]:
    """Return the first and the last day of the year that a payment of today would buy."""
    today = local_date(clock.now())
    first = today if shop.active_until is None else max(today, shop.active_until + timedelta(days=1))
    return first, year_from(first)


def extend(shop_id: int) -> None:
    """Add a paid year; part of the caller's transaction. A shop without an end keeps having none."""
    shop = _locked(shop_id)
    old = shop.active_until
    if old is None:
        return
    _first, last = next_year(shop)
    _move_end(shop, last)
    facts = {"old": old.isoformat(), "new": last.isoformat()}
    audit.record("subscription_extended", shop_id=shop_id, facts=facts)


def extend_trial(shop: Shop, days: int, *, staff_id: int, reason: str = "") -> date:
    """Let a shop go on for some days without paying, as our staff decide; return its last day.

    :raise ValueError: for a number of days that nobody means.
    :raise ConflictError: when the shop has no end.
    """
    if not 1 <= days <= LONGEST_TRIAL_EXTENSION:
        raise ValueError(f"a trial is extended by 1 to {LONGEST_TRIAL_EXTENSION} days")
    with transaction():
        current = _locked(shop.id)
        old = current.active_until
        if old is None:
            raise ConflictError("this shop has no end")
        until = max(old, local_date(clock.now())) + timedelta(days=days)
        _move_end(current, until)
        facts = {"old": old.isoformat(), "new": until.isoformat(), "days": str(days), "reason": mask(reason)[:200]}
        audit.record("trial_extended", shop_id=shop.id, staff_id=staff_id, facts=facts)
    return until


def stop(shop: Shop, *, user_id: int | None = None, staff_id: int | None = None, reason: str = "") -> bool:
    """End a subscription or trial now, never at a later day; False when it had ended before.

    What is being sent at this moment is finished; the next booking finds the end.
    """
    with transaction():
        current = _locked(shop.id)
        if is_past(current.active_until, clock.now()):
            return False
        old = current.active_until
        current.active_until = local_date(clock.now()) - timedelta(days=1)
        facts = {
            "old": old.isoformat() if old else "",
            "new": current.active_until.isoformat(),
            "reason": mask(reason)[:200],
        }
        audit.record("subscription_stopped", shop_id=shop.id, user_id=user_id, staff_id=staff_id, facts=facts)
        cause = f"stopped:{shop.id}:{clock.now():%Y%m%d%H%M%S}"
        for to in notifications.owners_of(current):
            notifications.write_mail(
                "stopped", cause, to, lambda: company_letters.subscription_stopped(current), shop=current
            )
    return True


def write_offers() -> int:
    """Offer a year to the owners of every shop that ends soon; return how many shops got a mail.

    Each of the three times is mailed once per end: one that fell into an outage is made up for, and a shop that
    paid has another end.
    """
    today = local_date(clock.now())
    with transaction() as session:
        is_soon = Shop.active_until.between(today, today + timedelta(days=max(OFFER_DAYS)))
        shop_ids = session.scalars(select(Shop.id).where(is_soon).order_by(Shop.active_until, Shop.id)).all()
    return sum(_write_offer(shop_id, today) for shop_id in shop_ids)


def _write_offer(shop_id: int, today: date) -> bool:
    with transaction():
        # Locked, so that a payment at this moment comes before or after, and the mail tells what is true.
        shop = _locked(shop_id)
        days_left = (shop.active_until - today).days if shop.active_until else -1
        times = [days for days in OFFER_DAYS if 0 <= days_left <= days]
        if not times:
            return False
        cause = f"offer:{shop.id}:{shop.active_until}:{min(times)}"
        amounts, trial = amounts_for(shop, Product.SUBSCRIPTION), is_trial(shop.id)
        written = [
            notifications.write_mail(
                "offer",
                cause,
                to,
                lambda: company_letters.offer(shop, amounts.net, amounts.total, is_trial=trial),
                shop=shop,
            )
            for to in notifications.owners_of(shop)
        ]
    return any(written)


def _locked(shop_id: int) -> Shop:
    return db.session.get_one(Shop, shop_id, with_for_update={"key_share": True}, populate_existing=True)


def _move_end(shop: Shop, last_day: date) -> None:
    """Let a shop be active until a day; after an end what was missed is fetched now."""
    if is_past(shop.active_until, clock.now()):
        subscription_gaps.begin(shop)
        now = clock.now()
        db.session.execute(update(Schedule).where(Schedule.shop_id == shop.id).values(due_at=now, slot_at=now))
    shop.active_until = last_day
