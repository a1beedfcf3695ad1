"""Who may see the pages of our staff: for everybody else they are not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import url_for
from flask_login import login_required

from webshop.blueprints.auth.sessions import the_user
from webshop.exceptions import NotFoundError
from webshop.htmx_responses import redirect_to

View = TypeVar("View", bound=Callable[..., Any])


def staff_only(view: View) -> View:
    """Let only staff with a second factor in; without one they are sent to set it up.

    Who is logged out is sent to the login page.

    :raise NotFoundError: for anybody who is not staff.
    """

    @wraps(view)
    @login_required
    def checked(*args: Any, **kwargs: Any) -> Any:
        user = the_user()
        if not user.is_staff:
            raise NotFoundError("page")
        if not user.is_totp_on:
            return redirect_to(url_for("auth.two_factor"))
        return view(*args, **kwargs)

    return cast(View, checked)
