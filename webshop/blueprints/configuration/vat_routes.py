"""The VAT table: every row edited where it stands, a proposal in one click, and starting again.

Configuratie shows it, and the setup as one of its steps: the same pages, with another way in and another way back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
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
from webshop.services.vat_table import VatTable

Group = tuple[str, str]
"""Scope and country: which part of the table."""


@dataclass(frozen=True)
class VatPages:
    """The pages of the table in one area: who comes in, and the page around an open row."""

    area: str
    page: str
    """The endpoint of the page that shows the table."""
    find_tenant: Callable[[UUID], Tenant]
    show_page: Callable[..., Response]

    def add_to(self, blueprint: Blueprint, place: str) -> None:
        for rule, method, view in (
            ("<int:row_id>", "GET", self.edit_row),
            ("<int:row_id>", "POST", self.change_row),
            ("new", "GET", self.new_row),
            ("new", "POST", self.add_row),
            ("<int:row_id>/remove", "POST", self.remove_row),
            ("propose", "POST", self.propose),
            ("reset", "GET", self.ask_reset),
            ("reset", "POST", self.reset),
        ):
            blueprint.add_url_rule(f"{place}/vat/{rule}", view.__name__, login_required(view), methods=[method])

    def edit_row(self, shop_id: UUID, row_id: int) -> Response:
        tenant = self.find_tenant(shop_id)
        lists = load_lists(tenant.snelstart)
        # The whole page reads the table anyway: then the row is in it.
        table = None if is_fragment() else vat_table.load_table(tenant.shop, lists)
        row = table.find_row(row_id) if table else vat_table.find_row(tenant.shop.id, row_id)
        group = (row.scope, row.country)
        return self._show_form(tenant, lists, _form(lists, row, group), row, group, table=table)

    def change_row(self, shop_id: UUID, row_id: int) -> BaseResponse:
        tenant = self.find_tenant(shop_id)
        row = vat_table.find_row(tenant.shop.id, row_id)
        return self._save(tenant, row, (row.scope, row.country))

    def new_row(self, shop_id: UUID) -> Response:
        tenant = self.find_tenant(shop_id)
        group, lists = _asked_group(), load_lists(tenant.snelstart)
        return self._show_form(tenant, lists, _form(lists, None, group), None, group)

    def add_row(self, shop_id: UUID) -> BaseResponse:
        return self._save(self.find_tenant(shop_id), None, _asked_group())

    def remove_row(self, shop_id: UUID, row_id: int) -> BaseResponse:
        tenant = self.find_tenant(shop_id)
        row = vat_table.remove_row(tenant.shop.id, row_id, the_user())
        if is_fragment():
            return self._group(tenant, (row.scope, row.country))
        flash(_("De regel is verwijderd."))
        return self._to_table(shop_id)

    def propose(self, shop_id: UUID) -> BaseResponse:
        """Fill what is empty with what fits the administration."""
        tenant = self.find_tenant(shop_id)
        lists = load_lists(tenant.snelstart)
        if lists.read_at is None:
            flash(_("Haal eerst de lijsten van SnelStart op; dan kunnen we een voorstel doen."))
            return self._to_table(shop_id)
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
        return self._to_table(shop_id)

    def ask_reset(self, shop_id: UUID) -> Response:
        tenant = self.find_tenant(shop_id)
        if is_fragment():
            context: dict[str, Any] = {"tenant": tenant, "shop": tenant.shop, **self._addresses}
            return render_partial("configuration/_reset_vat.html", **context)
        return render("configuration/reset_vat.html", **shop_frame(tenant, self.area), **self._addresses)

    def reset(self, shop_id: UUID) -> BaseResponse:
        """Remove all rows and start again from the defaults."""
        tenant = self.find_tenant(shop_id)
        vat_table.reset(tenant.shop.id, load_lists(tenant.snelstart), the_user())
        flash(_("De BTW-instellingen zijn verwijderd. Je begint weer met de standaardregels."))
        return self._to_table(shop_id)

    def _save(self, tenant: Tenant, row: VatMapping | None, group: Group) -> BaseResponse:
        """Store the row that was sent; its group may have to change with it when it becomes the default."""
        lists = load_lists(tenant.snelstart)
        form = _form(lists, row, group)
        if not form.validate():
            return self._show_form(tenant, lists, form, row, group, 422)
        shop_id, row_id = tenant.shop.id, row.id if row else None
        try:
            stored, saved, is_group_changed = vat_table.save_row(
                shop_id, row_id, group, form.values(), user=the_user(), seen=form.seen.data or ""
            )
        except InvalidSettingError as error:
            refuse(form, error.field, error.reason)
            return self._show_form(tenant, lists, form, row, group, 422)
        told = saved_text(tenant, saved)
        if not is_fragment():
            flash(told)
            return self._to_table(UUID(tenant.shop.public_id))
        if is_group_changed:
            return self._group(tenant, group)
        checked = vat_table.check_row(tenant.shop, lists, stored)
        context = self._row_context(tenant, lists, group) | {"vat": checked, "told": told, "is_new": row is None}
        return render_partial("configuration/_vat_row.html", **context)

    def _show_form(
        self,
        tenant: Tenant,
        lists: AdministrationLists,
        form: VatRowForm,
        row: VatMapping | None,
        group: Group,
        status: int = 200,
        *,
        table: VatTable | None = None,
    ) -> Response:
        """Show a row's form: in its place, or without htmx on the whole page."""
        if not is_fragment():
            name = f"vat-{group[0]}-{group[1]}-{row.id if row else 'new'}"
            return self.show_page(tenant, lists, status, open=name, form=form, table=table)
        held = vat_table.count_countries(tenant.shop.id).get(group[1], (0, 0))[1]
        context = self._row_context(tenant, lists, group) | {"form": form, "row": row, "held": held}
        return render_partial("configuration/_vat_row_form.html", status, **context)

    def _group(self, tenant: Tenant, group: Group) -> Response:
        """Answer all rows of a country in place of the one that was sent."""
        lists = load_lists(tenant.snelstart)
        found = vat_table.load_group(tenant.shop, lists, *group)
        context = self._row_context(tenant, lists, group) | {"group": found, "open": None, "form": None}
        response = render_partial("configuration/_vat_group.html", **context)
        response.headers["HX-Retarget"] = f"#vat-{group[0]}-{group[1]}"
        response.headers["HX-Reswap"] = "outerHTML"
        return response

    def _row_context(self, tenant: Tenant, lists: AdministrationLists, group: Group) -> dict[str, Any]:
        return {
            "tenant": tenant,
            "shop": tenant.shop,
            "scope": group[0],
            "country": group[1],
            "lists": lists,
            "told": None,
            "is_new": False,
            "is_checked": lists.read_at is not None,
            **self._addresses,
        }

    @property
    def _addresses(self) -> dict[str, Any]:
        return {"vat_area": self.area, "vat_page": self.page}

    def _to_table(self, shop_id: UUID) -> BaseResponse:
        return redirect(url_for(self.page, shop_id=shop_id, _anchor="vat-table"), 303)


def _form(lists: AdministrationLists, row: VatMapping | None, group: Group) -> VatRowForm:
    return VatRowForm.of(row, lists, prefix=f"vat-{group[0]}-{group[1]}-{row.id if row else 'new'}")


def _asked_group() -> Group:
    """Return the group of the table that a new row is for."""
    group = (request.args.get("scope", ""), request.args.get("country", ""))
    if group not in {(scope.value, country) for scope, country in vat_table.GROUPS}:
        abort(404)
    return group


def _find_tenant(shop_id: UUID) -> Tenant:
    return find_shop(the_user(), shop_id, writes=True)


VatPages("configuration", "configuration.index", _find_tenant, show_page).add_to(blueprint, PLACE)
