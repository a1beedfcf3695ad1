"""The accountant's examples, from Amazon's JSON to the document that stands in SnelStart."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from tests.domain import test_vat_examples as examples
from tests.support.scenario import Scenario, connect_shop, money
from webshop.domain.orders import Item, Order, Part
from webshop.extensions import db, transaction
from webshop.models import Order as OrderRow
from webshop.models import OrderState, Remote, Shop, VatMapping
from webshop.sandbox import Sandbox
from webshop.sandbox.amazon.timestamps import format_timestamp
from webshop.services import business_buyers, mapping, reference_lists, sku_rates
from webshop.services.connections import find_connection, open_snelstart

STATES = {
    "READY": OrderState.POSTED,
    "READY_WITH_WARNING": OrderState.POSTED,
    "BLOCKED": OrderState.ERROR,
    "SKIPPED": OrderState.SKIPPED,
    "DEFERRED": OrderState.OPEN,
}
FUNCTIONS = {"NL_HIGH": 12, "NL_LOW": 11, "ICP_GOODS": 80, "EXPORT": 81}
# Another currency than the euro is blocked in the pipe; the core alone converts.
PIPE = [one for one in examples.load() if one["id"] != "EX22"]


@pytest.mark.parametrize("example", PIPE, ids=[one["id"] for one in PIPE])
def test_the_document_in_snelstart_is_the_accountants(app: Flask, sandbox: Sandbox, example: dict[str, Any]) -> None:
    is_oss = example["settings"].get("oss") == "registered"
    scenario = connect_shop(app, sandbox)
    _set_up(scenario, example, is_oss=is_oss)
    order = examples.order_of(example)
    document = amazon_document(order, example, scenario)
    scenario.sandbox.amazon.add_order(scenario.seller_id, document)
    scenario.run()
    if order.buyer_vat_number:
        _give_number(scenario, order)
        scenario.run(kind="manual")
    expected = example["expected"]
    row = scenario.order(order.amazon_order_id)
    assert row.state == STATES[expected["status"]].value, row.issues
    assert set(expected["issues"]) <= {issue["code"] for issue in row.issues}
    if row.state != OrderState.POSTED.value:
        assert scenario.entries() == []
        return
    (entry,) = scenario.entries()
    assert entry["factuurbedrag"] == Decimal(expected["invoice_total"])
    assert _revenue(scenario, entry) == _expected_revenue(example)
    assert {vat["btwSoort"]: vat["btwBedrag"] for vat in entry["btw"]} == {
        vat["btwSoort"]: Decimal(vat["amount"]) for vat in expected["btw"]
    }
    scenario.check_totals()


def _set_up(scenario: Scenario, example: dict[str, Any], *, is_oss: bool) -> None:
    given = example["input"]
    scenario.sandbox.snelstart.set_foreign_vat(scenario.administration_id, is_oss)
    with scenario.app.app_context():
        connection = find_connection(scenario.shop_id, Remote.SNELSTART)
        assert connection is not None
        access = open_snelstart(connection)
        reference_lists.refresh(access.administration_id, access.client)
        with transaction() as session:
            shop = session.get_one(Shop, scenario.shop_id)
            shop.start_on = date(2024, 1, 1)
            shop.statuses = ["PENDING", "SHIPPED"]
            shop.is_oss_registered = is_oss
            shop.dispatch_country = given["dispatch_country"]
            shop.fba_dispatch_country = given["dispatch_country"]
            session.flush()
            mapping.propose_mapping(shop, access.administration_id)
            session.flush()
            goods = [part for part in given["components"] if part["kind"] == "ITEM"]
            sku_rates.store(shop.id, {(part["sku"], ""): Decimal(part["rate"]) for part in goods})
            if is_oss:
                _add_rows(shop.id, access.administration_id, example)


def _add_rows(shop_id: int, administration_id: str, example: dict[str, Any]) -> None:
    """Add the rates of the day of the example; the proposal has today's."""
    country = example["expected"]["vat_country"]
    lists = reference_lists.load(administration_id)
    ledger = next(
        row for row in reference_lists.ledgers(lists).values() if row.function == 84 and row.rate_code == "SR"
    )
    rates = {Decimal(part["rate"]) for part in example["input"]["components"]}
    known = {row.percentage for row in db.session.query(VatMapping).filter_by(shop_id=shop_id, country=country)}
    for percentage in rates - known:
        db.session.add(
            VatMapping(
                shop_id=shop_id,
                scope="EU",
                country=country,
                percentage=percentage,
                valid_from=date(2000, 1, 1),
                vat_kind="NONE",
                ledger_id=ledger.ledger_id,
                rate_code="SR",
            )
        )


def _give_number(scenario: Scenario, order: Order) -> None:
    with scenario.app.app_context(), transaction() as session:
        row = session.query(OrderRow).filter_by(amazon_order_id=order.amazon_order_id).one()
        if row.state == OrderState.ERROR.value:
            business_buyers.give_vat_number(row, order.buyer_vat_number or "")


def amazon_document(order: Order, example: dict[str, Any], scenario: Scenario) -> dict[str, Any]:
    """Write an order of the core as Amazon's API would."""
    given = example["input"]
    now = scenario.sandbox.world.clock()
    status = "PENDING" if given.get("order_status") == "Pending" else "SHIPPED"
    document: dict[str, Any] = {
        "orderId": order.amazon_order_id,
        "createdTime": format_timestamp(order.purchased_at),
        "lastUpdatedTime": format_timestamp(now - timedelta(hours=1)),
        "programs": ["AMAZON_BUSINESS"] if order.is_business else [],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1805IZSGTT6HS", "marketplaceName": "Amazon.nl"},
        "fulfillment": {"fulfillmentStatus": status, "fulfilledBy": order.fulfilled_by.value},
        "recipient": {
            "deliveryAddress": {
                "countryCode": given["ship_to"]["country"],
                "postalCode": given["ship_to"]["postcode"],
                "city": "Stad",
            }
        },
        "buyer": {"buyerEmail": "koper@example.nl"},
        "orderItems": [_item(item, given) for item in order.items],
    }
    if status == "SHIPPED":
        document["proceeds"] = {"grandTotal": money(given["order_total"], given["currency"]), "breakdowns": []}
    return document


def _item(item: Item, given: dict[str, Any]) -> dict[str, Any]:
    discount = item.amounts.get(Part.DISCOUNT)
    breakdowns: list[dict[str, Any]] = [
        {"type": part.value, "subtotal": money(amount)}
        for part, amount in item.amounts.items()
        if part is not Part.DISCOUNT
    ]
    if discount:
        detail = [{"subtype": "ITEM", "value": money(discount)}]
        breakdowns.append({"type": "DISCOUNT", "subtotal": money(discount), "detailedBreakdowns": detail})
    if item.tax_total:
        details = [{"subtype": part.value, "value": money(tax)} for part, tax in item.taxes.items() if tax]
        breakdowns.append({"type": "TAX", "subtotal": money(item.tax_total), "detailedBreakdowns": details})
    row: dict[str, Any] = {
        "orderItemId": item.item_id,
        "quantityOrdered": item.quantity,
        "product": {"asin": "B000000001", "title": item.title, "sellerSku": item.sku},
        "proceeds": {"proceedsTotal": money(item.total or Decimal(0)), "breakdowns": breakdowns},
    }
    if item.collected_by_amazon:
        row["tax"] = {"taxCollections": [{"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon"}]}
    return row


def _revenue(scenario: Scenario, entry: dict[str, Any]) -> dict[str, Decimal]:
    """Return what stands on each function of ledger, foreign VAT under its own name."""
    functions: dict[str, str] = {}
    with scenario.app.app_context():
        lists = reference_lists.load(scenario.administration_id)
        foreign = lists["company"][0]["foreign_vat_ledger_id"]
        for row in reference_lists.ledgers(lists).values():
            functions[row.ledger_id] = "FOREIGN_VAT" if row.ledger_id == foreign else str(row.function)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in entry["boekingsregels"]:
        sums[functions[line["grootboek"]["id"]]] += line["bedrag"]
    return dict(sums)


def _expected_revenue(example: dict[str, Any]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in example["expected"]["revenue_lines"]:
        role = line["ledger_role"]
        sums["84" if role.startswith("OSS") else str(FUNCTIONS[role])] += Decimal(line["net"])
    for line in example["expected"]["foreign_vat_lines"]:
        sums["FOREIGN_VAT"] += Decimal(line["amount"])
    return {name: amount for name, amount in sums.items() if amount}
