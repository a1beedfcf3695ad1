"""One's own data: take it along, and delete the shop or the account. Only an owner, who gives the password again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Response, current_app, flash, redirect, session, stream_with_context, url_for
from flask_babel import gettext as _
from flask_login import login_required
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth import sessions
from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.profile.forms import DeleteShopForm, ProofForm
from webshop.blueprints.profile.routes import blueprint
from webshop.domain.periods import local_date
from webshop.extensions import clock, limiter
from webshop.htmx_responses import redirect_to, render
from webshop.services import accounts, data_export, people, purge_steps, shop_deletion
from webshop.services.access import Tenant, find_shop
from webshop.services.shop_deletion import OwnsShopError

DATA = "/shops/<uuid:shop_id>/profile/data"
PROOF_LIMIT = timedelta(minutes=5)
REPORTED = timedelta(days=30)
TRIES = "10 per 15 minutes"


def _is_refused(answer: Response) -> bool:
    return answer.status_code == 422


def _owned(shop_id: UUID) -> Tenant:
    tenant = find_shop(the_user(), shop_id, writes=True)
    people.check_owner(tenant)
    return tenant


def _is_proven(form: ProofForm) -> bool:
    """Check the form and the password in it, and say at the field when that is wrong."""
    if not form.validate_on_submit():
        return False
    if not accounts.is_password_of(the_user(), form.password.data or ""):
        form.password.errors = [_("Dit wachtwoord klopt niet.")]
        return False
    return True


@blueprint.get(DATA)
@login_required
def data(shop_id: UUID) -> Response:
    return _data_page(_owned(shop_id), ProofForm())


def _data_page(tenant: Tenant, form: FlaskForm, status: int = 200) -> Response:
    removed = purge_steps.counts_since(tenant.shop.id, REPORTED)
    return render("profile/data.html", status, **shop_frame(tenant, "profile"), form=form, removed=removed)


@blueprint.post(f"{DATA}/export")
@limiter.limit(TRIES, key_func=sessions.pending_key, deduct_when=_is_refused)
@login_required
def ask_for_export(shop_id: UUID) -> BaseResponse:
    """Remember for some minutes that it is really the owner, and lead to the file."""
    tenant, form = _owned(shop_id), ProofForm()
    if not _is_proven(form):
        return _data_page(tenant, form, 422)
    data_export.record_export(tenant.shop, the_user())
    session["export"] = [tenant.shop.public_id, int(clock.now().timestamp())]
    return redirect_to(url_for("profile.export_file", shop_id=shop_id))


@blueprint.get("/shops/<uuid:shop_id>/profile/data.zip")
@limiter.limit("10 per hour", key_func=sessions.pending_key)
@login_required
def export_file(shop_id: UUID) -> BaseResponse:
    """Answer everything we keep of the shop, made while it is sent."""
    tenant = _owned(shop_id)
    asked_for, at = session.get("export") or ("", 0)
    if asked_for != tenant.shop.public_id or clock.now().timestamp() - at > PROOF_LIMIT.total_seconds():
        return redirect(url_for("profile.data", shop_id=shop_id), 303)
    pieces = stream_with_context(data_export.export_shop(tenant.shop))
    name = f"koppeling-{local_date(clock.now()):%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(pieces, mimetype="application/zip", headers=headers)


@blueprint.get("/shops/<uuid:shop_id>/profile/delete")
@login_required
def delete(shop_id: UUID) -> Response:
    return _delete_page(_owned(shop_id), DeleteShopForm())


def _delete_page(tenant: Tenant, form: FlaskForm, status: int = 200) -> Response:
    return render("profile/delete.html", status, **shop_frame(tenant, "profile"), form=form)


@blueprint.post("/shops/<uuid:shop_id>/profile/delete")
@limiter.limit(TRIES, key_func=sessions.pending_key, deduct_when=_is_refused)
@login_required
def delete_shop(shop_id: UUID) -> BaseResponse:
    """Delete the shop; a second click finds no shop any more."""
    tenant, form = _owned(shop_id), DeleteShopForm()
    is_proven = _is_proven(form)
    if (form.shop_name.data or "").strip().casefold() != tenant.shop.name.strip().casefold():
        form.shop_name.errors = [_("Typ de naam precies zo: %(name)s", name=tenant.shop.name)]
        is_proven = False
    if not is_proven:
        return _delete_page(tenant, form, 422)
    shop_deletion.delete_shop(tenant.shop, the_user())
    current_app.extensions["ring_purge"]()
    flash(_("%(shop)s is verwijderd.", shop=tenant.shop.name))
    return redirect_to(url_for("dashboard.shops"))


@blueprint.get("/account/delete")
@login_required
def account() -> Response:
    return _account_page(ProofForm())


def _account_page(form: FlaskForm, status: int = 200) -> Response:
    owns_shop = shop_deletion.owns_a_shop(the_user())
    return render("profile/account.html", status, form=form, owns_shop=owns_shop, person=the_user())


@blueprint.post("/account/delete")
@limiter.limit(TRIES, key_func=sessions.pending_key, deduct_when=_is_refused)
@login_required
def delete_account() -> BaseResponse:
    """Delete one's own account; who owns a shop deletes that first."""
    form = ProofForm()
    if not _is_proven(form):
        return _account_page(form, 422)
    try:
        shop_deletion.delete_account(the_user())
    except OwnsShopError:
        return _account_page(form, 422)
    sessions.end()
    flash(_("Je account is verwijderd."))
    return redirect_to(url_for("auth.log_in"))
