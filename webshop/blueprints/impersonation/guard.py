"""Before every request of staff acting as a user: is it still on, and may this be done?"""

from __future__ import annotations

import structlog
from flask import Flask, abort, g, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from webshop.blueprints.auth import sessions
from webshop.blueprints.impersonation import policy
from webshop.extensions import write_on_get
from webshop.htmx_responses import is_fragment, leave_to
from webshop.security_headers import SAFE_METHODS
from webshop.services import acting, impersonation
from webshop.services.impersonation import Ending, Impersonated

LOGGED = ("user_id", "impersonator_id", "impersonation")


def init_app(app: Flask) -> None:
    """Bind; before everything that looks at the session or the user."""
    app.before_request(_check)
    app.teardown_request(_forget)


def _check() -> Response | None:
    _forget()
    public_id = session.get(sessions.IMPERSONATION)
    if public_id is None or request.endpoint == "static":
        return None
    found = impersonation.find(public_id)
    if found is None:
        return _over()
    ending = impersonation.ending_of(found) if sessions.is_session_of(found.staff) else Ending.STAFF
    if ending is not None:
        return _end(found, ending)
    _act(found)
    return _decide(found)


def _forget(_error: BaseException | None = None) -> None:
    acting.end()
    structlog.contextvars.unbind_contextvars(*LOGGED)


def _act(found: Impersonated) -> None:
    """Let what follows be recorded, logged and shown with both names."""
    g.impersonation = found
    acting.begin(found.acting)
    structlog.contextvars.bind_contextvars(
        user_id=found.user.id, impersonator_id=found.staff.id, impersonation=found.public_id
    )


def _end(found: Impersonated, ending: Ending) -> Response:
    if found.ended_at is None:
        write_on_get()
        impersonation.finish(found.public_id, ending)
    if ending is Ending.STAFF:
        sessions.end()
        return sessions.send_to_login()
    return _over()


def _over() -> Response:
    """Give staff their own session back; whatever was asked for is not done."""
    sessions.stop_acting()
    address = url_for("impersonation.ended")
    if is_fragment():
        return leave_to(address, 403)
    if request.method in SAFE_METHODS or request.endpoint == "impersonation.stop":
        return redirect(address, 303)
    return make_response(render_template("impersonation/ended.html", layout="base.html", is_refused=True), 403)


def _decide(found: Impersonated) -> Response | None:
    endpoint = request.endpoint
    if endpoint is None:
        return None  # not there, or not by this method: nothing is done either way
    if not _is_in_the_shop(found):
        _note_refusal(found, endpoint)
        abort(404)
    if not policy.is_allowed(endpoint, request.method, is_raised=found.is_raised):
        _note_refusal(found, endpoint)
        return _refuse(endpoint)
    if endpoint == "dashboard.shops":
        return redirect(url_for("dashboard.index", shop_id=found.shop_public_id), 303)
    return None


def _is_in_the_shop(found: Impersonated) -> bool:
    return str((request.view_args or {}).get("shop_id", found.shop_public_id)) == found.shop_public_id


def _note_refusal(found: Impersonated, endpoint: str) -> None:
    write_on_get()
    impersonation.record_refused(found, endpoint)


def _refuse(endpoint: str) -> Response:
    template = "impersonation/_refused.html" if is_fragment() else "impersonation/refused.html"
    is_raising_enough = policy.waits_for_raising(endpoint)
    return make_response(render_template(template, layout="base.html", is_raising_enough=is_raising_enough), 403)
