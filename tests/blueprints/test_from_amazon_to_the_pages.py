"""Orders that went the whole way, from Amazon's form to the pages: what they say is what the books say."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask

from tests.blueprints.conftest import Visitor
from tests.factories import PASSWORD
from tests.support.scenario import Scenario, connect_shop
from webshop import formatting
from webshop.extensions import db, transaction
from webshop.models import Membership, Order, Shop, User
from webshop.sandbox import Sandbox
from webshop.services import accounts


@pytest.fixture
def shop(app: Flask, sandbox: Sandbox) -> Scenario:
    return connect_shop(app, sandbox)


@pytest.fixture
def owner(app: Flask, shop: Scenario) -> Visitor:
    with app.app_context(), transaction():
        user = db.session.query(User).join(Membership).filter(Membership.shop_id == shop.shop_id).one()
        user.password_hash = accounts.hash_password(PASSWORD)
        email = user.email
    visitor = Visitor(app.test_client())
    visitor.log_in(email)
    return visitor


def place(app: Flask, shop: Scenario, amazon_order_id: str = "") -> str:
    with app.app_context():
        address = f"/shops/{db.session.get_one(Shop, shop.shop_id).public_id}"
        if not amazon_order_id:
            return address
        order = db.session.query(Order).filter_by(amazon_order_id=amazon_order_id).one()
        return f"{address}/orders/{order.public_id}"


def test_the_pages_say_what_the_books_say(app: Flask, shop: Scenario, owner: Visitor) -> None:
    posted = shop.add_order(total="1234.50", email="koper@example.nl", title="Bakfiets & bel")
    waiting = shop.add_order(status="UNSHIPPED")
    failing = shop.add_order(fulfilled_by="AMAZON")
    shop.run()
    address = place(app, shop)

    overview = owner.get(f"{address}/")
    counters = [overview.find(id=f"count-{name}").text for name in ("posted", "open", "errors", "unknown")]
    assert counters == ["1", "1", "1", "0"]

    (entry,) = shop.entries()
    report = owner.get(f"{address}/report")
    assert entry["factuurnummer"] == posted
    assert "€\xa01.234,50" in report.find(id=f"order-{posted}").text

    page = owner.get(place(app, shop, posted))
    booking = page.find(id="booking").text
    with app.test_request_context():
        for line in entry["boekingsregels"]:
            assert formatting.money(Decimal(str(line["bedrag"]))) in booking
    assert page.find(id="booking-difference").text == "€\xa00,00"
    assert "Bakfiets & bel" in page.find(id="amazon").text
    assert "koper@example.nl" not in owner.response.text

    assert owner.get(f"{address}/open").find(id=f"order-{waiting}")
    assert owner.get(f"{address}/errors").find(id=f"order-{failing}")
    for number in (waiting, failing):
        owner.get(place(app, shop, number))


def test_fetch_now_fetches_before_the_hour_is_over(app: Flask, shop: Scenario, owner: Visitor) -> None:
    shop.run()
    number = shop.add_order(minutes_ago=5, email="koper@example.nl")
    shop.run()
    assert number not in shop.orders()
    owner.post(f"{place(app, shop)}/fetch", 200, htmx=True)
    shop.run()
    assert shop.order(number).state == "posted"
    assert "1 opgehaald, 1 doorgezet" in owner.get(f"{place(app, shop)}/fetch", htmx=True).text


def test_an_order_is_booked_after_its_cause_is_gone_and_verwerk_is_clicked(
    app: Flask, shop: Scenario, owner: Visitor
) -> None:
    refusal = [{"errorCode": "BOE-0033", "message": "Het boekjaar is afgesloten"}]
    shop.fault("snelstart", "POST /verkoopboekingen", "status", status=400, body=refusal)
    number = shop.add_order(email="koper@example.nl")
    shop.run()
    assert shop.codes(number) == ["BOOKYEAR_CLOSED"]
    owner.post(f"{place(app, shop, number)}/process")
    shop.run()
    assert shop.order(number).state == "posted"
    assert owner.get(f"{place(app, shop)}/report").find(id=f"order-{number}")
    assert "Opnieuw verwerken gevraagd" in owner.get(place(app, shop, number)).find(id="timeline").text
