"""What all six steps share: who may come in, the frame around a step, and the way to the next one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, url_for
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth import sessions
from webshop.blueprints.dashboard.routes import shop_frame
from webshop.blueprints.setup.texts import STEPS
from webshop.htmx_responses import redirect_to, render
from webshop.services import setup
from webshop.services.access import Tenant, find_shop, find_shop_to_install
from webshop.services.pending import Session


def find_tenant(shop_id: UUID, *, writes: bool) -> Tenant:
    """Return the shop for a step of its setup; staff come in while its owner lets them."""
    user = sessions.the_user()
    if writes or user.is_staff:
        return find_shop_to_install(user, shop_id)
    return find_shop(user, shop_id, writes=False)


def this_session() -> Session:
    return Session(sessions.the_user().id, sessions.session_key())


def show_step(tenant: Tenant, step: str, status: int = 200, *, page: str = "", **context: Any) -> Response:
    """Show a step, or another page of it, with the progress around it."""
    state = context.pop("state", None) or setup.load_state(tenant)
    return render(
        f"setup/{page or step}.html",
        status,
        **shop_frame(tenant, "setup"),
        state=state,
        step=step,
        steps=STEPS,
        number=setup.STEPS.index(step) + 1,
        **context,
    )


def go_to(step: str, shop_id: UUID, **parameters: Any) -> BaseResponse:
    return redirect_to(url_for(f"setup.{step}", shop_id=shop_id, **parameters))
