"""The worked examples of the VAT research: an accountant's answers, reckoned by hand."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.domain.builders import FOREIGN_RATES, OSS_RULES, RULES, checked, make_item, make_order
from webshop.domain.booking import ShopRules, Treatment
from webshop.domain.currencies import convert_order
from webshop.domain.foreign_vat import rates_in_force
from webshop.domain.orders import FulfilledBy, Item, Order, Part, Status
from webshop.domain.territories import resolve_destination
from webshop.domain.translate import translate

EXAMPLES = Path(__file__).parents[3] / "shared" / "reference" / "vat_examples.json"
PARTS = {
    "ITEM": Part.ITEM,
    "SHIPPING": Part.SHIPPING,
    "GIFT_WRAP": Part.GIFT_WRAP,
    "PROMOTION_DISCOUNT": Part.DISCOUNT,
}
LEDGERS = {"NL_HIGH": "high", "NL_LOW": "low", "ICP_GOODS": "icp", "EXPORT": "export", "FOREIGN_VAT": "foreign-vat"}
KINDS = {"VerkopenHoog": "SALES_HIGH", "VerkopenLaag": "SALES_LOW"}
Example = dict[str, Any]


def load() -> list[Example]:
    if not EXAMPLES.exists():
        return []
    examples: list[Example] = json.loads(EXAMPLES.read_text())["examples"]
    return examples


if not load():
    pytest.skip("the reference examples are not here", allow_module_level=True)


@pytest.mark.parametrize("example", load(), ids=[one["id"] for one in load()])
@pytest.mark.parametrize("is_line_per_item", [False, True], ids=["per ledger", "per item"])
def test_the_answer_is_the_accountants(example: Example, is_line_per_item: bool) -> None:
    expected = example["expected"]

    translation = translate(order_of(example), rules_of(example, is_line_per_item=is_line_per_item))

    assert translation.outcome == expected["status"]
    assert translation.treatment == expected["treatment"]
    assert [issue.code for issue in translation.issues] == expected["issues"]
    assert translation.vat_country == expected["vat_country"]
    if not translation.is_ready:
        assert translation.entry is None
        return
    assert translation.entry is not None
    assert translation.entry.total_incl_vat == Decimal(expected["invoice_total"])
    assert [
        {"rate": str(group.percentage), "gross": str(group.gross), "net": str(group.net), "vat": str(group.vat)}
        for group in translation.groups
    ] == expected["groups"]
    booked: dict[str, Decimal] = defaultdict(Decimal)
    for line in translation.entry.lines:
        booked[line.ledger_id] += line.amount_excl_vat
    assert booked == expected_lines(example)
    assert {row.kind.value: str(row.amount) for row in translation.entry.vat} == {
        KINDS[row["btwSoort"]]: row["amount"] for row in expected["btw"]
    }


def test_amazons_percentage_is_named_when_it_differs() -> None:
    example = next(one for one in load() if one["id"] == "EX27")

    (mismatch,) = translate(order_of(example), rules_of(example, is_line_per_item=False)).issues

    assert mismatch.facts["amazon_percentage"] == example["expected"]["derived_rate"]
    assert mismatch.facts["percentage"] == example["expected"]["configured_rate"]


def expected_lines(example: Example) -> dict[str, Decimal]:
    lines: dict[str, Decimal] = defaultdict(Decimal)
    for line in example["expected"]["revenue_lines"]:
        lines[ledger_of(line["ledger_role"], example)] += Decimal(line["net"])
    for line in example["expected"]["foreign_vat_lines"]:
        lines[LEDGERS[line["ledger_role"]]] += Decimal(line["amount"])
    return lines


def ledger_of(role: str, example: Example) -> str:
    """Give the ledger of a role; for OSS the one whose rate code has that percentage there on that day."""
    if not role.startswith("OSS:"):
        return LEDGERS[role]
    _, country, percentage = role.split(":")
    on = date.fromisoformat(example["input"]["order_date_local"])
    codes = rates_in_force(FOREIGN_RATES, country, on)
    return next(f"oss-{code}" for code, known in codes.items() if known == Decimal(percentage))


def rules_of(example: Example, *, is_line_per_item: bool) -> ShopRules:
    given = example["input"]
    goods = [part for part in given["components"] if part["kind"] == "ITEM"]
    is_oss = example["settings"].get("oss") == "registered"
    return replace(
        OSS_RULES if is_oss else RULES,
        statuses=frozenset({Status.PENDING, Status.SHIPPED}),
        dispatch_country=given["dispatch_country"],
        fba_dispatch_country=given["dispatch_country"],
        sku_rates={part["sku"]: Decimal(part["rate"]) for part in goods},
        is_line_per_item=is_line_per_item,
    )


def order_of(example: Example) -> Order:
    given = example["input"]
    goods = [part for part in given["components"] if part["kind"] == "ITEM"]
    items = tuple(item_of(part, given["components"], given) for part in goods)
    number = given["buyer"]["vat_number"]
    order = make_order(
        amazon_order_id=f"305-1234567-{int(example['id'][2:]):07d}",
        status=Status.PENDING if given.get("order_status") == "Pending" else Status.SHIPPED,
        purchased_at=datetime.fromisoformat(given["order_date_local"] + "T12:00:00").replace(tzinfo=UTC),
        fulfilled_by=FulfilledBy.AMAZON if given["channel"] == "AFN" else FulfilledBy.MERCHANT,
        currency=given.get("original_currency", given["currency"]),
        grand_total=Decimal(given.get("original_total", given["order_total"])),
        items=items,
        destination=resolve_destination(given["ship_to"]["country"], given["ship_to"]["postcode"]),
        is_business=given["buyer"]["is_business"],
        **(checked(number) if number else {}),
    )
    return convert_order(order, Decimal(given["fx"]["pln_per_eur"])) if "fx" in given else order


def item_of(goods: Example, components: list[Example], given: Example) -> Item:
    """Write an example's parts, which include VAT, as Amazon does when it states VAT: without it."""
    parts = [goods, *(part for part in components if part.get("parent") == goods["ref"])]
    gross = {part["ref"]: part.get("original_gross", part.get("amazon_gross", part["gross"])) for part in parts}
    total = sum(map(Decimal, gross.values()))
    taxes = {PARTS[part["kind"]]: abs(Decimal(part.get("amazon_tax") or 0)) for part in parts}
    return make_item(
        item_id=goods["ref"],
        sku=goods["sku"],
        quantity=goods["qty"],
        amounts={PARTS[part["kind"]]: abs(Decimal(gross[part["ref"]])) - taxes[PARTS[part["kind"]]] for part in parts},
        taxes=taxes,
        tax_total=sum(Decimal(part.get("amazon_tax") or 0) for part in parts),
        total=total,
        collected_by_amazon=given.get("tax_collection_model") == "MarketplaceFacilitator",
        reporting_scheme=given.get("deemed_reseller_category"),
    )


def test_the_examples_hold_every_treatment_we_know() -> None:
    named = {one["expected"]["treatment"] for one in load()}

    assert named <= {treatment.value for treatment in Treatment}
