"""Rates per product come from a file that people make in a spreadsheet."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.scenario import Scenario
from webshop.extensions import transaction
from webshop.services import sku_rates


@pytest.mark.parametrize(
    "text",
    [
        "SKU;percentage\nA-1;9\nB-2;21\n",
        "A-1,9\nB-2,21\n",
        "sku;land;percentage\nA-1;;9%\nB-2;;21,00\n",
        "A-1;9\r\nB-2;21",
    ],
)
def test_every_usual_form_is_read(text: str) -> None:
    result = sku_rates.read_csv(text.encode())
    assert result.problems == []
    assert result.rates == {("A-1", ""): Decimal(9), ("B-2", ""): Decimal(21)}


def test_what_cannot_be_read_is_named_and_the_rest_counts() -> None:
    text = "A-1;9\n;9\nB-2;abc\nC-3;101\nD-4;US;9\nE-5\nF-6;DE;19\nG;NaN\n" + "x" * 101 + ";9\n"
    result = sku_rates.read_csv(text.encode())
    assert result.rates == {("A-1", ""): Decimal(9), ("F-6", "DE"): Decimal(19)}
    assert result.problems == [
        (2, "sku"),
        (3, "percentage"),
        (4, "percentage"),
        (5, "country"),
        (6, "columns"),
        (8, "percentage"),
        (9, "sku"),
    ]


def test_a_file_of_another_kind_is_refused_in_whole_or_in_lines() -> None:
    assert sku_rates.read_csv(b"\x00" * (sku_rates.LONGEST_FILE + 1)).problems == [(0, "size")]
    assert sku_rates.read_csv(bytes(range(256))).rates == {}


@pytest.mark.database
def test_a_book_is_booked_at_its_own_rate(scenario: Scenario) -> None:
    number = scenario.add_order(total="10.90", email="a@example.nl")
    document = scenario.sandbox.amazon.order(scenario.seller_id, number)
    assert document is not None
    sku = document["orderItems"][0]["product"]["sellerSku"]
    with scenario.app.app_context(), transaction():
        sku_rates.store(scenario.shop_id, {(sku, ""): Decimal(9)})
        sku_rates.store(scenario.shop_id, {(sku, ""): Decimal(9)})
    scenario.run()
    (entry,) = scenario.entries()
    assert entry["btw"] == [{"btwSoort": "VerkopenLaag", "btwBedrag": Decimal("0.90")}]
