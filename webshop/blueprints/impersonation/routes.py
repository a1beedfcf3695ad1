"""Begin and stop looking at a shop as one of its users."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.activity.routes import events_download
from webshop.blueprints.auth import sessions
from webshop.blueprints.auth.routes import is_refused
from webshop.blueprints.impersonation.forms import StartForm
from webshop.blueprints.page_context import has_page
from webshop.exceptions import NotFoundError
from webshop.extensions import limiter
from webshop.htmx_responses import is_fragment, polled, redirect_to, render, render_partial
from webshop.models import Shop, User
from webshop.services import impersonation as service
from webshop.services.impersonation import Refusal, RefusedError

blueprint = Blueprint("impersonation", __name__)

TRIES = "10 per 15 minutes"


@blueprint.get("/support/shops/<uuid:shop_id>/impersonate")
@login_required
def start(shop_id: UUID) -> Response:
    _staff()
    shop = service.find_shop(shop_id)
    return _page(shop, StartForm(formdata=None, data={"user": _first_choice(shop)}))


@blueprint.post("/support/shops/<uuid:shop_id>/impersonate")
@limiter.limit(TRIES, key_func=sessions.pending_key, deduct_when=is_refused)
@login_required
def begin(shop_id: UUID) -> BaseResponse:
    staff, shop, form = _staff(), service.find_shop(shop_id), StartForm()
    if not form.validate_on_submit():
        return _page(shop, form, 422)
    try:
        started = service.start(staff, shop, form.user.data, form.reason.data or "", form.code.data or "")
    except RefusedError as error:
        return _page(shop, form, 403, refusal=error.refusal)
    if started is None:
        form.code.errors = [wrong_code()]
        return _page(shop, form, 422)
    sessions.act(started)
    return redirect_to(url_for("dashboard.index", shop_id=shop.public_id))


def wrong_code() -> str:
    return _("Deze code klopt niet of is al gebruikt. Wacht op de volgende en probeer die.")


@blueprint.post("/support/impersonation/stop")
@login_required
def stop() -> BaseResponse:
    """End it, in whatever tab or browser it runs; a second time changes nothing."""
    found = sessions.impersonated()
    staff = found.staff if found else _staff()
    shop = service.running_of(staff)
    service.stop(staff)
    sessions.stop_acting()
    flash(_("Je kijkt niet meer mee."))
    return redirect_to(_way_back(shop))


@blueprint.get("/support/impersonation/ended")
@login_required
def ended() -> BaseResponse:
    found = sessions.impersonated()
    if found:
        return redirect(url_for("dashboard.index", shop_id=found.shop_public_id), 303)
    _staff()
    return render("impersonation/ended.html", is_refused=False)


@blueprint.get("/support/impersonation/bar")
@polled
@login_required
def bar() -> BaseResponse:
    """Answer the bar with the minutes that are left; a page that stands open after a stop elsewhere is left."""
    found = sessions.impersonated()
    if found is None:
        _staff()
        return redirect_to(url_for("impersonation.ended"))
    if not is_fragment():
        return redirect(url_for("dashboard.index", shop_id=found.shop_public_id), 303)
    return render_partial("impersonation/_bar.html")


@blueprint.get("/support/shops/<uuid:shop_id>/activity.<any(csv, xlsx):extension>")
@login_required
def events_file(shop_id: UUID, extension: str) -> BaseResponse:
    """Answer a shop's activity as a file, for staff."""
    _staff()
    return events_download(service.find_shop(shop_id), extension, request.args)


def _staff() -> User:
    """Return the member of staff who asks; to anybody else this is not there.

    :raise NotFoundError: for anybody else.
    """
    user = sessions.the_user()
    if not service.is_able(user):
        raise NotFoundError("page")
    return user


def _way_back(shop: Shop | None) -> str:
    if shop is None:
        return url_for("support.shops" if has_page("support.shops") else "dashboard.shops")
    return url_for("support.shop" if has_page("support.shop") else "impersonation.start", shop_id=shop.public_id)


def _first_choice(shop: Shop) -> str | None:
    users = service.users_of(shop.id)
    return users[0].public_id if users else None


def _page(shop: Shop, form: StartForm, status: int = 200, *, refusal: Refusal | None = None) -> Response:
    users = service.users_of(shop.id)
    form.user.choices = [(user.public_id, f"{user.name} ({user.email})" if user.name else user.email) for user in users]
    running = service.running_of(sessions.the_user())
    return render("impersonation/start.html", status, shop=shop, form=form, running=running, refusal=refusal)
