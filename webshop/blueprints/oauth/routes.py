"""Amazon's authorisation: start, call-back and log-in from Amazon's side.

No answer lets an address travel on as a referer: Amazon's code stands in it.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.setup.frame import find_tenant, go_to, this_session
from webshop.extensions import write_on_get
from webshop.htmx_responses import render
from webshop.models import Shop
from webshop.services import amazon_login, pending, setup
from webshop.services.access import shops_to_connect
from webshop.services.amazon_login import AmazonRequest, ConsentError, OtherSellerError

blueprint = Blueprint("oauth", __name__)


@blueprint.after_request
def send_no_referer(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.get("/oauth/amazon/start")
@login_required
def start() -> BaseResponse:
    """Send the user to Seller Central for consent."""
    write_on_get()
    tenant = find_tenant(_shop_id(request.args.get("shop", "")), writes=True)
    if not setup.load_state(tenant).has_agreed:
        return redirect(url_for("setup.terms", shop_id=tenant.shop.public_id), 303)
    return redirect(amazon_login.start(tenant.shop, this_session()), 303)


@blueprint.get("/oauth/amazon/callback")
def callback() -> BaseResponse:
    """Take what Amazon sends back: a state of ours, the seller and a code."""
    write_on_get()
    if not current_user.is_authenticated:
        # Not by way of the login page: the code would travel along in its address.
        return render("oauth/gone.html", 401, is_logged_out=True)
    taken = pending.take(this_session(), request.args.get("state", ""))
    if taken is None:
        return render("oauth/gone.html", 400, is_logged_out=False)
    waiting, shop = taken
    find_tenant(UUID(shop.public_id), writes=True)
    seller_id, code = request.args.get("selling_partner_id", ""), request.args.get("spapi_oauth_code", "")
    try:
        amazon_login.finish(shop, waiting, this_session(), seller_id=seller_id, code=code)
    except OtherSellerError:
        return redirect(url_for("setup.other_seller", shop_id=shop.public_id), 303)
    except ConsentError as refusal:
        return go_to("amazon", UUID(shop.public_id), problem=refusal.code, found=",".join(refusal.found) or None)
    return _connected(shop)


def _connected(shop: Shop) -> BaseResponse:
    setup.note_finished(shop.id, the_user())
    current_app.extensions["ring_shop"](shop.id)
    flash(_("Amazon is verbonden."))
    return redirect(url_for("setup.amazon", shop_id=shop.public_id), 303)


@blueprint.get("/oauth/amazon/login")
@login_required
def log_in() -> BaseResponse:
    """Ask somebody who comes from Amazon which shop it is about."""
    asked = _amazon_request(request.args)
    return render("oauth/choose_shop.html", asked=asked, choices=shops_to_connect(the_user(), asked.seller_id))


@blueprint.post("/oauth/amazon/login")
@login_required
def go_on() -> BaseResponse:
    """Send the user back to Amazon, to confirm it for the chosen shop."""
    asked = _amazon_request(request.form)
    tenant = find_tenant(_shop_id(request.form.get("shop", "")), writes=True)
    if not setup.load_state(tenant).has_agreed:
        return redirect(url_for("setup.terms", shop_id=tenant.shop.public_id), 303)
    return redirect(amazon_login.go_on(tenant.shop, this_session(), asked), 303)


def _amazon_request(values: dict[str, str]) -> AmazonRequest:
    asked = AmazonRequest(
        callback_uri=values.get("amazon_callback_uri", ""),
        state=values.get("amazon_state", ""),
        seller_id=values.get("selling_partner_id", ""),
        version=values.get("version", ""),
    )
    if not asked.is_sound:
        abort(400)
    return asked


def _shop_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        abort(404)
