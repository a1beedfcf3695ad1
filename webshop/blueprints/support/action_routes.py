"""What our staff does for a shop: each has a page of its own and asks for a reason where it matters."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.support.access import staff_only
from webshop.blueprints.support.forms import ContractForm, CreditForm, StopForm, TrialForm
from webshop.blueprints.support.frame import show
from webshop.blueprints.support.routes import blueprint
from webshop.exceptions import ConflictError
from webshop.formatting import day
from webshop.htmx_responses import redirect_to
from webshop.models import Shop
from webshop.services import invoices, subscription, support_actions
from webshop.services.support_actions import CONTRACT, contract_of
from webshop.services.support_shop import find_invoice, find_shop

PLACE = "/support/shops/<uuid:shop_id>"


@blueprint.route(f"{PLACE}/contract", methods=["GET", "POST"])
@staff_only
def contract(shop_id: UUID) -> BaseResponse:
    """Change what the contract has; what a change holds up is shown beside it and has to be confirmed."""
    found = find_shop(shop_id)
    form = ContractForm(data={**contract_of(found), "seen": _written(contract_of(found))})
    if form.validate_on_submit():
        wanted = {name: bool(form[name].data) for name in CONTRACT}
        if support_actions.holds_up_work(found, wanted) and not form.is_confirmed.data:
            form.is_confirmed.errors = [_("Deze winkel gebruikt dit. Lees wat er gebeurt en bevestig het.")]
        else:
            try:
                seen, reason = _read(form.seen.data or ""), form.reason.data or ""
                support_actions.change_contract(found, the_user(), wanted, seen=seen, reason=reason)
                return _back(found, _("Contract opgeslagen."))
            except ConflictError:
                form.form_errors.append(_("Een collega heeft het contract intussen gewijzigd. Kijk en sla opnieuw op."))
                form.seen.data = _written(contract_of(find_shop(shop_id)))
    return _ask("contract", form, found, effect=support_actions.contract_effect(found))


def _written(contract: dict[str, bool]) -> str:
    return " ".join(name for name in CONTRACT if contract[name])


def _read(seen: str) -> dict[str, bool]:
    return {name: name in seen.split() for name in CONTRACT}


@blueprint.route(f"{PLACE}/trial", methods=["GET", "POST"])
@staff_only
def trial(shop_id: UUID) -> BaseResponse:
    found = find_shop(shop_id)
    form = TrialForm()
    if form.validate_on_submit():
        days, reason = form.days.data or 0, form.reason.data or ""
        try:
            until = subscription.extend_trial(found, days, reason=reason, staff_id=the_user().id)
            return _back(found, _("Verlengd tot en met %(day)s.", day=day(until)))
        except ConflictError:
            form.form_errors.append(_("Deze winkel heeft geen einddatum: er valt niets te verlengen."))
    return _ask("trial", form, found)


@blueprint.route(f"{PLACE}/stop", methods=["GET", "POST"])
@staff_only
def stop(shop_id: UUID) -> BaseResponse:
    """End the subscription per today, at the customer's request."""
    found = find_shop(shop_id)
    form = StopForm(found.licence_key)
    if form.validate_on_submit():
        subscription.stop(found, reason=form.reason.data or "", staff_id=the_user().id)
        return _back(found, _("Gestopt: er wordt niets meer opgehaald of geboekt."))
    return _ask("stop", form, found)


@blueprint.route(f"{PLACE}/invoices/<uuid:invoice_id>/credit", methods=["GET", "POST"])
@staff_only
def credit(shop_id: UUID, invoice_id: UUID) -> BaseResponse:
    found = find_shop(shop_id)
    invoice = find_invoice(found, invoice_id)
    form = CreditForm()
    if form.validate_on_submit():
        try:
            made = invoices.credit(invoice, form.reason.data or "", the_user().id)
            return _back(found, _("Creditfactuur %(number)s is gemaakt.", number=made.number))
        except ConflictError:
            form.form_errors.append(_("Deze factuur kan niet worden gecrediteerd."))
    return _ask("credit", form, found, invoice=invoice)


@blueprint.post(f"{PLACE}/fetch")
@staff_only
def fetch(shop_id: UUID) -> BaseResponse:
    """Let the shop be fetched now."""
    found = find_shop(shop_id)
    support_actions.fetch_now(found, the_user())
    current_app.extensions["ring_shop"](found.id)
    return _back(found, _("De winkel is aan de beurt. Laad de pagina zo opnieuw."))


@blueprint.post(f"{PLACE}/installation-link")
@staff_only
def send_installation_link(shop_id: UUID) -> BaseResponse:
    """Mail the installation link again to who has no password yet."""
    found = find_shop(shop_id)
    sent = support_actions.send_installation_links(found, the_user())
    nobody = _("Iedereen van deze winkel heeft al een wachtwoord.")
    mailed = ngettext("De installatielink is onderweg.", "%(num)s installatielinks zijn onderweg.", sent)
    return _back(found, mailed if sent else nobody)


def _ask(name: str, form: Any, shop: Shop, **more: Any) -> Response:
    return show(name, "shops", 422 if form.errors else 200, form=form, shop=shop, **more)


def _back(shop: Shop, message: str) -> BaseResponse:
    flash(message)
    return redirect_to(url_for("support.shop", shop_id=shop.public_id))
