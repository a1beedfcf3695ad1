"""Dialogs about an order: each has an address of its own and asks for a word before something is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import login_required
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.orders.forms import BookedForm, ProblemForm, RepostForm, SkipForm
from webshop.blueprints.orders.routes import TAB_OF, blueprint, find_both
from webshop.exceptions import BudgetEmptyError, NotAllowedError, RefusedDecisionError, RemoteError
from webshop.extensions import limiter
from webshop.htmx_responses import ORDERS_CHANGED, is_fragment, render, render_partial
from webshop.models import Order, Role
from webshop.services import order_decisions, problem_reports
from webshop.services.access import Tenant
from webshop.services.connections import deadline

SECONDS = 5
"""How long a person waits for SnelStart in a dialog."""
PLACE = "/shops/<uuid:shop_id>/orders/<uuid:order_id>"


@blueprint.route(f"{PLACE}/report-problem", methods=["GET", "POST"])
@limiter.limit("10 per minute", methods=["POST"])
@login_required
def report_problem(shop_id: UUID, order_id: UUID) -> BaseResponse:
    tenant, order, posting = find_both(shop_id, order_id, writes=False)
    form = ProblemForm()
    if form.validate_on_submit():
        problem_reports.report_problem(order, posting, the_user(), form.words.data or "")
        return _done(order, tenant, _("We hebben je melding en gaan ermee aan de slag."))
    return _dialog("_report_problem", form, order, tenant, snapshot=problem_reports.snapshot(order, posting))


@blueprint.route(f"{PLACE}/skip", methods=["GET", "POST"])
@login_required
def skip(shop_id: UUID, order_id: UUID) -> BaseResponse:
    tenant, order, _posting = find_both(shop_id, order_id, writes=True)
    form = SkipForm()
    if form.validate_on_submit():
        with _asking(form):
            order_decisions.skip_order(order, the_user(), form.reason.data or "")
            return _done(order, tenant, _("Bestelling %(number)s is overgeslagen.", number=order.amazon_order_id))
    return _dialog("_skip", form, order, tenant)


@blueprint.route(f"{PLACE}/booked-by-hand", methods=["GET", "POST"])
@login_required
def booked_by_hand(shop_id: UUID, order_id: UUID) -> BaseResponse:
    tenant, order, _posting = find_both(shop_id, order_id, writes=True)
    form = BookedForm()
    if form.validate_on_submit():
        with _asking(form):
            order_decisions.mark_booked_elsewhere(order, the_user(), form.number.data or "")
            return _done(order, tenant, _("Genoteerd: %(number)s heb je zelf geboekt.", number=order.amazon_order_id))
    return _dialog("_booked_by_hand", form, order, tenant)


@blueprint.route(f"{PLACE}/repost", methods=["GET", "POST"])
@login_required
def repost(shop_id: UUID, order_id: UUID) -> BaseResponse:
    tenant, order, posting = find_both(shop_id, order_id, writes=True)
    if tenant.role is not Role.OWNER:
        raise NotAllowedError("only the owner has an order booked again")
    form = RepostForm()
    if form.validate_on_submit():
        with _asking(form), deadline(SECONDS):
            order_decisions.repost_order(order, the_user(), form.reason.data or "")
            current_app.extensions["ring_shop"](tenant.shop.id)
            return _done(order, tenant, _("De boeking is weg uit SnelStart. We boeken de bestelling opnieuw."))
    return _dialog("_repost", form, order, tenant, posting=posting)


@contextmanager
def _asking(form: FlaskForm) -> Iterator[None]:
    """Say in the dialog why a decision cannot be carried out now; nothing that was typed is lost."""
    try:
        yield
    except RefusedDecisionError as refusal:
        form.form_errors.append(_refusal(refusal))
    except (RemoteError, BudgetEmptyError):
        form.form_errors.append(
            _("SnelStart antwoordt nu niet, dus we kunnen niet zien of de boeking weg is. Probeer het zo nog eens.")
        )


def _refusal(refusal: RefusedDecisionError) -> str:
    texts = {
        "busy": _("Er loopt nu net een ronde voor deze winkel. Probeer het over een minuut nog eens."),
        "still_there": _("%(number)s staat nog in SnelStart. Verwijder hem daar eerst.", number=refusal.number),
        "payment_there": _("De betaling van deze bestelling staat nog in SnelStart. Verwijder die daar eerst."),
        "payment_unknown": _(
            "We weten nog niet of de betaling is geboekt. Probeer het over een paar minuten nog eens."
        ),
        "purged": _("De regels van deze bestelling zijn verwijderd volgens de bewaartermijn."),
        "not_connected": _("SnelStart is niet verbonden, dus we kunnen niet zien of de boeking weg is."),
    }
    return texts[refusal.code]


def _dialog(name: str, form: FlaskForm, order: Order, tenant: Tenant, **more: Any) -> Response:
    """Show a dialog on top of the page it was opened from, or as a page."""
    status = 422 if form.errors else 200
    context = {"form": form, "order": order, "shop": tenant.shop, **more}
    if is_fragment():
        return render_partial(f"orders/{name}.html", status, **context)
    frame = shop_frame(tenant, TAB_OF.get(order.state, "report"))
    return render("orders/dialog.html", status, **(frame | context), dialog=f"orders/{name}.html")


def _done(order: Order, tenant: Tenant, message: str) -> BaseResponse:
    """Say that it was done; with htmx the dialog closes and the order's row asks for news."""
    if is_fragment():
        # The dialog closes last: what comes after it would start from a form that is gone, and reach nobody.
        events = f"order-changed-{order.public_id}, {ORDERS_CHANGED}, close-dialog"
        return render_partial("orders/_done.html", event=events, message=message)
    flash(message)
    return redirect(url_for("orders.show", shop_id=tenant.shop.public_id, order_id=order.public_id), 303)
