"""What waits for our staff, and how two of them who have the same thing open do not overtake each other.

Whoever saves sends along how it stood when it was opened; the second is told who was first, and loses
nothing that was typed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal, select, tuple_

from webshop.exceptions import ConflictError
from webshop.extensions import db
from webshop.models import ProblemReport, ReportState, ServiceRequest, Shop, User
from webshop.services.overview import PAGE_SIZE, Page, Position

WAITING = "waiting"
CHOICES = (WAITING, *(state.value for state in ReportState))
COUNTED = 100
"""Numbers in the navigation stop here."""


class OvertakenError(ConflictError):
    """Somebody else of the staff saved in between."""


@dataclass(frozen=True)
class QueueRow:
    """A report or a request in its queue; `who` of our staff took it up last."""

    item: Any
    shop_name: str
    who: str


def count_waiting() -> tuple[int, int]:
    """Return how many reports and requests wait, each up to COUNTED."""
    row = db.session.execute(select(*(_waiting_number(model) for model in (ProblemReport, ServiceRequest)))).one()
    return int(row[0]), int(row[1])


def _waiting_number(model: Any) -> Any:
    waiting = select(model.id).where(model.state.in_(_states(WAITING))).limit(COUNTED).subquery()
    return select(func.count()).select_from(waiting).scalar_subquery()


def queue_page(model: Any, chosen: str, after: Position | None) -> Page[QueueRow]:
    """Return a page of a queue: what waits longest first, what is solved with the latest first."""
    is_latest_first = chosen == ReportState.SOLVED.value
    query: Select[Any] = (
        select(model, Shop.name, User.name, User.email)
        .join(Shop, Shop.id == model.shop_id)
        .outerjoin(User, User.id == model.taken_by)
        .where(model.state.in_(_states(chosen)))
    )
    place = tuple_(model.created_at, model.id)
    if after is not None:
        position = tuple_(literal(after.purchased_at, model.created_at.type), after.order_id)
        query = query.where(place < position if is_latest_first else place > position)
    order = (model.created_at.desc(), model.id.desc()) if is_latest_first else (model.created_at, model.id)
    found = db.session.execute(query.order_by(*order).limit(PAGE_SIZE + 1)).all()
    rows = [QueueRow(item, shop_name, name or email or "") for item, shop_name, name, email in found[:PAGE_SIZE]]
    last = rows[-1].item if len(found) > PAGE_SIZE else None
    return Page(rows, Position(last.created_at, last.id) if last else None)


def _states(chosen: str) -> tuple[str, ...]:
    return (ReportState.RECEIVED.value, ReportState.BUSY.value) if chosen == WAITING else (chosen,)


def mark_of(*values: object) -> str:
    """Return a mark of how something stood when it was opened."""
    return hashlib.sha256(repr(tuple(map(str, values))).encode()).hexdigest()[:16]
