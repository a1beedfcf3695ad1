"""Stop the subscription today: a dialog with its own address, for owners."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.subscription.routes import SUBSCRIPTION, blueprint
from webshop.htmx_responses import is_fragment, redirect_to, render, render_partial
from webshop.services import people, subscription
from webshop.services.access import Tenant, find_shop

STOP = f"{SUBSCRIPTION}/stop"


@blueprint.get(STOP)
@login_required
def stop(shop_id: UUID) -> Response:
    tenant = _owned(shop_id)
    if is_fragment():
        return render_partial("subscription/_stop.html", tenant=tenant, shop=tenant.shop)
    return render("subscription/stop.html", **shop_frame(tenant, "profile"))


@blueprint.post(STOP)
@login_required
def stopped(shop_id: UUID) -> BaseResponse:
    """Stop per today; twice is once."""
    tenant = _owned(shop_id)
    if subscription.stop(tenant.shop, user_id=the_user().id):
        flash(_("Gestopt. Er wordt vanaf nu niets meer opgehaald of geboekt."))
    else:
        flash(_("De koppeling was al gestopt."))
    return redirect_to(url_for("subscription.index", shop_id=shop_id))


def _owned(shop_id: UUID) -> Tenant:
    tenant = find_shop(the_user(), shop_id, writes=True)
    people.check_owner(tenant)
    return tenant
