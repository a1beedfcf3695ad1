"""Configuratie: every setting of a shop, edited where it stands.

A section is shown with its values; "Wijzigen" gives its form, by htmx in its place, without JavaScript
as the same page with that section open.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.configuration.sections import find_form, save, section_context
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.labels import label
from webshop.extensions import limiter
from webshop.formatting import moment
from webshop.htmx_responses import is_fragment, render, render_partial
from webshop.services import administration_lists, configuration, vat_table
from webshop.services.access import Tenant, find_shop
from webshop.services.administration_lists import AdministrationLists
from webshop.services.configuration import SECTIONS, Saved
from webshop.services.vat_table import VatTable

blueprint = Blueprint("configuration", __name__)

PLACE = "/shops/<uuid:shop_id>/configuration"
SECTION = f"{PLACE}/<any({', '.join(SECTIONS)}):section>"
CONTRACTS = ("orders", "payments")


@blueprint.get(PLACE)
@login_required
def index(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=False)
    return show_page(tenant, administration_lists.load_lists(tenant.snelstart))


@blueprint.get(SECTION)
@login_required
def edit(shop_id: UUID, section: str) -> Response:
    """Answer the form of one section."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    lists = administration_lists.load_lists(tenant.snelstart)
    form = find_form(section, tenant.shop, lists)
    if is_fragment():
        return render_partial("configuration/_section.html", **section_context(tenant, lists, section, form=form))
    return show_page(tenant, lists, open=section, form=form)


@blueprint.post(SECTION)
@login_required
def change(shop_id: UUID, section: str) -> BaseResponse:
    tenant = find_shop(the_user(), shop_id, writes=True)
    lists = administration_lists.load_lists(tenant.snelstart)
    form = find_form(section, tenant.shop, lists)
    saved = save(tenant, section, form, lists, the_user())
    if saved is None:
        if is_fragment():
            context = section_context(tenant, lists, section, form=form)
            return render_partial("configuration/_section.html", 422, **context)
        return show_page(tenant, lists, 422, open=section, form=form)
    told = saved_text(tenant, saved)
    if is_fragment():
        return render_partial("configuration/_section.html", **section_context(tenant, lists, section, told=told))
    flash(told)
    return redirect(url_for("configuration.index", shop_id=shop_id, _anchor=f"section-{section}"), 303)


@blueprint.post(f"{PLACE}/unpause")
@login_required
def unpause(shop_id: UUID) -> BaseResponse:
    tenant = find_shop(the_user(), shop_id, writes=True)
    lists = administration_lists.load_lists(None)
    seen = configuration.mark_of(configuration.values_of(tenant.shop, "pause"))
    values = {"paused_until": None}
    configuration.save_section(tenant.shop.id, "pause", values, user=the_user(), seen=seen, lists=lists)
    flash(_("De pauze is voorbij. Er wordt weer doorgezet."))
    return redirect(url_for("configuration.index", shop_id=shop_id), 303)


@blueprint.post(f"{PLACE}/lists")
@limiter.limit("6 per minute", key_func=lambda: request.path)
@login_required
def read_lists(shop_id: UUID) -> BaseResponse:
    """Read the administration's lists again, while a person waits."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    trouble = administration_lists.read_again(tenant.shop.id, tenant.snelstart)
    if trouble is None:
        flash(_("De lijsten van SnelStart zijn opnieuw opgehaald."))
    else:
        reason = label(trouble, "remote_error")
        flash(_("De lijsten zijn niet opgehaald: %(reason)s Je ziet nog de vorige lijsten.", reason=reason))
    return redirect(url_for("configuration.index", shop_id=shop_id), 303)


@blueprint.post(f"{PLACE}/request/<any({', '.join(CONTRACTS)}):wanted>")
@login_required
def request_contract(shop_id: UUID, wanted: str) -> BaseResponse:
    """Ask our staff for something that is not in the contract."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    configuration.request_contract(tenant.shop.id, wanted, the_user())
    flash(_("Je aanvraag is verstuurd. We nemen contact met je op."))
    return redirect(url_for("configuration.index", shop_id=shop_id), 303)


def show_page(
    tenant: Tenant, lists: AdministrationLists, status: int = 200, *, table: VatTable | None = None, **opened: Any
) -> Response:
    """Show the whole page; `opened` says which section or row is open, with its form."""
    return render(
        "configuration/index.html",
        status,
        **shop_frame(tenant, "configuration"),
        lists=lists,
        table=table or vat_table.load_table(tenant.shop, lists),
        vat_area="configuration",
        vat_page="configuration.index",
        changes=configuration.latest_changes(tenant.shop.id),
        **({"open": None, "form": None, "told": None, "told_of": None} | opened),
    )


def saved_text(tenant: Tenant, saved: Saved) -> str:
    """Say what came of saving: nothing new, stored, or stored over what somebody else had just changed."""
    if not saved.is_changed:
        return _("Er is niets gewijzigd.")
    told = _("Opgeslagen.")
    if saved.overwritten is not None:
        by, at = saved.overwritten.by, moment(saved.overwritten.at)
        told += " " + _("Let op: intussen gewijzigd door %(by)s (%(at)s); jouw waarden gelden nu.", by=by, at=at)
    held = tenant.open + tenant.errors
    if held:
        told += " " + ngettext(
            "%(num)s bestelling die nog niet geboekt is, wordt opnieuw bekeken.",
            "%(num)s bestellingen die nog niet geboekt zijn, worden opnieuw bekeken.",
            held,
        )
    return told
