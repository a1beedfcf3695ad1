"""Sales orders, articles and payments: a hit that does not match is no hit, an answer in doubt is doubt."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.clients.fakes import Answer, FakeTokens, ScriptedAdapter, http_over
from tests.clients.snelstart.documents import COUNTRY_ID, ENTRY_ID, INVOICE_ID, LEDGER_ID, NUMBER, RELATION_ID
from webshop.clients.snelstart.client import (
    Article,
    CreatedJournalEntry,
    CreatedOrder,
    ForeignVatRate,
    LedgerMutation,
    OrderTemplate,
    RevenueGroup,
    SalesOrderDocument,
    SnelStartClient,
)
from webshop.clients.snelstart.order_documents import SalesOrderRow
from webshop.exceptions import DuplicateError, OutcomeUnknownError, RetryableRemoteError

ORDER_ID = "88888888-8888-4888-8888-888888888888"
ARTICLE_ID = "44444444-4444-4444-8444-444444444444"
JOURNAL_ID = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"


class Bench:
    def __init__(self, *script: Answer | Exception) -> None:
        self.adapter = ScriptedAdapter(*script)
        self.client = SnelStartClient(
            http=http_over(self.adapter, remote="snelstart"),
            base_url="https://snelstart.example/v2",
            subscription_key="subscription",
            tokens=FakeTokens(),
            take=lambda operation: None,
        )

    @property
    def queries(self) -> list[dict[str, str]]:
        return [sent.query for sent in self.adapter.sent]


def article(**members: Any) -> dict[str, Any]:
    return {
        "id": ARTICLE_ID.upper(),
        "artikelcode": "SKU-1",
        "omschrijving": "Kan",
        "artikelOmzetgroep": {"id": LEDGER_ID},
        "isNonActief": False,
        **members,
    }


def sales_order(**members: Any) -> dict[str, Any]:
    return {
        "id": ORDER_ID,
        "nummer": 10001,
        "relatie": {"id": RELATION_ID},
        "datum": "2026-11-20T00:00:00",
        "betalingskenmerk": NUMBER,
        "omschrijving": f"Amazon {NUMBER}",
        "totaalInclusiefBtw": 22.97,
        "totaalExclusiefBtw": 18.98,
        "regels": [{"artikel": {"id": ARTICLE_ID}, "aantal": 2.0, "stuksprijs": 9.99}],
        **members,
    }


def mutation(**members: Any) -> dict[str, Any]:
    return {
        "id": INVOICE_ID,
        "grootboek": {"id": LEDGER_ID},
        "dagboek": {"id": JOURNAL_ID},
        "datum": "2026-11-20T00:00:00",
        "boekstuk": NUMBER,
        "debet": 121.5,
        "credit": 0,
        "factuurNummer": NUMBER,
        **members,
    }


# articles


def test_an_article_is_found_by_its_code() -> None:
    bench = Bench(Answer(200, [article()]))

    assert bench.client.articles_by_code(["SKU-1"]) == (Article(ARTICLE_ID, "SKU-1", "Kan", LEDGER_ID, True),)
    assert bench.queries == [{"$filter": "Artikelcode eq 'SKU-1'", "$top": "25"}]


def test_articles_are_looked_up_25_at_a_time() -> None:
    bench = Bench(Answer(200, []))
    bench.client.articles_by_code([f"S{number}" for number in range(60)] + ["S1"])

    assert [query["$filter"].count(" eq ") for query in bench.queries] == [25, 25, 10]
    assert bench.queries[0]["$filter"].startswith("Artikelcode eq 'S0' or Artikelcode eq 'S1' or ")


def test_long_codes_are_looked_up_in_addresses_that_are_not_too_long() -> None:
    bench = Bench(Answer(200, []))
    codes = [f"{number:03} é'" + "%" * 60 for number in range(40)]
    bench.client.articles_by_code(codes)

    assert max(len(sent.url.partition("?")[2]) for sent in bench.adapter.sent) < 2_048
    assert sum(query["$filter"].count(" eq ") for query in bench.queries) == 40


def test_no_codes_cost_no_call() -> None:
    bench = Bench(Answer(200, []))

    assert bench.client.articles_by_code([]) == ()
    assert bench.adapter.sent == []


def test_an_ignored_filter_gives_no_other_article() -> None:
    others = [article(artikelcode=code) for code in ("sku-1", "SKU-1 ", "SKU-10", None)]
    bench = Bench(Answer(200, [*others, article()]))

    assert [found.code for found in bench.client.articles_by_code(["SKU-1"])] == ["SKU-1"]


def test_the_article_in_the_way_may_be_spelt_otherwise_but_its_own_spelling_goes_first() -> None:
    others = [article(artikelcode=code) for code in ("SKU-10", "sku-1 ", None)]

    found = Bench(Answer(200, [*others, article()])).client.article_taken_for("SKU-1")
    assert found is not None
    assert found.code == "SKU-1"
    found = Bench(Answer(200, others)).client.article_taken_for("SKU-1")
    assert found is not None
    assert found.code == "sku-1 "
    assert Bench(Answer(200, others[:1])).client.article_taken_for("SKU-1") is None


def test_a_quote_in_a_code_cannot_end_the_filter() -> None:
    bench = Bench(Answer(200, []))
    bench.client.articles_by_code(["x' or 1 eq 1 or Artikelcode eq 'y"])

    assert bench.queries[0]["$filter"] == "Artikelcode eq 'x'' or 1 eq 1 or Artikelcode eq ''y'"


def test_a_code_that_exists_is_an_answer() -> None:
    refusal = [{"errorCode": "ART-0005", "message": "De artikelcode bestaat al.", "details": None}]

    with pytest.raises(DuplicateError) as caught:
        Bench(Answer(400, refusal)).client.create_article({})

    assert caught.value.code == "ART-0005"


def test_revenue_groups_and_templates_are_read() -> None:
    group = {
        "id": LEDGER_ID,
        "nummer": 1,
        "omschrijving": "Hoog btw (goederen)",
        "verkoopNederlandBtwSoort": "Hoog",
        "verkoopGrootboekNederlandIdentifier": {"id": ENTRY_ID},
    }
    template = {"id": ENTRY_ID, "omschrijving": "Standaard", "nonactief": False, "prijsIngaveExclusiefBtw": True}

    assert Bench(Answer(200, [group])).client.revenue_groups() == (
        RevenueGroup(LEDGER_ID, 1, "Hoog btw (goederen)", "HIGH", ENTRY_ID),
    )
    assert Bench(Answer(200, [template])).client.order_templates() == (
        OrderTemplate(ENTRY_ID, "Standaard", True, True, False),
    )


def test_foreign_rates_go_by_the_two_letters_of_the_country() -> None:
    germany = {"id": COUNTRY_ID, "landcode": "DE", "landcodeISO": "DEU", "naam": "Duitsland"}
    rates = [
        {
            "countryCode": "DEU",
            "vatRates": [{"rateCode": "SR", "rate": 19.0, "validFrom": "2021-01-01T00:00:00"}],
        },
        {"countryCode": "XXX", "vatRates": [{"rateCode": "SR", "rate": 1, "validFrom": "2021-01-01T00:00:00"}]},
    ]
    bench = Bench(Answer(200, [germany]), Answer(200, rates))

    assert bench.client.foreign_vat_rates() == (ForeignVatRate("DE", "SR", Decimal("19.0"), date(2021, 1, 1)),)


@pytest.mark.parametrize("rates", [[{"rateCode": "SR"}], [{"rateCode": "SR", "rate": "x"}], "x", [7]])
def test_a_rate_that_cannot_be_read_is_no_missing_rate(rates: Any) -> None:
    germany = {"id": COUNTRY_ID, "landcode": "DE", "landcodeISO": "DEU", "naam": "Duitsland"}
    bench = Bench(Answer(200, [germany]), Answer(200, [{"countryCode": "DEU", "vatRates": rates}]))

    with pytest.raises(RetryableRemoteError):
        bench.client.foreign_vat_rates()


# sales orders


def test_a_created_order_is_known_by_its_id_number_and_totals() -> None:
    bench = Bench(Answer(201, sales_order()))

    assert bench.client.create_sales_order({}) == CreatedOrder(ORDER_ID, 10001, Decimal("22.97"), Decimal("18.98"))


UNREADABLE = [b"", b"null", b"[]", b'{"id": ', b"<html>", {"id": None}, {"id": "1"}]


@pytest.mark.parametrize("body", UNREADABLE)
@pytest.mark.parametrize("verb", ["create_sales_order", "create_article", "create_journal_entry"])
def test_what_was_made_without_a_readable_id_is_looked_up_and_never_made_again(verb: str, body: Any) -> None:
    with pytest.raises(OutcomeUnknownError):
        getattr(Bench(Answer(201, body)).client, verb)({})


@pytest.mark.parametrize("step", [Answer(500, b""), Answer(502, b"<html>"), Answer(408, b""), requests.ReadTimeout()])
@pytest.mark.parametrize("verb", ["create_sales_order", "create_article", "create_journal_entry"])
def test_trouble_after_a_post_leaves_its_outcome_open(verb: str, step: Answer | Exception) -> None:
    bench = Bench(step)

    with pytest.raises(OutcomeUnknownError):
        getattr(bench.client, verb)({})

    assert len(bench.adapter.sent) == 1


def test_an_order_is_found_by_its_payment_reference() -> None:
    bench = Bench(Answer(200, [sales_order(betalingskenmerk="404-1234567-1234568"), sales_order()]))

    assert bench.client.find_sales_orders(NUMBER) == (
        SalesOrderDocument(
            ORDER_ID,
            10001,
            NUMBER,
            f"Amazon {NUMBER}",
            RELATION_ID,
            date(2026, 11, 20),
            Decimal("22.97"),
            Decimal("18.98"),
            (SalesOrderRow(ARTICLE_ID, Decimal("2.0"), Decimal("9.99")),),
        ),
    )
    assert bench.queries == [{"$filter": f"Betalingskenmerk eq '{NUMBER}'"}]


@pytest.mark.parametrize("lines", [[7], "x", {}])
def test_an_order_whose_lines_cannot_be_read_is_not_an_order_without_lines(lines: Any) -> None:
    with pytest.raises(RetryableRemoteError):
        Bench(Answer(200, [sales_order(regels=lines)])).client.find_sales_orders(NUMBER)


def test_orders_are_read_in_pages_since_a_moment() -> None:
    bench = Bench(Answer(200, [sales_order(regels=None)]))
    (found,) = bench.client.sales_orders_page(modified_since=datetime(2026, 7, 1, 22, 30, tzinfo=UTC), skip=500)

    assert found.lines == ()
    assert bench.queries == [{"$skip": "500", "$top": "500", "$filter": "ModifiedOn ge datetime'2026-07-02T00:30:00'"}]


# payments


def test_a_created_journal_entry_is_known_by_its_id_and_voucher() -> None:
    bench = Bench(Answer(201, {"id": ENTRY_ID, "boekstuk": NUMBER}))

    assert bench.client.create_journal_entry({}) == CreatedJournalEntry(ENTRY_ID, NUMBER)


def test_a_payment_is_found_by_voucher_and_journal() -> None:
    others = [mutation(boekstuk="404-1234567-1234568"), mutation(dagboek={"id": ENTRY_ID}), mutation(boekstuk=None)]
    bench = Bench(Answer(200, [*others, mutation()]))

    assert bench.client.find_ledger_mutations(NUMBER, JOURNAL_ID.upper()) == (
        LedgerMutation(
            INVOICE_ID, LEDGER_ID, JOURNAL_ID, NUMBER, date(2026, 11, 20), Decimal("121.5"), Decimal(0), NUMBER
        ),
    )
    assert bench.queries == [{"$filter": f"Boekstuk eq '{NUMBER}'"}]
