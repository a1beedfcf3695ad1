"""The rates per product: a table with search, changed one by one or by a file that is shown first."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from flask import Response, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from flask_login import login_required
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as BaseResponse
from wtforms import FileField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.configuration.forms import PercentageField, options
from webshop.blueprints.configuration.routes import PLACE, blueprint
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.domain.territories import VAT_AREAS
from webshop.formatting import country as country_name
from webshop.htmx_responses import render
from webshop.services import sku_rate_table
from webshop.services.access import Tenant, find_shop
from webshop.services.configuration import InvalidSettingError
from webshop.services.sku_rates import LONGEST_FILE, LONGEST_SKU, MOST_ROWS, Import, read_csv

RATES = f"{PLACE}/rates"
LARGEST_REQUEST = 2 * LONGEST_FILE
"""The file, and its lines once more in the form that confirms them."""
SHOWN_PROBLEMS = 50
TEMPLATE = "sku;land;percentage\r\nBOEK-123;;9\r\nBOEK-123;DE;7\r\n"
PROBLEMS = {
    "columns": lazy_gettext("Deze regel heeft geen twee of drie kolommen."),
    "sku": lazy_gettext("De SKU ontbreekt of is te lang."),
    "country": lazy_gettext("Dit land kennen we niet. Gebruik twee letters van een EU-land, of laat het leeg."),
    "percentage": lazy_gettext("Dit is geen percentage van 0 tot 100."),
    "size": lazy_gettext("Het bestand is te groot: hooguit %(rows)s regels per keer.", rows=MOST_ROWS),
}
TOO_MANY = lazy_gettext("Je hebt te veel tarieven: hooguit %(most)s per winkel.", most=sku_rate_table.MOST_RATES)


class RateForm(FlaskForm):
    sku = StringField(
        lazy_gettext("SKU"),
        [
            InputRequired(lazy_gettext("Vul de SKU van het product in.")),
            Length(max=LONGEST_SKU, message=lazy_gettext("Deze SKU is te lang.")),
        ],
        filters=[lambda text: (text or "").replace("\0", "").strip()],
    )
    country = SelectField(lazy_gettext("Land"))
    percentage = PercentageField(lazy_gettext("Percentage"), render_kw={"inputmode": "decimal"})


class ImportForm(FlaskForm):
    file = FileField(lazy_gettext("CSV-bestand"), render_kw={"accept": ".csv,text/csv,text/plain"})
    content = HiddenField()
    """The lines of the file once more, when the person has seen what they change."""


@blueprint.url_value_preprocessor
def allow_files(endpoint: str | None, _values: object) -> None:
    """Let a file be larger than a form; before anything reads the request."""
    if endpoint == "configuration.import_rates":
        request.max_content_length = LARGEST_REQUEST
        request.max_form_memory_size = LARGEST_REQUEST


@blueprint.get(RATES)
@login_required
def rates(shop_id: UUID) -> Response:
    tenant = find_shop(the_user(), shop_id, writes=False)
    return _show(tenant, _rate_form())


@blueprint.post(RATES)
@login_required
def save_rate(shop_id: UUID) -> BaseResponse:
    """Add a rate, or replace the one of the same product and country."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    form = _rate_form()
    if not form.validate():
        return _show(tenant, form, 422)
    key = (form.sku.data or "", form.country.data)
    try:
        sku_rate_table.save_rates(tenant.shop.id, {key: form.percentage.data or Decimal(0)}, the_user())
    except InvalidSettingError:
        form.sku.errors = [TOO_MANY]
        return _show(tenant, form, 422)
    flash(_("Het tarief van %(sku)s is opgeslagen.", sku=form.sku.data))
    return redirect(url_for("configuration.rates", shop_id=shop_id), 303)


@blueprint.post(f"{RATES}/remove")
@login_required
def remove_rate(shop_id: UUID) -> BaseResponse:
    tenant = find_shop(the_user(), shop_id, writes=True)
    key = (request.form.get("sku", "").replace("\0", ""), request.form.get("country", "").replace("\0", ""))
    sku_rate_table.remove_rate(tenant.shop.id, key, the_user())
    flash(_("Het tarief van %(sku)s is verwijderd.", sku=key[0]))
    return redirect(url_for("configuration.rates", shop_id=shop_id), 303)


@blueprint.post(f"{RATES}/import")
@login_required
def import_rates(shop_id: UUID) -> BaseResponse:
    """Show what a file would change; store it when its lines come back confirmed."""
    tenant = find_shop(the_user(), shop_id, writes=True)
    form = ImportForm()
    if not form.validate():
        return _show(tenant, _rate_form(), 422, import_form=form)
    if form.content.data:
        return _store(tenant, read_csv(form.content.data.encode(), delimiter=";"))
    sent = request.files.get("file")
    found = read_csv(sent.read(LONGEST_FILE + 1)) if sent else Import()
    if not found.rates:
        form.file.errors = [
            _("In dit bestand staat geen regel die we kunnen gebruiken.") if sent else _("Kies een bestand.")
        ]
        return _show(tenant, _rate_form(), 422, import_form=form, problems=_problems(found))
    return _preview(tenant, found)


@blueprint.get(f"{RATES}/template.csv")
@login_required
def rates_template(shop_id: UUID) -> Response:
    find_shop(the_user(), shop_id, writes=False)
    response = make_response(TEMPLATE.encode("utf-8-sig"))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = "attachment; filename=tarieven-per-sku.csv"
    return response


def _store(tenant: Tenant, found: Import) -> BaseResponse:
    try:
        changed = sku_rate_table.save_rates(tenant.shop.id, found.rates, the_user())
    except InvalidSettingError:
        form = ImportForm(formdata=None)
        form.file.errors = [TOO_MANY]
        return _show(tenant, _rate_form(), 422, import_form=form)
    flash(ngettext("%(num)s tarief opgeslagen.", "%(num)s tarieven opgeslagen.", changed))
    return redirect(url_for("configuration.rates", shop_id=tenant.shop.public_id), 303)


def _preview(tenant: Tenant, found: Import) -> Response:
    content = "sku;land;percentage\n" + "".join(
        f'"{_quoted(sku)}";{land};{rate:f}\n' for (sku, land), rate in found.rates.items()
    )
    form = ImportForm(formdata=None, data={"content": content})
    return render(
        "configuration/rates_import.html",
        **shop_frame(tenant, "configuration"),
        form=form,
        difference=sku_rate_table.compare(tenant.shop.id, found.rates),
        problems=_problems(found),
        further_problems=max(0, len(found.problems) - SHOWN_PROBLEMS),
    )


def _quoted(sku: str) -> str:
    return sku.replace('"', '""')


def _problems(found: Import) -> list[tuple[int, str]]:
    return [(line, str(PROBLEMS[code])) for line, code in found.problems[:SHOWN_PROBLEMS]]


def _rate_form() -> RateForm:
    """Make the form; a link of a row fills it, so that its rate can be changed."""
    asked = None if request.form else {"sku": request.args.get("sku", ""), "country": request.args.get("country", "")}
    is_sent = request.method == "POST" and request.endpoint == "configuration.save_rate"
    form = RateForm(**({} if is_sent else {"formdata": None, "data": asked}))
    countries = [(code, country_name(code)) for code in sorted(VAT_AREAS, key=country_name)]
    form.country.choices = options([("", _("Alle landen")), *countries])
    return form


def _show(
    tenant: Tenant,
    form: RateForm,
    status: int = 200,
    *,
    import_form: ImportForm | None = None,
    problems: list[tuple[int, str]] | None = None,
) -> Response:
    search = request.args.get("search", "").replace("\0", "").strip()[:LONGEST_SKU]
    after = request.args.get("after_sku", "").replace("\0", "")
    position = (after, request.args.get("after_country", "").replace("\0", "")) if after else None
    return render(
        "configuration/rates.html",
        status,
        **shop_frame(tenant, "configuration"),
        page=sku_rate_table.rates_page(tenant.shop.id, search, position),
        search=search,
        form=form,
        import_form=import_form or ImportForm(formdata=None),
        problems=problems or [],
    )
