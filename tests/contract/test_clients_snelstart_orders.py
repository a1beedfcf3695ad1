"""Sales orders, articles and payments fit SnelStart's own model, and the look-alike takes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.openapi import validate_request
from tests.domain.builders import make_order, make_parts
from tests.domain.snelstart_books import NOW, SnelStartBooks
from webshop.clients.snelstart.client import CreatedOrder
from webshop.clients.snelstart.payloads import DeliveryAddress, journal_entry_payload, sales_order_payload
from webshop.domain.booking import PostingKind, PriceModel, SalesOrder, ShopRules, Translation, VatKind
from webshop.domain.orders import Part
from webshop.domain.payments import payment_of
from webshop.domain.translate import translate
from webshop.exceptions import (
    DuplicateError,
    NotFoundRemoteError,
    OutcomeUnknownError,
    RejectedError,
    RetryableRemoteError,
    ThrottledError,
)
from webshop.sandbox.core import Fault

MODEL = Path(__file__).parents[3] / "shared" / "reference" / "contracts" / "snelstart-b2b-v2.openapi.json"
NUMBER = "305-1234567-1234567"
BASKET = make_parts({Part.ITEM: "29.97", Part.SHIPPING: "3.99", Part.DISCOUNT: "2.00"}, quantity=3)

pytestmark = pytest.mark.contract
needs_model = pytest.mark.skipif(not MODEL.exists(), reason="the vendor's model is not beside the repository")


@pytest.fixture
def books() -> Iterator[SnelStartBooks]:
    books = SnelStartBooks(foreign_vat=True)
    yield books
    books.sandbox.close()


def rules_of(books: SnelStartBooks, **changes: Any) -> ShopRules:
    rules = books.rules(is_oss_registered=True, posting_kind=PostingKind.SALES_ORDER, **changes)
    return replace(rules, articles=books.articles)


def order_of(books: SnelStartBooks, **changes: Any) -> SalesOrder:
    made = translate(make_order(BASKET), rules_of(books, **changes)).sales_order
    assert made is not None
    return made


def entry_of(books: SnelStartBooks) -> Translation:
    translation = translate(make_order(BASKET), books.rules(is_oss_registered=True))
    assert translation.entry is not None
    return translation


def strike(books: SnelStartBooks, kind: str, operation: str, **parameters: Any) -> None:
    books.sandbox.world.faults.add(Fault("snelstart", operation, kind, parameters=parameters))


@needs_model
def test_every_request_fits_the_model(books: SnelStartBooks) -> None:
    spec = json.loads(MODEL.read_text(encoding="utf-8"))
    centre = next(centre.cost_centre_id for centre in books.client.cost_centres() if centre.is_active)
    template = books.client.order_templates()[0].template_id
    books.book_order(order_of(books, template_id=template, order_cost_centre_id=centre))
    pay(books)
    books.client.articles_by_code(["SKU-1"])
    books.client.find_sales_orders(NUMBER)
    books.client.sales_orders_page(modified_since=NOW - timedelta(days=1), skip=0)
    books.client.find_ledger_mutations(NUMBER, books.journal_id)
    posted = set()
    for logged in books.sandbox.world.log.entries("snelstart"):
        if logged.operation == "token":
            continue
        path = logged.operation.split(" ")[1]
        operation = spec["paths"][path][logged.method.lower()]
        known = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
        assert set(logged.query) <= known, logged.operation
        if logged.method == "POST":
            validate_request(spec, logged.method, path, logged.body)
            posted.add(path)

    assert {"/verkooporders", "/artikelen", "/memoriaalboekingen", "/verkoopboekingen"} <= posted


def pay(books: SnelStartBooks) -> str:
    translation = entry_of(books)
    assert translation.entry is not None
    entry_id = books.book_entry(translation.entry, translation)
    payment = payment_of(
        translation.entry,
        sales_entry_id=entry_id,
        journal_id=books.journal_id,
        clearing_ledger_id=books.clearing_ledger_id,
    )
    books.pay(payment)
    return entry_id


@pytest.mark.parametrize("model", PriceModel)
def test_an_order_is_made_and_found_again_with_its_lines(books: SnelStartBooks, model: PriceModel) -> None:
    made = order_of(books, price_model=model)
    created = books.book_order(made)
    (found,) = books.client.find_sales_orders(NUMBER)

    assert created == CreatedOrder(found.order_id, 10001, Decimal("31.96"), Decimal("26.41"))
    assert (found.relation_id, found.booked_on) == (books.customer(made.customer), date(2026, 3, 2))
    assert [(line.quantity, line.unit_price) for line in found.lines] == [
        (line.quantity, line.unit_price) for line in made.lines
    ]
    assert [line.article_id for line in found.lines] == [
        books.articles[line.article_code].article_id for line in made.lines
    ]
    assert found in books.client.sales_orders_page(modified_since=NOW - timedelta(days=1), skip=0)
    assert books.client.get_sales_order(found.order_id.upper()) == found


def test_a_sales_order_that_is_gone_is_not_found(books: SnelStartBooks) -> None:
    with pytest.raises(NotFoundRemoteError):
        books.client.get_sales_order("00000000-0000-4000-8000-000000000001")


def test_the_country_of_delivery_decides_the_vat(books: SnelStartBooks) -> None:
    order = make_order(BASKET, to="DE", postal_code="10115")
    translation = translate(order, rules_of(books))
    assert translation.sales_order is not None
    created = books.book_order(translation.sales_order)
    at_home = sales_order_payload(
        translation.sales_order,
        customer_id=books.customer(translation.sales_order.customer),
        article_ids={code: article.article_id for code, article in books.articles.items()},
        delivery_address=DeliveryAddress("1012 AB", "Amsterdam", books.country_ids["NL"]),
    )

    assert created.total_excl_vat == sum(group.net for group in translation.groups) == Decimal("26.86")
    assert created.total_incl_vat == Decimal("31.96")
    assert books.client.create_sales_order(at_home).total_incl_vat == Decimal("32.50")


def test_snelstart_takes_the_same_order_twice_so_both_are_found(books: SnelStartBooks) -> None:
    books.book_order(order_of(books))
    books.book_order(order_of(books))

    assert len(books.client.find_sales_orders(NUMBER)) == 2


def test_articles_are_found_by_codes_of_any_kind(books: SnelStartBooks) -> None:
    codes = ["O'Brien", "a b", "A B", "100%", "ü-ß", *(f"S{number:02}" for number in range(60))]
    for code in codes:
        books.make_article(code, VatKind.HIGH)

    found = books.client.articles_by_code([*codes, "s01", "S99"])

    assert sorted(article.code for article in found) == sorted(codes)
    groups = {group.group_id: group.kind for group in books.client.revenue_groups()}
    assert {groups[article.revenue_group_id or ""] for article in found} == {"HIGH"}


def test_a_second_article_with_a_code_is_refused_as_a_duplicate(books: SnelStartBooks) -> None:
    books.make_article("SKU-1", VatKind.HIGH)

    with pytest.raises(DuplicateError):
        books.make_article("SKU-1", VatKind.LOW)


def test_a_payment_is_found_by_its_voucher_and_settles_the_invoice(books: SnelStartBooks) -> None:
    pay(books)
    rows = books.client.find_ledger_mutations(NUMBER, books.journal_id)

    assert [(row.debit, row.credit, row.invoice_number) for row in rows] == [
        (0, Decimal("31.96"), NUMBER),
        (Decimal("31.96"), 0, ""),
    ]
    assert rows[1].ledger_id == books.clearing_ledger_id
    assert books.client.find_ledger_mutations("305-1234567-1234568", books.journal_id) == ()


def test_the_lists_of_the_administration_are_read(books: SnelStartBooks) -> None:
    rates = books.client.foreign_vat_rates()
    templates = books.client.order_templates()
    groups = books.client.revenue_groups()

    assert {rate.percentage for rate in rates if (rate.country, rate.rate_code) == ("FI", "SR")} == {
        Decimal(24),
        Decimal("25.5"),
    }
    assert {template.is_price_excl_vat for template in templates} == {True, False}
    assert min(groups, key=lambda group: group.number).name == "Hoog btw (goederen)"


CREATE = {
    "order": ("POST /verkooporders", lambda books: books.book_order(order_of(books))),
    "payment": ("POST /memoriaalboekingen", pay),
    "article": ("POST /artikelen", lambda books: books.make_article("SKU-9", VatKind.HIGH)),
}


@pytest.mark.parametrize("what", CREATE)
@pytest.mark.parametrize(
    ("kind", "parameters", "error_class"),
    [
        ("drop", {}, OutcomeUnknownError),
        ("commit_then_reset", {}, OutcomeUnknownError),
        ("commit_then_status", {"status": 502, "body": ""}, OutcomeUnknownError),
        ("truncate", {"bytes": 20}, OutcomeUnknownError),
        ("without_id", {}, OutcomeUnknownError),
        ("status", {"status": 503}, OutcomeUnknownError),
        ("throttle", {}, ThrottledError),
    ],
)
def test_trouble_with_a_post_means_what_it_should(
    books: SnelStartBooks, what: str, kind: str, parameters: dict[str, Any], error_class: type[Exception]
) -> None:
    operation, create = CREATE[what]
    strike(books, kind, operation, **parameters)

    with pytest.raises(error_class) as caught:
        create(books)

    assert type(caught.value) is error_class


@pytest.mark.parametrize("operation", ["GET /verkooporders", "GET /grootboekmutaties", "GET /artikelen"])
def test_a_look_up_that_failed_or_ignored_its_filter_is_never_a_wrong_hit(
    books: SnelStartBooks, operation: str
) -> None:
    books.book_order(order_of(books))
    pay(books)

    def look_up() -> tuple[object, ...]:
        return {
            "GET /verkooporders": lambda: books.client.find_sales_orders("305-1234567-7654321"),
            "GET /grootboekmutaties": lambda: books.client.find_ledger_mutations("x", books.journal_id),
            "GET /artikelen": lambda: books.client.articles_by_code(["sku-1"]),
        }[operation]()

    strike(books, "ignore_filter", operation)
    assert look_up() == ()
    strike(books, "truncate", operation, bytes=1)
    with pytest.raises(RetryableRemoteError):
        look_up()


def test_an_unbalanced_or_foreign_payment_is_refused_by_its_code(books: SnelStartBooks) -> None:
    translation = entry_of(books)
    assert translation.entry is not None
    payment = payment_of(
        translation.entry,
        sales_entry_id="00000000-0000-4000-8000-000000000000",
        journal_id=books.journal_id,
        clearing_ledger_id=books.clearing_ledger_id,
    )

    with pytest.raises(RejectedError) as caught:
        books.client.create_journal_entry(journal_entry_payload(payment))

    assert caught.value.code == "BOE-0001"
