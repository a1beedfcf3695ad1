"""From the public page to the first log-in, and the second factor, as people do it."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from tests import factories
from tests.browser import stories
from tests.browser.conftest import Site
from tests.browser.screenshots import log_in
from tests.browser.watching import Watch, violations
from tests.support import mailbox
from webshop.domain import totp
from webshop.extensions import clock

pytestmark = pytest.mark.browser

NEW = "sanne@nieuw.test"
PASSWORD = "vier kippen eten graag andijvie"


@pytest.mark.parametrize("has_javascript", [True, False])
def test_sign_up_and_install(chromium: Browser, app: Flask, site: Site, has_javascript: bool) -> None:
    with chromium.new_context(java_script_enabled=has_javascript, locale="nl-NL") as context:
        page = context.new_page()
        watch = Watch(page)
        page.goto(site.base)
        page.get_by_role("link", name="Probeer het 30 dagen gratis").click()
        page.get_by_label("Bedrijfsnaam").fill("Bellen van Sanne")
        page.get_by_label("E-mailadres").fill("sanne@nieuw")
        page.get_by_role("button", name="Proefperiode aanvragen").click()
        expect(page.get_by_label("E-mailadres")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Bedrijfsnaam")).to_have_value("Bellen van Sanne")
        page.get_by_label("E-mailadres").fill(NEW)
        page.get_by_role("button", name="Proefperiode aanvragen").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Kijk in je mail")
        page.goto(site.base + mailbox.last_link(app, NEW))
        page.get_by_label("Nieuw wachtwoord").fill("wachtwoord2026")
        page.get_by_role("button", name="Begin met installeren").click()
        expect(page.get_by_label("Nieuw wachtwoord")).to_have_attribute("aria-invalid", "true")
        page.get_by_label("Nieuw wachtwoord").fill(PASSWORD)
        page.get_by_role("button", name="Begin met installeren").click()
        page.wait_for_url("**/shops/**")
        assert [one for one in watch.complaints if "422" not in one] == []


@pytest.mark.parametrize("has_javascript", [True, False])
def test_log_in_in_two_steps(chromium: Browser, app: Flask, site: Site, has_javascript: bool) -> None:
    with chromium.new_context(java_script_enabled=has_javascript, locale="nl-NL") as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("two-factor"))
        page.get_by_role("button", name="Instellen").click()
        key = page.locator("code.key").inner_text().replace(" ", "")
        if has_javascript:
            assert violations(page) == []
        with app.app_context():
            step = int(clock.now().timestamp()) // totp.STEP_SECONDS
        page.get_by_label("Code").fill(totp.code_at(key, step))
        page.get_by_role("button", name="Aanzetten").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Bewaar deze herstelcodes")
        recovery = page.locator("code").first.inner_text()
        if has_javascript:
            assert violations(page) == []
        page.context.clear_cookies()
        page.goto(f"{site.base}/login")
        page.get_by_label("E-mailadres").fill(stories.OWNER)
        page.get_by_label("Wachtwoord").fill(factories.PASSWORD)
        page.get_by_role("button", name="Inloggen").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Tweede stap")
        page.get_by_label("Code").fill(recovery)
        page.get_by_role("button", name="Inloggen").click()
        page.wait_for_url("**/shops/**")
