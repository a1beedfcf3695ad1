"""Staff look at a shop as its owner, may change something for a while, and are stopped after half an hour."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from tests.browser import stories
from tests.browser.conftest import Site
from tests.browser.screenshots import allow_changes, begin_acting, log_in, log_in_as_staff
from tests.browser.watching import Watch, violations
from tests.support.clock import FrozenClock
from webshop.extensions import db
from webshop.models import AuditEvent, Impersonation

pytestmark = pytest.mark.browser


def begin(page: Page, site: Site, app: Flask) -> None:
    log_in_as_staff(page, site.base, app)
    page.goto(f"{site.base}/support{site.pages['overview']}impersonate")
    begin_acting(page, app)


def changed(app: Flask) -> list[str]:
    with app.app_context():
        query = select(AuditEvent).where(AuditEvent.action == "setting_changed").order_by(AuditEvent.id)
        return [event.facts["name"] for event in db.session.scalars(query)]


@pytest.mark.parametrize("has_javascript", [True, False])
def test_look_raise_and_be_stopped_at_half_an_hour(
    chromium: Browser, app: Flask, clock: FrozenClock, site: Site, has_javascript: bool
) -> None:
    with chromium.new_context(java_script_enabled=has_javascript, locale="nl-NL") as context:
        page = context.new_page()
        watch = Watch(page)
        begin(page, site, app)
        bar = page.locator("#impersonation-bar")
        expect(bar).to_contain_text("Alleen kijken")
        page.locator("#tabs").get_by_role("link", name="Fouten").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Fouten")
        expect(bar).to_have_count(1)
        before = changed(app)
        page.goto(site.address("profile"))
        page.get_by_label("Mail me 's ochtends").uncheck()
        save_digest(page)
        expect(page.get_by_text("Dat mag niet bij meekijken").first).to_be_visible()
        assert changed(app) == before
        bar.get_by_role("link", name="Ik moet iets wijzigen").click()
        allow_changes(page, app)
        expect(bar).to_contain_text("Je mag wijzigen")
        page.goto(site.address("profile"))
        page.get_by_label("Mail me 's ochtends").uncheck()
        save_digest(page)
        expect(page.get_by_text("Opgeslagen.")).to_be_visible()
        assert changed(app) == [*before, "is_digest_wanted"]
        page.get_by_label("Mail me 's ochtends").check()
        with app.app_context():
            clock.set(db.session.scalars(select(Impersonation.expires_at)).one())
        save_digest(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Het meekijken is afgelopen")
        assert changed(app) == [*before, "is_digest_wanted"]
        expect(bar).to_have_count(0)
        page.goto(site.address("profile"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Niet gevonden")
        assert watch.complaints == []


def save_digest(page: Page) -> None:
    page.locator("form[action$='/digest'] button").click()


def test_after_stopping_the_way_back_shows_nothing(chromium: Browser, app: Flask, site: Site) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        begin(page, site, app)
        page.goto(site.address("errors"))
        page.get_by_role("button", name="Stop met meekijken").click()
        expect(page.locator("#impersonation-bar")).to_have_count(0)
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Niet gevonden")
        expect(page.get_by_text("Noor")).to_have_count(0)


def test_a_page_that_stands_open_is_left_when_the_half_hour_is_over(
    chromium: Browser, app: Flask, clock: FrozenClock, site: Site
) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        page.clock.install()
        begin(page, site, app)
        clock.advance(minutes=10)
        page.clock.fast_forward("00:31")
        expect(page.locator("#impersonation-bar [data-minutes='20']")).to_be_visible()
        clock.advance(minutes=20)
        page.clock.fast_forward("00:31")
        expect(page.get_by_role("heading", level=1)).to_have_text("Het meekijken is afgelopen")


def test_stopping_in_another_tab_ends_this_one(chromium: Browser, app: Flask, site: Site) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        page, other = context.new_page(), context.new_page()
        page.clock.install()
        begin(page, site, app)
        other.goto(site.address("overview"))
        other.get_by_role("button", name="Stop met meekijken").click()
        expect(other.locator("#impersonation-bar")).to_have_count(0)
        page.locator("#tabs").get_by_role("link", name="Fouten").click()
        expect(page.locator("tr[data-state=error]")).to_have_count(0)
        page.clock.fast_forward("00:31")
        expect(page.get_by_role("heading", level=1)).to_have_text("Het meekijken is afgelopen")


def test_the_owner_reads_who_it_was_and_shuts_support_out(chromium: Browser, app: Flask, site: Site) -> None:
    with chromium.new_context(locale="nl-NL") as staff, chromium.new_context(locale="nl-NL") as owner:
        page, own = staff.new_page(), owner.new_page()
        begin(page, site, app)
        log_in(own, site.base, stories.OWNER)
        own.goto(site.address("activity"))
        expect(own.locator("#rows")).to_contain_text("support (Eva Support) namens jou")
        own.goto(site.address("profile"))
        own.get_by_label("Support mag meekijken").uncheck()
        own.locator("form[action$='/support'] button").click()
        expect(own.get_by_text("Opgeslagen.")).to_be_visible()
        page.goto(site.address("errors"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Het meekijken is afgelopen")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")])
def test_everybody_can_read_and_reach_it(chromium: Browser, app: Flask, site: Site, width: int, scheme: str) -> None:
    size = {"width": width, "height": 860}
    with chromium.new_context(locale="nl-NL", viewport=size, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        log_in_as_staff(page, site.base, app)
        page.goto(f"{site.base}/support{site.pages['overview']}impersonate")
        assert violations(page) == []
        begin_acting(page, app)
        for name in ("overview", "errors", "profile-password"):
            page.goto(site.address(name))
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("link", name="Terug naar de winkel").click()
        page.get_by_role("link", name="Ik moet iets wijzigen").click()
        assert violations(page) == []
        allow_changes(page, app)
        assert violations(page) == []
