"""Make screenshots of every page: `python -m tests.browser.screenshots OUTDIR`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page

from tests import factories
from tests.browser import stories
from tests.browser.serving import run_chromium, serve
from tests.support import databases
from tests.support.clock import FrozenClock
from tests.support.settings import make_settings
from webshop import create_app
from webshop.domain import totp

WIDTHS = (390, 1280)
THEMES = ("light", "dark")


def main(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/screenshots.sqlite"
        databases.migrate(url, Path(folder))
        app = create_app(make_settings(Path(folder), database_url=url), clock=FrozenClock())
        pages = stories.tell(app)
        with serve(app) as base, run_chromium() as browser:
            for theme in THEMES:
                for width in WIDTHS:
                    _shoot(browser, base, pages, app, theme, width, target)


def _shoot(
    browser: Browser, base: str, pages: dict[str, str], app: Flask, theme: str, width: int, target: Path
) -> None:
    size = {"width": width, "height": 860}
    with browser.new_context(viewport=size, color_scheme=theme, locale="nl-NL") as context:  # type: ignore[arg-type]
        page = context.new_page()
        for name in ("public", "login"):
            page.goto(base + pages[name])
            page.screenshot(path=target / f"{name}-{width}-{theme}.png", full_page=True)
        log_in(page, base, stories.OWNER)
        for name, address in pages.items():
            if name in ("public", "login"):
                continue
            page.goto(base + address)
            page.screenshot(path=target / f"{name}-{width}-{theme}.png", full_page=True)
        page.goto(base + pages["errors"])
        page.locator("details.more-info summary").nth(1).click()
        page.screenshot(path=target / f"errors-info-{width}-{theme}.png", full_page=True)
        page.goto(base + pages["overview"])
        page.locator(".user-menu summary").click()
        page.screenshot(path=target / f"user-menu-{width}-{theme}.png")
    with browser.new_context(viewport=size, color_scheme=theme, locale="nl-NL") as context:  # type: ignore[arg-type]
        _shoot_empty_shops(context.new_page(), base, f"{width}-{theme}", target)
    with browser.new_context(locale="nl-NL", viewport=size, color_scheme=theme) as context:  # type: ignore[arg-type]
        _shoot_impersonation(context.new_page(), base, pages, app, f"{width}-{theme}", target)


def _shoot_impersonation(page: Page, base: str, pages: dict[str, str], app: Flask, suffix: str, target: Path) -> None:
    """Look at the shop as its owner, raise to writing and stop."""

    def shoot(name: str) -> None:
        page.screenshot(path=target / f"{name}-{suffix}.png", full_page=name != "acting-scrolled")

    log_in_as_staff(page, base, app)
    page.goto(f"{base}/support{pages['overview']}impersonate")
    shoot("impersonate")
    begin_acting(page, app)
    for name in ("overview", "errors", "order-posted", "profile"):
        page.goto(base + pages[name])
        shoot(f"acting-{name}")
    page.evaluate("window.scrollTo(0, 400)")
    shoot("acting-scrolled")
    page.goto(base + pages["profile-password"])
    shoot("acting-refused")
    page.get_by_role("link", name="Terug naar de winkel").click()
    page.get_by_role("link", name="Ik moet iets wijzigen").click()
    shoot("acting-raise")
    allow_changes(page, app)
    shoot("acting-raised")
    page.get_by_role("button", name="Stop met meekijken").click()
    shoot("acting-stopped")
    page.goto(f"{base}/support/impersonation/ended")
    shoot("acting-ended")


def staff_code(app: Flask) -> str:
    """Return a code of the member of staff that was not used before."""
    now: FrozenClock = app.extensions["clock"]
    now.advance(seconds=totp.STEP_SECONDS)
    return totp.code_at(stories.STAFF_KEY, int(now().timestamp()) // totp.STEP_SECONDS)


def log_in_as_staff(page: Page, base: str, app: Flask) -> None:
    page.goto(f"{base}/login")
    page.get_by_label("E-mailadres").fill(stories.STAFF)
    page.get_by_label("Wachtwoord").fill(factories.PASSWORD)
    page.get_by_role("button", name="Inloggen").click()
    page.get_by_label("Code").fill(staff_code(app))
    page.get_by_role("button", name="Inloggen").click()
    page.wait_for_url(lambda address: "/login" not in address)


def begin_acting(page: Page, app: Flask) -> None:
    """Send the form of acting as the shop's owner."""
    page.get_by_label("Noor de Vries").check()
    page.get_by_label("Reden").fill("Melding 12: een bedrag klopt niet")
    page.get_by_label("Code uit je app").fill(staff_code(app))
    page.get_by_role("button", name="Begin met meekijken").click()
    page.wait_for_url("**/shops/**")


def allow_changes(page: Page, app: Flask) -> None:
    page.get_by_label("Reden").fill("Klant vroeg aan de telefoon om dit aan te zetten")
    page.get_by_label("Code uit je app").fill(staff_code(app))
    page.get_by_role("button", name="Wijzigen toestaan").click()
    page.wait_for_url("**/shops/**")


def _shoot_empty_shops(page: Page, base: str, suffix: str, target: Path) -> None:
    log_in(page, base, stories.NEWCOMER)
    page.screenshot(path=target / f"shops-{suffix}.png", full_page=True)
    for shop in ("Nieuwe winkel", "Verse start"):
        page.goto(f"{base}/shops")
        page.get_by_role("link", name=shop).click()
        name = shop.lower().replace(" ", "-")
        page.screenshot(path=target / f"{name}-{suffix}.png", full_page=True)
        overview = page.url
        for tab in ("report", "errors", "open"):
            page.goto(overview + tab)
            page.screenshot(path=target / f"{name}-{tab}-{suffix}.png", full_page=True)
        for step in stories.SETUP:
            page.goto(f"{overview}setup/{step}")
            page.screenshot(path=target / f"{name}-{step.replace('/', '-')}-{suffix}.png", full_page=True)


def log_in(page: Page, base: str, email: str) -> None:
    page.goto(f"{base}/login")
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord").fill(factories.PASSWORD)
    page.get_by_role("button", name="Inloggen").click()
    page.wait_for_url("**/shops**")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
