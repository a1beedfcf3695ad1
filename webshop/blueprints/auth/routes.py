"""Log in and out."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth import known_devices, sessions
from webshop.blueprints.auth.forms import LoginForm
from webshop.extensions import limiter
from webshop.htmx_responses import redirect_to, render
from webshop.models import User
from webshop.services import accounts, two_factor

blueprint = Blueprint("auth", __name__)

NEXT_LIMIT = 2000
"""Long enough for the way on after Amazon sent somebody here."""


def is_refused(response: BaseResponse) -> bool:
    return response.status_code == 422


@blueprint.get("/login")
def log_in() -> BaseResponse:
    if current_user.is_authenticated:
        return redirect(url_for("dashboard.shops"), 303)
    return _page(LoginForm(data={"next": local_path(request.args.get("next"))}))


@blueprint.post("/login")
@limiter.limit("100 per 15 minutes", deduct_when=is_refused)
@limiter.limit("10 per 15 minutes", key_func=known_devices.login_key, deduct_when=is_refused)
def check_login() -> BaseResponse:
    form = LoginForm()
    if not form.validate_on_submit():
        return _page(form, 422)
    user = accounts.log_in(form.email.data or "", form.password.data or "")
    if user is None:
        return _page(form, 422, message=_("Dit e-mailadres en wachtwoord horen niet bij elkaar."))
    target = local_path(form.next.data)
    if two_factor.is_asked_of(user):
        sessions.begin_second_step(user, target)
        return redirect(url_for("auth.second_factor" if user.is_totp_on else "auth.two_factor"), 303)
    return let_in(user, target)


def let_in(user: User, target: str) -> BaseResponse:
    """Start the session of somebody who has shown everything that was asked for."""
    sessions.start(user)
    response = redirect(target or url_for("dashboard.shops"), 303)
    known_devices.remember(response, user.email)
    return response


@blueprint.post("/logout")
@login_required
def log_out() -> BaseResponse:
    """End the user's sessions, so that a copy of the cookie is worth nothing either."""
    accounts.end_sessions(sessions.the_user())
    sessions.end()
    return redirect_to(url_for("auth.log_in"))


def local_path(target: str | None) -> str:
    """Return the target when it is a path of our own, "" otherwise."""
    if not target or len(target) > NEXT_LIMIT or not _is_plain(target):
        return ""
    return target if target.startswith("/") and not target.startswith("//") else ""


def _is_plain(target: str) -> bool:
    """Return whether browsers read the target as it stands; some take a backslash for a slash."""
    return target.isascii() and target.isprintable() and not set(target) & {"\\", " "}


def _page(form: LoginForm, status: int = 200, *, message: str = "") -> Response:
    return render("auth/login.html", status, form=form, message=message)
