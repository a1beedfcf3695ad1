"""One order: its page, and processing it again."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.htmx_responses import ORDERS_CHANGED, is_fragment, polled, render, render_partial
from webshop.models import OrderState
from webshop.services import order_actions, order_decisions
from webshop.services.access import Tenant, find_order, find_shop
from webshop.services.order_view import load_order_view
from webshop.services.overview import error_row

blueprint = Blueprint("orders", __name__)

TAB_OF = {
    OrderState.ERROR.value: "errors",
    OrderState.UNKNOWN.value: "errors",
    OrderState.OPEN.value: "open",
}


@blueprint.get("/shops/<uuid:shop_id>/orders/<uuid:order_id>")
@login_required
def show(shop_id: UUID, order_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=False)
    order, posting = find_order(tenant, order_id)
    view = load_order_view(tenant, order, posting)
    row = error_row(order, posting)
    return render("orders/show.html", **shop_frame(tenant, TAB_OF.get(order.state, "report")), view=view, row=row)


@blueprint.post("/shops/<uuid:shop_id>/orders/<uuid:order_id>/process")
@login_required
def process(shop_id: UUID, order_id: UUID) -> BaseResponse:
    """Process an order again; everybody of the shop may, because it changes no setting."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    order, _posting = find_order(tenant, order_id)
    order_actions.process_again(order, the_user())
    current_app.extensions["ring_shop"](tenant.shop.id)
    if is_fragment():
        return _row(tenant, order_id)
    flash(_("Bestelling %(number)s wordt opnieuw verwerkt.", number=order.amazon_order_id))
    return redirect(url_for("dashboard.errors", shop_id=shop_id), 303)


@blueprint.post("/shops/<uuid:shop_id>/orders/<uuid:order_id>/look-up")
@login_required
def look_up(shop_id: UUID, order_id: UUID) -> BaseResponse:
    """Look an uncertain order up in SnelStart as soon as that is safe; everybody of the shop may."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    order, _posting = find_order(tenant, order_id)
    order_decisions.look_up_now(order, the_user())
    current_app.extensions["ring_shop"](tenant.shop.id)
    if is_fragment():
        return _row(tenant, order_id)
    flash(_("Bestelling %(number)s wordt in SnelStart opgezocht.", number=order.amazon_order_id))
    return redirect(url_for("dashboard.errors", shop_id=shop_id), 303)


@blueprint.get("/shops/<uuid:shop_id>/orders/<uuid:order_id>/row")
@polled
@login_required
def row(shop_id: UUID, order_id: UUID) -> BaseResponse:
    """Answer the order's row in Fouten; the page asks while the order is being processed."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    if not is_fragment():
        return redirect(url_for("orders.show", shop_id=shop_id, order_id=order_id), 303)
    return _row(tenant, order_id)


def _row(tenant: Tenant, order_id: UUID) -> Response:
    found = error_row(*find_order(tenant, order_id))
    event = None if found.is_in_progress else ORDERS_CHANGED
    return render_partial("dashboard/_error_row.html", event=event, tenant=tenant, shop=tenant.shop, row=found)
