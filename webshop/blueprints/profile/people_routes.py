"""The people of a shop: owners invite, change and remove; anybody may leave."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth import sessions
from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.profile.forms import InviteForm, RoleForm
from webshop.blueprints.profile.routes import back, blueprint, profile_page
from webshop.exceptions import ConflictError, NotFoundError
from webshop.extensions import limiter
from webshop.htmx_responses import redirect_to, render
from webshop.models import Role
from webshop.services import people
from webshop.services.access import Tenant, find_shop
from webshop.services.people import LastOwnerError, Person

PEOPLE = "/shops/<uuid:shop_id>/profile/people"


def _owned(shop_id: UUID) -> Tenant:
    tenant = find_shop(the_user(), shop_id, writes=True)
    people.check_owner(tenant)
    return tenant


def _refusal(error: ConflictError) -> str:
    texts = {
        "member": _("Deze persoon doet al mee."),
        "full": _("Er staan al veel uitnodigingen open. Trek er eerst een in."),
    }
    return texts[str(error)]


@blueprint.post(f"{PEOPLE}/invite")
@limiter.limit("20 per hour", key_func=sessions.pending_key, deduct_when=lambda answer: answer.status_code != 422)
@login_required
def invite(shop_id: UUID) -> BaseResponse:
    tenant = _owned(shop_id)
    form = InviteForm()
    if form.validate_on_submit():
        try:
            email, role = form.email.data or "", Role(form.role.data)
            people.invite(tenant.shop, the_user(), email, role, str(get_locale()))
            return back(tenant.shop, _("De uitnodiging is onderweg."))
        except ConflictError as error:
            form.email.errors = [_refusal(error)]
    return profile_page(tenant, 422, invite_form=form)


@blueprint.post(f"{PEOPLE}/withdraw")
@login_required
def withdraw(shop_id: UUID) -> BaseResponse:
    tenant = _owned(shop_id)
    people.withdraw_invitation(tenant.shop, the_user(), request.form.get("email", ""))
    return back(tenant.shop, _("De uitnodiging is ingetrokken."))


@blueprint.get(f"{PEOPLE}/<uuid:person_id>")
@login_required
def person(shop_id: UUID, person_id: UUID) -> Response:
    tenant = _owned(shop_id)
    found = _find_person(tenant, person_id)
    return _person_page(tenant, found, RoleForm(formdata=None, data={"role": found.role}))


@blueprint.post(f"{PEOPLE}/<uuid:person_id>/role")
@login_required
def change_role(shop_id: UUID, person_id: UUID) -> BaseResponse:
    tenant = _owned(shop_id)
    found, form = _find_person(tenant, person_id), RoleForm()
    if form.validate_on_submit():
        try:
            people.change_role(tenant.shop, the_user(), str(person_id), Role(form.role.data))
            return back(tenant.shop, _("Opgeslagen."))
        except LastOwnerError:
            form.role.errors = [_("Een winkel heeft altijd een eigenaar. Maak eerst iemand anders eigenaar.")]
    return _person_page(tenant, found, form, 422)


@blueprint.post(f"{PEOPLE}/<uuid:person_id>/remove")
@login_required
def remove(shop_id: UUID, person_id: UUID) -> BaseResponse:
    """Take somebody out; a second click finds nobody and says so."""
    tenant = _owned(shop_id)
    found = _find_person(tenant, person_id)
    try:
        people.remove(tenant.shop, the_user(), str(person_id))
    except LastOwnerError:
        return _person_page(tenant, found, RoleForm(formdata=None, data={"role": found.role}), 422, is_last_owner=True)
    flash(_("%(person)s doet niet meer mee.", person=found.name or found.email))
    is_oneself = str(person_id) == the_user().public_id
    return redirect_to(url_for("dashboard.shops") if is_oneself else url_for("profile.index", shop_id=shop_id))


@blueprint.get("/shops/<uuid:shop_id>/profile/leave")
@login_required
def leave(shop_id: UUID) -> Response:
    return _leave_page(find_shop(the_user(), shop_id, writes=False))


@blueprint.post("/shops/<uuid:shop_id>/profile/leave")
@login_required
def left(shop_id: UUID) -> BaseResponse:
    tenant = find_shop(the_user(), shop_id, writes=False)
    try:
        people.remove(tenant.shop, the_user(), the_user().public_id)
    except LastOwnerError:
        return _leave_page(tenant, 422, is_last_owner=True)
    flash(_("Je doet niet meer mee in %(shop)s.", shop=tenant.shop.name))
    return redirect_to(url_for("dashboard.shops"))


def _find_person(tenant: Tenant, person_id: UUID) -> Person:
    for found in people.people_of(tenant.shop.id):
        if found.public_id == str(person_id):
            return found
    raise NotFoundError("person")


def _person_page(
    tenant: Tenant, found: Person, form: RoleForm, status: int = 200, *, is_last_owner: bool = False
) -> Response:
    frame = shop_frame(tenant, "profile")
    return render("profile/person.html", status, **frame, person=found, form=form, is_last_owner=is_last_owner)


def _leave_page(tenant: Tenant, status: int = 200, *, is_last_owner: bool = False) -> Response:
    return render("profile/leave.html", status, **shop_frame(tenant, "profile"), is_last_owner=is_last_owner)
