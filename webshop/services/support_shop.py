"""One shop, with everything our staff needs to help: never a secret, never a buyer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from webshop.exceptions import NotFoundError
from webshop.extensions import db
from webshop.models import (
    Connection,
    HealthCheck,
    InstallerGrant,
    Invoice,
    ProblemReport,
    Run,
    Schedule,
    ServiceRequest,
    Shop,
)
from webshop.services.history import EventFilters, EventRow, events_page
from webshop.services.installer_grants import active_grant
from webshop.services.issue_catalogue import IssueText, describe_code
from webshop.services.order_errors import count_causes
from webshop.services.overview import latest_runs
from webshop.services.people import Person, people_of
from webshop.services.support_shops import ShopRow, load_row

SHOWN = 8
INVOICES_SHOWN = 50
WITHOUT_CODE = "ORDER_CRASHED"
"""What an order in error without a reason is called everywhere."""


@dataclass(frozen=True)
class Cause:
    """Why orders of a shop are in error, and how many."""

    text: IssueText
    orders: int


@dataclass(frozen=True)
class SupportShop:
    row: ShopRow
    schedule: Schedule
    connections: Sequence[Connection]
    health: HealthCheck | None
    people: Sequence[Person]
    grant: InstallerGrant | None
    runs: Sequence[Run]
    causes: Sequence[Cause]
    events: Sequence[EventRow]
    reports: Sequence[ProblemReport]
    requests: Sequence[ServiceRequest]
    invoices: Sequence[Invoice]
    credited: frozenset[int]
    """Ids of the invoices that were taken back already."""

    @property
    def shop(self) -> Shop:
        return self.row.shop

    @property
    def waits_for_password(self) -> bool:
        """Whether somebody of the shop has not set a first password yet."""
        return any(not person.has_password for person in self.people)


def find_shop(public_id: UUID) -> Shop:
    """Return any shop, for our staff.

    :raise NotFoundError: when there is none.
    """
    shop = db.session.scalars(select(Shop).where(Shop.public_id == str(public_id))).one_or_none()
    if shop is None:
        raise NotFoundError("shop")
    return shop


def load_shop(public_id: UUID) -> SupportShop:
    """Gather what the page of a shop shows.

    :raise NotFoundError: when there is no such shop.
    """
    found = load_row(str(public_id))
    if found is None:
        raise NotFoundError("shop")
    row, schedule, amazon, snelstart = found
    shop_id = row.shop.id
    invoices = _latest(Invoice, Invoice.shop_id == shop_id, INVOICES_SHOWN)
    return SupportShop(
        row=row,
        schedule=schedule,
        connections=[one for one in (amazon, snelstart) if one is not None],
        health=db.session.get(HealthCheck, shop_id),
        people=people_of(shop_id),
        grant=active_grant(shop_id),
        runs=latest_runs(shop_id, SHOWN),
        causes=[Cause(describe_code(code or WITHOUT_CODE), orders) for code, orders in count_causes(shop_id).items()],
        events=events_page(shop_id, EventFilters(), None).rows[:SHOWN],
        reports=_latest(ProblemReport, ProblemReport.shop_id == shop_id, SHOWN),
        requests=_latest(ServiceRequest, ServiceRequest.shop_id == shop_id, SHOWN),
        invoices=invoices,
        credited=frozenset(one.credits_id for one in invoices if one.credits_id is not None),
    )


def _latest(model: Any, condition: Any, limit: int) -> Sequence[Any]:
    rows: Sequence[Any] = db.session.scalars(
        select(model).where(condition).order_by(model.created_at.desc(), model.id.desc()).limit(limit)
    ).all()
    return rows


def find_invoice(shop: Shop, public_id: UUID) -> Invoice:
    """Return an invoice of this shop.

    :raise NotFoundError: when it has no such invoice.
    """
    invoice = db.session.scalars(
        select(Invoice).where(Invoice.shop_id == shop.id, Invoice.public_id == str(public_id))
    ).one_or_none()
    if invoice is None:
        raise NotFoundError("invoice")
    return invoice
