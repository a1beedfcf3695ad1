"""People who click: orders that ended in error, and "Verwerk" pressed five times at the same moment."""

from __future__ import annotations

from sqlalchemy import select

from tests.faults.processes.shop import ENTRIES, ORDERS, FaultShop
from tests.faults.processes.stand import StuckError
from webshop.exceptions import ConflictError
from webshop.extensions import db
from webshop.models import Membership, Order, OrderState, User
from webshop.services.order_actions import process_again

_REFUSAL = {"status": 400, "body": '[{"errorCode": "BOE-0033", "message": "Het boekjaar is afgesloten."}]'}
_REFUSED_CALL = {ENTRIES: "POST /verkoopboekingen", ORDERS: "POST /verkooporders"}


def make_errors(shop: FaultShop, number: int) -> list[int]:
    """Run the shop while SnelStart refuses the first `number` documents; return the ids of those orders."""
    operation = _REFUSED_CALL.get(shop.kind, _REFUSED_CALL[ENTRIES])
    stand = shop.stand
    stand.sandbox.control(
        "faults", remote="snelstart", operation=operation, kind="status", times=number, parameters=_REFUSAL
    )
    stand.ring_sweep()
    stand.work_until_empty()
    with stand.app.app_context():
        found = db.session.scalars(
            select(Order.id).where(Order.shop_id == shop.shop_id, Order.state == OrderState.ERROR.value)
        ).all()
    if len(found) != number:
        raise StuckError(f"{len(found)} orders ended in error instead of {number}")
    return list(found)


def click_at_once(shop: FaultShop, order_ids: list[int], times: int) -> int:
    """Press the button of every order that often, each click a process of its own; return how many were taken."""
    pids = [
        shop.stand.fork(lambda order_id=order_id: _click(shop, order_id))  # type: ignore[misc]
        for order_id in order_ids
        for _ in range(times)
    ]
    if not all(shop.stand.children.wait(pid, 20) for pid in pids):
        raise StuckError("a click does not come to an end")
    return len(pids)


def _click(shop: FaultShop, order_id: int) -> None:
    app = shop.stand.app
    with app.test_request_context(method="POST"):
        order = db.session.get_one(Order, order_id)
        user = db.session.scalars(
            select(User).join(Membership, Membership.user_id == User.id).where(Membership.shop_id == shop.shop_id)
        ).one()
        try:
            process_again(order, user)
        except ConflictError:
            return  # the run or another click was first
        app.extensions["ring_shop"](shop.shop_id)
