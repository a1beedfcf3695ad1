"""One odd order stops neither the others nor the worker, and nothing personal gets past the parser."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.clients.amazon.orders import ORDER_ID, euro, make_item, make_order, with_breakdowns
from webshop.clients.amazon.parsing import AmazonOrder, UnreadableOrderError, parse_order
from webshop.domain.orders import Part

PERSONAL = {"buyer_email", "postal_code", "city", "state_or_region", "buyer_vat_number"}


def test_an_order_is_taken_over_member_by_member() -> None:
    order = parse_order(make_order())

    assert order.model_dump(exclude={"items"}) == {
        "order_id": ORDER_ID,
        "purchased_at": datetime(2026, 11, 20, 10, 0, 0, 123_000, tzinfo=UTC),
        "last_updated_at": datetime(2026, 11, 21, 11, 0, tzinfo=UTC),
        "channel_name": "AMAZON",
        "marketplace_id": "A1805IZSGTT6HS",
        "status": "SHIPPED",
        "fulfilled_by": "MERCHANT",
        "programs": ("PRIME", "AMAZON_BUSINESS"),
        "replaces_order": False,
        "currency": "EUR",
        "grand_total": Decimal("33.94"),
        "delivery_tip": Decimal(0),
        "buyer_email": "abc@marketplace.amazon.nl",
        "postal_code": "1811 AB",
        "city": "Alkmaar",
        "state_or_region": "NH",
        "country_code": "NL",
        "buyer_vat_number": "NL123456789B01",
        "ship_from_country": None,
        "shipped_at": None,
        "payment_method": "Invoice",
        "ship_by": datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC),
        "deliver_by": datetime(2026, 11, 25, 22, 59, 59, tzinfo=UTC),
        "problems": (),
    }
    assert [item.model_dump() for item in order.items] == [
        {
            "item_id": "1",
            "sku": "KAN-10",
            "asin": "B0C1KAN010",
            "title": "Stapelkan",
            "quantity": 2,
            "amounts": {
                "ITEM": Decimal("29.98"),
                "SHIPPING": Decimal("4.95"),
                "SHIPPING_DISCOUNT": Decimal("2.50"),
                "DISCOUNT": Decimal("1.00"),
            },
            "taxes": {"ITEM": Decimal("2.60"), "DISCOUNT": Decimal("0.09")},
            "tax_total": Decimal("2.51"),
            "total": Decimal("33.94"),
            "collected_by_amazon": True,
            "reporting_scheme": "UOSS",
        }
    ]


def test_the_parts_are_those_of_the_domain() -> None:
    (item,) = parse_order(make_order()).items

    assert {*item.amounts, *item.taxes} <= set(Part)


def test_names_streets_telephone_numbers_and_gift_texts_do_not_get_in() -> None:
    order = parse_order(make_order())
    everything = f"{order.model_dump_json()} {order!r}"

    assert "anary" not in everything
    assert "0612345678" not in everything


def test_what_is_stored_in_the_clear_has_no_data_of_the_buyer() -> None:
    order = parse_order(make_order())
    content = order.content()
    text = json.dumps(content)

    assert PERSONAL.isdisjoint(content)
    assert all(str(order.model_dump()[name]) not in text for name in PERSONAL)
    assert content["grand_total"] == "33.94"
    assert content["items"][0]["amounts"]["SHIPPING_DISCOUNT"] == "2.50"
    assert content["purchased_at"] == "2026-11-20T10:00:00.123000Z"


def test_what_is_stored_can_be_read_again() -> None:
    content = parse_order(make_order()).content()

    assert AmazonOrder.model_validate(content).content() == content


def test_a_repr_in_a_log_does_not_show_the_buyer() -> None:
    text = repr(parse_order(make_order()))

    assert "abc@" not in text and "1811" not in text and "Alkmaar" not in text and "123456789" not in text


def test_only_the_guaranteed_members_are_enough() -> None:
    order = parse_order(
        {
            "orderId": ORDER_ID,
            "createdTime": "2026-11-20T10:00:00Z",
            "lastUpdatedTime": "2026-11-20T10:00:00Z",
            "salesChannel": {"channelName": "AMAZON"},
            "orderItems": [{"orderItemId": "1", "quantityOrdered": 1, "product": {}}],
        }
    )

    assert order.problems == ()
    assert (order.grand_total, order.status, order.buyer_email, order.items[0].total) == (None, None, None, None)


@pytest.mark.parametrize(
    ("members", "problem", "order_id"),
    [
        ({"orderId": None}, "orderId", None),
        ({"orderId": "../../tokens"}, "orderId", None),
        ({"orderId": "404-1234567-1234567/../x"}, "orderId", None),
        ({"orderId": "404-1234567-123456\u0667"}, "orderId", None),
        ({"orderId": 4}, "orderId", None),
        ({"createdTime": None}, "createdTime", ORDER_ID),
        ({"createdTime": "gisteren"}, "createdTime", ORDER_ID),
        ({"createdTime": "9999-12-31T23:30:00Z"}, "createdTime", ORDER_ID),
        ({"lastUpdatedTime": "2026-11-20T10:00:00"}, "lastUpdatedTime", ORDER_ID),
        ({"lastUpdatedTime": "0001-01-01T00:00:00+14:00"}, "lastUpdatedTime", ORDER_ID),
        ({"lastUpdatedTime": 1_700_000_000}, "lastUpdatedTime", ORDER_ID),
    ],
)
def test_an_order_without_its_id_or_times_is_unreadable(
    members: dict[str, Any], problem: str, order_id: str | None
) -> None:
    with pytest.raises(UnreadableOrderError) as caught:
        parse_order(make_order(**members))

    assert (caught.value.problem, caught.value.order_id) == (problem, order_id)


@pytest.mark.parametrize("document", [None, [], "order", 7])
def test_what_is_no_object_is_unreadable(document: Any) -> None:
    with pytest.raises(UnreadableOrderError):
        parse_order(document)


BAD_AMOUNTS = [
    "NaN",
    "1e309",
    "Infinity",
    "12,50",
    "€ 5",
    "",
    " 1.00",
    "1.",
    ".5",
    "1_000",
    "٣",
    "1234567890123",
    "123456789012.3",
    True,
]


@pytest.mark.parametrize("amount", BAD_AMOUNTS)
def test_an_amount_that_is_none_is_left_empty_and_named(amount: Any) -> None:
    order = parse_order(make_order(proceeds={"grandTotal": {"amount": amount, "currencyCode": "EUR"}}))

    assert order.grand_total is None
    assert order.problems == ("proceeds.grandTotal",)


@pytest.mark.parametrize("amount", ["0", "-1", "12.345", "999999999.99", 5, Decimal("5.10")])
def test_an_amount_is_taken_over_to_the_digit(amount: Any) -> None:
    order = parse_order(make_order(proceeds={"grandTotal": {"amount": amount, "currencyCode": "EUR"}}))

    assert str(order.grand_total) == str(amount)
    assert order.problems == ()


@pytest.mark.parametrize("amount", [Decimal("1E+400"), Decimal("1E-400"), 10**400])
def test_a_number_of_hundreds_of_digits_is_no_amount(amount: Any) -> None:
    order = parse_order(make_order(proceeds={"grandTotal": {"amount": amount, "currencyCode": "EUR"}}))

    assert order.problems == ("proceeds.grandTotal",)


@pytest.mark.parametrize("quantity", [-3, 2**31, "2", 1.5, True, None])
def test_a_quantity_that_is_none_is_named(quantity: Any) -> None:
    order = parse_order(make_order(orderItems=[make_item(quantityOrdered=quantity)]))

    assert order.items[0].quantity == 0
    assert order.problems == ("orderItems[0].quantityOrdered",)


def test_two_currencies_in_one_order_are_named() -> None:
    kronor = {"amount": "33.94", "currencyCode": "SEK"}
    order = parse_order(make_order(orderItems=[make_item(proceeds={"proceedsTotal": kronor})]))

    assert order.currency == "EUR"
    assert order.items[0].total is None
    assert order.problems == ("orderItems[0].proceeds.proceedsTotal.currencyCode",)


def test_the_currency_is_known_without_a_grand_total() -> None:
    assert parse_order(make_order(proceeds=None)).currency == "EUR"


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(
    ("details", "discounts"),
    [
        ([], {"DISCOUNT": "5.00"}),
        ([("SHIPPING", "5.00")], {"SHIPPING_DISCOUNT": "5.00"}),
        ([("ITEM", "3.00"), ("SHIPPING", "2.00")], {"SHIPPING_DISCOUNT": "2.00", "DISCOUNT": "3.00"}),
        ([("SHIPPING", "9.00")], {"SHIPPING_DISCOUNT": "5.00"}),
        ([("NEW_KIND", "1.00")], {"DISCOUNT": "5.00"}),
    ],
)
def test_a_discount_is_split_and_its_subtotal_kept_whatever_the_sign(
    sign: str, details: list[tuple[str, str]], discounts: dict[str, str]
) -> None:
    order = parse_order(
        with_breakdowns(
            {
                "type": "DISCOUNT",
                "subtotal": euro(f"{sign}5.00"),
                "detailedBreakdowns": [{"subtype": kind, "value": euro(sign + value)} for kind, value in details],
            }
        )
    )

    assert {part: str(amount) for part, amount in order.items[0].amounts.items()} == discounts


def test_a_part_that_is_there_twice_is_added_up() -> None:
    order = parse_order(
        with_breakdowns({"type": "ITEM", "subtotal": euro("1.00")}, {"type": "ITEM", "subtotal": euro("2.00")})
    )

    assert order.items[0].amounts == {"ITEM": Decimal("3.00")}


def test_an_unknown_kind_of_amount_is_left_out_so_that_the_total_does_not_fit() -> None:
    order = parse_order(with_breakdowns({"type": "IMPORT_FEE", "subtotal": euro("1.00")}))

    assert order.items[0].amounts == {}
    assert order.problems == ()


def test_a_tip_is_read_from_the_order() -> None:
    tip = {"type": "DELIVERY_TIP", "status": "FINALIZED", "subtotal": euro("2.00")}

    assert parse_order(make_order(proceeds={"breakdowns": [tip]})).delivery_tip == Decimal("2.00")


def test_a_status_we_have_never_met_is_kept() -> None:
    order = parse_order(make_order(fulfillment={"fulfillmentStatus": "INVOICE_UNCONFIRMED", "fulfilledBy": "DRONE"}))

    assert (order.status, order.fulfilled_by, order.problems) == ("INVOICE_UNCONFIRMED", "DRONE", ())


@pytest.mark.parametrize(("kind", "replaces"), [("REPLACEMENT_ORIGINAL_ID", True), ("EXCHANGE_ORIGINAL_ID", False)])
def test_only_a_replacement_counts_as_one(kind: str, replaces: bool) -> None:
    order = parse_order(make_order(associatedOrders=[{"orderId": ORDER_ID, "associationType": kind}]))

    assert order.replaces_order is replaces


@pytest.mark.parametrize("email", ["x' or 1 eq 1 or Email eq 'y", "geen", 7, ["a@b.nl"], ""])
def test_an_address_that_is_none_is_no_reason_to_hold_the_order(email: Any) -> None:
    order = parse_order(make_order(buyer={"buyerEmail": email}))

    assert order.buyer_email is None
    assert order.problems == ()


def test_packages_from_one_country_say_where_the_order_left() -> None:
    def package(country: str) -> dict[str, Any]:
        return {"packageReferenceId": "1", "shipFromAddress": {"countryCode": country}}

    assert parse_order(make_order(packages=[package("DE"), package("DE")])).ship_from_country == "DE"
    assert parse_order(make_order(packages=[package("DE"), package("NL")])).ship_from_country is None


def test_an_order_left_with_its_last_package_or_nobody_knows_when() -> None:
    first, last = {"shipTime": "2026-11-21T10:00:00Z"}, {"shipTime": "2026-11-22T23:30:00Z"}
    assert parse_order(make_order(packages=[last, first])).shipped_at == datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert parse_order(make_order(packages=[last, {}])).shipped_at is None
    assert parse_order(make_order(packages=[])).shipped_at is None
    assert parse_order(make_order(packages=[{"shipTime": "gisteren"}])).problems == ("packages.shipTime",)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{{7*7}}\u202egnp\x00", "{{7*7}}gnp"),
        ("\ud83d los", "los"),
        ("a" * 10_000_000, "a" * 250),
        ("😀" * 300, "😀" * 250),
    ],
    ids=["script", "override", "surrogate", "10 MB", "emoji"],
)
def test_a_title_is_text_of_at_most_250_characters(title: str, shown: str) -> None:
    order = parse_order(make_order(orderItems=[make_item(product={"title": title})]))

    assert order.items[0].title == shown
    json.dumps(order.content()).encode("utf-8")


def test_a_sku_is_never_cut_because_a_cut_one_is_another_article() -> None:
    order = parse_order(make_order(orderItems=[make_item(product={"sellerSku": "x" * 101})]))

    assert order.items[0].sku is None
    assert order.problems == ("orderItems[0].product.sellerSku",)


def test_more_lines_than_an_order_can_have_are_named_instead_of_read() -> None:
    order = parse_order(make_order(orderItems=[make_item()] * 2_000))

    assert order.items == ()
    assert order.problems == ("orderItems",)


WRONG: list[Any] = [7, "text", [], {}, [[]], [{}], [None], None, True, {"a": []}, Decimal("1.1"), ["x"], "\ud800"]


def test_whatever_stands_in_the_place_of_a_member_the_order_comes_through() -> None:
    for number in range(len(list(_places(make_order())))):
        for value in WRONG:
            document = make_order()
            holder, name = list(_places(document))[number]
            if holder is document and name in ("orderId", "createdTime", "lastUpdatedTime"):
                continue
            holder[name] = value

            json.dumps(parse_order(document).content()).encode("utf-8")


def _places(node: Any) -> Any:
    members = node.items() if isinstance(node, dict) else enumerate(node)
    for name, value in list(members):
        yield node, name
        if isinstance(value, dict | list):
            yield from _places(value)
