"""Where the mailed links lead: the first login, an invitation, an address to confirm.

A GET shows and changes nothing, so mail programs that open every link do no harm.
"""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth import known_devices, sessions
from webshop.blueprints.auth.forms import NewcomerForm, NewPasswordForm, refuse_password
from webshop.blueprints.auth.routes import blueprint
from webshop.blueprints.page_context import has_page
from webshop.domain.passwords import find_problem
from webshop.extensions import db, limiter
from webshop.htmx_responses import redirect_to, render
from webshop.models import AccountLink, LinkPurpose, Shop, User
from webshop.services import account_links, accounts, people, profile, registration


@blueprint.get("/installatie/<token>")
def install(token: str) -> Response:
    link = account_links.find(token, LinkPurpose.INSTALL)
    user = registration.user_of(link) if link else None
    if user is None:
        return _gone()
    return render("auth/install.html", form=NewPasswordForm(), token=token, email=user.email)


@blueprint.post("/installatie/<token>")
@limiter.limit("30 per hour")
def set_first_password(token: str) -> BaseResponse:
    """Set the password; that is the first login."""
    link = account_links.find(token, LinkPurpose.INSTALL)
    user = registration.user_of(link) if link else None
    if user is None:
        return _gone()
    form = NewPasswordForm()
    if form.validate_on_submit():
        problem = accounts.password_problem(form.password.data or "", user)
        if problem is None:
            return _welcome(registration.install(token, form.password.data or ""), registration.first_shop(user))
        refuse_password(form.password, problem)
    return render("auth/install.html", 422, form=form, token=token, email=user.email)


def _welcome(user: User, shop: Shop | None) -> BaseResponse:
    """Log somebody in for the first time and lead on to the setup."""
    sessions.start(user)
    page = "setup.terms" if has_page("setup.terms") else "dashboard.index"
    response = redirect(url_for(page, shop_id=shop.public_id) if shop else url_for("dashboard.shops"), 303)
    known_devices.remember(response, user.email)
    return response


@blueprint.get("/uitnodiging/<token>")
def invitation(token: str) -> Response:
    link = account_links.find(token, LinkPurpose.INVITE)
    return _gone() if link is None else _invitation_page(link, token, NewcomerForm())


@blueprint.post("/uitnodiging/<token>")
@login_required
def accept_invitation(token: str) -> BaseResponse:
    """Join with the account one is logged in with."""
    link = account_links.find(token, LinkPurpose.INVITE)
    if link is None or link.email != sessions.the_user().email:
        return _gone()
    shop = people.accept(token, sessions.the_user())
    flash(_("Je doet nu mee in %(shop)s.", shop=shop.name))
    return redirect_to(url_for("dashboard.index", shop_id=shop.public_id))


@blueprint.post("/uitnodiging/<token>/account")
@limiter.limit("30 per hour")
def join_as_newcomer(token: str) -> BaseResponse:
    """Make an account and join."""
    link = account_links.find(token, LinkPurpose.INVITE)
    if link is None or _has_account(link):
        return _gone()
    form = NewcomerForm()
    if form.validate_on_submit():
        problem = find_problem(form.password.data or "", own=(link.email, form.name.data or ""))
        if problem is None:
            user, shop = people.accept_as_newcomer(
                token, (form.name.data or "").strip(), form.password.data or "", str(get_locale())
            )
            sessions.start(user)
            return redirect(url_for("dashboard.index", shop_id=shop.public_id), 303)
        refuse_password(form.password, problem)
    return _invitation_page(link, token, form, 422)


def _invitation_page(link: AccountLink, token: str, form: NewcomerForm, status: int = 200) -> Response:
    facts: dict[str, Any] = {
        "shop": db.session.get_one(Shop, link.shop_id),
        "is_mine": current_user.is_authenticated and sessions.the_user().email == link.email,
        "has_account": _has_account(link),
    }
    return render("auth/invitation.html", status, link=link, token=token, form=form, **facts)


def _has_account(link: AccountLink) -> bool:
    user = accounts.find_by_email(link.email)
    return user is not None and user.password_hash is not None


@blueprint.get("/bevestigen/<token>")
def confirm_address(token: str) -> Response:
    link = account_links.find(token, LinkPurpose.EMAIL)
    if link is None:
        return _gone()
    return render("auth/confirm_address.html", link=link, token=token, shop=db.session.get_one(Shop, link.shop_id))


@blueprint.post("/bevestigen/<token>")
def address_confirmed(token: str) -> BaseResponse:
    if account_links.find(token, LinkPurpose.EMAIL) is None:
        return _gone()
    profile.confirm_extra_email(token)
    flash(_("Gelukt: de mails van de koppeling komen nu ook op dit adres."))
    return redirect_to(url_for("public.index"))


def _gone() -> Response:
    return render("auth/link_gone.html", 410)
