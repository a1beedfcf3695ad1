"""Our invoices to a shop: to download for everybody who belongs to it, and whom they are for."""

from __future__ import annotations

from uuid import UUID

from flask import Response
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.profile.billing_form import BillingForm
from webshop.blueprints.profile.routes import back, blueprint
from webshop.htmx_responses import render
from webshop.services import billing_details, people
from webshop.services.access import Tenant, find_shop
from webshop.services.invoice_document import document_of, file_name
from webshop.services.invoice_files import PDF, UBL
from webshop.services.invoice_pdf import render_pdf
from webshop.services.invoice_ubl import render_ubl
from webshop.services.invoices import find_invoice

INVOICES = "/shops/<uuid:shop_id>/profile/invoices"
BILLING = "/shops/<uuid:shop_id>/profile/billing"


@blueprint.get(f"{INVOICES}/<uuid:invoice_id>.pdf")
@login_required
def invoice_pdf(shop_id: UUID, invoice_id: UUID) -> Response:
    invoice = find_invoice(find_shop(the_user(), shop_id, writes=False).shop.id, invoice_id)
    return _file(render_pdf(document_of(invoice)), PDF, file_name(invoice, "pdf"))


@blueprint.get(f"{INVOICES}/<uuid:invoice_id>.xml")
@login_required
def invoice_ubl(shop_id: UUID, invoice_id: UUID) -> Response:
    invoice = find_invoice(find_shop(the_user(), shop_id, writes=False).shop.id, invoice_id)
    return _file(render_ubl(document_of(invoice)), UBL, file_name(invoice, "xml"))


def _file(data: bytes, content_type: str, name: str) -> Response:
    response = Response(data, mimetype=content_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    # It may stay on the reader's own machine, and nowhere between; it is asked for again all the same.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@blueprint.get(BILLING)
@login_required
def billing(shop_id: UUID) -> Response:
    tenant = _owned(shop_id)
    shop = tenant.shop
    values = {name: getattr(shop, name) for name in billing_details.FIELDS}
    return _billing_page(
        tenant, BillingForm(formdata=None, data=values | {"billing_name": shop.billing_name or shop.name})
    )


@blueprint.post(BILLING)
@login_required
def change_billing(shop_id: UUID) -> BaseResponse:
    tenant, form = _owned(shop_id), BillingForm()
    if not form.validate_on_submit():
        return _billing_page(tenant, form, 422)
    values = {name: form[name].data or "" for name in billing_details.FIELDS}
    billing_details.change(tenant.shop, the_user(), values)
    return back(tenant.shop, _("Opgeslagen. Dit geldt vanaf de volgende factuur."))


def _owned(shop_id: UUID) -> Tenant:
    tenant = find_shop(the_user(), shop_id, writes=True)
    people.check_owner(tenant)
    return tenant


def _billing_page(tenant: Tenant, form: BillingForm, status: int = 200) -> Response:
    return render("profile/billing.html", status, **shop_frame(tenant, "profile"), form=form)
