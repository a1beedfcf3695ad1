"""Install a shop from the first step to the first posted order, against the served look-alikes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from tests import factories
from tests.browser.screenshots import log_in
from tests.browser.serving import serve
from tests.browser.watching import Watch, violations
from tests.support.clock import FrozenClock
from tests.support.scenario import order_document
from tests.support.settings import make_settings
from webshop import create_app
from webshop.extensions import db, transaction
from webshop.models import Shop
from webshop.sandbox import Sandbox, SandboxAdapter
from webshop.sandbox.server import SandboxServer
from webshop.services.runs import run_shop

pytestmark = pytest.mark.browser

OWNER = "noor@fietsbel.test"


@dataclass
class Served:
    """The application and the look-alikes, each on an address of its own, and a shop that has nothing yet."""

    app: Flask
    base: str
    sandbox: Sandbox
    key: str
    administration_id: str
    shop_id: str

    @property
    def place(self) -> str:
        return f"{self.base}/shops/{self.shop_id}/setup"

    def run(self) -> None:
        """Do what the worker does."""
        with self.app.app_context():
            shop = db.session.scalars(select(Shop).where(Shop.public_id == self.shop_id)).one()
            run_shop(shop.id)


@pytest.fixture
def served(tmp_path: Path, database_url: str, clock: FrozenClock, sandbox: Sandbox) -> Iterator[Served]:
    with SandboxServer(sandbox) as server:
        settings = make_settings(tmp_path, database_url=database_url)
        consent = f"{server.url}/amazon/seller-central"
        app = create_app(
            replace(settings, amazon_consent_url=consent), clock=clock, transport=SandboxAdapter(sandbox.wsgi)
        )
        with serve(app) as base:
            app.extensions["settings"] = replace(app.extensions["settings"], public_url=base)
            sandbox.amazon.configure_application(
                redirect_uris=[f"{base}/oauth/amazon/callback"], login_uri=f"{base}/oauth/amazon/login"
            )
            yield _fill(app, base, sandbox, clock)


def _fill(app: Flask, base: str, sandbox: Sandbox, clock: FrozenClock) -> Served:
    seller = sandbox.amazon.create_seller(name="Fietsbel")
    for number in range(7):
        document = order_document(clock(), email=f"koper{number}@example.nl", title="Fietsbel messing 60 mm")
        sandbox.amazon.add_order(seller.seller_id, document)
    clock.advance(minutes=10)
    administration = sandbox.snelstart.create_administration(name="Fietsbel B.V. 2026")
    with app.app_context(), transaction():
        owner = factories.user(OWNER, name="Noor de Vries")
        shop = factories.shop(owner, is_posting_automatic=False, start_on=None, fba_dispatch_country=None)
        shop_id = shop.public_id
    return Served(app, base, sandbox, administration.key, administration.id, shop_id)


def install(page: Page, served: Served) -> None:
    """Click through the first five steps."""
    page.goto(f"{served.place}/")
    page.get_by_label("Ik ga akkoord met de voorwaarden").check()
    page.get_by_label("Ik ga akkoord met de verwerkersovereenkomst").check()
    page.get_by_role("button", name="Akkoord").click()
    page.get_by_role("link", name="Connect").click()
    page.get_by_role("button", name="Bevestigen").click()
    expect(page.locator("#light-amazon")).to_have_attribute("data-state", "green")
    expect(page.get_by_text("Verbonden met Fietsbel")).to_be_visible()
    page.get_by_role("link", name="Verder: SnelStart verbinden").click()
    page.get_by_role("link", name="Connect").click()
    page.get_by_label("Koppelsleutel").fill("geen sleutel")
    page.get_by_role("button", name="Testen").click()
    expect(page.get_by_text("SnelStart kent deze sleutel niet")).to_be_visible()
    page.get_by_label("Koppelsleutel").fill(served.key)
    page.get_by_role("button", name="Testen").click()
    expect(page.get_by_text("Fietsbel B.V. 2026").last).to_be_visible()
    page.get_by_role("button", name="Ja, verbind deze administratie").click()
    expect(page.locator("#light-snelstart")).to_have_attribute("data-state", "green")
    page.get_by_role("link", name="Verder: Instellingen").click()
    page.get_by_label("Nee, ik verstuur alles zelf").check()
    page.get_by_label(re.compile("Nee, ik blijf onder")).check()
    page.get_by_role("button", name="Opslaan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("BTW-inrichting")
    page.get_by_role("button", name="Akkoord").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Proef")


@pytest.mark.parametrize("has_javascript", [True, False])
def test_install_from_the_first_step_to_the_first_posted_order(
    chromium: Browser, served: Served, has_javascript: bool
) -> None:
    with chromium.new_context(locale="nl-NL", java_script_enabled=has_javascript) as context:
        page = context.new_page()
        watch = Watch(page)
        log_in(page, served.base, OWNER)
        install(page, served)
        expect(page.locator("#trial-orders")).to_contain_text("We halen je bestellingen op")
        worker = threading.Thread(target=served.run)
        worker.start()
        worker.join()
        if not has_javascript:
            page.reload()
        expect(page.locator(".trial-order")).to_have_count(5, timeout=15_000)
        first = page.locator(".trial-order").first
        number = first.get_by_role("heading").inner_text()
        first.get_by_role("button", name="Zet deze ene door").click()
        expect(page.locator(f"#trial-{number}")).to_contain_text("Wordt doorgezet")
        served.run()
        if not has_javascript:
            page.reload()
        expect(page.locator(f"#trial-{number}")).to_have_attribute("data-state", "posted", timeout=15_000)
        expect(page.locator(f"#trial-{number}")).to_contain_text(f"zoek op nummer {number}")
        booked = served.sandbox.snelstart.documents(served.administration_id, "verkoopboekingen")
        assert [entry["factuurnummer"] for entry in booked] == [number]
        page.get_by_role("button", name="Zet automatisch doorzetten aan").click()
        expect(page.get_by_text("Staat aan: bestellingen vanaf")).to_be_visible()
        page.get_by_role("link", name="Naar het overzicht").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Overzicht")
        expect(page.locator(".checklist")).to_have_count(0)
        assert watch.complaints == []


def test_an_authorisation_from_amazon_ends_in_the_shop(chromium: Browser, served: Served) -> None:
    """Through a form of ours whose answer leads to Amazon: what the page's policy must allow."""
    with chromium.new_context(locale="nl-NL") as context:
        page = context.new_page()
        watch = Watch(page)
        log_in(page, served.base, OWNER)
        page.goto(f"{served.place}/terms")
        page.get_by_label("Ik ga akkoord met de voorwaarden").check()
        page.get_by_label("Ik ga akkoord met de verwerkersovereenkomst").check()
        page.get_by_role("button", name="Akkoord").click()
        page.goto(f"{served.app.extensions['settings'].amazon_consent_url}/apps/manage")
        page.get_by_role("button", name="Toestemming vernieuwen").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Verbinden met Amazon")
        assert violations(page) == []
        page.get_by_role("button", name="Verder bij Amazon").click()
        expect(page.locator("#light-amazon")).to_have_attribute("data-state", "green")
        assert watch.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_step_is_accessible(chromium: Browser, served: Served, theme: str, width: int) -> None:
    size = {"width": width, "height": 860}
    with chromium.new_context(locale="nl-NL", color_scheme=theme, viewport=size) as context:  # type: ignore[arg-type]
        page = context.new_page()
        log_in(page, served.base, OWNER)
        install(page, served)
        served.run()
        found = {}
        for step in ("terms", "amazon", "snelstart", "snelstart/key", "settings", "vat", "trial-run"):
            page.goto(f"{served.place}/{step}")
            found[step] = violations(page)
            is_too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not is_too_wide, step
        page.goto(f"{served.place}/snelstart")
        page.get_by_role("link", name="Wijzigen").click()
        expect(page.locator("#dialog dialog:modal")).to_be_visible()
        found["modal"] = violations(page)
        assert {step: wrong for step, wrong in found.items() if wrong} == {}
