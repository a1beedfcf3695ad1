"""The tabs Rapportage, Fouten and Open."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.cursors import Cursors
from webshop.blueprints.dashboard.filters import FIELDS, KINDS, STATES, countries_by_name, read_filters
from webshop.blueprints.dashboard.forms import FindOrderForm
from webshop.blueprints.dashboard.routes import blueprint, shop_frame
from webshop.blueprints.downloads import download, with_limit
from webshop.blueprints.labels import label
from webshop.extensions import limiter
from webshop.htmx_responses import is_fragment, redirect_to, render, render_partial
from webshop.services import order_actions, overview, whereabouts
from webshop.services.access import find_shop
from webshop.services.order_errors import errors_page, group_page
from webshop.services.report import EXPORT_LIMIT, ReportRow, export_rows, report_page
from webshop.services.spreadsheets import Row
from webshop.services.whereabouts import Place


@blueprint.get("/shops/<uuid:shop_id>/report")
@login_required
def report(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=False)
    filters, wrong = read_filters(request.args)
    cursors = Cursors(tenant.shop.id, "report")
    page = report_page(tenant.shop.id, filters, cursors.read())
    return render(
        "dashboard/report.html",
        422 if wrong else 200,
        **shop_frame(tenant, "report"),
        rows=page.rows,
        cursor=cursors.write(page.next),
        filters=filters,
        asked=_asked(),
        wrong=wrong,
        countries=countries_by_name(),
        kinds=KINDS,
        states=STATES,
        export_limit=EXPORT_LIMIT,
    )


def _asked() -> dict[str, Any]:
    return {name: request.args[name] for name in FIELDS if request.args.get(name)}


@blueprint.get("/shops/<uuid:shop_id>/report.<any(csv, xlsx):extension>")
@login_required
def report_file(shop_id: UUID, extension: str) -> BaseResponse:
    """Answer what the report shows, all pages of it, as a file."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    filters, wrong = read_filters(request.args)
    if wrong:
        return redirect(url_for("dashboard.report", shop_id=shop_id, **_asked()), 303)
    rows = with_limit(map(_report_cells, export_rows(tenant.shop.id, filters)), EXPORT_LIMIT)
    heading = (
        _("Bestelnummer"),
        _("Besteld"),
        _("Land"),
        _("Toestand"),
        _("Soort"),
        _("Nummer in SnelStart"),
        _("Bedrag"),
        _("Valuta"),
        _("Doorgezet"),
        _("Opmerking"),
    )
    return download("rapportage", extension, heading, rows)


def _report_cells(row: ReportRow) -> Row:
    return (
        row.amazon_order_id,
        row.purchased_at,
        row.country,
        label(row.state, "state"),
        label(row.kind, "kind") if row.kind else None,
        row.external_number,
        row.total,
        row.currency,
        row.posted_at,
        row.remark.title if row.remark else None,
    )


@blueprint.get("/shops/<uuid:shop_id>/errors")
@login_required
def errors(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=False)
    code = request.args.get("group", "")
    frame = shop_frame(tenant, "errors")
    if not code:
        return render("dashboard/errors.html", **frame, page=errors_page(tenant.shop.id))
    cursors = Cursors(tenant.shop.id, f"errors:{code}")
    group, page = group_page(tenant.shop.id, code, cursors.read())
    return render("dashboard/error_group.html", **frame, group=group, code=code, cursor=cursors.write(page.next))


@blueprint.post("/shops/<uuid:shop_id>/errors/process")
@login_required
def process_all(shop_id: UUID) -> BaseResponse:
    """Process every order of one cause again; everybody of the shop may, because it changes no setting."""
    tenant = find_shop(the_user(), shop_id, writes=False)
    number = order_actions.process_all(tenant.shop, request.form.get("group", ""), the_user())
    current_app.extensions["ring_shop"](tenant.shop.id)
    if number:
        flash(
            ngettext(
                "%(num)s bestelling wordt opnieuw verwerkt.", "%(num)s bestellingen worden opnieuw verwerkt.", number
            )
        )
    else:
        flash(_("Deze bestellingen worden al verwerkt."))
    return redirect_to(url_for("dashboard.errors", shop_id=shop_id))


@blueprint.get("/shops/<uuid:shop_id>/open")
@login_required
def open_orders(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=False)
    cursors = Cursors(tenant.shop.id, "open")
    page = overview.open_page(tenant.shop.id, cursors.read())
    frame = shop_frame(tenant, "open")
    named = overview.checked_tonight(tenant.shop.id)
    return render("dashboard/open.html", **frame, rows=page.rows, cursor=cursors.write(page.next), named=named)


@blueprint.route("/shops/<uuid:shop_id>/find-order", methods=["GET", "POST"])
@limiter.limit("12 per minute", key_func=lambda: request.path, methods=["POST"])
@login_required
def find_order(shop_id: UUID) -> Response:
    """Say where an order is, or why it is not here; one that is not here yet is fetched."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    form = FindOrderForm()
    found = None
    if form.validate_on_submit():
        found = whereabouts.find_order(tenant, form.read_number(), form.ordered_on.data, the_user())
        if found.place is Place.FETCHED:
            current_app.extensions["ring_shop"](tenant.shop.id)
    status = 422 if form.errors else 200
    context: dict[str, Any] = {"form": form, "found": found, "shop": tenant.shop}
    if is_fragment():
        return render_partial("dashboard/_find_order.html", status, **context)
    return render("dashboard/find_order.html", status, **(shop_frame(tenant, "open") | context))
