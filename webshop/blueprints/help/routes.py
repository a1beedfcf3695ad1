"""Help pages inside the product, for everybody: they hold nothing of a shop."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask_login import current_user

from webshop.exceptions import NotFoundError
from webshop.htmx_responses import render
from webshop.services import help_pages

blueprint = Blueprint("help", __name__)
LONGEST_SEARCH = 100


@blueprint.before_request
def know_the_reader() -> None:
    """Look who is logged in before anything is put into words: they read their own language."""
    _ = current_user.is_authenticated


@blueprint.get("/help")
def index() -> Response:
    words = request.args.get("q", "")[:LONGEST_SEARCH].strip()
    return render(
        "help/index.html",
        q=words,
        articles=help_pages.search_articles(words),
        issues=help_pages.search_issues(words),
    )


@blueprint.get("/help/<slug>")
def article(slug: str) -> Response:
    found = help_pages.ARTICLES.get(slug)
    if found is not None:
        return render("help/article.html", article=found)
    issue = help_pages.find_issue(slug)
    if issue is None:
        raise NotFoundError("help page")
    text, related = issue
    return render("help/issue.html", text=text, related=related)
