"""Which treatment an order gets: the order of the questions, and what is never assumed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.domain.builders import OSS_RULES as OSS
from tests.domain.builders import RULES, checked, make_item, make_order, make_oss_rules, make_rules
from webshop.domain.booking import Treatment
from webshop.domain.orders import FulfilledBy, Order
from webshop.domain.vat import classify
from webshop.domain.vat_numbers import VatNumberStatus

ABROAD = make_rules(fba_dispatch_country="DE")
TAXED = make_item("11.90", tax="1.90")
COLLECTED = make_item("60.00", tax="10.00", collected_by_amazon=True, reporting_scheme="GB_VOEC")
FBA = {"fulfilled_by": FulfilledBy.AMAZON}


@pytest.mark.parametrize(
    ("order", "rules", "treatment", "codes", "country"),
    [
        pytest.param(make_order(), RULES, "NL_DOMESTIC", [], "NL", id="domestic"),
        pytest.param(
            make_order(to="DE", postal_code="10115"),
            RULES,
            "EU_B2C_BELOW_THRESHOLD",
            [],
            "NL",
            id="below the threshold",
        ),
        pytest.param(make_order(to="DE", postal_code="10115"), OSS, "EU_B2C_OSS", [], "DE", id="oss"),
        pytest.param(
            make_order(to="GB", postal_code="BT1 1AA"), OSS, "EU_B2C_OSS", ["NI_CHECK_REQUIRED"], "XI", id="Belfast"
        ),
        pytest.param(make_order(to="MC", postal_code="98000"), OSS, "EU_B2C_OSS", [], "FR", id="Monaco"),
        pytest.param(make_order(to="US", postal_code="10001"), RULES, "EXPORT", [], None, id="export"),
        pytest.param(
            make_order(to="ES", postal_code="35001"), OSS, "EXPORT", ["SPECIAL_TERRITORY"], "ES-CN", id="Canaries"
        ),
        pytest.param(
            make_order(make_item("11.90", tax="1.90"), to="CH"),
            RULES,
            "EXPORT",
            ["VAT_REPORTED_ON_ZERO_RATED"],
            None,
            id="VAT on an export",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", buyer_vat_number="DE136695976"),
            RULES,
            "ICP",
            ["VAT_NUMBER_NOT_CHECKED"],
            "DE",
            id="a VAT number goes before the threshold",
        ),
        pytest.param(
            make_order(to="GR", postal_code=None, buyer_vat_number="EL 094259216"),
            RULES,
            "ICP",
            ["TERRITORY_UNDECIDED", "VAT_NUMBER_NOT_CHECKED"],
            "GR",
            id="the Greek prefix",
        ),
        pytest.param(
            make_order(TAXED, to="DE", postal_code="10115", buyer_vat_number="DE136695976"),
            RULES,
            "ICP",
            ["VAT_REPORTED_ON_ZERO_RATED", "VAT_NUMBER_NOT_CHECKED"],
            "DE",
            id="VAT charged to a business with a number",
        ),
        pytest.param(
            make_order(to="BE", buyer_vat_number="DE136695976"),
            RULES,
            "ICP",
            ["VAT_NUMBER_COUNTRY_MISMATCH", "VAT_NUMBER_NOT_CHECKED"],
            "BE",
            id="a number of a third member state",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", buyer_vat_number="NL004495445B01"),
            RULES,
            "ICP",
            ["VAT_NUMBER_OF_DISPATCH_COUNTRY", "VAT_NUMBER_NOT_CHECKED"],
            "DE",
            id="a Dutch number abroad",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", **checked("EU372000041", VatNumberStatus.INVALID_FORMAT)),
            RULES,
            "EU_B2C_BELOW_THRESHOLD",
            ["VAT_NUMBER_INVALID_FORMAT"],
            "NL",
            id="a number of the OSS scheme",
        ),
        pytest.param(
            make_order(TAXED, to="DE", postal_code="10115", **checked("DE12", VatNumberStatus.INVALID_FORMAT)),
            OSS,
            "EU_B2C_OSS",
            ["VAT_NUMBER_IGNORED"],
            "DE",
            id="a wrong number and VAT charged",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", **checked("DE136695976")), OSS, "ICP", [], "DE", id="ICP"
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", **checked("DE136695976", VatNumberStatus.CONFIRMED_BY_VIES)),
            OSS,
            "ICP",
            [],
            "DE",
            id="confirmed by VIES",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", **checked("DE123456789", VatNumberStatus.BAD_CHECKDIGIT)),
            RULES,
            "EU_B2C_BELOW_THRESHOLD",
            ["VAT_NUMBER_CHECKDIGIT"],
            "NL",
            id="a typing error in the number",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", **checked("DE136695976", VatNumberStatus.REFUSED_BY_VIES)),
            RULES,
            "EU_B2C_BELOW_THRESHOLD",
            ["VAT_NUMBER_NOT_IN_VIES"],
            "NL",
            id="VIES says no",
        ),
        pytest.param(
            make_order(TAXED, to="DE", postal_code="10115", **checked("DE136695976", VatNumberStatus.REFUSED_BY_VIES)),
            OSS,
            "EU_B2C_OSS",
            ["VAT_NUMBER_IGNORED"],
            "DE",
            id="VIES says no and Amazon charged VAT",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", **checked("DE136695976", VatNumberStatus.VIES_UNAVAILABLE)),
            make_rules(is_vies_used=True),
            "ICP",
            ["VIES_UNAVAILABLE"],
            "DE",
            id="VIES is out of order",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", **checked("DE136695976", VatNumberStatus.VIES_UNAVAILABLE)),
            RULES,
            "ICP",
            [],
            "DE",
            id="VIES was out of order and is not asked any more",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", **checked("DE136695976")),
            make_rules(is_vies_used=True),
            "ICP",
            ["VIES_PENDING"],
            "DE",
            id="VIES has to be asked first",
        ),
        pytest.param(
            make_order(to="GB", postal_code="BT1 1AA", **checked("XI366303068")),
            OSS,
            "ICP",
            ["NI_CHECK_REQUIRED"],
            "XI",
            id="a business in Belfast",
        ),
        pytest.param(
            make_order(to="GB", postal_code=None),
            OSS,
            "EXPORT",
            ["NORTHERN_IRELAND_UNDECIDED"],
            None,
            id="Belfast or Birmingham",
        ),
        pytest.param(
            make_order(COLLECTED, to="GB", postal_code=None),
            OSS,
            "EXPORT_AMAZON_COLLECTS_DESTINATION_VAT",
            ["NORTHERN_IRELAND_UNDECIDED", "DEEMED_SUPPLIER"],
            None,
            id="collected, Belfast or Birmingham",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115"),
            make_oss_rules(is_foreign_vat_invoiced=False),
            "EU_B2C_OSS",
            ["OSS_NOT_ENABLED_IN_SNELSTART"],
            "DE",
            id="OSS is off in SnelStart",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115"),
            make_oss_rules(foreign_vat_ledger_id="gone"),
            "EU_B2C_OSS",
            ["OSS_NOT_ENABLED_IN_SNELSTART"],
            "DE",
            id="OSS has no ledger for the VAT",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115"),
            make_oss_rules(foreign_vat_periods=((date(2021, 7, 1), date(2026, 3, 1)),)),
            "EU_B2C_OSS",
            ["OSS_NOT_ENABLED_IN_SNELSTART"],
            "DE",
            id="OSS ended the day before",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115"),
            make_rules(is_foreign_vat_invoiced=True, foreign_vat_periods=((date(2026, 3, 3), date(2400, 12, 31)),)),
            "EU_B2C_BELOW_THRESHOLD",
            [],
            "NL",
            id="OSS starts the day after",
        ),
        pytest.param(
            make_order(to="PT", postal_code="9500-123"),
            OSS,
            "EU_B2C_OSS",
            ["TERRITORY_RATE_NOT_IN_SNELSTART"],
            "PT",
            id="the Azores have 16 %",
        ),
        pytest.param(
            make_order(to="PT", postal_code="9500-123"), RULES, "EU_B2C_BELOW_THRESHOLD", [], "NL", id="to the Azores"
        ),
        pytest.param(
            make_order(TAXED),
            make_rules(is_small_business_scheme=True),
            "NL_DOMESTIC",
            ["KOR_ACTIVE", "VAT_REPORTED_ON_ZERO_RATED"],
            "NL",
            id="VAT charged under KOR",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115"),
            make_oss_rules(is_small_business_scheme=True),
            "EU_B2C_OSS",
            [],
            "DE",
            id="KOR has nothing to do with OSS",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", is_business=True),
            make_rules(is_vcs_active=True),
            "EU_B2C_BELOW_THRESHOLD",
            ["B2B_ZERO_RATED_WITHOUT_VAT_NUMBER"],
            "NL",
            id="a business at 0 % without a number",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", is_business=True),
            RULES,
            "EU_B2C_BELOW_THRESHOLD",
            ["B2B_WITHOUT_VAT_NUMBER"],
            "NL",
            id="a business without a number",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115", **FBA),
            ABROAD,
            "LOCAL_FOREIGN",
            ["DISPATCH_COUNTRY_FOREIGN"],
            "DE",
            id="local sale abroad",
        ),
        pytest.param(
            make_order(**FBA),
            ABROAD,
            "EU_B2C_OSS_FROM_FOREIGN_STOCK",
            ["DISPATCH_COUNTRY_FOREIGN"],
            "NL",
            id="from German stock to the Netherlands",
        ),
        pytest.param(
            make_order(to="US", **FBA), ABROAD, "EXPORT", ["DISPATCH_COUNTRY_FOREIGN"], None, id="export from Germany"
        ),
        pytest.param(
            make_order(ship_from_country="CN"), RULES, "UNKNOWN", ["DISPATCH_COUNTRY_FOREIGN"], "NL", id="an import"
        ),
        pytest.param(
            make_order(**FBA),
            make_rules(fba_dispatch_country=None),
            "UNKNOWN",
            ["DISPATCH_COUNTRY_UNKNOWN"],
            None,
            id="where is the stock",
        ),
        pytest.param(
            make_order(fulfilled_by=FulfilledBy.UNKNOWN),
            RULES,
            "UNKNOWN",
            ["DISPATCH_COUNTRY_UNKNOWN"],
            None,
            id="who ships",
        ),
        pytest.param(make_order(COLLECTED, to=""), RULES, "UNKNOWN", ["COUNTRY_MISSING"], None, id="collected"),
        pytest.param(make_order(to=""), RULES, "UNKNOWN", ["COUNTRY_MISSING"], None, id="no country"),
        pytest.param(
            make_order(COLLECTED, to="GB", postal_code="SW1A 1AA"),
            RULES,
            "EXPORT_AMAZON_COLLECTS_DESTINATION_VAT",
            ["DEEMED_SUPPLIER"],
            None,
            id="Amazon collects British VAT",
        ),
        pytest.param(
            make_order(COLLECTED, to="DE", postal_code="10115"),
            RULES,
            "UNKNOWN",
            ["DEEMED_SUPPLIER_UNEXPECTED"],
            "DE",
            id="collected in the EU",
        ),
        pytest.param(
            make_order(COLLECTED, make_item(item_id="2"), to="GB", postal_code="SW1A 1AA"),
            RULES,
            "UNKNOWN",
            ["DEEMED_SUPPLIER_MIXED"],
            None,
            id="collected on a part",
        ),
        pytest.param(
            make_order(make_item(reporting_scheme="MARS")),
            RULES,
            "UNKNOWN",
            ["UNKNOWN_DEEMED_CATEGORY"],
            None,
            id="new scheme",
        ),
        pytest.param(
            make_order(make_item(reporting_scheme="UOSS"), to="DE", postal_code="10115"),
            OSS,
            "EU_B2C_OSS",
            [],
            "DE",
            id="UOSS is not collecting",
        ),
        pytest.param(
            make_order(is_invoiced_by_amazon=True), RULES, "UNKNOWN", ["SOLD_TO_ABEU"], None, id="sold to Amazon"
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115"),
            make_rules(is_foreign_vat_invoiced=True),
            "EU_B2C_BELOW_THRESHOLD",
            ["OSS_FLAG_CONFLICT"],
            "NL",
            id="SnelStart is set to OSS",
        ),
        pytest.param(
            make_order(), make_rules(is_small_business_scheme=True), "NL_DOMESTIC", ["KOR_ACTIVE"], "NL", id="KOR"
        ),
    ],
)
def test_treatment(order: Order, rules: Any, treatment: str, codes: list[str], country: str | None) -> None:
    found = classify(order, rules)

    assert found.treatment is Treatment(treatment)
    assert [issue.code for issue in found.issues] == codes
    assert found.vat_country == country


def test_the_marketplace_never_decides() -> None:
    assert classify(make_order(marketplace_id="A1PA6795UKMFR9"), RULES) == classify(make_order(), RULES)


def test_no_issue_shows_a_whole_vat_number() -> None:
    found = classify(make_order(to="DE", postal_code="10115", buyer_vat_number="DE136695976"), RULES)

    assert [dict(issue.facts) for issue in found.issues] == [{"vat_number": "DE*****976"}]
