"""What a member of our staff does in a day, with JavaScript and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests import factories
from tests.browser import stories
from tests.browser.conftest import Site
from tests.browser.watching import Watch, violations
from tests.support.clock import FrozenClock
from webshop.domain import totp
from webshop.extensions import db, transaction, vault
from webshop.models import Mail, Order, ProblemReport, Shop

pytestmark = pytest.mark.browser

STAFF = "eva@office.test"
ANSWER = "SnelStart had een storing. Hij kan nu opnieuw."
LogIn = Callable[[Page, Site], None]


@pytest.fixture
def log_staff_in(app: Flask, clock: FrozenClock) -> LogIn:
    with app.app_context(), transaction():
        user = factories.user(STAFF, name="Eva Jansen", is_staff=True, is_totp_on=True)
        key = totp.new_secret()
        user.sealed_totp_secret = vault().seal(key, bound_to=f"user:{user.id}:totp")

    def log_in(page: Page, site: Site) -> None:
        clock.advance(seconds=totp.STEP_SECONDS)  # no code works twice
        page.goto(f"{site.base}/login")
        page.get_by_label("E-mailadres").fill(STAFF)
        page.get_by_label("Wachtwoord").fill(factories.PASSWORD)
        page.get_by_role("button", name="Inloggen").click()
        page.locator("input[name=code]").fill(totp.code_at(key, int(clock().timestamp()) // totp.STEP_SECONDS))
        page.locator("main button[type=submit]").click()
        page.wait_for_url("**/support/")

    return log_in


def report_of(app: Flask) -> ProblemReport:
    with app.app_context():
        return db.session.query(ProblemReport).one()


def shop_of(report: ProblemReport) -> Shop:
    return db.session.get_one(Shop, report.shop_id)


@pytest.mark.parametrize("has_javascript", [True, False])
def test_find_a_shop_by_an_order_and_answer_its_report(
    chromium: Browser, app: Flask, site: Site, log_staff_in: LogIn, has_javascript: bool
) -> None:
    report = report_of(app)
    with app.app_context():
        number, name = db.session.get_one(Order, report.order_id).amazon_order_id, shop_of(report).name
    with chromium.new_context(locale="nl-NL", java_script_enabled=has_javascript) as context:
        page = context.new_page()
        log_staff_in(page, site)
        watch = Watch(page)
        page.get_by_label("Bestelnummer").fill(number)
        page.get_by_role("button", name="Zoek").click()
        page.locator("#found-orders").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        page.get_by_role("link", name="Melding van").first.click()
        page.get_by_label("Opgelost").check()
        page.get_by_label("Antwoord aan de klant").fill(ANSWER)
        page.get_by_role("button", name="Opslaan").click()
        expect(page.get_by_text("Hier wacht niets.")).to_be_visible()
        assert watch.complaints == []
    with app.app_context():
        assert db.session.query(ProblemReport).one().reply == ANSWER
        assert db.session.query(Mail).filter_by(kind="staff_reply").count() == 1


def test_a_page_that_nobody_sees_does_not_ask_for_news(chromium: Browser, site: Site, log_staff_in: LogIn) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        log_staff_in(page, site)
        page.clock.install()
        page.goto(f"{site.base}/support/operations")
        with page.expect_response("**/support/operations/now?round=1"):
            page.clock.run_for(10_000)
        expect(page.locator("#operations")).to_have_attribute("hx-get", "/support/operations/now?round=2")
        watch = Watch(page)
        page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
        page.clock.run_for(60_000)
        assert watch.requests == []
        page.evaluate("Object.defineProperty(document, 'hidden', {value: false})")
        with page.expect_response("**/support/operations/now?round=2"):
            page.clock.run_for(10_000)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_the_staff_can_be_used_by_everybody(
    chromium: Browser, app: Flask, site: Site, log_staff_in: LogIn, theme: str
) -> None:
    report = report_of(app)
    with app.app_context():
        place = f"/support/shops/{shop_of(report).public_id}"
    lists = ("/support/", "/support/reports", "/support/requests", "/support/operations")
    pages = (*lists, f"/support/reports/{report.public_id}", place, f"{place}/contract", f"{place}/stop")
    for width in (390, 1280):
        size = {"width": width, "height": 860}
        with chromium.new_context(locale="nl-NL", color_scheme=theme, viewport=size) as context:  # type: ignore[arg-type]
            page = context.new_page()
            log_staff_in(page, site)
            watch = Watch(page)
            for address in pages:
                page.goto(site.base + address)
                assert violations(page) == [], address
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, width)
            assert watch.complaints == []


def test_a_customer_of_the_story_sees_none_of_it(chromium: Browser, site: Site) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        page.goto(f"{site.base}/login")
        page.get_by_label("E-mailadres").fill(stories.OWNER)
        page.get_by_label("Wachtwoord").fill(factories.PASSWORD)
        page.get_by_role("button", name="Inloggen").click()
        page.wait_for_url("**/shops/**")
        answer = page.goto(f"{site.base}/support/")
        assert answer is not None
        assert answer.status == 404
