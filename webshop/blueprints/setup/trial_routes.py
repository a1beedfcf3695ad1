"""The last step: look at what will be booked, post one order, and switch on."""

from __future__ import annotations

from uuid import UUID

from flask import Response, current_app, redirect, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.configuration.forms import refuse
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.setup.forms import SwitchForm
from webshop.blueprints.setup.frame import find_tenant, go_to, show_step
from webshop.blueprints.setup.routes import PLACE, blueprint
from webshop.domain.periods import local_date
from webshop.extensions import clock, limiter
from webshop.htmx_responses import is_fragment, polled, render_partial
from webshop.services import setup, trial_run
from webshop.services.access import Tenant, find_order
from webshop.services.configuration import InvalidSettingError


@blueprint.get(f"{PLACE}/trial-run", endpoint="trial_run")
@login_required
def show_trial_run(shop_id: UUID) -> Response:
    tenant = find_tenant(shop_id, writes=False)
    return _page(tenant, SwitchForm(data={"start_on": tenant.shop.start_on or local_date(clock.now())}))


@blueprint.get(f"{PLACE}/trial-run/orders")
@polled
@login_required
def trial_orders(shop_id: UUID) -> BaseResponse:
    """Answer the orders of the trial; the page asks while they are fetched, or one is posted."""
    tenant = find_tenant(shop_id, writes=False)
    if not is_fragment():
        return redirect(url_for("setup.trial_run", shop_id=shop_id), 303)
    return _orders(tenant)


@blueprint.post(f"{PLACE}/trial-run/orders/<uuid:order_id>")
@limiter.limit("12 per minute", key_func=lambda: request.path)
@login_required
def post_order(shop_id: UUID, order_id: UUID) -> BaseResponse:
    """Post exactly this order."""
    tenant = find_tenant(shop_id, writes=True)
    order, _posting = find_order(tenant, order_id)
    trial_run.ask_to_post(tenant, order, the_user())
    current_app.extensions["ring_shop"](tenant.shop.id)
    if is_fragment():
        return _orders(find_tenant(shop_id, writes=True))
    return go_to("trial_run", shop_id)


@blueprint.post(f"{PLACE}/trial-run/automatic")
@login_required
def switch_on(shop_id: UUID) -> BaseResponse:
    tenant = find_tenant(shop_id, writes=True)
    form = SwitchForm()
    start_on = form.start_on.data
    if not form.validate_on_submit() or start_on is None:
        return _page(tenant, form, 422)
    try:
        trial_run.switch_on(tenant, start_on, the_user())
    except InvalidSettingError as error:
        refuse(form, error.field, error.reason)
        return _page(tenant, form, 422)
    current_app.extensions["ring_shop"](tenant.shop.id)
    return go_to("trial_run", shop_id)


def _page(tenant: Tenant, form: SwitchForm, status: int = 200) -> Response:
    return show_step(tenant, "trial_run", status, form=form, trial=trial_run.load_trial_run(tenant))


def _orders(tenant: Tenant) -> Response:
    return render_partial(
        "setup/_trial_orders.html",
        **shop_frame(tenant, "setup"),
        state=setup.load_state(tenant),
        trial=trial_run.load_trial_run(tenant),
    )
