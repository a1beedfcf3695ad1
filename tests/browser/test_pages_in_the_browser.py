"""Every page in a real browser: accessible, within its own policy, and no wider than a phone."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser import stories
from tests.browser.conftest import Site
from tests.browser.screenshots import log_in
from tests.browser.watching import Watch, violations

pytestmark = pytest.mark.browser

FIRST_VISIT_BYTES, FIRST_VISIT_REQUESTS = 45_000, 5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_is_accessible_and_keeps_its_policy(chromium: Browser, site: Site, theme: str, width: int) -> None:
    size = {"width": width, "height": 860}
    with chromium.new_context(locale="nl-NL", color_scheme=theme, viewport=size) as context:  # type: ignore[arg-type]
        page = context.new_page()
        watch = Watch(page)
        found = {}
        for name in ("public", "login"):
            page.goto(site.address(name))
            found[name] = violations(page)
        log_in(page, site.base, stories.OWNER)
        for name in site.pages.keys() - {"public", "login"}:
            page.goto(site.address(name))
            for summary in page.locator("details.more-info summary").all()[:2]:
                summary.click()
            found[name] = violations(page)
            is_too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not is_too_wide, name
        assert {name: wrong for name, wrong in found.items() if wrong} == {}
        assert watch.complaints == []
        assert all(request.url.startswith(site.base) for request in watch.requests)


NOT_LOOKED_AT = {
    # The staff's, who are no user of the story: test_support_in_the_browser.py, test_impersonation_in_the_browser.py.
    *(f"impersonation.{name}" for name in ("bar", "ended", "events_file", "raise_to_writing", "start")),
    *(f"support.{name}" for name in ("contract", "credit", "operations", "operations_now", "report", "reports")),
    *(f"support.{name}" for name in ("requests", "service_request", "shop", "shops", "stop", "trial")),
    # Sent on, or a part of a page that is looked at with it.
    "auth.second_factor",
    "check.lights",
    "dashboard.fetch_status",
    "dashboard.shops",
    "dashboard.tabs",
    "oauth.callback",
    "oauth.start",
    "orders.calculation",
    "orders.customer",
    "orders.row",
    "setup.index",
    "setup.trial_orders",
    # Needs an answer of Amazon or SnelStart first: test_setup_in_the_browser.py.
    "setup.administration",
    "setup.other_seller",
    # No page: files, and answers to machines.
    "activity.events_file",
    "check.refunds_file",
    "configuration.rates_template",
    "dashboard.report_file",
    "health.alive",
    "health.read_metrics",
    "migration.orders_file",
    "migration.progress",
    "profile.export_file",
    "profile.invoice_pdf",
    "profile.invoice_ubl",
    "subscription.checkout_state",
    "health.ready",
    "reconciliation.months_file",
    "reconciliation.rates_file",
    "static",
}


def test_every_page_is_in_the_story(app: Flask) -> None:
    addresses = app.url_map.bind("localhost")
    told = {addresses.match(page.split("?")[0])[0] for page in stories.tell(app).values() if page != "/nergens"}
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    missing = pages - told - NOT_LOOKED_AT
    assert not missing, f"give these pages an address in tests/browser/stories.py: {sorted(missing)}"


def test_the_first_visit_is_light(chromium: Browser, site: Site) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        log_in(context.new_page(), site.base, stories.OWNER)
        cookies = context.cookies()
    with chromium.new_context(locale="nl-NL") as fresh:
        fresh.add_cookies(cookies)  # type: ignore[arg-type]
        page = fresh.new_page()
        watch = Watch(page)
        page.goto(site.address("overview"), wait_until="networkidle")
        sizes = [request.sizes()["responseBodySize"] for request in watch.requests]
    assert len(sizes) <= FIRST_VISIT_REQUESTS
    assert sum(sizes) <= FIRST_VISIT_BYTES


def test_what_others_wrote_does_nothing(chromium: Browser, site: Site) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        watch = Watch(page)
        for name in ("errors", "order-failed"):
            page.goto(site.address(name), wait_until="networkidle")
            assert page.get_by_text(stories.HOSTILE_TITLE[:20]).first.is_visible()
        assert watch.complaints == []
        assert not [request for request in watch.requests if request.url.endswith(("/x", "/evil"))]
