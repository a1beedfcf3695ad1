"""What users ask our staff to do: install, migrate, add something to the contract."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from webshop.exceptions import NotFoundError
from webshop.extensions import clock, db, transaction
from webshop.models import InstallerGrant, ReportState, ServiceRequest, Shop, User
from webshop.services import audit
from webshop.services.installer_grants import active_grant
from webshop.services.support_queues import OvertakenError, mark_of


@dataclass(frozen=True)
class RequestView:
    """A request; `grant` lets staff into the setup steps at this moment."""

    request: ServiceRequest
    shop: Shop
    asker: User
    taken_by: User | None
    grant: InstallerGrant | None
    granted_by: User | None
    mark: str


def load_request(public_id: UUID) -> RequestView:
    """Return a request with who lets staff in.

    :raise NotFoundError: when there is none.
    """
    taker = aliased(User)
    row = db.session.execute(
        select(ServiceRequest, Shop, User, taker)
        .join(Shop, Shop.id == ServiceRequest.shop_id)
        .join(User, User.id == ServiceRequest.user_id)
        .outerjoin(taker, taker.id == ServiceRequest.taken_by)
        .where(ServiceRequest.public_id == str(public_id))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFoundError("request")
    request, shop, asker, taken_by = row
    grant = active_grant(shop.id)
    granted_by = db.session.get(User, grant.granted_by) if grant else None
    return RequestView(request, shop, asker, taken_by, grant, granted_by, _mark(request))


def handle_request(request_id: int, staff: User, *, state: ReportState, note: str, seen: str) -> None:
    """Store how far a request is. Twice is once.

    :raise OvertakenError: when somebody else saved after `seen`.
    """
    with transaction() as session:
        request = session.get_one(ServiceRequest, request_id, with_for_update=True, populate_existing=True)
        if (request.state, request.note, request.taken_by) == (state.value, note, staff.id):
            return
        if _mark(request) != seen:
            raise OvertakenError("the request was changed in between")
        old, is_handled = request.state, state is ReportState.SOLVED
        request.state, request.note, request.taken_by = state.value, note, staff.id
        request.handled_at = (request.handled_at or clock.now()) if is_handled else None
        facts = {"request": request.kind, "old": old, "new": state.value, "reason": note}
        audit.record("request_handled", shop_id=request.shop_id, staff_id=staff.id, facts=facts)


def _mark(request: ServiceRequest) -> str:
    return mark_of(request.state, request.taken_by, request.note)
