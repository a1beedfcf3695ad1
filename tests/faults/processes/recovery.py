"""After the faults: time goes on, the clock sweeps every minute, workers do what is due. How long does it take?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from tests.faults.processes.shop import PAYMENTS, FaultShop
from webshop.extensions import db
from webshop.models import Order, OrderState, Posting, PostingState, Schedule

CYCLE = timedelta(minutes=60)
MOST_SWEEPS = 60


@dataclass(frozen=True)
class Recovery:
    minutes: float
    """On the shop's own clock, until every order was booked."""
    sweeps: int
    is_complete: bool


def recover(shop: FaultShop) -> Recovery:
    """Sweep until every order is booked and nothing waits, then for one cycle more, which must change nothing."""
    stand = shop.stand
    started_at, sweeps = stand.clock(), 0
    while not (is_settled := _is_settled(shop)) and sweeps < MOST_SWEEPS:
        sweep(shop)
        sweeps += 1
    minutes = (stand.clock() - started_at).total_seconds() / 60
    stand.clock.advance(CYCLE + timedelta(minutes=1))
    sweep(shop)
    return Recovery(round(minutes, 1), sweeps, is_settled)


def sweep(shop: FaultShop) -> None:
    """Let the minute come in which the shop has something to do, and have it done."""
    stand = shop.stand
    stand.clock.advance(timedelta(minutes=1))
    if (due_at := _due_at(shop)) is not None:
        stand.clock.advance_to(due_at)
    stand.ring_sweep()
    stand.work_until_empty()


def _due_at(shop: FaultShop) -> datetime | None:
    with shop.stand.app.app_context():
        schedule = db.session.scalars(select(Schedule).where(Schedule.shop_id == shop.shop_id)).one()
        times = [at for at in (schedule.due_at, schedule.lease_until) if at is not None]
    return max(times)


def _is_settled(shop: FaultShop) -> bool:
    with shop.stand.app.app_context():
        posted = db.session.scalar(
            select(func.count()).where(Order.shop_id == shop.shop_id, Order.state == OrderState.POSTED.value)
        )
        purposes = 2 if shop.kind == PAYMENTS else 1
        sent = db.session.scalar(
            select(func.count()).where(Posting.shop_id == shop.shop_id, Posting.state == PostingState.POSTED.value)
        )
        lease_until = db.session.scalar(select(Schedule.lease_until).where(Schedule.shop_id == shop.shop_id))
    return posted == len(shop.totals) and sent == posted * purposes and lease_until is None
