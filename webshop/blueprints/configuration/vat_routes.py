"""The VAT table: every row edited where it stands, a proposal in one click, and starting again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.configuration.forms import refuse
from webshop.blueprints.configuration.routes import PLACE, blueprint, saved_text, show_page
from webshop.blueprints.configuration.vat_forms import VatRowForm
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.htmx_responses import is_fragment, render, render_partial
from webshop.models import VatMapping
from webshop.services import vat_table
from webshop.services.access import Tenant, find_shop
from webshop.services.administration_lists import AdministrationLists, load_lists
from webshop.services.configuration import InvalidSettingError

VAT = f"{PLACE}/vat"


@blueprint.get(f"{VAT}/<int:row_id>")
@login_required
def edit_row(shop_id: UUID, row_id: int) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=True)
    row = vat_table.find_row(tenant.shop.id, row_id)
    lists = load_lists(tenant.snelstart)
    return _show_form(tenant, lists, _form(lists, row, row.scope, row.country), row, row.scope, row.country)


@blueprint.post(f"{VAT}/<int:row_id>")
@login_required
def change_row(shop_id: UUID, row_id: int) -> BaseResponse:
    tenant = find_shop(the_user(), shop_id, writes=True)
    row = vat_table.find_row(tenant.shop.id, row_id)
    return _save(tenant, row, row.scope, row.country)


@blueprint.get(f"{VAT}/new")
@login_required
def new_row(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=True)
    scope, country = _asked_group()
    lists = load_lists(tenant.snelstart)
    return _show_form(tenant, lists, _form(lists, None, scope, country), None, scope, country)


@blueprint.post(f"{VAT}/new")
@login_required
def add_row(shop_id: UUID) -> BaseResponse:
    tenant = find_shop(the_user(), shop_id, writes=True)
    return _save(tenant, None, *_asked_group())


@blueprint.post(f"{VAT}/<int:row_id>/remove")
@login_required
def remove_row(shop_id: UUID, row_id: int) -> BaseResponse:
    tenant = find_shop(the_user(), shop_id, writes=True)
    row = vat_table.remove_row(tenant.shop.id, row_id, the_user())
    if is_fragment():
        return _group(tenant, row.scope, row.country)
    flash(_("De regel is verwijderd."))
    return _to_table(shop_id)


@blueprint.post(f"{VAT}/propose")
@login_required
def propose(shop_id: UUID) -> BaseResponse:
    """Fill what is empty with what fits the administration."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    lists = load_lists(tenant.snelstart)
    if lists.read_at is None:
        flash(_("Haal eerst de lijsten van SnelStart op; dan kunnen we een voorstel doen."))
        return _to_table(shop_id)
    done = vat_table.propose(tenant.shop.id, lists, the_user())
    if done.added or done.filled:
        flash(
            _(
                "Voorstel ingevuld: %(added)s regels toegevoegd, %(filled)s lege regels aangevuld. "
                "Wat je zelf had ingevuld is niet gewijzigd.",
                added=done.added,
                filled=done.filled,
            )
        )
    else:
        flash(_("Er was niets aan te vullen: alle regels zijn al ingevuld."))
    return _to_table(shop_id)


@blueprint.get(f"{VAT}/reset")
@login_required
def ask_reset(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=True)
    if is_fragment():
        return render_partial("configuration/_reset_vat.html", tenant=tenant, shop=tenant.shop)
    return render("configuration/reset_vat.html", **shop_frame(tenant, "configuration"))


@blueprint.post(f"{VAT}/reset")
@login_required
def reset(shop_id: UUID) -> BaseResponse:
    """Remove all rows and start again from the defaults."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    lists = load_lists(tenant.snelstart)
    vat_table.reset(tenant.shop.id, lists, the_user())
    flash(_("De BTW-instellingen zijn verwijderd. Je begint weer met de standaardregels."))
    return _to_table(shop_id)


def _save(tenant: Tenant, row: VatMapping | None, scope: str, country: str) -> BaseResponse:
    """Store the row that was sent; its group may have to change with it when it becomes the default."""
    lists = load_lists(tenant.snelstart)
    form = _form(lists, row, scope, country)
    if not form.validate():
        return _show_form(tenant, lists, form, row, scope, country, 422)
    shop_id, row_id = tenant.shop.id, row.id if row else None
    try:
        stored, saved, is_group_changed = vat_table.save_row(
            shop_id, row_id, (scope, country), form.values(), user=the_user(), seen=form.seen.data or ""
        )
    except InvalidSettingError as error:
        refuse(form, error.field, error.reason)
        return _show_form(tenant, lists, form, row, scope, country, 422)
    told = saved_text(tenant, saved)
    if not is_fragment():
        flash(told)
        return _to_table(UUID(tenant.shop.public_id))
    if is_group_changed:
        return _group(tenant, scope, country)
    checked = vat_table.check_row(tenant.shop, lists, stored)
    context = _row_context(tenant, lists, scope, country) | {"vat": checked, "told": told, "is_new": row is None}
    return render_partial("configuration/_vat_row.html", **context)


def _form(lists: AdministrationLists, row: VatMapping | None, scope: str, country: str) -> VatRowForm:
    return VatRowForm.of(row, lists, prefix=f"vat-{scope}-{country}-{row.id if row else 'new'}")


def _show_form(
    tenant: Tenant,
    lists: AdministrationLists,
    form: VatRowForm,
    row: VatMapping | None,
    scope: str,
    country: str,
    status: int = 200,
) -> Response:
    """Show a row's form: in its place, or without htmx on the whole page."""
    if not is_fragment():
        row_id = row.id if row else "new"
        return show_page(tenant, lists, status, open=f"vat-{scope}-{country}-{row_id}", form=form)
    held = vat_table.count_countries(tenant.shop.id).get(country, (0, 0))[1]
    context = _row_context(tenant, lists, scope, country) | {"form": form, "row": row, "held": held}
    return render_partial("configuration/_vat_row_form.html", status, **context)


def _group(tenant: Tenant, scope: str, country: str) -> Response:
    """Answer all rows of a country in place of the one that was sent."""
    lists = load_lists(tenant.snelstart)
    group = vat_table.load_group(tenant.shop, lists, scope, country)
    context = _row_context(tenant, lists, scope, country) | {"group": group, "open": None, "form": None}
    response = render_partial("configuration/_vat_group.html", **context)
    response.headers["HX-Retarget"] = f"#vat-{scope}-{country}"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


def _row_context(tenant: Tenant, lists: AdministrationLists, scope: str, country: str) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "shop": tenant.shop,
        "scope": scope,
        "country": country,
        "lists": lists,
        "told": None,
        "is_new": False,
        "is_checked": lists.read_at is not None,
    }


def _asked_group() -> tuple[str, str]:
    """Return the group of the table that a new row is for."""
    group = (request.args.get("scope", ""), request.args.get("country", ""))
    if group not in {(scope.value, country) for scope, country in vat_table.GROUPS}:
        abort(404)
    return group


def _to_table(shop_id: UUID) -> BaseResponse:
    return redirect(url_for("configuration.index", shop_id=shop_id, _anchor="vat-table"), 303)
