"""The steps in which Amazon and SnelStart are connected."""

from __future__ import annotations

from uuid import UUID

from flask import Response, current_app, flash, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.labels import label
from webshop.blueprints.setup.forms import KeyForm
from webshop.blueprints.setup.frame import find_tenant, go_to, show_step, this_session
from webshop.blueprints.setup.routes import PLACE, blueprint
from webshop.blueprints.setup.texts import AMAZON_PROBLEMS, KEY_PROBLEMS
from webshop.domain.marketplaces import MARKETPLACES
from webshop.extensions import limiter
from webshop.htmx_responses import is_fragment, redirect_to, render_partial
from webshop.models import Remote
from webshop.services import amazon_login, pending, setup, snelstart_login
from webshop.services.access import Tenant
from webshop.services.administration_lists import load_lists
from webshop.services.amazon_login import ConsentError
from webshop.services.snelstart_login import Found, KeyRefusedError


@blueprint.get(f"{PLACE}/amazon")
@login_required
def amazon(shop_id: UUID) -> Response:
    tenant = find_tenant(shop_id, writes=False)
    response = show_step(tenant, "amazon", problem=_amazon_problem())
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _amazon_problem() -> str:
    """Put into words why the consent led to nothing; only codes we know are shown."""
    code = request.args.get("problem", "")
    if code not in AMAZON_PROBLEMS:
        return ""
    countries = request.args.get("found", "").split(",")
    found = ", ".join(one.name for one in MARKETPLACES if one.country in countries)
    return str(AMAZON_PROBLEMS[code]) % {"found": found or label("", "marketplace")}


@blueprint.get(f"{PLACE}/amazon/confirm")
@login_required
def other_seller(shop_id: UUID) -> BaseResponse:
    """Ask whether another seller than before is meant."""
    tenant = find_tenant(shop_id, writes=True)
    waiting = pending.look(this_session(), pending.confirmation_token(tenant.shop.id, Remote.AMAZON))
    if waiting is None:
        return go_to("amazon", shop_id, problem="expired")
    return show_step(tenant, "amazon", page="other_seller", waiting=waiting)


@blueprint.post(f"{PLACE}/amazon/confirm")
@login_required
def confirm_seller(shop_id: UUID) -> BaseResponse:
    tenant = find_tenant(shop_id, writes=True)
    try:
        amazon_login.confirm(tenant.shop, this_session())
    except ConsentError as refusal:
        return go_to("amazon", shop_id, problem=refusal.code)
    setup.note_finished(tenant.shop.id, the_user())
    current_app.extensions["ring_shop"](tenant.shop.id)
    flash(_("Amazon is verbonden."))
    return go_to("amazon", shop_id)


@blueprint.get(f"{PLACE}/snelstart")
@login_required
def snelstart(shop_id: UUID) -> Response:
    tenant = find_tenant(shop_id, writes=False)
    return show_step(tenant, "snelstart", codes=load_lists(tenant.snelstart).article_codes)


@blueprint.get(f"{PLACE}/snelstart/key")
@login_required
def key(shop_id: UUID) -> Response:
    """Show the guide and the field for the key."""
    tenant = find_tenant(shop_id, writes=True)
    return _dialog(tenant, "key", form=KeyForm())


@blueprint.post(f"{PLACE}/snelstart/key")
@limiter.limit("20 per hour", key_func=lambda: request.path)
@login_required
def try_key(shop_id: UUID) -> BaseResponse:
    """Try a key; it is kept only after the administration was confirmed."""
    tenant = find_tenant(shop_id, writes=True)
    setup.check_agreed(tenant.shop.id)
    form = KeyForm()
    if not form.validate_on_submit():
        return _dialog(tenant, "key", 422, form=form)
    try:
        found = snelstart_login.try_key(tenant.shop, this_session(), form.key.data or "")
    except KeyRefusedError as refusal:
        form.key.errors = [str(KEY_PROBLEMS[refusal.code])]
        return _dialog(tenant, "key", 422, form=form)
    if is_fragment():
        return _dialog(tenant, "administration", found=found)
    return redirect_to(url_for("setup.administration", shop_id=shop_id))


@blueprint.get(f"{PLACE}/snelstart/confirm")
@login_required
def administration(shop_id: UUID) -> BaseResponse:
    """Show the name of the administration that the key opens."""
    tenant = find_tenant(shop_id, writes=True)
    found = snelstart_login.find_waiting(tenant.shop, this_session())
    if found is None:
        return go_to("key", shop_id)
    return _dialog(tenant, "administration", found=found)


@blueprint.post(f"{PLACE}/snelstart/confirm")
@login_required
def confirm_administration(shop_id: UUID) -> BaseResponse:
    tenant = find_tenant(shop_id, writes=True)
    setup.check_agreed(tenant.shop.id)
    try:
        are_lists_read = snelstart_login.confirm(tenant.shop, this_session())
    except KeyRefusedError as refusal:
        form = KeyForm(formdata=None)
        form.key.errors = [str(KEY_PROBLEMS[refusal.code])]
        return _dialog(tenant, "key", 422, form=form)
    setup.note_finished(tenant.shop.id, the_user())
    current_app.extensions["ring_shop"](tenant.shop.id)
    flash(
        _("SnelStart is verbonden.")
        if are_lists_read
        else _("SnelStart is verbonden. De rekeningen halen we zo nog op: SnelStart antwoordde te traag.")
    )
    return go_to("snelstart", shop_id)


def _dialog(
    tenant: Tenant, name: str, status: int = 200, *, form: KeyForm | None = None, found: Found | None = None
) -> Response:
    if is_fragment():
        return render_partial(f"setup/_{name}.html", status, tenant=tenant, shop=tenant.shop, form=form, found=found)
    return show_step(tenant, "snelstart", status, dialog=f"setup/_{name}.html", form=form, found=found)
