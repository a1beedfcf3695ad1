"""Oude bestellingen meenemen: ask, see the price, agree, follow, and read what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.cursors import Cursors
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.downloads import download, with_limit
from webshop.blueprints.labels import label
from webshop.blueprints.migration.forms import PROBLEMS, PeriodForm
from webshop.exceptions import ConflictError, RemoteError
from webshop.extensions import limiter
from webshop.htmx_responses import is_fragment, polled, redirect_to, render, render_partial
from webshop.models import MigrationState, Role, SaleMigration
from webshop.models.sale_migration import UNFINISHED
from webshop.services import migration_report, people, sale_migrations
from webshop.services.access import Tenant, find_shop
from webshop.services.migration_report import OUTCOMES, OutcomeRow
from webshop.services.report import EXPORT_LIMIT
from webshop.services.sale_migrations import PeriodError
from webshop.services.spreadsheets import Row

blueprint = Blueprint("migration", __name__)
PLACE = "/shops/<uuid:shop_id>/migration"
ONE = f"{PLACE}/<uuid:migration_id>"
AT_WORK = (MigrationState.COUNTING.value, MigrationState.RUNNING.value)
PRICED = (MigrationState.QUOTED.value, MigrationState.APPROVED.value)


@blueprint.get(PLACE)
@login_required
def index(shop_id: UUID) -> Response:
    return _index(find_shop(the_user(), shop_id, writes=False), PeriodForm(formdata=None))


@blueprint.post(PLACE)
@login_required
def ask(shop_id: UUID) -> BaseResponse:
    """Let the orders of a period be counted; asked twice they are counted once."""
    tenant = _owned(shop_id)
    form = PeriodForm()
    if form.validate_on_submit() and form.from_on.data and form.until_on.data:
        try:
            migration = sale_migrations.ask(tenant, the_user(), form.from_on.data, form.until_on.data)
        except PeriodError as problem:
            form[problem.field].errors = [PROBLEMS[problem.code]]
        else:
            return _go_on(tenant, migration)
    for field in (form.from_on, form.until_on):
        if field.errors and field.raw_data and field.raw_data[0] and field.data is None:
            field.errors = [_("Dit is geen datum.")]
    return _index(tenant, form, 422)


@blueprint.get(ONE)
@login_required
def show(shop_id: UUID, migration_id: UUID) -> Response:
    tenant, migration = _find(shop_id, migration_id)
    outcome = request.args.get("outcome") or None
    if outcome not in (None, *OUTCOMES):
        abort(404)
    cursors = Cursors(tenant.shop.id, f"migration:{migration.id}:{outcome}")
    page = migration_report.outcome_page(migration, outcome, cursors.read())
    return render(
        "migration/show.html",
        **shop_frame(tenant, "profile"),
        **_stand(tenant, migration),
        rows=page.rows,
        cursor=cursors.write(page.next),
        outcome=outcome,
        outcomes=OUTCOMES,
    )


@blueprint.get(f"{ONE}/progress")
@polled
@login_required
def progress(shop_id: UUID, migration_id: UUID) -> BaseResponse:
    """Answer how it goes; the page asks until nothing is at work any more."""
    tenant, migration = _find(shop_id, migration_id)
    if not is_fragment():
        return redirect(_address(tenant, migration), 303)
    return render_partial("migration/_progress.html", tenant=tenant, shop=tenant.shop, **_stand(tenant, migration))


@blueprint.post(f"{ONE}/approve")
@limiter.limit("10 per hour", key_func=lambda: request.path)
@login_required
def approve(shop_id: UUID, migration_id: UUID) -> BaseResponse:
    """Agree to the price that was shown and go to the payment."""
    tenant, migration = _find(shop_id, migration_id, by_owner=True)
    try:
        payment_page = sale_migrations.approve(tenant.shop, migration, the_user(), price=request.form.get("price", ""))
    except ConflictError:
        flash(_("Er is intussen iets veranderd. Bekijk de prijs nog eens."))
        return redirect_to(_address(tenant, migration))
    except RemoteError:
        flash(_("De betaalpagina is nu even niet bereikbaar. Probeer het over een paar minuten nog eens."))
        return redirect_to(_address(tenant, migration))
    return redirect_to(payment_page) if payment_page else _go_on(tenant, migration)


@blueprint.post(f"{ONE}/pause")
@login_required
def pause(shop_id: UUID, migration_id: UUID) -> BaseResponse:
    tenant, migration = _find(shop_id, migration_id, by_owner=True)
    if sale_migrations.pause(migration, the_user()):
        flash(_("Gepauzeerd. Er wordt geen oude bestelling meer geboekt."))
    return redirect_to(_address(tenant, migration))


@blueprint.post(f"{ONE}/resume")
@login_required
def resume(shop_id: UUID, migration_id: UUID) -> BaseResponse:
    tenant, migration = _find(shop_id, migration_id, by_owner=True)
    try:
        sale_migrations.resume(tenant, migration, the_user())
    except ConflictError:
        flash(_("Dit kan niet verder: de winkel hoort nu bij een ander verkopersaccount of een andere marktplaats."))
        return redirect_to(_address(tenant, migration))
    return _go_on(tenant, migration)


@blueprint.get(f"{ONE}/cancel")
@login_required
def cancel(shop_id: UUID, migration_id: UUID) -> Response:
    tenant, migration = _find(shop_id, migration_id, by_owner=True)
    if migration.state not in UNFINISHED:
        abort(404)
    return render("migration/cancel.html", **shop_frame(tenant, "profile"), migration=migration)


@blueprint.post(f"{ONE}/cancel")
@login_required
def cancelled(shop_id: UUID, migration_id: UUID) -> BaseResponse:
    """Stop for good; what is booked stays."""
    tenant, migration = _find(shop_id, migration_id, by_owner=True)
    if sale_migrations.cancel(migration, the_user()):
        current_app.extensions["ring_shop"](tenant.shop.id)
        flash(_("Geannuleerd. Wat geboekt is, blijft in SnelStart staan."))
    return redirect_to(_address(tenant, migration))


@blueprint.get(f"{ONE}/orders.<any(csv, xlsx):extension>")
@login_required
def orders_file(shop_id: UUID, migration_id: UUID, extension: str) -> Response:
    """Answer every order of the report as a file."""
    _tenant, migration = _find(shop_id, migration_id)
    heading = (
        _("Bestelnummer"),
        _("Besteld"),
        _("Land"),
        _("Uitkomst"),
        _("Reden"),
        _("Nummer in SnelStart"),
        _("Bedrag"),
        _("Valuta"),
    )
    rows = with_limit(_cells(migration_report.export(migration)), EXPORT_LIMIT)
    return download("migratie", extension, heading, rows)


def _cells(found: Iterable[OutcomeRow]) -> Iterable[Row]:
    for row in found:
        order = row.order
        yield (
            order.amazon_order_id,
            order.purchased_at,
            order.country,
            label(row.outcome, "migration_outcome"),
            order.remark.title if order.remark else None,
            order.external_number,
            order.total,
            order.currency,
        )


def _index(tenant: Tenant, form: PeriodForm, status: int = 200) -> Response:
    migrations = sale_migrations.migrations_of(tenant.shop)
    return render(
        "migration/index.html",
        status,
        **shop_frame(tenant, "profile"),
        form=form,
        migrations=migrations,
        unfinished=next((one for one in migrations if one.state in UNFINISHED), None),
        obstacle=sale_migrations.obstacle(tenant),
        is_owner=tenant.role is Role.OWNER,
        earliest=sale_migrations.earliest_day(),
        latest=sale_migrations.latest_day(tenant.shop),
        unit_price=sale_migrations.unit_price(),
    )


def _owned(shop_id: UUID) -> Tenant:
    tenant = find_shop(the_user(), shop_id, writes=True)
    people.check_owner(tenant)
    return tenant


def _find(shop_id: UUID, migration_id: UUID, *, by_owner: bool = False) -> tuple[Tenant, SaleMigration]:
    tenant = _owned(shop_id) if by_owner else find_shop(the_user(), shop_id, writes=False)
    return tenant, sale_migrations.find(tenant.shop, migration_id)


def _stand(tenant: Tenant, migration: SaleMigration) -> dict[str, Any]:
    """Return what the part shows that is asked for while it goes on."""
    is_ended = migration.ended_at is not None and migration.paid_at is not None
    return {
        "migration": migration,
        "is_at_work": migration.state in AT_WORK,
        "is_owner": tenant.role is Role.OWNER,
        "amounts": sale_migrations.quote(tenant.shop, migration) if migration.state in PRICED else None,
        # What is put right afterwards shows at once; while it goes on, the runs count.
        "counts": migration_report.count_orders(migration) if is_ended else migration,
        "percentage": sale_migrations.percentage_done(migration),
    }


def _address(tenant: Tenant, migration: SaleMigration) -> str:
    return url_for("migration.show", shop_id=tenant.shop.public_id, migration_id=migration.public_id)


def _go_on(tenant: Tenant, migration: SaleMigration) -> BaseResponse:
    """Let a worker begin now and show how it goes."""
    current_app.extensions["ring_shop"](tenant.shop.id)
    return redirect_to(_address(tenant, migration))
