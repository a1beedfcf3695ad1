"""What a bookkeeper would find in SnelStart, or read in Fouten, for one order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.domain.builders import (
    HIGH,
    LOW,
    NL_HIGH,
    NL_LOW,
    ORDER_ID,
    OTHER,
    RULES,
    make_item,
    make_order,
    make_parts,
    make_rules,
    row,
)
from webshop.domain.booking import DocumentVatKind, Outcome, SalesEntry, Translation, Treatment, VatKind
from webshop.domain.orders import FulfilledBy, Order, Part, Status
from webshop.domain.translate import translate

BOOK = make_item("12.95", item_id="2", sku="BOOK")
RULES_WITH_BOOKS = make_rules(sku_rates={"BOOK": Decimal(9)})
Lines = list[tuple[str, str]]


def booked(translation: Translation) -> SalesEntry:
    assert translation.entry is not None, translation.issues
    return translation.entry


def codes(translation: Translation) -> list[str]:
    return [issue.code for issue in translation.issues]


@pytest.mark.parametrize(
    ("order", "rules", "lines", "vat"),
    [
        pytest.param(make_order(), RULES, [("high", "20.65")], [("SALES_HIGH", "4.34")], id="one item at 21"),
        pytest.param(make_order(BOOK), RULES_WITH_BOOKS, [("low", "11.88")], [("SALES_LOW", "1.07")], id="a book at 9"),
        pytest.param(
            make_order(make_item("30.00"), BOOK),
            RULES_WITH_BOOKS,
            [("high", "24.79"), ("low", "11.88")],
            [("SALES_HIGH", "5.21"), ("SALES_LOW", "1.07")],
            id="two rates in one order",
        ),
        pytest.param(
            make_order(make_item("10.00"), make_item("10.00", item_id="2")),
            RULES,
            [("high", "16.53")],
            [("SALES_HIGH", "3.47")],
            id="VAT over the group, not per line",
        ),
        pytest.param(
            make_order(make_item("10.00"), make_item("10.00", item_id="2")),
            make_rules(is_line_per_item=True),
            [("high", "8.27"), ("high", "8.26")],
            [("SALES_HIGH", "3.47")],
            id="a line per item shares the cents",
        ),
        pytest.param(
            make_order(make_parts({Part.ITEM: "49.99", Part.DISCOUNT: "5.00"})),
            RULES,
            [("high", "37.18")],
            [("SALES_HIGH", "7.81")],
            id="a discount lowers its item",
        ),
        pytest.param(
            make_order(make_parts({Part.ITEM: "19.99", Part.DISCOUNT: "19.99", Part.SHIPPING: "3.99"})),
            RULES,
            [("high", "3.30")],
            [("SALES_HIGH", "0.69")],
            id="a gift with paid shipping",
        ),
        pytest.param(
            make_order(make_parts({Part.ITEM: "20.00", Part.SHIPPING: "4.95", Part.SHIPPING_DISCOUNT: "4.95"})),
            RULES,
            [("high", "16.53")],
            [("SALES_HIGH", "3.47")],
            id="free shipping by a discount",
        ),
        pytest.param(
            make_order(make_parts({Part.ITEM: "15.00", Part.GIFT_WRAP: "2.50", Part.COD_FEE: "1.00"})),
            RULES,
            [("high", "15.29")],
            [("SALES_HIGH", "3.21")],
            id="gift wrap and cash on delivery",
        ),
        pytest.param(
            make_order(make_item("10.00", quantity=3)),
            RULES,
            [("high", "8.26")],
            [("SALES_HIGH", "1.74")],
            id="3 pieces",
        ),
        pytest.param(
            make_order(make_item("0.01")), RULES, [("high", "0.01")], [("SALES_HIGH", "0.00")], id="one cent has no VAT"
        ),
        pytest.param(
            make_order(make_item(), make_item("0.00", item_id="2")),
            make_rules(is_line_per_item=True),
            [("high", "20.65")],
            [("SALES_HIGH", "4.34")],
            id="a free item has no line",
        ),
        pytest.param(
            make_order(
                make_item(), make_item("9.99", item_id="2", quantity=0, total=None), grand_total=Decimal("24.99")
            ),
            RULES,
            [("high", "20.65")],
            [("SALES_HIGH", "4.34")],
            id="a cancelled line is left out",
        ),
        pytest.param(
            make_order(make_item("20.00"), make_item("10.00", item_id="2", sku="BOOK"), delivery_tip=Decimal("3.00")),
            RULES_WITH_BOOKS,
            [("high", "18.18"), ("low", "10.09")],
            [("SALES_HIGH", "3.82"), ("SALES_LOW", "0.91")],
            id="a tip follows the value of the items",
        ),
        pytest.param(
            make_order(make_item("24.99", tax="4.34")),
            RULES,
            [("high", "20.65")],
            [("SALES_HIGH", "4.34")],
            id="net + tax",
        ),
        pytest.param(
            make_order(make_item("9.99", tax="1.73"), make_item("9.99", tax="1.73", item_id="2")),
            make_rules(vat_source="amazon", is_vcs_active=True),
            [("high", "16.52")],
            [("SALES_HIGH", "3.46")],
            id="Amazon's VAT as printed on the invoice",
        ),
        pytest.param(
            make_order(make_item("12.95", tax="1.07")),
            make_rules(vat_source="amazon", is_vcs_active=True),
            [("low", "11.88")],
            [("SALES_LOW", "1.07")],
            id="Amazon's VAT gives the rate",
        ),
        pytest.param(
            make_order(to="DE", postal_code="10115"),
            RULES,
            [("high", "20.65")],
            [("SALES_HIGH", "4.34")],
            id="to Germany",
        ),
        pytest.param(
            make_order(to="MC", postal_code="98000"),
            RULES,
            [("high", "20.65")],
            [("SALES_HIGH", "4.34")],
            id="to Monaco",
        ),
        pytest.param(
            make_order(fulfilled_by=FulfilledBy.AMAZON, has_buyer_email=False),
            RULES,
            [("high", "20.65")],
            [("SALES_HIGH", "4.34")],
            id="FBA stock in the Netherlands",
        ),
        pytest.param(
            make_order(make_item("11.30")),
            make_rules(mapping=(row("13", VatKind.OTHER, OTHER),)),
            [("other", "10.00")],
            [("SALES_OTHER", "1.30")],
            id="another Dutch rate",
        ),
        pytest.param(
            make_order(is_business=True, buyer_vat_number="NL004495445B01"),
            RULES,
            [("high", "20.65")],
            [("SALES_HIGH", "4.34")],
            id="a Dutch business pays VAT",
        ),
    ],
)
def test_an_order_is_booked(order: Order, rules: Any, lines: Lines, vat: Lines) -> None:
    translation = translate(order, rules)

    entry = booked(translation)
    assert [(line.ledger_id, str(line.amount_excl_vat)) for line in entry.lines] == lines
    assert [(row.kind.value, str(row.amount)) for row in entry.vat] == vat
    assert entry.total_incl_vat == order.grand_total
    assert translation.is_ready


def test_shipping_without_vat_is_held_when_amazons_vat_is_booked() -> None:
    item = make_item(
        "17.10",
        amounts={Part.ITEM: Decimal("10.00"), Part.SHIPPING: Decimal("5.00")},
        taxes={Part.ITEM: Decimal("2.10")},
        tax_total=Decimal("2.10"),
    )

    from_amazon = translate(make_order(item), make_rules(vat_source="amazon", is_vcs_active=True))
    calculated = translate(make_order(item), RULES)

    assert codes(from_amazon) == ["SHIPPING_VAT_MISSING"]
    assert booked(calculated).vat[0].amount == Decimal("2.97")


def test_every_reason_is_shown_at_once() -> None:
    order = make_order(grand_total=Decimal("30.00"), currency="SEK", to="DE", postal_code=None)
    rules = make_rules(is_foreign_vat_invoiced=True, mapping=(NL_HIGH,), countries=frozenset())

    assert set(codes(translate(order, rules))) == {
        "TOTAL_MISMATCH",
        "CURRENCY_UNSUPPORTED",
        "OSS_FLAG_CONFLICT",
        "COUNTRY_UNKNOWN_IN_SNELSTART",
        "TERRITORY_UNDECIDED",
    }


def test_the_heading_of_the_entry() -> None:
    order = make_order(purchased_at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))

    entry = booked(translate(order, RULES))

    assert entry.booked_on == date(2027, 1, 1)
    assert entry.invoice_number == ORDER_ID
    assert entry.description == f"Amazon {ORDER_ID} / CreditCard"
    assert entry.payment_days == 14
    assert entry.lines[0].description == f"Amazon {ORDER_ID} btw 21%"


def test_texts_of_amazon_cannot_break_the_entry() -> None:
    hostile = "a\x00\u202e\ud800\n" + "🫖" * 400
    order = make_order(make_item(title=hostile), payment_method=hostile)

    entry = booked(translate(order, make_rules(is_line_per_item=True)))

    for text in (entry.description, entry.lines[0].description):
        assert len(text) <= 250
        assert text.isprintable()


def test_the_customer_of_a_sale_below_the_threshold_is_where_the_goods_go() -> None:
    translation = translate(make_order(to="DE", postal_code="10115"), RULES)

    assert translation.treatment is Treatment.EU_B2C_BELOW_THRESHOLD
    assert translation.vat_country == "NL"
    assert translation.customer_country == "DE"


def test_the_rate_comes_from_the_first_source_that_answers() -> None:
    rules = make_rules(sku_rates={"SKU-1": Decimal(9)}, vat_source="amazon", is_vcs_active=True)

    def source(order: Order, shop: Any) -> tuple[str, str]:
        group = translate(order, shop).groups[0]
        return group.rate_source, str(group.percentage)

    assert source(make_order(make_item("12.10", tax="2.10")), rules) == ("amazon", "21")
    assert source(make_order(), replace(rules, vat_source="calculated", is_vcs_active=False)) == ("sku", "9")
    assert source(make_order(), make_rules(mapping=(NL_LOW,))) == ("only_row", "9")
    assert source(make_order(), RULES) == ("default", "21")


def test_the_row_in_force_on_the_date_of_the_order_is_used() -> None:
    later = row("21", ledger=replace(HIGH, ledger_id="new"), valid_from=date(2026, 3, 3))
    rules = make_rules(mapping=(row("21"), later), ledgers={**RULES.ledgers, "new": replace(HIGH, ledger_id="new")})

    def ledger(day: int) -> str:
        at = datetime(2026, 3, day, 12, tzinfo=UTC)
        return booked(translate(make_order(purchased_at=at), rules)).lines[0].ledger_id

    assert (ledger(2), ledger(3)) == ("high", "new")


def test_a_rate_that_has_ended_is_not_chosen() -> None:
    rules = make_rules(mapping=(row("6", VatKind.LOW, LOW), NL_LOW))

    assert translate(make_order(), rules).groups[0].percentage == Decimal(9)


def test_a_warning_does_not_keep_an_order_from_being_booked() -> None:
    translation = translate(make_order(to="DE", postal_code=None), RULES)

    assert translation.outcome is Outcome.READY_WITH_WARNING
    assert codes(translation) == ["TERRITORY_UNDECIDED"]
    assert booked(translation).vat[0].kind is DocumentVatKind.SALES_HIGH


def test_amazons_vat_is_calculated_with_a_warning_when_amazon_states_none() -> None:
    translation = translate(make_order(), make_rules(vat_source="amazon"))

    assert codes(translation) == ["AMAZON_TAX_ABSENT"]
    assert booked(translation).vat[0].amount == Decimal("4.34")


def test_one_tax_for_a_whole_line_is_divided_over_its_parts() -> None:
    item = make_item(
        "18.15",
        amounts={Part.ITEM: Decimal("10.00"), Part.SHIPPING: Decimal("5.00")},
        taxes={},
        tax_total=Decimal("3.15"),
    )

    assert booked(translate(make_order(item), RULES)).lines[0].amount_excl_vat == Decimal("15.00")


def test_lines_that_cancel_out_are_not_booked() -> None:
    item = make_parts({Part.ITEM: "5.00", Part.DISCOUNT: "15.00"}, item_id="2")

    assert codes(translate(make_order(make_item("10.00"), item), RULES)) == ["LINES_CANCEL_OUT"]


def test_a_row_that_starts_later_does_not_count_yet() -> None:
    rules = make_rules(mapping=(row("21"), row("9", VatKind.LOW, LOW, valid_from=date(2027, 1, 1))))

    assert translate(make_order(), rules).groups[0].rate_source == "only_row"


def test_a_line_that_rounds_to_nothing_is_left_out() -> None:
    items = [make_item("0.01", item_id=str(number)) for number in range(3)]

    entry = booked(translate(make_order(*items), make_rules(is_line_per_item=True)))

    assert [str(line.amount_excl_vat) for line in entry.lines] == ["0.01", "0.01"]
    assert str(entry.vat[0].amount) == "0.01"


def test_a_rate_on_which_nothing_is_left_has_no_vat_row() -> None:
    taken_off = make_parts({Part.ITEM: "5.00", Part.DISCOUNT: "15.00"}, item_id="3", sku="BOOK")
    order = make_order(make_item(), make_item("10.00", item_id="2", sku="BOOK"), taken_off)

    entry = booked(translate(order, RULES_WITH_BOOKS))

    assert [vat.kind for vat in entry.vat] == [DocumentVatKind.SALES_HIGH]


def test_a_price_that_is_all_vat_is_not_booked() -> None:
    translation = translate(make_order(make_item("0.01", tax="0.01")), make_rules(vat_source="amazon"))

    assert codes(translation) == ["LINES_CANCEL_OUT"]
    assert translation.entry is None


def test_an_order_waits_while_its_status_is_not_reached() -> None:
    translation = translate(make_order(status=Status.UNSHIPPED), RULES)

    assert translation.outcome is Outcome.DEFERRED
    assert dict(translation.issues[0].facts) == {"status": "UNSHIPPED", "statuses": "SHIPPED"}
