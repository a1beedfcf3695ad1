"""Choose what happens to the orders of a time without a subscription."""

from __future__ import annotations

from uuid import UUID

from flask import Response, current_app, flash, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_login import login_required
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as BaseResponse
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import InputRequired

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.subscription.routes import SUBSCRIPTION, blueprint
from webshop.htmx_responses import redirect_to, render
from webshop.models import GapChoice, Role
from webshop.services import people, subscription_gaps
from webshop.services.access import Tenant, find_shop

GAP = f"{SUBSCRIPTION}/gap"
CHOICES = [
    SelectChoice(GapChoice.POST.value, lazy_gettext("Boeken: ik heb ze niet zelf geboekt")),
    SelectChoice(GapChoice.LEAVE.value, lazy_gettext("Niet boeken: ze staan al in mijn boeken, of horen er niet in")),
]


class GapForm(FlaskForm):
    choice = RadioField(
        lazy_gettext("Wat doen we met deze bestellingen?"),
        [InputRequired(lazy_gettext("Maak een keuze."))],
        choices=CHOICES,
    )


@blueprint.get(GAP)
@login_required
def gap(shop_id: UUID) -> Response:
    return _page(find_shop(the_user(), shop_id, writes=False), GapForm(formdata=None))


@blueprint.post(GAP)
@login_required
def decide_gap(shop_id: UUID) -> BaseResponse:
    """Keep the choice; whoever comes second is told that it was made."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    people.check_owner(tenant)
    form = GapForm()
    if not form.validate_on_submit():
        return _page(tenant, form, 422)
    choice = GapChoice(form.choice.data)
    if not subscription_gaps.decide(tenant.shop, the_user(), choice):
        flash(_("Hier was al over gekozen."))
    elif choice is GapChoice.POST:
        flash(_("We boeken ze in de volgende ronden."))
    else:
        flash(_("We laten ze ongeboekt. Je vindt ze terug bij Rapportage, als overgeslagen."))
    current_app.extensions["ring_shop"](tenant.shop.id)
    return redirect_to(url_for("dashboard.index", shop_id=shop_id))


def _page(tenant: Tenant, form: GapForm, status: int = 200) -> Response:
    return render(
        "subscription/gap.html",
        status,
        **shop_frame(tenant, "profile"),
        form=form,
        gap=subscription_gaps.undecided_gap(tenant.shop.id),
        waiting=subscription_gaps.count_waiting(tenant.shop.id),
        counted_at_most=subscription_gaps.COUNTED_AT_MOST,
        is_owner=tenant.role is Role.OWNER,
    )
