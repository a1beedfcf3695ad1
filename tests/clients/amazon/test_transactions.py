"""A refund is read as what the buyer got back, and nothing odd in a payment stops the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.clients.amazon.test_client import Bench
from tests.clients.fakes import Answer
from webshop.clients.amazon.client import PageTokenInvalidError
from webshop.clients.amazon.transactions import read_page
from webshop.exceptions import RejectedError, RetryableRemoteError

DAY = datetime(2026, 11, 20, tzinfo=UTC)


def money(amount: Any, currency: Any = "EUR") -> dict[str, Any]:
    return {"currencyAmount": Decimal(str(amount)) if isinstance(amount, float) else amount, "currencyCode": currency}


def refund(**changes: Any) -> dict[str, Any]:
    return {
        "transactionId": "T1",
        "transactionType": "Refund",
        "description": "Refund Order",
        "postedDate": "2026-11-20T10:00:00Z",
        "totalAmount": money(-21.24),
        "relatedIdentifiers": [{"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": "404-0000001-0000001"}],
        "breakdowns": [
            {"breakdownType": "Sales", "breakdownAmount": money(-24.99)},
            {"breakdownType": "Expenses", "breakdownAmount": money(3.75)},
        ],
        **changes,
    }


def read(*rows: Any) -> tuple[Any, ...]:
    return read_page({"transactions": list(rows)}).refunds


def test_a_refund_is_what_the_buyer_got_without_the_fees_of_amazon() -> None:
    (found,) = read(refund())
    assert (found.total, found.order_id, found.currency) == (Decimal("24.99"), "404-0000001-0000001", "EUR")
    (bare,) = read(refund(breakdowns=None))
    assert bare.total == Decimal("21.24"), "without a breakdown it is what Amazon says in total"


def test_sales_fees_and_transfers_are_no_refunds() -> None:
    kinds = ("Shipment", "ServiceFee", "Transfer", "Adjustment", None)
    assert read(*(refund(transactionType=kind, description=kind) for kind in kinds)) == ()


def test_a_refund_that_is_only_released_is_not_counted_again() -> None:
    identifiers = [{"relatedIdentifierName": "DEFERRED_TRANSACTION_ID", "relatedIdentifierValue": "T0"}]
    assert read(refund(relatedIdentifiers=identifiers)) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"postedDate": "yesterday"},
        {"totalAmount": None},
        {"totalAmount": money("24.99")},
        {"totalAmount": money(Decimal("NaN"))},
        {"totalAmount": money(-1, None)},
        {"breakdowns": [{"breakdownType": "Expenses", "breakdownAmount": money(3, "USD")}]},
    ],
)
def test_a_refund_that_cannot_be_read_is_counted_and_takes_no_other_with_it(changes: dict[str, Any]) -> None:
    page = read_page({"transactions": [refund(**changes), refund(), "odd", None]})
    assert (len(page.refunds), page.unreadable) == (1, 1)


@pytest.mark.parametrize("payload", [None, [], {"transactions": 1}, {"nextToken": 7}])
def test_an_answer_that_is_no_page_is_asked_for_again_later(payload: Any) -> None:
    bench = Bench(Answer(200, {"payload": payload}))
    with pytest.raises(RetryableRemoteError):
        bench.client.list_refunds(marketplace_id="M", posted_after=DAY, posted_before=DAY + timedelta(days=1))


def test_the_question_names_the_day_and_the_marketplace() -> None:
    bench = Bench(Answer(200, {"payload": {"nextToken": "next", "transactions": []}}), Answer(400, {"errors": []}))
    window: dict[str, Any] = {"marketplace_id": "M", "posted_after": DAY, "posted_before": DAY + timedelta(days=1)}
    page = bench.client.list_refunds(**window)
    assert (page.refunds, page.next_token) == ((), "next"), "an empty page is not the last"
    with pytest.raises(PageTokenInvalidError):
        bench.client.list_refunds(**window, next_token=page.next_token)
    first, second = bench.adapter.sent
    assert first.path == "/finances/2024-06-19/transactions"
    assert first.query == {
        "marketplaceId": "M",
        "postedAfter": "2026-11-20T00:00:00.000Z",
        "postedBefore": "2026-11-21T00:00:00.000Z",
    }
    assert second.query == {**first.query, "nextToken": "next"}
    assert bench.taken == ["listTransactions"] * 2


def test_a_first_page_that_is_refused_is_no_matter_of_its_token() -> None:
    bench = Bench(Answer(400, {"errors": []}))
    with pytest.raises(RejectedError) as caught:
        bench.client.list_refunds(marketplace_id="M", posted_after=DAY, posted_before=DAY + timedelta(days=1))
    assert not isinstance(caught.value, PageTokenInvalidError)
