"""What holds for every page and every part of one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bs4 import BeautifulSoup, Tag

REQUESTS = ("hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete")


def read(html: str, *, is_fragment: bool) -> Any:
    """Parse and check a page, or a part that htmx asked for.

    The result is a BeautifulSoup; its own types make every look-up optional, a test means what it finds.
    """
    page = BeautifulSoup(html, "html.parser")
    problems = [*_ids(page), *_forms(page), *_requests(page), *_foreign(page)]
    problems += _fragment(page) if is_fragment else _document(page)
    assert not problems, problems
    return page


def _document(page: BeautifulSoup) -> list[str]:
    problems = []
    if len(page.find_all("h1")) != 1:
        problems.append("a page has one h1")
    if page.html is None or not page.html.get("lang"):
        problems.append("a page says its language")
    if page.title is None or not page.title.text.split("·")[0].strip():
        problems.append("a page has a title of its own")
    if page.find("main") is None:
        problems.append("a page has a main part")
    return problems


def _fragment(page: BeautifulSoup) -> list[str]:
    return ["a fragment is no document"] if page.find(["html", "body", "head"]) else []


def _ids(page: BeautifulSoup) -> list[str]:
    counted = Counter(str(tag["id"]) for tag in page.find_all(id=True))
    return [f"id {name} occurs {number} times" for name, number in counted.items() if number > 1]


def _forms(page: BeautifulSoup) -> list[str]:
    problems = []
    for form in page.find_all("form"):
        if not form.get("action") or form.get("method") not in ("get", "post"):
            problems.append(f"a form without action or method: {form.get('action')}")
        if form.get("method") == "post" and form.find("input", attrs={"name": "csrf_token"}) is None:
            problems.append(f"a form without CSRF token: {form.get('action')}")
        if form.find("button", type="submit") is None:
            problems.append(f"a form without button: {form.get('action')}")
        problems += [f"no label for {field.get('name')}" for field in _fields(form) if not _has_label(page, field)]
    return problems


def _fields(form: Tag) -> list[Tag]:
    return [field for field in form.find_all(["input", "select", "textarea"]) if field.get("type") != "hidden"]


def _has_label(page: BeautifulSoup, field: Tag) -> bool:
    return page.find("label", attrs={"for": str(field.get("id"))}) is not None


def _requests(page: BeautifulSoup) -> list[str]:
    """Every element that asks for something says where the answer goes, and works without htmx."""
    problems = []
    for tag in page.find_all(lambda tag: any(name in tag.attrs for name in REQUESTS)):
        if not tag.get("hx-target"):
            problems.append(f"no hx-target: {tag.name} {tag.get('id')}")
        if tag.name == "a" and tag.get("hx-get") != tag.get("href"):
            problems.append(f"htmx and the link differ: {tag.get('href')}")
        if tag.name == "form" and tag.get(f"hx-{tag['method']}") != tag.get("action"):
            problems.append(f"htmx and the form differ: {tag.get('action')}")
    return problems


def _foreign(page: BeautifulSoup) -> list[str]:
    """Nothing inline, nothing from elsewhere."""
    problems = []
    for tag in page.find_all(True):
        if tag.name == "style" or (tag.name == "script" and not tag.get("src")):
            problems.append(f"inline {tag.name}")
        for name, value in tag.attrs.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                problems.append(f"inline {name}")
            if name in ("src", "href", "action", *REQUESTS) and not str(value).startswith(
                ("/", "#", "?", "otpauth://", "mailto:")
            ):
                problems.append(f"foreign address {value}")
    return problems
