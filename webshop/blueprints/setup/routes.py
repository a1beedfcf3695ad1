"""The six steps from a new shop to the first posted order: the way in, and the steps that are plain forms."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.configuration.forms import refuse
from webshop.blueprints.public.documents import document_facts
from webshop.blueprints.setup.forms import SettingsForm, TermsForm
from webshop.blueprints.setup.frame import find_tenant, go_to, show_step
from webshop.services import setup
from webshop.services.access import Tenant
from webshop.services.administration_lists import load_lists
from webshop.services.configuration import InvalidSettingError

blueprint = Blueprint("setup", __name__)
PLACE = "/shops/<uuid:shop_id>/setup"


@blueprint.get(f"{PLACE}/")
@login_required
def index(shop_id: UUID) -> BaseResponse:
    """Lead to the first step that is not done."""
    tenant = find_tenant(shop_id, writes=False)
    step = setup.load_state(tenant).first_unfinished
    return redirect(url_for(f"setup.{step}", shop_id=shop_id), 303)


@blueprint.get(f"{PLACE}/terms")
@login_required
def terms(shop_id: UUID) -> Response:
    return _terms_page(find_tenant(shop_id, writes=False), TermsForm())


@blueprint.post(f"{PLACE}/terms")
@login_required
def agree(shop_id: UUID) -> BaseResponse:
    tenant = find_tenant(shop_id, writes=True)
    form = TermsForm()
    if tenant.role.value == "owner" and not form.validate_on_submit():
        return _terms_page(tenant, form, 422)
    setup.agree(tenant, the_user())
    return go_to("amazon", shop_id)


def _terms_page(tenant: Tenant, form: TermsForm, status: int = 200) -> Response:
    return show_step(tenant, "terms", status, form=form, **document_facts())


@blueprint.get(f"{PLACE}/settings")
@login_required
def settings(shop_id: UUID) -> Response:
    tenant = find_tenant(shop_id, writes=False)
    return _settings_page(tenant, SettingsForm.of(tenant.shop))


@blueprint.post(f"{PLACE}/settings")
@login_required
def save_settings(shop_id: UUID) -> BaseResponse:
    tenant = find_tenant(shop_id, writes=True)
    form = SettingsForm.of(tenant.shop)
    if not form.validate_on_submit():
        return _settings_page(tenant, form, 422)
    try:
        setup.save_settings(tenant, form.values(), the_user(), load_lists(tenant.snelstart))
    except InvalidSettingError as error:
        if error.reason == "marketplace_not_confirmed":
            refusal = _("Van deze marktplaats zijn al bestellingen opgehaald. Wijzig haar bij Configuratie.")
            form.marketplace_id.errors = [refusal]
        else:
            refuse(form, error.field, error.reason)
        return _settings_page(tenant, form, 422)
    flash(_("Opgeslagen."))
    return go_to("vat", shop_id)


def _settings_page(tenant: Tenant, form: SettingsForm, status: int = 200) -> Response:
    return show_step(tenant, "settings", status, form=form)
