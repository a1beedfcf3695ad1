"""What every template may use besides what its view gives it; none of it asks the database."""

from __future__ import annotations

import json

from flask import Flask, current_app, g, url_for
from flask_babel import get_locale

from webshop.blueprints.auth.sessions import known_user
from webshop.models import Shop
from webshop.services.help_pages import slug_of
from webshop.services.issue_catalogue import IssueText

HTMX_CONFIG = json.dumps(
    {
        # What the Content-Security-Policy forbids anyway, so that htmx does not try.
        "includeIndicatorStyles": False,
        "allowEval": False,
        "allowScriptTags": False,
        # Pages of a shop stay out of the browser's storage; going back loads them again.
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": True,
        "historyRestoreAsHxRequest": False,
        "selfRequestsOnly": True,
        "defaultSwapStyle": "outerHTML",
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "422", "swap": True},
            {"code": "[45]..", "swap": True, "error": True, "target": "#flash", "swapOverride": "innerHTML"},
        ],
    },
    separators=(",", ":"),
)


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        htmx_config=HTMX_CONFIG,
        get_locale=get_locale,
        fix_address=fix_address,
        has_page=has_page,
        help_address=help_address,
    )
    app.add_template_filter(pretty)
    app.context_processor(lambda: {"user": known_user(), "impersonation": g.get("impersonation")})


def has_page(endpoint: str) -> bool:
    return endpoint in current_app.view_functions


def fix_address(endpoint: str | None, shop: Shop) -> str | None:
    """Return where a cause can be taken away, when that page exists."""
    if endpoint is None or not has_page(endpoint):
        return None
    return url_for(endpoint, shop_id=shop.public_id)


def help_address(text: IssueText) -> str:
    """Return the page that explains an issue at length."""
    return url_for("help.article", slug=slug_of(text.code))


def pretty(document: object) -> str:
    """Write a document the way a person can read it."""
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)
