"""Profiel: the account, the shop's mails and what staff may see."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth import sessions
from webshop.blueprints.auth.forms import ChangePasswordForm, refuse_password
from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.profile.forms import DigestForm, ExtraEmailForm, InviteForm, SupportForm, UserForm
from webshop.extensions import limiter
from webshop.htmx_responses import redirect_to, render
from webshop.models import Role, Shop
from webshop.services import accounts, invoices, people, profile
from webshop.services.access import Tenant, find_shop

blueprint = Blueprint("profile", __name__)


@blueprint.get("/shops/<uuid:shop_id>/profile")
@login_required
def index(shop_id: UUID) -> Response:
    return profile_page(find_shop(the_user(), shop_id, writes=False))


def profile_page(tenant: Tenant, status: int = 200, **bound: Any) -> Response:
    """Show the page; `bound` holds the form that was not taken, with what was typed."""
    user, shop = the_user(), tenant.shop
    forms: dict[str, Any] = {
        "user_form": UserForm(formdata=None, data={"name": user.name, "locale": user.locale}),
        "email_form": ExtraEmailForm(formdata=None, data={"extra_email": shop.extra_email}),
        "digest_form": DigestForm(formdata=None, data={"is_digest_wanted": shop.is_digest_wanted}),
        "support_form": SupportForm(formdata=None, data={"is_support_allowed": shop.is_support_allowed}),
        "invite_form": InviteForm(formdata=None),
    }
    newest, has_older = invoices.newest_invoices(shop.id)
    return render(
        "profile/index.html",
        status,
        **shop_frame(tenant, "profile"),
        **(forms | bound),
        days_left=tenant.days_left,
        people=people.people_of(shop.id),
        invitations=people.open_invitations(shop.id) if tenant.role is Role.OWNER else (),
        is_owner=tenant.role is Role.OWNER,
        invoices=newest,
        has_older_invoices=has_older,
    )


def back(shop: Shop, message: str) -> BaseResponse:
    """Return to the page and say what was done."""
    flash(message)
    return redirect_to(url_for("profile.index", shop_id=shop.public_id))


@blueprint.post("/shops/<uuid:shop_id>/profile/user")
@login_required
def change_user(shop_id: UUID) -> BaseResponse:
    """Store one's own name and language; anybody may."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    form = UserForm()
    if not form.validate_on_submit():
        return profile_page(tenant, 422, user_form=form)
    profile.change_user(the_user(), name=(form.name.data or "").strip(), locale=form.locale.data)
    with force_locale(form.locale.data):
        return back(tenant.shop, _("Opgeslagen."))


@blueprint.get("/shops/<uuid:shop_id>/profile/password")
@login_required
def password(shop_id: UUID) -> Response:
    return _password_page(find_shop(the_user(), shop_id, writes=False), ChangePasswordForm())


@blueprint.post("/shops/<uuid:shop_id>/profile/password")
@limiter.limit("10 per 15 minutes", key_func=sessions.pending_key, deduct_when=lambda answer: answer.status_code == 422)
@login_required
def change_password(shop_id: UUID) -> BaseResponse:
    """Change one's own password; every other session ends."""
    tenant, user = find_shop(the_user(), shop_id, writes=False), the_user()
    form = ChangePasswordForm()
    if form.validate_on_submit():
        problem = accounts.password_problem(form.password.data or "", user)
        if not accounts.is_password_of(user, form.current_password.data or ""):
            form.current_password.errors = [_("Dit is niet je huidige wachtwoord.")]
        elif problem is not None:
            refuse_password(form.password, problem)
        else:
            sessions.start(accounts.change_password(user, form.password.data or ""))
            return back(tenant.shop, _("Je wachtwoord is gewijzigd. Andere apparaten zijn uitgelogd."))
    return _password_page(tenant, form, 422)


def _password_page(tenant: Tenant, form: ChangePasswordForm, status: int = 200) -> Response:
    return render("profile/password.html", status, **shop_frame(tenant, "profile"), form=form)


@blueprint.post("/shops/<uuid:shop_id>/profile/extra-email")
@limiter.limit("10 per hour", key_func=sessions.pending_key, deduct_when=lambda answer: answer.status_code != 422)
@login_required
def change_extra_email(shop_id: UUID) -> BaseResponse:
    """Ask the address to confirm itself, or with an empty field stop mailing it."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    form = ExtraEmailForm()
    if not form.validate_on_submit():
        return profile_page(tenant, 422, email_form=form)
    email = accounts.normalise_email(form.extra_email.data or "")
    if not email:
        profile.remove_extra_email(tenant.shop, the_user())
        return back(tenant.shop, _("Opgeslagen: er gaan geen mails meer naar een extra adres."))
    if email != tenant.shop.extra_email:
        profile.ask_for_extra_email(tenant.shop, the_user(), email)
    return back(tenant.shop, _("We hebben dit adres een mail gestuurd om het te bevestigen."))


@blueprint.post("/shops/<uuid:shop_id>/profile/digest")
@login_required
def change_digest(shop_id: UUID) -> BaseResponse:
    tenant = find_shop(the_user(), shop_id, writes=True)
    form = DigestForm()
    profile.change_switch(tenant.shop, the_user(), "is_digest_wanted", form.is_digest_wanted.data)
    return back(tenant.shop, _("Opgeslagen."))


@blueprint.post("/shops/<uuid:shop_id>/profile/support")
@login_required
def change_support(shop_id: UUID) -> BaseResponse:
    tenant = find_shop(the_user(), shop_id, writes=True)
    people.check_owner(tenant)
    form = SupportForm()
    profile.change_switch(tenant.shop, the_user(), "is_support_allowed", form.is_support_allowed.data)
    return back(tenant.shop, _("Opgeslagen."))
