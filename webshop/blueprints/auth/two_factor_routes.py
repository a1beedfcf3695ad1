"""The second factor: asked for after the password, set up by whoever wants it and by all of our staff."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth import sessions
from webshop.blueprints.auth.forms import CodeForm, SwitchOffForm
from webshop.blueprints.auth.routes import blueprint, is_refused, let_in
from webshop.extensions import limiter
from webshop.htmx_responses import redirect_to, render
from webshop.models import User
from webshop.services import two_factor as service

TRIES = "10 per 15 minutes"


@blueprint.get("/login/2fa")
def second_factor() -> BaseResponse:
    user = sessions.pending_user()
    if user is None or not user.is_totp_on:
        return redirect(url_for("auth.log_in"), 303)
    return render("auth/second_factor.html", form=CodeForm())


@blueprint.post("/login/2fa")
@limiter.limit(TRIES, key_func=sessions.pending_key, deduct_when=is_refused)
def check_second_factor() -> BaseResponse:
    user = sessions.pending_user()
    if user is None or not user.is_totp_on:
        return redirect_to(url_for("auth.log_in"))
    form = CodeForm()
    if form.validate_on_submit():
        if service.check(user, form.code.data or ""):
            return let_in(user, sessions.target())
        form.code.errors = [_("Deze code klopt niet of is al gebruikt. Wacht op de volgende en probeer die.")]
    return render("auth/second_factor.html", 422, form=form)


@blueprint.get("/login/2fa/setup")
def two_factor() -> BaseResponse:
    user = _who_sets_up()
    if user is None:
        return redirect(url_for("auth.log_in", next=request.path), 302)
    return _page(user, CodeForm(), SwitchOffForm())


@blueprint.post("/login/2fa/begin")
def begin_two_factor() -> BaseResponse:
    """Make a key for the app."""
    user = _who_sets_up()
    if user is None:
        return redirect_to(url_for("auth.log_in"))
    service.begin(user)
    return redirect_to(url_for("auth.two_factor"))


@blueprint.post("/login/2fa/setup")
@limiter.limit(TRIES, key_func=sessions.pending_key, deduct_when=is_refused)
def switch_two_factor_on() -> BaseResponse:
    user = _who_sets_up()
    if user is None:
        return redirect_to(url_for("auth.log_in"))
    form = CodeForm()
    if form.validate_on_submit():
        done = service.switch_on(user, form.code.data or "")
        if done is not None:
            target = sessions.target() or url_for("dashboard.shops")
            sessions.start(done[0])
            return render("auth/recovery_codes.html", codes=done[1], target=target)
        form.code.errors = [_("Deze code klopt niet. Staat de klok van je telefoon goed? Probeer de volgende code.")]
    return _page(user, form, SwitchOffForm(), 422)


@blueprint.post("/login/2fa/off")
@limiter.limit(TRIES, key_func=sessions.pending_key, deduct_when=is_refused)
@login_required
def switch_two_factor_off() -> BaseResponse:
    form, user = SwitchOffForm(), sessions.the_user()
    if form.validate_on_submit():
        if service.switch_off(user, form.password.data or ""):
            flash(_("Inloggen gaat weer met alleen je wachtwoord."))
            return redirect_to(url_for("auth.two_factor"))
        form.password.errors = [_("Dit wachtwoord klopt niet.")]
    return _page(user, CodeForm(), form, 422)


def _who_sets_up() -> User | None:
    """Return who is logged in, or the member of staff who gets no further without a second factor."""
    if current_user.is_authenticated:
        return sessions.the_user()
    user = sessions.pending_user()
    return user if user is not None and user.is_staff and not user.is_totp_on else None


def _page(user: User, form: CodeForm, off_form: SwitchOffForm, status: int = 200) -> Response:
    secret = service.pending_secret(user)
    return render(
        "auth/two_factor.html",
        status,
        person=user,
        form=form,
        off_form=off_form,
        key=service.grouped(secret) if secret else "",
        app_link=service.app_link(user, secret) if secret else "",
    )
