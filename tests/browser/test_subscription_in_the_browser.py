"""From the trial to its end, by the mail to the payment, and on, as an owner does it against the look-alikes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests import factories
from tests.browser.serving import serve
from tests.browser.watching import Watch, violations
from tests.support import mailbox
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario, connect_shop
from tests.support.settings import make_settings
from webshop import create_app
from webshop.extensions import db, transaction
from webshop.models import Shop, User
from webshop.sandbox import Sandbox, SandboxAdapter
from webshop.sandbox.server import SandboxServer
from webshop.services import accounts, registration, subscription

pytestmark = pytest.mark.browser


@dataclass
class Served:
    app: Flask
    base: str
    scenario: Scenario
    email: str

    def offers(self) -> int:
        """Do what the clock and a worker do."""
        with self.app.app_context():
            return subscription.write_offers()


@pytest.fixture
def served(tmp_path: Path, database_url: str, clock: FrozenClock, sandbox: Sandbox) -> Iterator[Served]:
    with SandboxServer(sandbox) as server:
        settings = make_settings(tmp_path, database_url=database_url, mollie_api_url=f"{server.url}/mollie/api")
        app = create_app(settings, clock=clock, transport=SandboxAdapter(sandbox.wsgi))
        with serve(app) as base:
            app.extensions["settings"] = replace(app.extensions["settings"], public_url=base)
            scenario = connect_shop(app, sandbox)
            with app.app_context(), transaction() as session:
                owner = session.query(User).one()
                owner.password_hash = accounts.hash_password(factories.PASSWORD)
                shop = session.get_one(Shop, scenario.shop_id)
                shop.active_until = (clock.now() + timedelta(days=registration.TRIAL_DAYS)).date()
                email = owner.email
            yield Served(app, base, scenario, email)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def follow_mail(served: Served, page: Page) -> None:
    """Open the link of the latest mail and log in where that is asked."""
    page.goto(served.base + mailbox.last_link(served.app, served.email))
    if "/login" in page.url:
        page.get_by_label("E-mailadres").fill(served.email)
        page.get_by_label("Wachtwoord").fill(factories.PASSWORD)
        page.get_by_role("button", name="Inloggen").click()
    page.wait_for_url("**/subscription")


@pytest.mark.parametrize("has_javascript", [True, False])
def test_trial_end_mail_payment_and_on(
    chromium: Browser, served: Served, clock: FrozenClock, has_javascript: bool
) -> None:
    scenario = served.scenario
    in_trial = scenario.add_order(email="a@example.nl")
    scenario.run()
    assert scenario.booked() == {in_trial: 1}
    clock.advance(days=16)
    assert served.offers() == 1
    clock.advance(days=20)
    in_between = scenario.add_order(email="b@example.nl", minutes_ago=24 * 60)
    clock.advance(minutes=5)
    assert scenario.run().error_code == "ENDED"
    with chromium.new_context(java_script_enabled=has_javascript, locale="nl-NL") as context:
        page = context.new_page()
        watch = Watch(page)
        follow_mail(served, page)
        expect(page.locator("#countdown")).to_contain_text("Gestopt op")
        if has_javascript:
            assert violations(page) == []
        page.get_by_role("button", name="Betaal").click()
        page.get_by_role("button", name="Annuleren").click()
        expect(page.get_by_role("heading", level=2)).to_have_text("Je hebt de betaling geannuleerd")
        page.get_by_role("button", name="Opnieuw betalen").click()
        page.get_by_role("button", name="Betaald").click()
        expect(page.locator("#checkout")).to_have_attribute("data-state", "paid")
        expect(page.locator("#countdown")).to_have_count(0)
        if has_javascript:
            assert violations(page) == []
        clock.advance(minutes=61)
        scenario.run()
        assert scenario.booked() == {in_trial: 1}
        assert scenario.codes(in_between) == ["GAP_UNDECIDED"]
        page.get_by_role("link", name="Naar het overzicht").click()
        page.locator(".notice", has_text="1 bestelling uit de periode zonder abonnement").get_by_role("link").click()
        page.get_by_label("Boeken: ik heb ze niet zelf geboekt").check()
        page.get_by_role("button", name="Opslaan").click()
        page.wait_for_url("**/shops/*/")
        assert watch.complaints == []
    scenario.run()
    assert scenario.booked() == {in_trial: 1, in_between: 1}
    scenario.check_books()


def test_a_payment_that_comes_later_is_seen_without_a_click(
    chromium: Browser, served: Served, clock: FrozenClock, sandbox: Sandbox
) -> None:
    clock.advance(days=16)
    served.offers()
    # The call-back is lost on the way.
    sandbox.mollie.notify = lambda url, payment_id: None
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        follow_mail(served, page)
        page.get_by_role("button", name="Betaal").click()
        page.wait_for_url("**/mollie/checkout/**")
        (payment,) = sandbox.mollie.payments()
        page.goto(payment["redirectUrl"])
        expect(page.locator("#checkout")).to_have_attribute("data-state", "open")
        sandbox.mollie.end(payment["id"], "paid")
        expect(page.locator("#checkout")).to_have_attribute("data-state", "paid", timeout=15_000)


def test_stopping_asks_in_a_dialog_and_closes_without_harm(
    chromium: Browser, served: Served, clock: FrozenClock
) -> None:
    clock.advance(days=16)
    served.offers()
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        watch = Watch(page)
        follow_mail(served, page)
        page.get_by_role("link", name="Stoppen").click()
        expect(page.locator("dialog#stop-subscription")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("link", name="Annuleren").click()
        expect(page.locator("dialog#stop-subscription")).to_have_count(0)
        page.get_by_role("link", name="Stoppen").click()
        page.get_by_role("button", name="Nu stoppen").click()
        expect(page.locator("main")).to_contain_text("Gestopt op")
        assert watch.complaints == []
    assert served.scenario.run(kind="manual").error_code == "ENDED"
