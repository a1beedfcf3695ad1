"""Change how long a shop is served."""

from __future__ import annotations

from datetime import timedelta

from webshop.domain.periods import local_date
from webshop.extensions import clock, transaction
from webshop.models import Shop
from webshop.services import audit, scheduling


def extend_trial(shop: Shop, days: int, staff_id: int, *, reason: str = "") -> None:
    """Give a shop more days, counted from its last day or from today when that is over; no end stays no end."""
    with transaction() as session:
        current = session.get_one(Shop, shop.id, with_for_update=True, populate_existing=True)
        old = current.active_until
        if old is None:
            return
        current.active_until = max(old, local_date(clock.now())) + timedelta(days=days)
        facts = {"old": str(old), "new": str(current.active_until), "reason": reason}
        audit.record("trial_extended", shop_id=shop.id, staff_id=staff_id, facts=facts)
        scheduling.make_due(shop.id)


def stop(shop: Shop, *, reason: str, staff_id: int) -> None:
    """End the subscription per today: nothing is fetched or posted from now on."""
    with transaction() as session:
        current = session.get_one(Shop, shop.id, with_for_update=True, populate_existing=True)
        old, last = current.active_until, local_date(clock.now()) - timedelta(days=1)
        if old is not None and old <= last:
            return
        current.active_until = last
        facts = {"old": str(old or ""), "new": str(last), "reason": reason}
        audit.record("subscription_stopped", shop_id=shop.id, staff_id=staff_id, facts=facts)
