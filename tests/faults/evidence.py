"""What a play left behind: our tables, SnelStart's books and Amazon's orders, side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from tests.faults.orders import RECIPES, Recipe, is_booked_by_hand
from tests.faults.play import Play
from tests.faults.script import PlannedOrder
from webshop.extensions import db
from webshop.models import AuditEvent, Connection, DailyTotal, Order, Posting, Run, Schedule

CLOSED = ("CANCELLED",)
COLLECTIONS = {"sales_entry": "verkoopboekingen", "sales_order": "verkooporders", "journal": "memoriaalboekingen"}


@dataclass
class Evidence:
    play: Play
    orders: list[Order]
    postings: list[Posting]
    schedules: dict[int, Schedule]
    runs: list[Run]
    daily: list[DailyTotal]
    audit: Counter[tuple[int | None, str]]
    """How often each action was recorded for each order."""
    accounts: dict[int, str]
    """The administration in which each shop books now."""
    books: dict[str, dict[str, list[dict[str, Any]]]]
    """Per administration and collection what stands in SnelStart."""
    planned: dict[str, PlannedOrder] = field(default_factory=dict)

    def recipe(self, number: str) -> Recipe:
        return RECIPES[self.planned[number].recipe]

    def sale_documents(self, administration_id: str) -> dict[str, list[dict[str, Any]]]:
        """Return the sales that our orders have in an administration, without the bookkeeper's own."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        books = self.books[administration_id]
        for entry in books["verkoopboekingen"]:
            if not is_booked_by_hand(entry):
                found[entry["factuurnummer"]].append(entry)
        for order in books["verkooporders"]:
            found[order["betalingskenmerk"]].append(order)
        return found

    def shop_index(self, shop_id: int) -> int:
        return next(index for index, one in enumerate(self.play.stage.shops) if one.shop_id == shop_id)


def total_of(document: dict[str, Any]) -> Decimal:
    total: Decimal = document["factuurbedrag"] if "factuurbedrag" in document else document["totaalInclusiefBtw"]
    return total


def collect(play: Play) -> Evidence:
    """Read everything, in a session of its own."""
    snelstart = play.stage.sandbox.snelstart
    names = ("verkoopboekingen", "verkooporders", "memoriaalboekingen", "verkoopfacturen", "relaties", "artikelen")
    books = {one.id: {name: snelstart.documents(one.id, name) for name in names} for one in snelstart.administrations()}
    with play.outside():
        session = db.session
        schedules = {row.shop_id: row for row in session.scalars(select(Schedule))}
        audit = Counter(
            (row.order_id, row.action) for row in session.execute(select(AuditEvent.order_id, AuditEvent.action))
        )
        accounts = {
            row.shop_id: row.account_id
            for row in session.execute(
                select(Connection.shop_id, Connection.account_id).where(Connection.remote == "snelstart")
            )
        }
        return Evidence(
            play=play,
            orders=list(session.scalars(select(Order).order_by(Order.shop_id, Order.amazon_order_id))),
            postings=list(session.scalars(select(Posting).order_by(Posting.id))),
            schedules=schedules,
            runs=list(session.scalars(select(Run).order_by(Run.id))),
            daily=list(session.scalars(select(DailyTotal))),
            audit=audit,
            accounts=accounts,
            books=books,
            planned={order.number: order for order in play.script.orders},
        )
