"""Allow changes while acting as a user: with a reason of its own and another fresh code."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth import sessions
from webshop.blueprints.auth.routes import is_refused
from webshop.blueprints.impersonation.forms import RaiseForm
from webshop.blueprints.impersonation.routes import TRIES, blueprint, wrong_code
from webshop.exceptions import NotFoundError
from webshop.extensions import limiter
from webshop.htmx_responses import redirect_to, render
from webshop.services import impersonation as service


@blueprint.route("/support/impersonation/raise", methods=["GET", "POST"])
@limiter.limit(TRIES, key_func=sessions.pending_key, deduct_when=is_refused, methods=["POST"])
@login_required
def raise_to_writing() -> BaseResponse:
    found = sessions.impersonated()
    if found is None:
        raise NotFoundError("impersonation")
    home, form = url_for("dashboard.index", shop_id=found.shop_public_id), RaiseForm()
    if found.is_raised:
        return redirect(home, 303)
    if form.validate_on_submit():
        if service.raise_to_writing(found, form.reason.data or "", form.code.data or ""):
            flash(_("Je kunt nu wijzigen. De klant ziet bij Activiteit wat je doet."))
            return redirect_to(home)
        form.code.errors = [wrong_code()]
    return render("impersonation/raise.html", 422 if form.is_submitted() else 200, form=form)
