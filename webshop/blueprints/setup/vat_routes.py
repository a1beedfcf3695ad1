"""The step in which the VAT table is looked at: the table of Configuratie, with the steps around it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, flash
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.configuration.vat_routes import VatPages
from webshop.blueprints.setup.frame import find_tenant, go_to, show_step
from webshop.blueprints.setup.routes import PLACE, blueprint
from webshop.services import setup, snelstart_login, vat_table
from webshop.services.access import Tenant
from webshop.services.administration_lists import AdministrationLists, load_lists
from webshop.services.vat_table import VatTable


@blueprint.get(f"{PLACE}/vat")
@login_required
def vat(shop_id: UUID) -> Response:
    tenant = find_tenant(shop_id, writes=False)
    return _page(tenant, load_lists(tenant.snelstart))


@blueprint.post(f"{PLACE}/vat")
@login_required
def confirm_vat(shop_id: UUID) -> BaseResponse:
    tenant = find_tenant(shop_id, writes=True)
    setup.confirm_vat(tenant.shop.id, the_user())
    return go_to("trial_run", shop_id)


@blueprint.post(f"{PLACE}/vat/lists")
@login_required
def read_lists(shop_id: UUID) -> BaseResponse:
    """Read the administration's lists, and propose a table when there is none."""
    tenant = find_tenant(shop_id, writes=True)
    if not snelstart_login.read_lists(tenant.shop):
        flash(_("SnelStart gaf geen antwoord. Probeer het over een paar minuten opnieuw."))
    return go_to("vat", shop_id)


def _page(
    tenant: Tenant, lists: AdministrationLists, status: int = 200, *, table: VatTable | None = None, **opened: Any
) -> Response:
    """Show the step; `opened` says which row is open, with its form."""
    return show_step(
        tenant,
        "vat",
        status,
        lists=lists,
        table=table or vat_table.load_table(tenant.shop, lists),
        changes={},
        vat_area="setup",
        vat_page="setup.vat",
        **({"open": None, "form": None, "told": None} | opened),
    )


def _find_tenant(shop_id: UUID) -> Tenant:
    return find_tenant(shop_id, writes=True)


VatPages("setup", "setup.vat", _find_tenant, _page).add_to(blueprint, PLACE)
