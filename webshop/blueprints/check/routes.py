"""Werkt mijn koppeling?: the health check and what it says; and the refunds that are to be corrected by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.downloads import download
from webshop.extensions import limiter
from webshop.htmx_responses import is_fragment, polled, render, render_partial
from webshop.services import shop_health
from webshop.services.access import Tenant, find_shop
from webshop.services.health_texts import describe_light, verdict
from webshop.services.quarters import quarter_warning
from webshop.services.refunds import load_refunds
from webshop.services.tax_notices import quarter_notices
from webshop.services.threshold import load_meter

blueprint = Blueprint("check", __name__)
PLACE = "/shops/<uuid:shop_id>"
URGENCY = {"red": 0, "amber": 1, "green": 2}


@blueprint.get(f"{PLACE}/check")
@login_required
def index(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=False)
    return render("check/index.html", **shop_frame(tenant, "check"), **_lights(tenant))


@blueprint.post(f"{PLACE}/check")
@limiter.limit("6 per minute", key_func=lambda: f"check {the_user().id}")
@login_required
def start(shop_id: UUID) -> BaseResponse:
    """Ask for a check; asked twice it is done once."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    if shop_health.ask_check(tenant.shop.id, the_user().id):
        current_app.extensions["ring_health"](tenant.shop.id)
    if is_fragment():
        return render_partial("check/_lights.html", tenant=tenant, shop=tenant.shop, **_lights(tenant))
    flash(_("We kijken alles na. Laad de pagina over een paar tellen opnieuw."))
    return redirect(url_for("check.index", shop_id=shop_id), 303)


@blueprint.get(f"{PLACE}/check/lights")
@polled
@login_required
def lights(shop_id: UUID) -> BaseResponse:
    """Answer the lights as they stand; the page asks until the check is done."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    if not is_fragment():
        return redirect(url_for("check.index", shop_id=shop_id), 303)
    return render_partial("check/_lights.html", tenant=tenant, shop=tenant.shop, **_lights(tenant))


@blueprint.get(f"{PLACE}/threshold")
@login_required
def threshold(shop_id: UUID) -> Response:
    """Answer the meter of the OSS threshold: a page, and the part that Configuratie shows."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    meter = load_meter(tenant.shop)
    if is_fragment():
        return render_partial("check/_threshold.html", shop=tenant.shop, meter=meter)
    notices = list(quarter_notices(quarter_warning(tenant.shop.id)))
    return render("check/threshold.html", **shop_frame(tenant, "check"), meter=meter, notices=notices)


@blueprint.get(f"{PLACE}/refunds")
@login_required
def refunds(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=False)
    return render("check/refunds.html", **shop_frame(tenant, "check"), refunds=load_refunds(tenant.shop.id))


@blueprint.get(f"{PLACE}/refunds.<any(csv, xlsx):extension>")
@login_required
def refunds_file(shop_id: UUID, extension: str) -> Response:
    """Answer the months as a file."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    heading = (_("Maand"), _("Aantal"), _("Terugbetaald incl. btw"), _("Btw te corrigeren"), _("Zonder btw-bedrag"))
    rows = (
        (f"{month.month:%Y-%m}", month.refunds, month.total_incl_vat, month.vat, month.without_vat)
        for month in load_refunds(tenant.shop.id).months
    )
    return download("terugbetalingen", extension, heading, rows)


def _lights(tenant: Tenant) -> dict[str, Any]:
    health = shop_health.load_health(tenant.shop.id)
    state, sentence = verdict(health.results)
    rows = [describe_light(row) for row in health.results]
    rows.sort(key=lambda row: URGENCY.get(row.state, 0))
    return {
        "health": health,
        "rows": rows,
        "verdict_state": state,
        "verdict": sentence,
    }
