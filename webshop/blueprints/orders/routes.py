"""One order: its page, processing it again, looking it up, taking a decision back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.htmx_responses import ORDERS_CHANGED, is_fragment, polled, render, render_partial
from webshop.models import Order, OrderState, Posting
from webshop.services import order_actions, order_decisions
from webshop.services.access import Tenant, find_order, find_shop
from webshop.services.order_errors import error_row
from webshop.services.order_view import find_customer_kind, load_calculation, load_order_view
from webshop.services.problem_reports import latest_reports

blueprint = Blueprint("orders", __name__)

TAB_OF = {
    OrderState.ERROR.value: "errors",
    OrderState.UNKNOWN.value: "errors",
    OrderState.OPEN.value: "open",
}


def find_both(shop_id: UUID, order_id: UUID, *, writes: bool) -> tuple[Tenant, Order, Posting | None]:
    """Return the shop, and the order in it with the posting of its sale."""
    tenant = find_shop(the_user(), shop_id, writes=writes)
    return tenant, *find_order(tenant, order_id)


@blueprint.get("/shops/<uuid:shop_id>/orders/<uuid:order_id>")
@login_required
def show(shop_id: UUID, order_id: UUID) -> Response:
    tenant, order, posting = find_both(shop_id, order_id, writes=False)
    view = load_order_view(tenant, order, posting)
    row = error_row(order, posting)
    return render("orders/show.html", **shop_frame(tenant, TAB_OF.get(order.state, "report")), view=view, row=row)


@blueprint.get("/shops/<uuid:shop_id>/orders/<uuid:order_id>/calculation")
@login_required
def calculation(shop_id: UUID, order_id: UUID) -> BaseResponse:
    """Answer the calculation per rate; Meer info asks for it when it is opened."""
    tenant, order, _posting = find_both(shop_id, order_id, writes=False)
    return _part(order, shop_id, "orders/_calculation.html", lambda: {"groups": load_calculation(tenant, order)})


@blueprint.get("/shops/<uuid:shop_id>/orders/<uuid:order_id>/customer")
@login_required
def customer(shop_id: UUID, order_id: UUID) -> BaseResponse:
    """Answer on whom the order is booked; the order's page asks for it when it is there."""
    tenant, order, _posting = find_both(shop_id, order_id, writes=False)
    return _part(order, shop_id, "orders/_customer.html", lambda: {"kind": find_customer_kind(tenant, order)})


def _part(order: Order, shop_id: UUID, template: str, load: Callable[[], dict[str, Any]]) -> BaseResponse:
    """Answer a part of the order's page; who opens it by hand is led to the page."""
    if not is_fragment():
        return redirect(url_for("orders.show", shop_id=shop_id, order_id=order.public_id), 303)
    return render_partial(template, order=order, **load())


@blueprint.post("/shops/<uuid:shop_id>/orders/<uuid:order_id>/process")
@login_required
def process(shop_id: UUID, order_id: UUID) -> BaseResponse:
    """Process an order again; everybody of the shop may, because it changes no setting."""
    tenant, order, _posting = find_both(shop_id, order_id, writes=False)
    order_actions.process_again(order, the_user())
    message = _("Bestelling %(number)s wordt opnieuw verwerkt.", number=order.amazon_order_id)
    return _set_in_motion(tenant, order_id, message)


@blueprint.post("/shops/<uuid:shop_id>/orders/<uuid:order_id>/look-up")
@login_required
def look_up(shop_id: UUID, order_id: UUID) -> BaseResponse:
    """Look in SnelStart for an order whose outcome is unknown; everybody of the shop may."""
    tenant, order, _posting = find_both(shop_id, order_id, writes=False)
    order_decisions.look_up_now(order, the_user())
    message = _("We zoeken bestelling %(number)s op in SnelStart.", number=order.amazon_order_id)
    return _set_in_motion(tenant, order_id, message)


@blueprint.post("/shops/<uuid:shop_id>/orders/<uuid:order_id>/restore")
@login_required
def restore(shop_id: UUID, order_id: UUID) -> BaseResponse:
    """Take back that an order was passed over or booked by hand."""
    tenant, order, _posting = find_both(shop_id, order_id, writes=True)
    order_decisions.take_back(order, the_user())
    message = _("Bestelling %(number)s wordt opnieuw beoordeeld.", number=order.amazon_order_id)
    return _set_in_motion(tenant, order_id, message)


def _set_in_motion(tenant: Tenant, order_id: UUID, message: str) -> BaseResponse:
    """Ring for the shop, then answer the order's row, or without htmx lead to Fouten."""
    current_app.extensions["ring_shop"](tenant.shop.id)
    if is_fragment():
        return _row(tenant, order_id)
    flash(message)
    return redirect(url_for("dashboard.errors", shop_id=tenant.shop.public_id), 303)


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
    order, posting = find_order(tenant, order_id)
    found = error_row(order, posting, latest_reports([order.id]).get(order.id))
    event = None if found.is_in_progress else ORDERS_CHANGED
    return render_partial("dashboard/_error_row.html", event=event, tenant=tenant, shop=tenant.shop, row=found)
