"""Sessions: who is logged in, since when, and when that ends.

The cookie is signed and holds the user's public id with the number of the user's sessions; raising
that number in the database ends every session at once. Staff who act as a user keep their own session
underneath: the cookie then names the impersonation as well, and without that name it is theirs again.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Flask, current_app, g, has_request_context, request, session, url_for
from flask_login import UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from webshop.extensions import clock, login
from webshop.htmx_responses import is_polled, refuse_anonymous
from webshop.models import User
from webshop.services import accounts
from webshop.services.impersonation import Impersonated

IDLE_LIMIT = timedelta(hours=4)
ABSOLUTE_LIMIT = timedelta(hours=24)
SECOND_STEP_LIMIT = timedelta(minutes=10)
NOTED_EVERY = timedelta(minutes=5)
IMPERSONATION = "impersonation"
"""Where the cookie names the impersonation that its owner is in."""
_STAYS = ("_user_id", "_fresh", "started_at", "seen_at")


class LoggedIn(UserMixin):
    """The user as Flask-Login wants to see one."""

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        return f"{self.user.public_id}.{self.user.session_number}"


def init_app(app: Flask) -> None:
    login.session_protection = None  # people change networks; the limits and the number do the work
    login.user_loader(_load)
    login.unauthorized_handler(send_to_login)


def start(user: User) -> None:
    """Begin a new session; nothing of the one before, also not its CSRF token, lives on."""
    session.clear()
    now = int(clock.now().timestamp())
    session.update(started_at=now, seen_at=now, nonce=secrets.token_urlsafe(16))
    login_user(LoggedIn(user))


def begin_second_step(user: User, target: str) -> None:
    """Remember who gave the right password; nobody is logged in until the second factor was shown."""
    session.clear()
    started_at = int(clock.now().timestamp())
    session.update(
        pending=LoggedIn(user).get_id(), pending_at=started_at, target=target, nonce=secrets.token_urlsafe(8)
    )


def pending_user() -> User | None:
    """Return who gave the right password a moment ago and now has to show the second factor."""
    if int(clock.now().timestamp()) - session.get("pending_at", 0) > SECOND_STEP_LIMIT.total_seconds():
        return None
    return _find(session.get("pending", ""))


def pending_key() -> str:
    """Return whose tries of the second factor are counted."""
    return str(session.get("pending", "") or session.get("_user_id", "")).partition(".")[0] or "nobody"


def target() -> str:
    """Return where the reader wanted to go before the second factor was asked for."""
    return str(session.get("target", ""))


def act(impersonation_id: str) -> None:
    """Let staff act as a user from the next request on, in a session that holds nothing else of before.

    It is the session of staff that goes on, with its beginning and its limits.
    """
    _renew()
    session[IMPERSONATION] = impersonation_id


def stop_acting() -> None:
    """Give staff their own session back; nothing of the user's, also not its CSRF token, lives on."""
    _renew()
    g.pop("_login_user", None)
    g.pop(IMPERSONATION, None)


def _renew() -> None:
    kept = {name: session[name] for name in _STAYS if name in session}
    session.clear()
    session.update(kept, nonce=secrets.token_urlsafe(16))


def impersonated() -> Impersonated | None:
    """Return what staff act in during this request."""
    found: Impersonated | None = g.get(IMPERSONATION)
    return found


def is_session_of(user: User) -> bool:
    """Return whether this session is the user's and still runs."""
    return session.get("_user_id") == LoggedIn(user).get_id() and _is_in_time()


def end() -> None:
    logout_user()
    session.clear()


def session_key() -> str:
    """Return what tells this session from every other one, also of the same user."""
    return str(session["nonce"])


def the_user() -> User:
    """Return who is logged in; for views that demand it."""
    user: User = current_user.user
    return user


def known_user() -> User | None:
    """Return who is logged in, if the request has asked for that already; never asks by itself."""
    if not has_request_context():
        return None
    logged_in = g.get("_login_user")
    return logged_in.user if isinstance(logged_in, LoggedIn) else None


def _load(session_id: str) -> LoggedIn | None:
    if acted := impersonated():
        return LoggedIn(acted.user)
    user = _find(session_id) if _is_in_time() else None
    return LoggedIn(user) if user else None


def _find(session_id: str) -> User | None:
    public_id, _, number = session_id.rpartition(".")
    if not number.isascii() or not number.isdigit():
        return None
    return accounts.find_user(public_id, session_number=int(number))


def _is_in_time() -> bool:
    """Return whether the session still runs, and note that it is used unless a page asked by itself."""
    now = int(clock.now().timestamp())
    started_at, seen_at = session.get("started_at", 0), session.get("seen_at", 0)
    if now - started_at > ABSOLUTE_LIMIT.total_seconds() or now - seen_at > IDLE_LIMIT.total_seconds():
        return False
    view = current_app.view_functions.get(request.endpoint or "")
    if now - seen_at > NOTED_EVERY.total_seconds() and not is_polled(view):
        session["seen_at"] = now
    return True


def send_to_login() -> Response:
    """Send to the login page, and from there back to the page that was asked for."""
    is_page = request.method == "GET" and not is_polled(current_app.view_functions.get(request.endpoint or ""))
    target = request.full_path.rstrip("?") if is_page else None
    return refuse_anonymous(url_for("auth.log_in", next=target))
