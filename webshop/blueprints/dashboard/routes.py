"""The chooser, the shop's overview, and the frame around every page of a shop."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.extensions import limiter
from webshop.htmx_responses import ORDERS_CHANGED, is_fragment, polled, render, render_partial
from webshop.services import order_actions, overview, setup
from webshop.services.access import Tenant, find_shop, shops_of
from webshop.services.attention import attention_rows
from webshop.services.notices import overview_notices
from webshop.services.tax_notices import tax_notices

blueprint = Blueprint("dashboard", __name__)


@blueprint.get("/shops")
@login_required
def shops() -> BaseResponse:
    found = shops_of(the_user())
    if not found and the_user().is_staff:
        return redirect(url_for("support.shops"), 303)
    if len(found) == 1:
        return redirect(url_for("dashboard.index", shop_id=found[0].public_id), 303)
    return render("dashboard/shops.html", shops=found)


@blueprint.get("/shops/<uuid:shop_id>/")
@login_required
def index(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=False)
    found = overview.load_overview(tenant.shop)
    return render(
        "dashboard/index.html",
        **shop_frame(tenant, "index"),
        overview=found,
        attention=attention_rows(tenant.shop.id),
        notices=[*overview_notices(tenant), *tax_notices(found.warning, found.meter)],
        setup=setup.load_state(tenant),
    )


@blueprint.get("/shops/<uuid:shop_id>/tabs")
@polled
@login_required
def tabs(shop_id: UUID) -> BaseResponse:
    """Answer the row of tabs with fresh counters."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    if not is_fragment():
        return redirect(url_for("dashboard.index", shop_id=shop_id), 303)
    current = request.args.get("current", "")
    return render_partial("dashboard/_tabs.html", **shop_frame(tenant, current))


@blueprint.post("/shops/<uuid:shop_id>/fetch")
@limiter.limit("6 per minute", key_func=lambda: request.path)
@login_required
def fetch(shop_id: UUID) -> BaseResponse:
    """Fetch now: make the shop due and show how it goes."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    if not overview.progress(tenant).is_active:
        order_actions.fetch_now(tenant.shop, the_user())
        current_app.extensions["ring_shop"](tenant.shop.id)
    if is_fragment():
        return _fetch_status(find_shop(the_user(), shop_id, writes=True))
    flash(_("We halen je bestellingen op. Laad de pagina zo opnieuw."))
    return redirect(url_for("dashboard.index", shop_id=shop_id), 303)


@blueprint.get("/shops/<uuid:shop_id>/fetch")
@polled
@login_required
def fetch_status(shop_id: UUID) -> BaseResponse:
    """Answer how the fetch goes; the page asks until it is done."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    if not is_fragment():
        return redirect(url_for("dashboard.index", shop_id=shop_id), 303)
    return _fetch_status(tenant)


def _fetch_status(tenant: Tenant) -> Response:
    frame = shop_frame(tenant, "")
    is_done = not frame["progress"].is_active
    runs = overview.latest_runs(tenant.shop.id, 1) if is_done else ()
    event = ORDERS_CHANGED if is_done else None
    frame["result"] = runs[0] if runs else None
    return render_partial("dashboard/_fetch_status.html", event=event, **frame)


def shop_frame(tenant: Tenant, current: str) -> dict[str, Any]:
    """Return what the frame around every page of a shop shows."""
    return {
        "tenant": tenant,
        "shop": tenant.shop,
        "current": current,
        "lights": {"amazon": overview.light(tenant.amazon), "snelstart": overview.light(tenant.snelstart)},
        "progress": overview.progress(tenant),
        "result": None,
    }
