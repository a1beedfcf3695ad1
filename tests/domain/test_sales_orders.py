"""A sales order: SnelStart makes the VAT, so what is sent must leave it no other total than Amazon's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.domain.builders import (
    ORDER_ID,
    OSS_RULES,
    RULES,
    checked,
    make_item,
    make_order,
    make_parts,
)
from webshop.domain.articles import EXTRA_CODES
from webshop.domain.booking import (
    ArticleFacts,
    NewArticle,
    Outcome,
    PostingKind,
    PriceModel,
    SalesOrder,
    ShopRules,
    Translation,
    VatKind,
)
from webshop.domain.checks import check_sales_order
from webshop.domain.orders import Order, Part
from webshop.domain.translate import translate
from webshop.exceptions import TranslationError

BERLIN: dict[str, Any] = {"to": "DE", "postal_code": "10115"}
Lines = list[tuple[str, int, str]]


def shop(rules: ShopRules = RULES, model: PriceModel = PriceModel.INCLUSIVE, **changes: Any) -> ShopRules:
    return replace(rules, posting_kind=PostingKind.SALES_ORDER, price_model=model, **changes)


def ordered(translation: Translation) -> SalesOrder:
    assert translation.sales_order is not None, translation.issues
    return translation.sales_order


def lines_of(order: SalesOrder) -> Lines:
    return [(line.article_code, line.quantity, str(line.unit_price)) for line in order.lines]


def codes(translation: Translation) -> list[str]:
    return [issue.code for issue in translation.issues]


BASKET = make_parts({Part.ITEM: "10.00", Part.SHIPPING: "3.99", Part.DISCOUNT: "2.00"}, quantity=3)


@pytest.mark.parametrize(
    ("order", "rules", "lines"),
    [
        pytest.param(make_order(), shop(), [("SKU-1", 1, "24.99")], id="one item"),
        pytest.param(
            make_order(make_item("10.00", quantity=3)),
            shop(),
            [("SKU-1", 2, "3.33"), ("SKU-1", 1, "3.34")],
            id="a price that does not divide",
        ),
        pytest.param(
            make_order(BASKET),
            shop(),
            [("SKU-1", 2, "3.33"), ("SKU-1", 1, "3.34"), ("VERZENDKOHOOG", 1, "3.99"), ("KORTINGHOOG", -1, "2.00")],
            id="shipping and a discount",
        ),
        pytest.param(
            make_order(make_parts({Part.ITEM: "15.00", Part.GIFT_WRAP: "2.50", Part.COD_FEE: "1.00"})),
            shop(),
            [("SKU-1", 1, "15.00"), ("EXTRAHOOG", 1, "3.50")],
            id="everything else on one article",
        ),
        pytest.param(
            make_order(make_parts({Part.ITEM: "9.99", Part.SHIPPING: "2.00", Part.SHIPPING_DISCOUNT: "2.00"})),
            shop(),
            [("SKU-1", 1, "9.99"), ("VERZENDKOHOOG", 1, "2.00"), ("KORTINGHOOG", -1, "2.00")],
            id="free shipping",
        ),
        pytest.param(
            make_order(
                make_parts({Part.ITEM: "9.99", Part.SHIPPING: "2.00"}, item_id="1"),
                make_parts({Part.ITEM: "10.90", Part.SHIPPING: "1.00"}, item_id="2", sku="BOOK"),
            ),
            shop(sku_rates={"BOOK": Decimal(9)}),
            [("SKU-1", 1, "9.99"), ("VERZENDKOHOOG", 1, "2.00"), ("BOOK", 1, "10.90"), ("VERZENDKOLAAG", 1, "1.00")],
            id="shipping per rate",
        ),
        pytest.param(
            make_order(make_item("24.99", sku=None)), shop(), [("B000000001", 1, "24.99")], id="Amazon's own code"
        ),
        pytest.param(
            make_order(BASKET, **BERLIN),
            shop(OSS_RULES),
            [("SKU-1", 2, "3.33"), ("SKU-1", 1, "3.34"), ("VERZENDKOSR", 1, "3.99"), ("KORTINGSR", -1, "2.00")],
            id="OSS has extra articles per rate code",
        ),
        pytest.param(
            make_order(BASKET, to="US"),
            shop(),
            [("SKU-1", 2, "3.33"), ("SKU-1", 1, "3.34"), ("VERZENDKONUL", 1, "3.99"), ("KORTINGNUL", -1, "2.00")],
            id="export has extra articles without VAT",
        ),
        pytest.param(
            make_order(make_item("24.20", quantity=2)),
            shop(model=PriceModel.EXCLUSIVE),
            [("SKU-1", 2, "10.00")],
            id="prices without VAT",
        ),
        pytest.param(
            make_order(make_item("12.10", quantity=3)),
            shop(model=PriceModel.EXCLUSIVE),
            [("SKU-1", 2, "3.33"), ("SKU-1", 1, "3.34")],
            id="prices without VAT that do not divide",
        ),
    ],
)
def test_the_lines(order: Order, rules: ShopRules, lines: Lines) -> None:
    translation = translate(order, rules)

    assert lines_of(ordered(translation)) == lines
    assert translation.outcome is Outcome.READY
    assert translation.entry is None
    assert ordered(translation).total_incl_vat == ordered(translation).predicted_incl_vat == order.grand_total


def test_a_total_that_net_prices_cannot_reach_is_sent_with_vat() -> None:
    translation = translate(make_order(make_item("10.00")), shop(model=PriceModel.EXCLUSIVE))

    assert codes(translation) == ["PRICES_SENT_INCLUDING_VAT"]
    assert ordered(translation).price_model is PriceModel.INCLUSIVE
    assert lines_of(ordered(translation)) == [("SKU-1", 1, "10.00")]


def test_one_rate_of_two_that_cannot_be_reached_is_enough() -> None:
    order = make_order(make_item("24.20"), make_item("10.00", item_id="2", sku="BOOK"))
    rules = shop(model=PriceModel.EXCLUSIVE, sku_rates={"BOOK": Decimal(21)})
    low = replace(rules, sku_rates={"BOOK": Decimal(9)})

    # 34.20 at 21 % can't be reached; 24.20 at 21 % and 10.00 at 9 % can.
    assert codes(translate(order, rules)) == ["PRICES_SENT_INCLUDING_VAT"]
    assert codes(translate(order, low)) == []


def test_the_heading() -> None:
    rules = shop(template_id="template", order_cost_centre_id="centre")
    made = ordered(translate(make_order(), rules))

    assert (made.payment_reference, made.template_id, made.cost_centre_id) == (ORDER_ID, "template", "centre")
    assert made.description == f"Amazon {ORDER_ID} / CreditCard"
    assert made.customer.country == "NL"
    long = translate(make_order(payment_method="GiftCertificate, PointsAccount"), rules)
    assert len(ordered(long).description) == 50
    assert codes(long) == ["DESCRIPTION_TRUNCATED"]


def test_new_articles_are_made_once_with_the_group_of_their_rate() -> None:
    items = [
        make_parts({Part.ITEM: "9.99", Part.SHIPPING: "1.00"}, item_id="1", title="Pot"),
        make_parts({Part.ITEM: "9.99"}, item_id="2", title="Pot (2)"),
        make_parts({Part.ITEM: "10.90"}, item_id="3", sku="BOOK", title=""),
    ]
    rules = shop(sku_rates={"BOOK": Decimal(9)}, articles={"VERZENDKOHOOG": article(VatKind.HIGH)})

    assert ordered(translate(make_order(*items), rules)).new_articles == (
        NewArticle("SKU-1", "Pot", VatKind.HIGH),
        NewArticle("BOOK", "BOOK", VatKind.LOW),
    )


@pytest.mark.parametrize(
    ("members", "rules", "kind"),
    [
        ({"to": "US"}, shop(sku_rates={"SKU-1": Decimal(9)}), VatKind.LOW),
        ({"to": "US"}, shop(), VatKind.HIGH),
        ({**BERLIN, **checked("DE136695976")}, shop(sku_rates={"SKU-1": Decimal(9)}), VatKind.LOW),
        (BERLIN, shop(OSS_RULES, sku_rates={"SKU-1": Decimal(7)}), VatKind.LOW),
        (BERLIN, shop(OSS_RULES), VatKind.HIGH),
        ({}, shop(is_small_business_scheme=True), VatKind.NONE),
    ],
)
def test_a_new_article_fits_its_later_sales_at_home(members: dict[str, Any], rules: ShopRules, kind: VatKind) -> None:
    (made,) = ordered(translate(make_order(**members), rules)).new_articles

    assert made.revenue_kind is kind


def article(kind: VatKind, *, is_active: bool = True) -> ArticleFacts:
    percentages = {VatKind.HIGH: Decimal(21), VatKind.LOW: Decimal(9), VatKind.NONE: Decimal(0)}
    return ArticleFacts("id", kind, percentages[kind], is_active)


@pytest.mark.parametrize(
    ("order", "rules", "expected"),
    [
        pytest.param(
            make_order(),
            shop(articles={"SKU-1": article(VatKind.LOW)}, sku_rates={"SKU-1": Decimal(21)}),
            {"ARTICLE_REVENUE_GROUP_MISMATCH": {"sku": "SKU-1", "percentage": "21", "article_percentage": "9"}},
            id="the article gives another rate",
        ),
        pytest.param(
            make_order(make_parts({Part.ITEM: "10.00", Part.SHIPPING: "1.00"})),
            shop(articles={"VERZENDKOHOOG": article(VatKind.NONE)}),
            {"ARTICLE_REVENUE_GROUP_MISMATCH": {"sku": "VERZENDKOHOOG", "percentage": "21", "article_percentage": "0"}},
            id="the article of shipping gives another rate",
        ),
        pytest.param(
            make_order(to="DK", postal_code="1050"),
            shop(OSS_RULES, articles={"SKU-1": article(VatKind.LOW)}, sku_rates={"SKU-1": Decimal(25)}),
            {"ARTICLE_REVENUE_GROUP_MISMATCH": {"sku": "SKU-1", "percentage": "25", "article_percentage": "?"}},
            id="a reduced rate where there is none",
        ),
        pytest.param(
            make_order(),
            shop(articles={"SKU-1": article(VatKind.HIGH, is_active=False)}),
            {"ARTICLE_INACTIVE": {"sku": "SKU-1"}},
            id="the article is switched off",
        ),
        pytest.param(
            make_order(),
            shop(is_article_code_numeric=True, article_code_max_length=4),
            {
                "ARTICLE_CODE_NOT_NUMERIC": {"sku": "SKU-1"},
                "ARTICLE_CODE_TOO_LONG": {"sku": "SKU-1", "length": "5", "longest": "4"},
            },
            id="codes as SnelStart sets them by default",
        ),
        pytest.param(make_order(make_item(sku=" ", asin=None)), shop(), {"SKU_MISSING": {}}, id="neither SKU nor ASIN"),
        pytest.param(
            make_order(to="FR", postal_code="75001"),
            shop(OSS_RULES, sku_rates={"SKU-1": Decimal("5.5")}),
            {"SALES_ORDER_RATE_NOT_POSSIBLE": {"country": "FR", "percentage": "5.5"}},
            id="one of two reduced rates",
        ),
        pytest.param(
            make_order(to="FR", postal_code="75001"),
            shop(OSS_RULES, sku_rates={"SKU-1": Decimal(10)}),
            {"SALES_ORDER_RATE_NOT_POSSIBLE": {"country": "FR", "percentage": "10"}},
            id="the other of two reduced rates",
        ),
        pytest.param(
            make_order(),
            shop(sku_rates={"SKU-1": Decimal(6)}),
            {"VAT_RATE_NOT_IN_SNELSTART": {"percentage": "6", "date": "2026-03-02"}},
            id="a rate of the past",
        ),
    ],
)
def test_what_is_held(order: Order, rules: ShopRules, expected: dict[str, dict[str, str]]) -> None:
    translation = translate(order, rules)

    assert {issue.code: dict(issue.facts) for issue in translation.issues} == expected
    assert translation.sales_order is None


def test_one_new_article_cannot_have_two_rates() -> None:
    items = [make_item("12.10", tax="2.10"), make_item("10.90", tax="0.90", item_id="2")]

    translation = translate(make_order(*items), shop(vat_source="amazon", is_vcs_active=True))

    assert codes(translation) == ["ARTICLE_REVENUE_GROUP_MISMATCH"]


def test_an_address_for_which_snelstart_would_charge_vat_is_no_export_order() -> None:
    translation = translate(make_order(to="ES", postal_code="35001"), shop())

    assert codes(translation) == ["SALES_ORDER_NOT_POSSIBLE", "SPECIAL_TERRITORY"]


def test_an_existing_article_of_any_group_will_do_where_no_vat_is_due() -> None:
    rules = shop(articles={"SKU-1": article(VatKind.LOW)})

    assert translate(make_order(to="US"), rules).outcome is Outcome.READY


def test_a_code_that_exists_is_not_measured() -> None:
    rules = shop(is_article_code_numeric=True, articles={"SKU-1": article(VatKind.HIGH)})

    assert translate(make_order(), rules).outcome is Outcome.READY


def test_an_order_needs_no_ledger() -> None:
    translation = translate(make_order(), shop(ledgers={}))

    assert translation.outcome is Outcome.READY


def test_orders_below_the_threshold_are_not_for_a_relation_with_a_vat_number() -> None:
    # SnelStart takes the VAT off a sales order to a relation with a VAT number in another member state.
    customer = ordered(translate(make_order(**BERLIN), shop())).customer

    assert customer.forbids_vat_number
    assert not customer.is_country_binding


def test_extra_articles_have_codes_that_fit() -> None:
    assert {"VERZENDKOHOOG", "VERZENDKOLAAG", "VERZENDKONUL", "KORTINGSR", "EXTRARRL"} <= EXTRA_CODES
    assert max(map(len, EXTRA_CODES)) <= 25


@pytest.mark.parametrize(
    "change",
    [
        {"lines": ()},
        {"predicted_incl_vat": Decimal("24.98")},
        {"payment_reference": ""},
        {"description": "x" * 51},
    ],
)
def test_a_sales_order_that_is_wrong_never_leaves(change: dict[str, Any]) -> None:
    made = ordered(translate(make_order(), shop()))
    check_sales_order(made)

    with pytest.raises(TranslationError):
        check_sales_order(replace(made, **change))
    with pytest.raises(TranslationError):
        check_sales_order(replace(made, lines=(replace(made.lines[0], unit_price=Decimal(-1)),)))
