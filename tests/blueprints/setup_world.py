"""A shop that is being installed, on the sandbox: what its tests click through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, Visitor
from tests.support.scenario import order_document
from webshop.extensions import transaction
from webshop.models import Role, Shop
from webshop.sandbox import Sandbox
from webshop.sandbox.amazon.sellers import Seller

CONSENT = "/amazon/seller-central/apps/authorize/consent"
CALLBACK = "http://localhost/oauth/amazon/callback"


@dataclass
class Installation:
    """alice's shop (with bob, a member, and dora, the accountant) before anything was done; charlie has another."""

    app: Flask
    sandbox: Sandbox
    shop_id: str
    other_shop_id: str
    seller: Seller

    @property
    def place(self) -> str:
        return f"/shops/{self.shop_id}/setup"

    @property
    def start(self) -> str:
        return f"/oauth/amazon/start?shop={self.shop_id}"

    def visitor(self, email: str | None = ALICE) -> Visitor:
        visitor = Visitor(self.app.test_client())
        if email:
            visitor.log_in(email)
        return visitor

    def agree(self, visitor: Visitor) -> None:
        visitor.post(f"{self.place}/terms", terms="y", processing="y")

    def consent(self, visitor: Visitor, seller: Seller | None = None) -> str:
        """Start here, consent at Amazon, and return the address Amazon leads back to."""
        visitor.get(self.start, status=303)
        return self.confirm(visitor.response.location, seller)

    def confirm(self, address: str, seller: Seller | None = None) -> str:
        assert urlsplit(address).netloc == "sandbox.test"
        answer = self.sandbox.app.test_client().post(
            f"{urlsplit(address).path}?{urlsplit(address).query}",
            data={"seller_id": (seller or self.seller).seller_id, "confirm": "1"},
        )
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"].removeprefix("http://localhost")

    def connect_amazon(self, visitor: Visitor) -> None:
        visitor.get(self.consent(visitor), status=303)

    def connect_snelstart(self, visitor: Visitor, **facts: Any) -> str:
        """Connect a new administration and return its id."""
        administration = self.sandbox.snelstart.create_administration(**{"name": "Fietsbel B.V."} | facts)
        visitor.post(f"{self.place}/snelstart/key", key=administration.key)
        visitor.post(f"{self.place}/snelstart/confirm")
        return administration.id

    def answer_questions(self, visitor: Visitor, **answers: str) -> None:
        usual: dict[str, Any] = {
            "marketplace_id": factories.MARKETPLACE_NL,
            "statuses": "SHIPPED",
            "is_fba_used": "no",
            "is_oss_registered": "no",
        }
        visitor.post(f"{self.place}/settings", **usual | answers)

    def install(self, visitor: Visitor) -> str:
        """Do the first five steps and return the administration's id."""
        self.agree(visitor)
        self.connect_amazon(visitor)
        administration_id = self.connect_snelstart(visitor)
        self.answer_questions(visitor)
        visitor.post(f"{self.place}/vat")
        return administration_id

    def add_order(self, **facts: Any) -> str:
        at = self.sandbox.world.clock()
        return self.sandbox.amazon.add_order(self.seller.seller_id, order_document(at, **facts))


def problem_of(visitor: Visitor) -> str:
    """Return the code with which the visitor is sent back to the step."""
    return parse_qs(urlsplit(visitor.response.location).query).get("problem", [""])[0]


def make_installation(app: Flask, sandbox: Sandbox) -> Installation:
    sandbox.amazon.configure_application(redirect_uris=[CALLBACK], login_uri="http://localhost/oauth/amazon/login")
    seller = sandbox.amazon.create_seller(name="Fietsbel", marketplaces=("NL", "DE"))
    with app.app_context(), transaction():
        alice, bob, charlie, dora = (factories.user(email) for email in (ALICE, BOB, CHARLIE, DORA))
        values: dict[str, Any] = {"is_posting_automatic": False, "start_on": None, "fba_dispatch_country": None}
        shop: Shop = factories.shop(alice, **values)
        factories.membership(bob, shop, Role.MEMBER)
        factories.membership(dora, shop, Role.ACCOUNTANT)
        other = factories.shop(charlie, name="Elders", **values)
        return Installation(app, sandbox, shop.public_id, other.public_id, seller)
