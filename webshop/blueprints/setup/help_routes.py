"""Ask our staff to install, and let them in for three days."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_login import login_required
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as BaseResponse
from wtforms import TextAreaField
from wtforms.validators import Length

from webshop.blueprints.auth.sessions import pending_key, the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.setup.routes import blueprint
from webshop.blueprints.subscription.routes import payment_page
from webshop.exceptions import ConflictError
from webshop.extensions import limiter
from webshop.htmx_responses import redirect_to, render
from webshop.models import Product
from webshop.services import installer_grants, people
from webshop.services.access import Tenant, find_shop
from webshop.services.invoice_amounts import amounts_for
from webshop.services.prices import price_of


class HelpForm(FlaskForm):
    words = TextAreaField(
        lazy_gettext("Wat moeten we weten? (mag leeg)"),
        [Length(max=2000, message=lazy_gettext("Dit is te lang: neem hooguit 2000 tekens."))],
    )


@blueprint.get("/shops/<uuid:shop_id>/setup/help")
@login_required
def help_request(shop_id: UUID) -> Response:
    return _page(find_shop(the_user(), shop_id, writes=True), HelpForm())


@blueprint.post("/shops/<uuid:shop_id>/setup/help")
@login_required
def request_help(shop_id: UUID) -> BaseResponse:
    """Ask for installation, or let staff in once more."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    people.check_owner(tenant)
    form = HelpForm()
    if not form.validate_on_submit():
        return _page(tenant, form, 422)
    installer_grants.request_installation(tenant.shop, the_user(), (form.words.data or "").strip())
    flash(_("Gevraagd. We nemen contact met je op."))
    return redirect_to(url_for("setup.help_request", shop_id=shop_id))


@blueprint.post("/shops/<uuid:shop_id>/setup/help/revoke")
@login_required
def revoke_help(shop_id: UUID) -> BaseResponse:
    """Shut staff out."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    people.check_owner(tenant)
    installer_grants.revoke(tenant.shop, the_user())
    flash(_("Ingetrokken: onze medewerkers kunnen er niet meer in."))
    return redirect_to(url_for("setup.help_request", shop_id=shop_id))


@blueprint.post("/shops/<uuid:shop_id>/setup/help/pay")
@limiter.limit("20 per hour", key_func=pending_key)
@login_required
def pay_help(shop_id: UUID) -> BaseResponse:
    """Pay for the installation that was asked for: on to the payment page."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    people.check_owner(tenant)
    asked = installer_grants.open_request(tenant.shop.id)
    if asked is None:
        raise ConflictError("nothing was asked for")
    address = payment_page(tenant.shop, Product.INSTALLATION, asked.public_id)
    return _page(tenant, HelpForm(), 503, is_unreachable=True) if address is None else redirect_to(address)


def _page(tenant: Tenant, form: HelpForm, status: int = 200, *, is_unreachable: bool = False) -> Response:
    asked = installer_grants.open_request(tenant.shop.id)
    return render(
        "setup/help.html",
        status,
        **shop_frame(tenant, "setup"),
        form=form,
        price_excl_vat=price_of(Product.INSTALLATION),
        asked=asked,
        asked_is_paid=asked is not None and installer_grants.is_paid(asked),
        amounts=amounts_for(tenant.shop, Product.INSTALLATION),
        is_unreachable=is_unreachable,
        grant=installer_grants.active_grant(tenant.shop.id),
        is_owner=tenant.role.value == "owner",
    )
