"""Aansluiting: Amazon's numbers against SnelStart's, per day and month, and the VAT of a quarter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from flask import Blueprint, Response, abort, request
from flask_babel import gettext as _
from flask_login import login_required

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.downloads import download
from webshop.blueprints.labels import label
from webshop.domain.periods import local_date
from webshop.extensions import clock
from webshop.htmx_responses import render
from webshop.models import AT_AMAZON, OrderState
from webshop.services import reconciliation
from webshop.services.access import find_shop
from webshop.services.reconciliation import STATES, RateLine, TieOut

blueprint = Blueprint("reconciliation", __name__)


@blueprint.get("/shops/<uuid:shop_id>/reconciliation")
@login_required
def index(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=False)
    month = _asked_month()
    quarter = reconciliation.quarter_of(month)
    tied_out = reconciliation.load_reconciliation(tenant.shop.id, month)
    rates = reconciliation.load_rates(tenant.shop.id, quarter)
    return render(
        "reconciliation/index.html",
        **shop_frame(tenant, "reconciliation"),
        month=month,
        quarter=quarter,
        is_last_month=month == local_date(clock.now()).replace(day=1),
        earlier=month - timedelta(days=1),
        later=reconciliation.last_day(month) + timedelta(days=1),
        tied_out=tied_out,
        rates=rates,
        not_split=_not_split(tied_out.months, quarter, rates),
        states=STATES,
        at_amazon=AT_AMAZON,
    )


def _not_split(months: Sequence[TieOut], quarter: tuple[date, date], rates: Sequence[RateLine]) -> Decimal:
    """Return what was booked in the quarter and is in no line: bookings whose VAT we did not calculate."""
    booked = (one.total(OrderState.POSTED.value) for one in months if quarter[0] <= one.from_on <= quarter[1])
    return sum(booked, Decimal(0)) - sum((line.net + line.vat for line in rates), Decimal(0))


@blueprint.get("/shops/<uuid:shop_id>/reconciliation.<any(csv, xlsx):extension>")
@login_required
def months_file(shop_id: UUID, extension: str) -> Response:
    """Answer the months of a year as a file."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    tied_out = reconciliation.load_reconciliation(tenant.shop.id, _asked_month())
    names = [_("Amazon"), *(label(state, "state") for state in STATES)]
    heading = [_("Maand"), *(f"{name} {what}" for name in names for what in (_("aantal"), _("bedrag"))), _("Verschil")]
    return download("aansluiting", extension, heading, map(_cells, tied_out.months))


def _cells(line: TieOut) -> list[date | int | Decimal]:
    sums = [cell for state in (AT_AMAZON, *STATES) for cell in (line.orders(state), line.total(state))]
    return [line.from_on, *sums, line.difference]


@blueprint.get("/shops/<uuid:shop_id>/vat.<any(csv, xlsx):extension>")
@login_required
def rates_file(shop_id: UUID, extension: str) -> Response:
    """Answer the booked VAT of a quarter as a file."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    quarter = reconciliation.quarter_of(_asked_month())
    heading = (_("Behandeling"), _("Land"), _("Percentage"), _("Bestellingen"), _("Omzet excl. btw"), _("Btw"))
    rows = (
        (label(line.treatment, "treatment"), line.country, line.percentage, line.orders, line.net, line.vat)
        for line in reconciliation.load_rates(tenant.shop.id, quarter)
    )
    return download(f"btw-{quarter[0]:%Y}-K{(quarter[0].month + 2) // 3}", extension, heading, rows)


def _asked_month() -> date:
    """Return the first day of the month in the address, this month without one; another text is a bad request."""
    text = request.args.get("month", "")
    if not text:
        return local_date(clock.now()).replace(day=1)
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        abort(400)
    if not 2000 <= month.year <= 2999:
        abort(400)
    return month
