"""Ask for another password and set it by the link that was mailed."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.forms import EmailForm, NewPasswordForm, refuse_password
from webshop.blueprints.auth.routes import blueprint
from webshop.extensions import limiter
from webshop.htmx_responses import redirect_to, render
from webshop.models import LinkPurpose
from webshop.services import account_links, accounts, registration


def is_done(response: BaseResponse) -> bool:
    """Return whether a form was taken; what was typed wrong uses up no tries."""
    return response.status_code != 422


def address_key() -> str:
    """Return whose mailbox is spared: that of the address in the form."""
    return f"mail:{accounts.normalise_email(request.form.get('email', ''))[: accounts.EMAIL_LIMIT]}"


@blueprint.get("/wachtwoord")
def forgotten() -> Response:
    return render("auth/forgotten.html", form=EmailForm())


@blueprint.post("/wachtwoord")
@limiter.limit("30 per hour", deduct_when=is_done)
@limiter.limit("5 per hour", key_func=address_key, deduct_when=is_done)
def ask_for_reset() -> BaseResponse:
    """Mail a link to whoever has an account; the answer is the same for everybody."""
    form = EmailForm()
    if not form.validate_on_submit():
        return render("auth/forgotten.html", 422, form=form)
    accounts.request_reset(form.email.data or "")
    registration.send_installation_link(form.email.data or "")
    return redirect_to(url_for("auth.reset_sent"))


@blueprint.get("/wachtwoord/verstuurd")
def reset_sent() -> Response:
    return render("auth/reset_sent.html")


@blueprint.get("/wachtwoord/<token>")
def reset(token: str) -> Response:
    """Show the form; looking at it does not use the link up."""
    if account_links.find(token, LinkPurpose.RESET) is None:
        return render("auth/link_gone.html", 410)
    return render("auth/reset.html", form=NewPasswordForm(), token=token)


@blueprint.post("/wachtwoord/<token>")
@limiter.limit("30 per hour")
def set_password(token: str) -> BaseResponse:
    link = account_links.find(token, LinkPurpose.RESET)
    user = registration.user_of(link) if link else None
    if user is None:
        return render("auth/link_gone.html", 410)
    form = NewPasswordForm()
    if form.validate_on_submit():
        problem = accounts.password_problem(form.password.data or "", user)
        if problem is None:
            accounts.reset_password(token, form.password.data or "")
            flash(_("Je nieuwe wachtwoord staat. Log ermee in."))
            return redirect(url_for("auth.log_in"), 303)
        refuse_password(form.password, problem)
    return render("auth/reset.html", 422, form=form, token=token)
