"""After the faults: time goes on, the clock sweeps every minute, workers do what is due. How long does it take?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

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
    stand.clock.advance_to(_due_at(shop))
    stand.ring_sweep()
    stand.work_until_empty()


def _due_at(shop: FaultShop) -> datetime:
    """Return when the first of the shops can be worked on."""
    with shop.stand.app.app_context():
        schedules = db.session.scalars(select(Schedule).where(Schedule.shop_id.in_(shop.shop_ids))).all()
        return min(max(schedule.due_at, schedule.lease_until or schedule.due_at) for schedule in schedules)


def _is_settled(shop: FaultShop) -> bool:
    with shop.stand.app.app_context():
        posted = _count(Order.shop_id.in_(shop.shop_ids), Order.state == OrderState.POSTED.value)
        sent = _count(Posting.shop_id.in_(shop.shop_ids), Posting.state == PostingState.POSTED.value)
        leased = _count(Schedule.shop_id.in_(shop.shop_ids), Schedule.lease_until.is_not(None))
    purposes = 2 if shop.kind == PAYMENTS else 1
    return posted == len(shop.totals) and sent == posted * purposes and not leased


def _count(*conditions: ColumnElement[bool]) -> int:
    return db.session.scalars(select(func.count()).where(*conditions)).one()
