"""What happened: runs and events of a shop."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.cursors import Cursors
from webshop.blueprints.dashboard.filters import read_choice, read_date
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.downloads import download, with_limit
from webshop.blueprints.labels import event_facts, label
from webshop.htmx_responses import render
from webshop.models import Shop
from webshop.services.access import find_shop
from webshop.services.history import (
    ABOUT_CHOICES,
    ACTOR_CHOICES,
    EXPORT_LIMIT,
    RUN_CHOICES,
    EventFilters,
    EventRow,
    events_page,
    export_events,
    runs_page,
)
from webshop.services.spreadsheets import Row

blueprint = Blueprint("activity", __name__)
FIELDS = ("about", "actor", "from_on", "until_on")


@blueprint.get("/shops/<uuid:shop_id>/runs")
@login_required
def runs(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=False)
    wrong: dict[str, str] = {}
    only = read_choice(request.args, "only", RUN_CHOICES, wrong)
    cursors = Cursors(tenant.shop.id, f"runs:{only}")
    page = runs_page(tenant.shop.id, only, cursors.read())
    return render(
        "activity/runs.html",
        422 if wrong else 200,
        **shop_frame(tenant, "runs"),
        runs=page.rows,
        cursor=cursors.write(page.next),
        only=only,
        choices=RUN_CHOICES,
        wrong=wrong,
    )


@blueprint.get("/shops/<uuid:shop_id>/activity")
@login_required
def index(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=False)
    filters, wrong = _read_filters(request.args)
    cursors = Cursors(tenant.shop.id, "activity")
    page = events_page(tenant.shop.id, filters, cursors.read())
    return render(
        "activity/index.html",
        422 if wrong else 200,
        **shop_frame(tenant, "activity"),
        events=page.rows,
        cursor=cursors.write(page.next),
        filters=filters,
        asked={name: request.args[name] for name in FIELDS if request.args.get(name)},
        wrong=wrong,
        abouts=ABOUT_CHOICES,
        actors=ACTOR_CHOICES,
        export_limit=EXPORT_LIMIT,
    )


@blueprint.get("/shops/<uuid:shop_id>/activity.<any(csv, xlsx):extension>")
@login_required
def events_file(shop_id: UUID, extension: str) -> BaseResponse:
    """Answer what the activity shows, all pages of it, as a file."""
    shop = find_shop(the_user(), shop_id, writes=False).shop
    return events_download(shop, extension, request.args)


def events_download(shop: Shop, extension: str, asked: MultiDict[str, str]) -> BaseResponse:
    """Answer the shop's events that are asked for as a file; a filter we do not know leads back to the page."""
    filters, wrong = _read_filters(asked)
    if wrong:
        return redirect(url_for("activity.index", shop_id=shop.public_id), 303)
    heading = (_("Wanneer"), _("Wat"), _("Wie"), _("Naam"), _("Support"), _("Bestelnummer"), _("Bijzonderheden"))
    rows = with_limit(map(_cells, export_events(shop.id, filters)), EXPORT_LIMIT)
    return download("activiteit", extension, heading, rows)


def _cells(row: EventRow) -> Row:
    return (
        row.at,
        label(row.action, "event"),
        label(row.actor, "actor"),
        row.name,
        row.staff_name,
        row.amazon_order_id,
        event_facts(row.facts),
    )


def _read_filters(asked: MultiDict[str, str]) -> tuple[EventFilters, dict[str, str]]:
    wrong: dict[str, str] = {}
    filters = EventFilters(
        about=read_choice(asked, "about", ABOUT_CHOICES, wrong),
        actor=read_choice(asked, "actor", ACTOR_CHOICES, wrong),
        from_on=read_date(asked, "from_on", wrong),
        until_on=read_date(asked, "until_on", wrong),
    )
    return filters, wrong
