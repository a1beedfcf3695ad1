"""An owner changes settings where they stand, with JavaScript and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import stories
from tests.browser.conftest import Site
from tests.browser.screenshots import log_in
from tests.browser.watching import Watch, violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("has_javascript", [True, False])
def test_change_a_section(chromium: Browser, site: Site, has_javascript: bool) -> None:
    with chromium.new_context(locale="nl-NL", java_script_enabled=has_javascript) as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("configuration"))
        watch = Watch(page)
        section = page.locator("#section-statuses")
        section.get_by_role("link", name="Wijzigen").click()
        section.get_by_label("Unshipped").check()
        section.get_by_role("button", name="Opslaan").click()
        expect(section).to_contain_text("Niet verzonden, Verzonden")
        expect(page.locator("body")).to_contain_text("worden opnieuw bekeken")
        expect(section).to_contain_text("Laatst gewijzigd door Noor de Vries")
        assert (watch.documents == 0) == has_javascript
        assert watch.complaints == []


@pytest.mark.parametrize("has_javascript", [True, False])
def test_change_a_row_of_the_vat_table(chromium: Browser, site: Site, has_javascript: bool) -> None:
    with chromium.new_context(locale="nl-NL", java_script_enabled=has_javascript) as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("configuration"))
        watch = Watch(page)
        rows = page.locator("#vat-EU-FR tr:visible")
        row_id = rows.nth(1).get_attribute("id")
        row = page.locator(f"#{row_id}")
        row.get_by_role("link", name="Wijzigen").click()
        row.get_by_label("Percentage").fill("veel")
        row.get_by_role("button", name="Opslaan").click()
        expect(row.locator(".field-error")).to_contain_text("Vul een percentage in")
        expect(row.get_by_label("Percentage")).to_have_value("veel")
        row.get_by_label("Percentage").fill("20")
        row.get_by_role("button", name="Opslaan").click()
        expect(row).to_contain_text("20%")
        expect(row.locator(".chip-wrong").first).to_be_visible()
        expect(row.get_by_role("link", name="Wijzigen")).to_be_visible()
        assert (watch.documents == 0) == has_javascript
        assert watch.complaints == []
        _leave_a_row_as_it_was(page)


def _leave_a_row_as_it_was(page: Page) -> None:
    row = page.locator("#vat-NL-NL tr:visible").nth(1)
    before = row.inner_text()
    row.get_by_role("link", name="Wijzigen").click()
    page.locator("#vat-NL-NL .vat-edit").get_by_role("link", name="Annuleren").click()
    expect(page.locator("#vat-NL-NL .vat-edit")).to_have_count(0)
    assert page.locator("#vat-NL-NL tr:visible").nth(1).inner_text().split("\n")[0] == before.split("\n")[0]


@pytest.mark.parametrize("has_javascript", [True, False])
def test_add_and_remove_a_percentage(chromium: Browser, site: Site, has_javascript: bool) -> None:
    with chromium.new_context(locale="nl-NL", java_script_enabled=has_javascript) as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("configuration"))
        country = page.locator("#vat-EU-AT")
        for percentage in ("13", "10"):
            country.get_by_role("link", name="Percentage toevoegen").click()
            form = page.locator("#vat-EU-AT-new")
            form.get_by_label("Percentage").fill(percentage)
            form.get_by_label("Omzetrekening").select_option(label="8000 Omzet verkopen hoog")
            form.get_by_label("Geldt vanaf").fill("2026-01-01")
            form.get_by_role("button", name="Opslaan").click()
            expect(country).to_contain_text(f"{percentage}%")
        expect(country.locator("tr:visible")).to_have_count(5)
        country.locator("tr", has_text="13%").get_by_role("link", name="Wijzigen").click()
        country.get_by_role("button", name="Regel verwijderen").click()
        expect(country.locator("tr:visible")).to_have_count(4)


@pytest.mark.parametrize("has_javascript", [True, False])
def test_start_the_vat_table_again(chromium: Browser, site: Site, has_javascript: bool) -> None:
    with chromium.new_context(locale="nl-NL", java_script_enabled=has_javascript) as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("configuration"))
        expect(page.locator("#vat-EU-DE")).to_contain_text("19%")
        page.get_by_role("link", name="BTW instellingen verwijderen").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        if has_javascript:
            assert violations(page) == []
            dialog.get_by_role("link", name="Annuleren").click()
            expect(dialog).to_have_count(0)
            page.get_by_role("link", name="BTW instellingen verwijderen").click()
        dialog.get_by_role("button", name="BTW instellingen verwijderen").click()
        expect(page.locator("#vat-EU-DE")).not_to_contain_text("19%")
        expect(page.locator("#flash")).to_contain_text("verwijderd")


def test_reading_a_file_shows_what_it_changes(chromium: Browser, site: Site) -> None:
    with chromium.new_context(locale="nl-NL", java_script_enabled=False) as context:
        page = context.new_page()
        log_in(page, site.base, stories.OWNER)
        page.goto(site.address("configuration-rates"))
        data = b"sku;land;percentage\nBOEK-001;;21\nNIEUW-1;DE;7\n"
        page.get_by_label("CSV-bestand").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": data})
        page.get_by_role("button", name="Bekijk wat er verandert").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Dit gaat er veranderen")
        expect(page.locator("main")).to_contain_text("BOEK-001")
        page.get_by_role("button", name="Opslaan").click()
        expect(page.locator("#flash")).to_contain_text("2 tarieven opgeslagen")
        expect(page).to_have_url(re.compile("/configuration/rates$"))
