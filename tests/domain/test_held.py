"""Orders that cannot be right are held, with the facts a person needs to put them right."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.domain.builders import EU_ROWS, HIGH, LOW, NL_LOW, RULES, make_item, make_order, make_rules, row
from webshop.domain.booking import Outcome, Scope, VatKind
from webshop.domain.orders import Order
from webshop.domain.translate import translate


@pytest.mark.parametrize(
    ("order", "rules", "expected"),
    [
        pytest.param(
            make_order(grand_total=Decimal("25.49")),
            RULES,
            ("TOTAL_MISMATCH", {"line": "", "parts": "24.99", "total": "25.49", "difference": "0.50"}),
            id="the order's sum",
        ),
        pytest.param(
            make_order(make_item(total=Decimal("24.90"))),
            RULES,
            ("TOTAL_MISMATCH", {"line": "1", "parts": "24.99", "total": "24.90", "difference": "-0.09"}),
            id="an item's sum",
        ),
        pytest.param(
            make_order(make_item("11.90", tax="1.90"), to="DE", postal_code="10115"),
            RULES,
            (
                "VAT_RATE_MISMATCH",
                {"country": "DE", "percentage": "21", "amazon_percentage": "19", "sku": "SKU-1"},
            ),
            id="Amazon charged German VAT",
        ),
        pytest.param(
            make_order(make_item("100.00", tax="14.53")),
            RULES,
            (
                "VAT_RATE_MISMATCH",
                {"country": "NL", "percentage": "21", "amazon_percentage": "17", "sku": "SKU-1"},
            ),
            id="Amazon charged what exists nowhere",
        ),
        pytest.param(
            make_order(currency="PLN"), RULES, ("CURRENCY_UNSUPPORTED", {"currency": "PLN"}), id="another currency"
        ),
        pytest.param(
            make_order(),
            make_rules(mapping=EU_ROWS),
            ("VAT_MAPPING_MISSING", {"country": "NL", "percentage": "21"}),
            id="no row for the country",
        ),
        pytest.param(
            make_order(),
            make_rules(sku_rates={"SKU-1": Decimal(13)}),
            ("VAT_MAPPING_MISSING", {"country": "NL", "percentage": "13"}),
            id="no row for the rate of the SKU",
        ),
        pytest.param(
            make_order(),
            make_rules(mapping=(row("21"), NL_LOW)),
            ("VAT_RATE_UNDECIDED", {"country": "NL", "percentages": "21, 9", "sku": "SKU-1"}),
            id="two rates and no default",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115"),
            make_rules(mapping=(row("19", scope=Scope.EU, country="DE"),)),
            ("VAT_RATE_NOT_IN_SNELSTART", {"percentage": "19", "date": "2026-03-02"}),
            id="German VAT below the threshold",
        ),
        pytest.param(
            make_order(),
            make_rules(mapping=(row("21", VatKind.LOW, LOW),)),
            ("VAT_TYPE_MISMATCH", {"country": "NL", "percentage": "21"}),
            id="the low kind at 21",
        ),
        pytest.param(
            make_order(),
            make_rules(ledgers={}),
            ("LEDGER_NOT_FOUND", {"country": "NL", "percentage": "21"}),
            id="the ledger is gone",
        ),
        pytest.param(
            make_order(),
            make_rules(ledgers={"high": replace(HIGH, is_active=False)}),
            ("LEDGER_INACTIVE", {"ledger": "8000", "ledger_name": "Omzet hoog"}),
            id="the ledger is inactive",
        ),
        pytest.param(
            make_order(),
            make_rules(ledgers={"high": replace(HIGH, function=84)}),
            (
                "LEDGER_FUNCTION_MISMATCH",
                {
                    "ledger": "8000",
                    "ledger_name": "Omzet hoog",
                    "function": "84",
                    "expected": "12",
                    "percentage": "21",
                },
            ),
            id="the ledger is for OSS",
        ),
        pytest.param(
            make_order(),
            make_rules(ledgers={"high": replace(HIGH, is_cost_centre_required=True)}),
            ("COST_CENTRE_REQUIRED", {"ledger": "8000", "ledger_name": "Omzet hoog"}),
            id="a cost centre is missing",
        ),
        pytest.param(
            make_order(to="SK", postal_code="81101"),
            make_rules(countries=frozenset({"NL"})),
            ("COUNTRY_UNKNOWN_IN_SNELSTART", {"country": "SK"}),
            id="SnelStart does not know the country",
        ),
        pytest.param(
            make_order(has_buyer_email=False),
            make_rules(is_collective_debtor_used=False),
            ("EMAIL_REQUIRED", {"country": "NL"}),
            id="nobody to book it on",
        ),
        pytest.param(
            make_order(),
            make_rules(is_vcs_active=True),
            ("VAT_EXPECTED_BUT_ZERO", {"country": "NL", "percentage": "21"}),
            id="Amazon's invoice shows no VAT",
        ),
    ],
)
def test_an_order_that_cannot_be_right_is_held_with_the_facts(
    order: Order, rules: Any, expected: tuple[str, dict[str, str]]
) -> None:
    translation = translate(order, rules)

    assert [(issue.code, dict(issue.facts)) for issue in translation.issues if issue.code == expected[0]] == [expected]
    assert translation.outcome is Outcome.BLOCKED
    assert translation.entry is None
