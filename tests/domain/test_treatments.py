"""What a bookkeeper would find in SnelStart for every treatment: ledger, VAT and customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.domain.builders import (
    EXPORT,
    FOREIGN_RATES,
    NL_HIGH,
    OSS,
    OSS_ROWS,
    OSS_RULES,
    RULES,
    UNTAXED,
    checked,
    make_item,
    make_order,
    make_oss_rules,
    make_parts,
    make_rules,
    row,
)
from webshop.domain.booking import ArticleFacts, Outcome, Scope, ShopRules, Translation, VatKind
from webshop.domain.orders import FulfilledBy, Order, Part
from webshop.domain.translate import translate

BERLIN: dict[str, Any] = {"to": "DE", "postal_code": "10115"}
COLLECTED = make_item("60.00", tax="10.00", collected_by_amazon=True, reporting_scheme="GB_VOEC")
UNTAXED_ROW = row("0", VatKind.NONE, UNTAXED)
KOR = make_rules(is_small_business_scheme=True, mapping=(*RULES.mapping, UNTAXED_ROW))


def booked(translation: Translation) -> list[tuple[str, str]]:
    assert translation.entry is not None, translation.issues
    return [(line.ledger_id, str(line.amount_excl_vat)) for line in translation.entry.lines]


def codes(translation: Translation) -> list[str]:
    return [issue.code for issue in translation.issues]


@pytest.mark.parametrize(
    ("order", "rules", "lines", "warnings", "customer_country"),
    [
        pytest.param(
            make_order(make_item("123.99"), **BERLIN),
            OSS_RULES,
            [("oss-SR", "104.19"), ("foreign-vat", "19.80")],
            [],
            "DE",
            id="OSS at the standard rate",
        ),
        pytest.param(
            make_order(make_item("72.65", sku="BOOK"), make_item("8.81", item_id="2"), **BERLIN),
            make_oss_rules(sku_country_rates={("BOOK", "DE"): Decimal(7)}),
            [("oss-RRL", "67.90"), ("oss-SR", "7.40"), ("foreign-vat", "4.75"), ("foreign-vat", "1.41")],
            [],
            "DE",
            id="SnelStart's own example of two rates",
        ),
        pytest.param(
            make_order(make_item("0.01"), **BERLIN),
            OSS_RULES,
            [("oss-SR", "0.01")],
            [],
            "DE",
            id="OSS on a cent has no VAT line",
        ),
        pytest.param(
            make_order(make_item("119.00"), to="GB", postal_code="BT1 1AA"),
            OSS_RULES,
            [("oss-SR", "99.17"), ("foreign-vat", "19.83")],
            ["NI_CHECK_REQUIRED"],
            "XI",
            id="Belfast",
        ),
        pytest.param(
            make_order(make_item("24.00"), to="MC", postal_code="98000"),
            OSS_RULES,
            [("oss-SR", "20.00"), ("foreign-vat", "4.00")],
            [],
            "FR",
            id="Monaco is France",
        ),
        pytest.param(
            make_order(make_item("24.00"), to="GB", postal_code="BFPO 57"),
            OSS_RULES,
            [("oss-SR", "20.17"), ("foreign-vat", "3.83")],
            [],
            "CY",
            id="a British base on Cyprus",
        ),
        pytest.param(
            make_order(make_item("105.00"), **BERLIN, **checked("DE136695976")),
            OSS_RULES,
            [("icp", "105.00")],
            [],
            "DE",
            id="a business with a VAT number",
        ),
        pytest.param(
            make_order(make_item("105.00"), to="BE", postal_code="1000", **checked("DE136695976")),
            RULES,
            [("icp", "105.00")],
            ["VAT_NUMBER_COUNTRY_MISMATCH"],
            "DE",
            id="the customer is where the number is",
        ),
        pytest.param(
            make_order(make_item("105.00"), to="US", postal_code="10001"),
            OSS_RULES,
            [("export", "105.00")],
            [],
            "US",
            id="export",
        ),
        pytest.param(
            make_order(COLLECTED, to="GB", postal_code="SW1A 1AA"),
            RULES,
            [("export", "50.00")],
            ["DEEMED_SUPPLIER"],
            "GB",
            id="without the tax that Amazon keeps",
        ),
        pytest.param(
            make_order(make_item("45.00"), to="ES", postal_code="35001"),
            RULES,
            [("export", "45.00")],
            ["SPECIAL_TERRITORY"],
            "ES",
            id="the Canaries",
        ),
        pytest.param(
            make_order(make_item("45.00"), to="IC", postal_code="35001"),
            RULES,
            [("export", "45.00")],
            ["SPECIAL_TERRITORY"],
            "ES",
            id="the Canaries by the code that SnelStart does not have",
        ),
        pytest.param(
            make_order(make_item("18.00"), to="FI", postal_code="22100"),
            make_oss_rules(countries=OSS_RULES.countries | {"AX"}),
            [("export", "18.00")],
            ["SPECIAL_TERRITORY"],
            "AX",
            id="Åland under its own name",
        ),
        pytest.param(
            make_order(make_item("121.00")),
            KOR,
            [("untaxed", "121.00")],
            ["KOR_ACTIVE"],
            "NL",
            id="the small business scheme",
        ),
        pytest.param(
            make_order(make_item("121.00"), **BERLIN),
            KOR,
            [("untaxed", "121.00")],
            ["KOR_ACTIVE"],
            "DE",
            id="the small business scheme below the threshold",
        ),
        pytest.param(
            make_order(make_item("24.20"), to="GB", postal_code="BT1 1AA"),
            RULES,
            [("high", "20.00")],
            ["NI_CHECK_REQUIRED"],
            "GB",
            id="Belfast below the threshold",
        ),
        pytest.param(
            make_order(make_item("24.20"), fulfilled_by=FulfilledBy.AMAZON, has_buyer_email=False, **BERLIN),
            OSS_RULES,
            [("oss-SR", "20.34"), ("foreign-vat", "3.86")],
            [],
            "DE",
            id="FBA stock in the Netherlands",
        ),
        pytest.param(
            make_order(
                make_parts({Part.ITEM: "60.00"}, item_id="1"),
                make_parts({Part.ITEM: "40.00"}, item_id="2", sku="BOOK"),
                shared_amounts={Part.SHIPPING: Decimal("4.99")},
                grand_total=Decimal("104.99"),
            ),
            make_rules(sku_rates={"BOOK": Decimal(9)}),
            [("high", "52.06"), ("low", "38.53")],
            [],
            "NL",
            id="shipping for the whole order follows the goods",
        ),
        pytest.param(
            make_order(
                make_parts({Part.ITEM: "60.00"}, item_id="1"),
                make_parts({Part.ITEM: "40.00"}, item_id="2", sku="BOOK"),
                shared_amounts={Part.DISCOUNT: Decimal("10.00")},
                grand_total=Decimal("90.00"),
            ),
            make_rules(sku_rates={"BOOK": Decimal(9)}),
            [("high", "44.63"), ("low", "33.03")],
            [],
            "NL",
            id="a discount on the whole order follows the goods",
        ),
    ],
)
def test_what_is_booked(
    order: Order, rules: ShopRules, lines: list[tuple[str, str]], warnings: list[str], customer_country: str
) -> None:
    translation = translate(order, rules)

    assert booked(translation) == lines
    assert codes(translation) == warnings
    assert translation.outcome is (Outcome.READY_WITH_WARNING if warnings else Outcome.READY)
    assert translation.customer_country == customer_country


@pytest.mark.parametrize(
    ("order", "rules", "expected"),
    [
        pytest.param(
            make_order(**BERLIN), make_oss_rules(mapping=(NL_HIGH,)), {"VAT_MAPPING_MISSING"}, id="no row for Germany"
        ),
        pytest.param(
            make_order(**BERLIN, **checked("DE136695976")),
            make_oss_rules(mapping=OSS_ROWS),
            {"VAT_MAPPING_MISSING"},
            id="no row for ICP",
        ),
        pytest.param(make_order(to="US"), make_rules(mapping=()), {"VAT_MAPPING_MISSING"}, id="no row for export"),
        pytest.param(
            make_order(),
            make_rules(is_small_business_scheme=True),
            {"KOR_ACTIVE", "VAT_MAPPING_MISSING"},
            id="no row for the small business scheme",
        ),
        pytest.param(
            make_order(**BERLIN),
            make_oss_rules(sku_rates={"SKU-1": Decimal(9)}),
            {"SKU_RATE_UNKNOWN_IN_COUNTRY"},
            id="a Dutch rate abroad",
        ),
        pytest.param(
            make_order(**BERLIN),
            make_oss_rules(mapping=(row("19", VatKind.NONE, OSS["RRL"], Scope.EU, country="DE"),)),
            {"LEDGER_VATRATECODE_MISMATCH"},
            id="the ledger of the reduced rate",
        ),
        pytest.param(
            make_order(**BERLIN),
            make_oss_rules(
                mapping=(row("19", VatKind.NONE, OSS["SR"], Scope.EU, country="DE"),),
                ledgers={**RULES.ledgers, "oss-SR": replace(OSS["SR"], rate_code=None)},
            ),
            {"LEDGER_VATRATECODE_MISSING"},
            id="a ledger without a rate code",
        ),
        pytest.param(
            make_order(**BERLIN),
            make_oss_rules(mapping=(row("19", VatKind.NONE, EXPORT, Scope.EU, country="DE"),)),
            {"LEDGER_FUNCTION_MISMATCH"},
            id="OSS on the ledger of export",
        ),
        pytest.param(
            make_order(to="FI", postal_code="00100"),
            make_oss_rules(mapping=(row("24", VatKind.NONE, OSS["SR"], Scope.EU, country="FI"),)),
            {"VAT_RATE_UNKNOWN_FOR_DATE", "FOREIGN_RATE_NOT_IN_SNELSTART"},
            id="a rate that has ended",
        ),
        pytest.param(
            make_order(**BERLIN),
            make_oss_rules(foreign_rates=()),
            {"FOREIGN_RATE_NOT_IN_SNELSTART"},
            id="SnelStart's rates are not known",
        ),
        pytest.param(
            make_order(make_item("45.00"), to="ES", postal_code="35001"),
            OSS_RULES,
            {"SPECIAL_TERRITORY", "SPECIAL_TERRITORY_WITH_OSS"},
            id="the Canaries while SnelStart charges foreign VAT",
        ),
        pytest.param(
            make_order(to="GB", postal_code="BT1 1AA"),
            make_oss_rules(countries=RULES.countries),
            {"NI_CHECK_REQUIRED", "COUNTRY_UNKNOWN_IN_SNELSTART"},
            id="SnelStart does not know Northern Ireland",
        ),
        pytest.param(
            make_order(),
            make_rules(mapping=(replace(NL_HIGH, cost_centre_id="gone"),), cost_centre_ids=frozenset({"other"})),
            {"COST_CENTRE_NOT_FOUND"},
            id="the cost centre is gone",
        ),
        pytest.param(
            make_order(*[make_item("9.99", tax="1.60", quantity=20, item_id=str(one)) for one in range(3)], **BERLIN),
            make_oss_rules(vat_source="amazon", is_vcs_active=True),
            set(),
            id="Amazon's VAT within a cent per line",
        ),
        pytest.param(
            make_order(make_item("9.99", tax="1.65", quantity=20), **BERLIN),
            make_oss_rules(vat_source="amazon", is_vcs_active=True),
            {"ROUNDING_DIFF_TOO_LARGE"},
            id="Amazon's VAT further off than SnelStart takes",
        ),
        pytest.param(
            make_order(make_item("9.99", tax="1.83", quantity=20)),
            make_rules(vat_source="amazon", is_vcs_active=True),
            {"ROUNDING_DIFF_TOO_LARGE"},
            id="Amazon's Dutch VAT too far off",
        ),
    ],
)
def test_what_is_held(order: Order, rules: ShopRules, expected: set[str]) -> None:
    translation = translate(order, rules)

    assert set(codes(translation)) == expected
    assert (translation.entry is None) == bool(expected)


def test_the_customer_of_each_treatment() -> None:
    def wish(rules: ShopRules = OSS_RULES, **members: Any) -> tuple[bool, bool, bool]:
        customer = translate(make_order(**members), rules).customer
        assert customer is not None
        return customer.is_country_binding, customer.needs_vat_number, customer.forbids_vat_number

    assert wish() == (False, False, False)
    assert wish(RULES, **BERLIN) == (False, False, False)
    assert wish(**BERLIN) == (True, False, True)
    assert wish(**BERLIN, **checked("DE136695976")) == (True, True, False)
    assert wish(to="US") == (True, False, False)


def test_a_business_never_ends_on_a_collective_debtor_so_no_email_is_no_reason_to_wait() -> None:
    order = make_order(has_buyer_email=False, **BERLIN, **checked("DE136695976"))
    rules = make_rules(is_collective_debtor_used=False)

    assert translate(order, rules).is_ready


def test_the_article_in_snelstart_gives_the_rate() -> None:
    book = ArticleFacts("1", VatKind.LOW, Decimal(9))
    articles = {"SKU-1": book}

    def group(rules: ShopRules, **members: Any) -> tuple[str, str]:
        (found,) = translate(make_order(**members), rules).groups
        return found.rate_source, str(found.percentage)

    assert group(make_rules(articles=articles)) == ("article", "9")
    assert group(make_rules(articles=articles, sku_rates={"SKU-1": Decimal(21)})) == ("sku", "21")
    assert group(make_oss_rules(articles=articles), **BERLIN) == ("article", "7")
    high = {"SKU-1": ArticleFacts("1", VatKind.HIGH, Decimal(21))}
    assert group(make_oss_rules(articles=high), **BERLIN) == ("article", "19")


def test_an_article_at_a_reduced_rate_is_no_answer_where_there_are_several() -> None:
    articles = {"SKU-1": ArticleFacts("1", VatKind.LOW, Decimal(9))}
    order = make_order(to="FR", postal_code="75001")

    assert codes(translate(order, make_oss_rules(articles=articles))) == ["VAT_RATE_UNDECIDED"]


def test_no_vat_is_due_whatever_the_sku_says() -> None:
    rules = make_oss_rules(sku_rates={"SKU-1": Decimal(21)})

    (group,) = translate(make_order(to="US"), rules).groups
    assert (group.rate_source, str(group.percentage), str(group.vat)) == ("treatment", "0", "0.00")


def test_a_percentage_of_the_past_counts_for_an_order_of_the_past() -> None:
    at = datetime(2024, 8, 31, 21, 59, tzinfo=UTC)
    order = make_order(make_item("62.75"), to="FI", postal_code="00100", purchased_at=at)

    assert booked(translate(order, OSS_RULES)) == [("oss-SR", "50.60"), ("foreign-vat", "12.15")]
    later = replace(order, purchased_at=datetime(2024, 8, 31, 22, 1, tzinfo=UTC))
    assert translate(later, OSS_RULES).groups[0].percentage == Decimal("25.5")


def test_before_oss_began_there_was_no_oss() -> None:
    order = make_order(purchased_at=datetime(2021, 6, 30, 12, tzinfo=UTC), **BERLIN)

    assert "OSS_NOT_ENABLED_IN_SNELSTART" in codes(translate(order, OSS_RULES))


def test_lines_of_oss_say_which_country() -> None:
    entry = translate(make_order(**BERLIN), OSS_RULES).entry

    assert entry is not None
    assert all(line.description.endswith(" btw 19% DE") for line in entry.lines)
    assert [line.is_vat for line in entry.lines] == [False, True]


def test_rates_of_all_member_states_are_known() -> None:
    on = date(2026, 11, 23)
    known = {rate.country for rate in FOREIGN_RATES if rate.valid_from <= on and rate.rate_code == "SR"}

    assert len(known) == 27
