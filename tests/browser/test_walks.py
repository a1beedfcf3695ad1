"""What a shop owner does in a day, with JavaScript and without."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests import factories
from tests.browser import stories
from tests.browser.conftest import Site
from tests.browser.screenshots import log_in
from tests.browser.watching import Watch
from webshop.extensions import clock, transaction
from webshop.models import Order, OrderState, Remote, Schedule
from webshop.services.connections import find_connection

pytestmark = pytest.mark.browser

TABS = (("Rapportage", "posted"), ("Fouten", "error"), ("Open", "open"))


@pytest.mark.parametrize("has_javascript", [True, False])
def test_walk_the_tabs(chromium: Browser, site: Site, has_javascript: bool) -> None:
    with chromium.new_context(locale="nl-NL", java_script_enabled=has_javascript) as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        expect(page.get_by_role("heading", level=1)).to_have_text("Overzicht")
        watch = Watch(page)
        for name, state in TABS:
            page.locator("#tabs").get_by_role("link", name=name).click()
            expect(page.get_by_role("heading", level=1)).to_have_text(name)
            expect(page.locator("#tabs a[aria-current=page]")).to_contain_text(name)
            expect(page.locator(f"tr[data-state={state}]").first).to_be_visible()
            expect(page).to_have_title(re.compile(f"^{name} · "))
        assert watch.documents == (0 if has_javascript else len(TABS))
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Fouten")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        page.reload()
        expect(page.locator("tr[data-state=error]").first).to_be_visible()


@pytest.mark.parametrize("has_javascript", [True, False])
def test_read_the_report(chromium: Browser, site: Site, has_javascript: bool) -> None:
    with chromium.new_context(locale="nl-NL", java_script_enabled=has_javascript) as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("report"))
        rows = page.locator("tr[data-state=posted]")
        expect(rows).to_have_count(50)
        page.get_by_role("link", name="Meer laden").click()
        expect(rows).to_have_count(76 if has_javascript else 26)
        page.goto(site.address("report"))
        page.get_by_label("Land").select_option("België")
        if not has_javascript:
            page.get_by_role("button", name="Zoek").click()
        expect(rows).to_have_count(8)
        expect(page).to_have_url(re.compile("country=BE"))
        rows.first.click()
        expect(page.locator("#booking")).to_contain_text("Omzet verkopen hoog")


@pytest.mark.parametrize("has_javascript", [True, False])
def test_process_an_order_again(chromium: Browser, app: Flask, site: Site, has_javascript: bool) -> None:
    with chromium.new_context(locale="nl-NL", java_script_enabled=has_javascript) as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("errors"))
        row = page.locator("tr[data-state=error]").first
        row.locator("summary").click()
        expect(row.get_by_text("Zo los je het op")).to_be_visible()
        row_id = row.get_attribute("id") or ""
        row.get_by_role("button", name="Verwerk").click()
        expect(page.locator(f"#{row_id}")).to_contain_text("Wordt verwerkt")
        post(app, row_id.removeprefix("order-"))
        if not has_javascript:
            return
        expect(page.locator(f"#{row_id}")).to_have_attribute("data-state", "posted", timeout=10_000)
        expect(page.locator("#tabs").get_by_role("link", name="Fouten")).to_contain_text("8")


def post(app: Flask, amazon_order_id: str) -> None:
    """Do what a run does with an order."""
    with app.app_context(), transaction() as session:
        order = session.query(Order).filter_by(amazon_order_id=amazon_order_id).one()
        connection = find_connection(order.shop_id, Remote.SNELSTART)
        assert connection is not None
        factories.move(order, OrderState.POSTED)
        factories.posting(order, connection.account_id)


def test_fetch_now_shows_how_it_goes_and_stops_asking(chromium: Browser, app: Flask, site: Site) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("overview"))
        page.get_by_role("button", name="Nu ophalen").click()
        expect(page.locator("#fetch-status")).to_contain_text("Bezig met ophalen")
        finish_run(app)
        expect(page.locator("#fetch-status")).to_contain_text("Klaar: 7 opgehaald, 5 doorgezet", timeout=10_000)
        assert page.locator("#fetch-status").get_attribute("hx-trigger") is None


def finish_run(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        for schedule in session.query(Schedule).filter(Schedule.shop_id == 1):
            schedule.due_at = schedule.slot_at = clock.now() + timedelta(hours=1)


def test_a_session_that_ended_leads_to_the_login(chromium: Browser, site: Site) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("overview"))
        context.clear_cookies()
        page.locator("#tabs").get_by_role("link", name="Fouten").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Inloggen")


def test_an_error_during_a_click_is_shown_where_messages_are(chromium: Browser, app: Flask, site: Site) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("errors"))
        row = page.locator("tr[data-state=error]").first
        post(app, (row.get_attribute("id") or "").removeprefix("order-"))
        row.get_by_role("button", name="Verwerk").click()
        expect(page.locator("#flash [role=alert]")).to_contain_text("intussen veranderd")
        expect(row).to_be_visible()


def test_everything_can_be_reached_with_the_keyboard(chromium: Browser, site: Site) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("errors"))
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Naar de inhoud")).to_be_focused()
        assert _tab_until(page, "Meer info", "Verwerk")


def _tab_until(page: Page, *texts: str) -> bool:
    missing = set(texts)
    for _step in range(60):
        page.keyboard.press("Tab")
        missing.discard(page.evaluate("document.activeElement.textContent.trim()"))
        if not missing:
            return True
    return False


def test_logging_out_ends_it(chromium: Browser, site: Site) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.locator(".user-menu summary").click()
        page.get_by_role("button", name="Uitloggen").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Inloggen")
        page.goto(site.address("overview"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Inloggen")


@pytest.mark.parametrize("has_javascript", [True, False])
def test_pass_over_an_order_and_take_that_back(chromium: Browser, site: Site, has_javascript: bool) -> None:
    with chromium.new_context(locale="nl-NL", java_script_enabled=has_javascript) as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("order-failed"))
        page.get_by_role("link", name="Sla over").click()
        dialog = page.locator("dialog")
        dialog.get_by_label("Waarom sla je hem over?").fill("Testbestelling")
        dialog.get_by_role("button", name="Sla over").click()
        expect(page.locator("#order")).to_have_attribute("data-state", "skipped")
        expect(dialog).to_have_count(0)
        expect(page.locator("#flash")).to_contain_text("is overgeslagen")
        expect(page.locator("#order")).to_contain_text("Testbestelling")
        page.get_by_role("button", name="Ongedaan maken").click()
        expect(page.locator("#flash")).to_contain_text("wordt opnieuw beoordeeld")


def test_more_info_and_a_report_arrive_in_place(chromium: Browser, site: Site) -> None:
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("errors"))
        row = page.locator("#group-vat-mapping-missing tr[data-state=error]").first
        row.locator("summary").click()
        expect(row.locator(".calculation")).to_contain_text("incl.")
        row.get_by_role("link", name="Meld probleem").click()
        dialog = page.locator("dialog:modal")
        dialog.get_by_label("Wat gaat er mis?").fill("Dit land staat wel ingesteld.")
        dialog.get_by_role("button", name="Versturen").click()
        expect(dialog).to_have_count(0)
        expect(row.locator(".report-state")).to_contain_text("Ontvangen")
