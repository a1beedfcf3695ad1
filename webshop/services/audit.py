"""Record what happened, in the transaction in which it happened."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert

from webshop.extensions import clock, db
from webshop.models import Actor, AuditEvent
from webshop.models.base import table_of
from webshop.services import acting

_INSERT = insert(table_of(AuditEvent))


def record(
    action: str,
    *,
    shop_id: int | None = None,
    order_id: int | None = None,
    user_id: int | None = None,
    staff_id: int | None = None,
    facts: dict[str, Any] | None = None,
    connection: Connection | None = None,
) -> None:
    """Add one event to the caller's transaction: that of `connection`, else the session's.

    `staff_id` is who of our staff did it, `user_id` as whom. Both come by themselves while staff act as a user.
    """
    facts = facts or {}
    if on_behalf := acting.current():
        staff_id, user_id = staff_id or on_behalf.staff_id, user_id or on_behalf.user_id
        facts = facts | {"impersonation": on_behalf.impersonation_id}
    (connection or db.session.connection()).execute(
        _INSERT,
        {
            "at": clock.now(),
            "shop_id": shop_id,
            "order_id": order_id,
            "action": action,
            "actor": (Actor.SUPPORT if staff_id else Actor.USER if user_id else Actor.SYSTEM).value,
            "user_id": user_id,
            "staff_id": staff_id,
            "facts": facts,
        },
    )
