"""From a period to its report, as an owner walks it, with JavaScript and without."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from tests import factories
from tests.browser import stories
from tests.browser.screenshots import log_in
from tests.browser.serving import serve
from tests.support.clock import FrozenClock
from tests.support.scenario import connect_shop
from webshop.extensions import db, transaction
from webshop.models import Checkout, Shop
from webshop.sandbox import Sandbox
from webshop.services import checkouts, sale_migrations

pytestmark = pytest.mark.browser
SOLD_AT = datetime.fromisoformat("2025-03-10T12:00:00+00:00")


@pytest.mark.parametrize("has_javascript", [True, False])
def test_from_a_period_to_the_report(
    chromium: Browser,
    app: Flask,
    sandbox: Sandbox,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    has_javascript: bool,
) -> None:
    scenario = connect_shop(app, sandbox)
    with app.app_context(), transaction():
        shop = db.session.get_one(Shop, scenario.shop_id)
        factories.membership(factories.user(stories.OWNER), shop)
        place = f"/shops/{shop.public_id}"
    ago = (clock.now() - SOLD_AT).total_seconds() / 60
    for number in range(3):
        scenario.add_order(minutes_ago=ago - number, email=f"koper{number}@example.nl")
    scenario.run()

    def pay(checkout: Checkout) -> str:
        """Pay at once, and come back as from the payment page."""
        with transaction():
            sale_migrations.mark_paid(checkout.subject_id or "")
        return f"{place}/migration/{checkout.subject_id}"

    monkeypatch.setattr(checkouts, "start_payment", pay)
    options: dict[str, Any] = {"java_script_enabled": has_javascript, "locale": "nl-NL"}
    with serve(app) as base, chromium.new_context(**options) as context:
        page = context.new_page()
        log_in(page, base, stories.OWNER)
        page.goto(f"{base}{place}/profile")
        page.get_by_role("link", name="Oude bestellingen meenemen").click()
        page.get_by_label("Vanaf").fill("2025-03-01")
        page.get_by_label("Tot en met").fill("2026-01-01")
        page.get_by_role("button", name="Tel de bestellingen").click()
        expect(page.locator("#until_on-error")).to_contain_text("startdatum")
        page.get_by_label("Tot en met").fill("2025-03-31")
        page.get_by_role("button", name="Tel de bestellingen").click()
        expect(page.locator("#migration")).to_have_attribute("data-state", "counting")
        scenario.run()
        if not has_javascript:
            page.reload()
        expect(page.locator("#migration")).to_have_attribute("data-state", "quoted", timeout=15_000)
        expect(page.locator("#total")).to_contain_text("81,68")
        page.get_by_role("button", name="Akkoord en betalen").click()
        expect(page.locator("#migration")).to_have_attribute("data-state", "running")
        for _round in range(4):
            scenario.run()
            clock.advance(minutes=3)
        if not has_javascript:
            page.reload()
        expect(page.locator("#migration")).to_have_attribute("data-state", "finished", timeout=15_000)
        assert page.locator("#migration").get_attribute("hx-trigger") is None
        expect(page.locator("[data-count=posted]")).to_have_text("3")
        page.reload()
        expect(page.locator("tr[data-outcome=posted]")).to_have_count(3)
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").click()
        assert re.fullmatch(r"migratie-.*\.csv", download.value.suggested_filename)
    assert scenario.booked() == dict.fromkeys(scenario.orders(), 1)
