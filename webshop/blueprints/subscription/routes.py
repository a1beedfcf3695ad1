"""The page of the subscription, the way to the payment page, and the page one comes back to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import pending_key, the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.exceptions import RemoteError
from webshop.extensions import limiter, write_on_get
from webshop.htmx_responses import is_fragment, polled, redirect_to, render, render_partial
from webshop.models import Checkout, CheckoutState, Product, Role, Shop
from webshop.services import checkouts, people, subscription
from webshop.services.access import Tenant, find_shop
from webshop.services.connections import deadline
from webshop.services.invoice_amounts import amounts_for

log = structlog.get_logger(__name__)

blueprint = Blueprint("subscription", __name__)

SUBSCRIPTION = "/shops/<uuid:shop_id>/subscription"
CHECKOUT = "/shops/<uuid:shop_id>/checkouts/<uuid:checkout_id>"
SECONDS = 10
POLLS = 20
"""How often the page asks by itself whether the payment has come, every three seconds; then the reader may."""


@blueprint.get(SUBSCRIPTION)
@login_required
def index(shop_id: UUID) -> Response:
    return page(find_shop(the_user(), shop_id, writes=False))


def page(tenant: Tenant, status: int = 200, *, is_unreachable: bool = False) -> Response:
    first, last = subscription.next_year(tenant.shop)
    return render(
        "subscription/index.html",
        status,
        **shop_frame(tenant, "profile"),
        days_left=tenant.days_left,
        is_trial=subscription.is_trial(tenant.shop.id),
        amounts=amounts_for(tenant.shop, Product.SUBSCRIPTION),
        first_day=first,
        last_day=last,
        is_owner=tenant.role is Role.OWNER,
        is_unreachable=is_unreachable,
    )


@blueprint.post(f"{SUBSCRIPTION}/pay")
@limiter.limit("20 per hour", key_func=pending_key)
@login_required
def pay(shop_id: UUID) -> BaseResponse:
    """Buy a year: on to the payment page."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    people.check_owner(tenant)
    address = payment_page(tenant.shop, Product.SUBSCRIPTION)
    return page(tenant, 503, is_unreachable=True) if address is None else redirect_to(address)


def payment_page(shop: Shop, product: Product, subject_id: str | None = None) -> str | None:
    """Open a checkout and return where it is paid; None when the payment service cannot be asked now."""
    opened = checkouts.open_checkout(shop, product, subject_id=subject_id, user_id=the_user().id)
    try:
        with deadline(SECONDS):
            return checkouts.start_payment(opened)
    except RemoteError as trouble:
        log.warning("payments_unreachable", error=str(trouble))
        return None


@blueprint.get(CHECKOUT)
@login_required
def checkout(shop_id: UUID, checkout_id: UUID) -> Response:
    """Show what became of a payment, as Mollie says at this moment."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    tenant, found = _as_it_is(tenant, checkout_id)
    return render("subscription/checkout.html", **shop_frame(tenant, "profile"), **_view(found, 0))


@blueprint.get(f"{CHECKOUT}/state")
@polled
@login_required
def checkout_state(shop_id: UUID, checkout_id: UUID) -> BaseResponse:
    """Answer the part of the page that waits; it asks until it knows, or until it asked often enough."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    if not is_fragment():
        return redirect(url_for("subscription.checkout", shop_id=shop_id, checkout_id=checkout_id), 303)
    asked = min(max(request.args.get("asked", 0, type=int), 0), POLLS)
    tenant, found = _as_it_is(tenant, checkout_id)
    return render_partial("subscription/_checkout.html", tenant=tenant, shop=tenant.shop, **_view(found, asked))


def _as_it_is(tenant: Tenant, checkout_id: UUID) -> tuple[Tenant, Checkout]:
    """Find a checkout and, while it waits, ask Mollie about it; what began with its payment begins now."""
    found = checkouts.find_checkout(tenant.shop, str(checkout_id))
    if found.state != CheckoutState.OPEN.value:
        return tenant, found
    write_on_get()
    with deadline(SECONDS):
        checkouts.ask_about(found)
    tenant = find_shop(the_user(), UUID(tenant.shop.public_id), writes=False)
    found = checkouts.find_checkout(tenant.shop, str(checkout_id))
    if found.state == CheckoutState.PAID.value:
        current_app.extensions["ring_shop"](found.shop_id)
    return tenant, found


def _view(found: Checkout, asked: int) -> dict[str, Any]:
    return {"checkout": found, "asked": asked, "is_waiting": asked < POLLS}
