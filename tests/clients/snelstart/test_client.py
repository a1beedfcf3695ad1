"""Never twice: an answer that leaves doubt is doubt, a hit that does not match is no hit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.clients.fakes import NOW, Answer, FakeTokens, ScriptedAdapter, http_over
from tests.clients.snelstart.documents import (
    COUNTRY_ID,
    ENTRY_ID,
    INVOICE_ID,
    LEDGER_ID,
    NUMBER,
    RELATION_ID,
    relation,
    sales_entry,
    sales_invoice,
)
from webshop.clients.snelstart.client import (
    CompanyInfo,
    CreatedEntry,
    LedgerAccount,
    Relation,
    SalesEntryDocument,
    SalesInvoice,
    SnelStartClient,
    VatRate,
)
from webshop.exceptions import (
    BudgetEmptyError,
    NotFoundRemoteError,
    OutcomeUnknownError,
    RejectedError,
    RetryableRemoteError,
)


class Bench:
    """A client over a script, with what it sent and spent."""

    def __init__(self, *script: Answer | Exception) -> None:
        self.adapter = ScriptedAdapter(*script)
        self.tokens = FakeTokens()
        self.taken: list[str] = []
        self.client = SnelStartClient(
            http=http_over(self.adapter, remote="snelstart"),
            base_url="https://snelstart.example/v2",
            subscription_key="subscription",
            tokens=self.tokens,
            take=self.taken.append,
        )

    @property
    def filter(self) -> str:
        return self.adapter.sent[-1].query["$filter"]


def test_every_call_carries_both_keys_and_is_paid_for() -> None:
    bench = Bench(Answer(200, []))
    bench.client.countries()
    (sent,) = bench.adapter.sent

    assert (sent.method, sent.url) == ("GET", "https://snelstart.example/v2/landen")
    assert sent.headers["Authorization"] == "Bearer token-1"
    assert sent.headers["Ocp-Apim-Subscription-Key"] == "subscription"
    assert bench.taken == ["GET /landen"]


def test_an_empty_budget_means_that_nothing_is_posted() -> None:
    bench = Bench(Answer(201, sales_entry()))

    def refuse(operation: str) -> None:
        raise BudgetEmptyError("snelstart", NOW)

    client = SnelStartClient(
        http=http_over(bench.adapter),
        base_url="https://x.example",
        subscription_key="s",
        tokens=bench.tokens,
        take=refuse,
    )

    with pytest.raises(BudgetEmptyError):
        client.create_sales_entry({})

    assert bench.adapter.sent == []


# sales entries


def test_a_created_entry_is_known_by_its_id_number_and_total() -> None:
    bench = Bench(Answer(201, sales_entry()))
    created = bench.client.create_sales_entry({"factuurnummer": NUMBER, "factuurbedrag": Decimal("121.5")})

    assert created == CreatedEntry(ENTRY_ID, NUMBER, Decimal("121.5"))
    assert bench.adapter.sent[0].body == b'{"factuurnummer":"404-1234567-1234567","factuurbedrag":121.50}'
    assert bench.adapter.sent[0].headers["Content-Type"] == "application/json"
    assert bench.taken == ["POST /verkoopboekingen"]


UNREADABLE = [b"", b"null", b"[]", b'{"id": ', b"<html>", sales_entry(id=None), sales_entry(id="1"), b"[" * 5_000]


@pytest.mark.parametrize("body", UNREADABLE)
def test_a_created_entry_without_a_readable_id_is_looked_up_and_never_posted_again(body: Any) -> None:
    with pytest.raises(OutcomeUnknownError):
        Bench(Answer(201, body)).client.create_sales_entry({})


@pytest.mark.parametrize("body", UNREADABLE)
def test_a_created_customer_without_a_readable_id_is_looked_up_and_never_made_again(body: Any) -> None:
    with pytest.raises(OutcomeUnknownError):
        Bench(Answer(201, body)).client.create_relation({})


@pytest.mark.parametrize("step", [Answer(500, b""), Answer(502, b"<html>"), Answer(408, b""), requests.ReadTimeout()])
def test_trouble_after_a_post_leaves_its_outcome_open(step: Answer | Exception) -> None:
    bench = Bench(step)

    with pytest.raises(OutcomeUnknownError):
        bench.client.create_sales_entry({})

    assert len(bench.adapter.sent) == 1


def test_an_entry_is_read_back_by_its_id() -> None:
    bench = Bench(Answer(200, sales_entry()))

    assert bench.client.get_sales_entry(ENTRY_ID.upper()) == SalesEntryDocument(
        ENTRY_ID, NUMBER, RELATION_ID, Decimal("121.5"), date(2026, 11, 20)
    )
    assert bench.adapter.sent[0].path == f"/v2/verkoopboekingen/{ENTRY_ID}"
    assert bench.taken == ["GET /verkoopboekingen/{id}"]


def test_an_entry_that_is_gone_is_not_found() -> None:
    with pytest.raises(NotFoundRemoteError):
        Bench(Answer(404, b"")).client.get_sales_entry(ENTRY_ID)


@pytest.mark.parametrize("entry_id", ["../companyInfo", "", f"{ENTRY_ID}/x", "aaaa"])
def test_an_id_that_is_none_never_becomes_part_of_an_address(entry_id: str) -> None:
    bench = Bench(Answer(200, sales_entry()))

    with pytest.raises(RejectedError):
        bench.client.get_sales_entry(entry_id)

    assert bench.adapter.sent == []


# looking up


def test_an_invoice_is_found_by_its_number() -> None:
    bench = Bench(Answer(200, [sales_invoice()]))

    assert bench.client.find_sales_invoices(NUMBER) == (
        SalesInvoice(INVOICE_ID, NUMBER, ENTRY_ID, RELATION_ID, Decimal("121.5"), Decimal(0), date(2026, 11, 20)),
    )
    assert bench.filter == f"Factuurnummer eq '{NUMBER}'"


def test_an_ignored_filter_does_not_give_anothers_invoice() -> None:
    other = sales_invoice(id=ENTRY_ID, factuurnummer="404-1234567-1234568")
    found = Bench(Answer(200, [other, sales_invoice()])).client.find_sales_invoices(NUMBER)

    assert [invoice.invoice_id for invoice in found] == [INVOICE_ID]


def test_an_ignored_filter_does_not_give_another_customer() -> None:
    other = relation(id=ENTRY_ID, email="an@example.nl", naam="An")
    client = Bench(Answer(200, [other, relation()])).client

    assert [found.relation_id for found in client.find_relations("jan@example.nl")] == [RELATION_ID]
    assert [found.relation_id for found in client.find_relations_by_name("An")] == [ENTRY_ID]


@pytest.mark.parametrize("email", ["JAN@example.nl ", "boek@example.nl"])
def test_a_customer_is_found_in_whatever_case_and_among_several_addresses(email: str) -> None:
    assert len(Bench(Answer(200, [relation()])).client.find_relations(email)) == 1


def test_a_quote_cannot_end_the_filter() -> None:
    bench = Bench(Answer(200, []))
    bench.client.find_relations("o'brien@example.nl")
    assert bench.filter == "Email eq 'o''brien@example.nl'"

    bench.client.find_relations_by_name("x' or 1 eq 1 or Naam eq 'y")
    assert bench.filter == "Naam eq 'x'' or 1 eq 1 or Naam eq ''y'"


def test_what_is_no_address_is_not_looked_up() -> None:
    bench = Bench(Answer(200, [relation()]))

    assert bench.client.find_relations("x' or 1 eq 1 or Email eq 'y") == ()
    assert bench.adapter.sent == []


def test_a_list_with_one_unreadable_row_is_not_a_shorter_list() -> None:
    with pytest.raises(RetryableRemoteError):
        Bench(Answer(200, [relation(), relation(id=None)])).client.relations_page(modified_since=None, skip=0)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[7]", b"<html>"])
def test_an_answer_that_is_no_list_is_not_an_empty_list(body: bytes) -> None:
    with pytest.raises(RetryableRemoteError):
        Bench(Answer(200, body)).client.find_sales_invoices(NUMBER)


# pages


def test_a_page_of_customers_since_a_moment_is_asked_for_in_local_time() -> None:
    bench = Bench(Answer(200, []))
    bench.client.relations_page(modified_since=datetime(2026, 7, 1, 22, 30, tzinfo=UTC), skip=500)

    assert bench.adapter.sent[0].query == {
        "$skip": "500",
        "$top": "500",
        "$filter": "ModifiedOn ge datetime'2026-07-02T00:30:00'",
    }


@pytest.mark.parametrize(
    ("hour", "since"),
    [(0, "01:30:00"), (1, "02:30:00")],  # 02:30 summer time, before the clock goes back, and 02:30 winter time
)
def test_the_hour_that_comes_twice_is_asked_for_as_a_whole(hour: int, since: str) -> None:
    bench = Bench(Answer(200, []))
    moment = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    bench.client.sales_invoices_page(modified_since=moment, skip=0, top=100)

    assert bench.filter == f"ModifiedOn ge datetime'2026-10-25T{since}'"


def test_without_a_moment_everything_is_asked_for() -> None:
    bench = Bench(Answer(200, []))
    bench.client.sales_invoices_page(modified_since=None, skip=0, top=100)

    assert bench.adapter.sent[0].query == {"$skip": "0", "$top": "100"}


def test_a_moment_without_a_zone_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="zone"):
        Bench(Answer(200, [])).client.relations_page(modified_since=datetime(2026, 1, 1), skip=0)  # noqa: DTZ001


def test_a_customer_is_known_by_what_matching_needs() -> None:
    (found,) = Bench(Answer(200, [relation()])).client.relations_page(modified_since=None, skip=0)

    assert found == Relation(
        relation_id=RELATION_ID,
        code=1001,
        emails=("jan@example.nl", "boek@example.nl"),
        country_id=COUNTRY_ID,
        is_active=True,
        is_customer=True,
        has_vat_number=False,
        modified_at=datetime(2026, 7, 15, 8, 24, 48, 120_000, tzinfo=UTC),
        name="Amazon-klant 1811 AB NL",
    )


def test_a_supplier_that_is_inactive_and_has_a_vat_number_is_seen_as_such() -> None:
    row = relation(relatiesoort=["Leverancier"], nonactief=True, btwNummer="NL123456789B01", email=None)
    (found,) = Bench(Answer(200, [row])).client.relations_page(modified_since=None, skip=0)

    assert (found.is_customer, found.is_active, found.has_vat_number, found.emails) == (False, False, True, ())


def test_a_nearly_empty_row_is_still_a_row() -> None:
    (found,) = Bench(Answer(200, [{"id": RELATION_ID, "email": 7, "vestigingsAdres": []}])).client.relations_page(
        modified_since=None, skip=0
    )

    assert (found.emails, found.country_id, found.modified_at, found.name) == ((), None, None, "")


# the administration's lists


def ledger(**members: Any) -> dict[str, Any]:
    return {
        "id": LEDGER_ID,
        "nummer": 8000,
        "omschrijving": "Omzet hoog",
        "grootboekfunctie": "VerkopenOmzetHoog",
        "nonactief": False,
        "kostenplaatsVerplicht": True,
        "btwSoort": ["Hoog", "Nieuw"],
        "vatRateCode": None,
        **members,
    }


def test_a_ledger_has_snelstarts_own_number_for_its_function() -> None:
    (found,) = Bench(Answer(200, [ledger()])).client.ledgers()

    assert found == LedgerAccount(LEDGER_ID, 8000, "Omzet hoog", 12, True, True, None, ("HIGH",))


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("VerkopenOmzetLaag", 11),
        ("VerkopenOmzetOnbelastVerlegd", 10),
        ("InstallatieTeleverkoopBinnenEUgeen", 84),
        ("BtwAfteDragenLaag", 21),
        ("VerkopenNieuw", 0),
        (None, 0),
    ],
)
def test_a_function_we_do_not_know_is_no_revenue(name: str | None, number: int) -> None:
    (found,) = Bench(Answer(200, [ledger(grootboekfunctie=name)])).client.ledgers()

    assert found.function == number


def test_a_chart_of_accounts_of_more_than_a_page_is_read_whole() -> None:
    bench = Bench(Answer(200, [ledger()] * 500), Answer(200, [ledger()] * 3))

    assert len(bench.client.ledgers()) == 503
    assert [sent.query["$skip"] for sent in bench.adapter.sent] == ["0", "500"]


def test_a_country_is_known_by_its_two_letters() -> None:
    row = {"id": COUNTRY_ID, "naam": "Nederland", "landcode": "NL", "landcodeISO": "NLD"}
    (found,) = Bench(Answer(200, [row])).client.countries()

    assert (found.country_id, found.code, found.code3, found.name) == (COUNTRY_ID, "NL", "NLD", "Nederland")


def test_a_rate_is_exact_and_one_of_a_new_kind_is_left_out() -> None:
    row = {
        "btwSoort": "Hoog",
        "btwPercentage": 21.00,
        "datumVanaf": "2012-10-01",
        "datumTotEnMet": "2400-12-31T00:00:00",
    }
    found = Bench(Answer(200, [row, {**row, "btwSoort": "Nieuw"}])).client.domestic_vat_rates()

    assert found == (VatRate("HIGH", Decimal("21.0"), date(2012, 10, 1), date(2400, 12, 31)),)


def test_a_rate_without_a_date_is_not_guessed() -> None:
    with pytest.raises(RetryableRemoteError):
        Bench(Answer(200, [{"btwSoort": "Hoog", "btwPercentage": 21}])).client.domestic_vat_rates()


def test_journals_and_cost_centres_are_read() -> None:
    row = {"id": LEDGER_ID, "nummer": 1300, "omschrijving": "Debiteuren", "soort": "Verkoop", "nonactief": True}
    (journal,) = Bench(Answer(200, [row])).client.journals()
    (centre,) = Bench(Answer(200, [row])).client.cost_centres()

    assert (journal.journal_id, journal.number, journal.kind, journal.is_active) == (LEDGER_ID, 1300, "SALES", False)
    assert (centre.cost_centre_id, centre.name, centre.is_active) == (LEDGER_ID, "Debiteuren", False)


def test_the_administration_says_what_it_allows() -> None:
    row = {
        "administratieIdentifier": RELATION_ID,
        "administratieNaam": "Winkel",
        "bedrijfsnaam": "Winkel B.V.",
        "artikelcodeSoort": "Alfanumeriek",
        "artikelcodeMaxLengte": 40,
        "factureerBuitenlandsBtw": True,
        "factureerBuitenlandsBtwRanges": [{"from": 1, "to": 2}, 7],
        "buitenlandseBtwGrootboek": {"id": LEDGER_ID},
        "kleineOndernemersregeling": {"isKleineOndernemersRegelingActief": True},
        "huidigBoekjaar": 2026,
        "aantalDecimalenArtikelprijzen": 4,
        "verkoopprijsArtikelbestandExclusiefBtw": True,
        "iban": "NL00BANK0123456789",
    }

    assert Bench(Answer(200, row)).client.company_info() == CompanyInfo(
        administration_id=RELATION_ID,
        name="Winkel",
        company_name="Winkel B.V.",
        article_code_kind="ALPHANUMERIC",
        article_code_max_length=40,
        is_foreign_vat_invoiced=True,
        foreign_vat_ranges=((1, 2),),
        foreign_vat_ledger_id=LEDGER_ID,
        is_small_business_scheme=True,
        book_year=2026,
        price_decimals=4,
        is_article_price_excl_vat=True,
    )


def test_an_administration_without_its_id_is_never_connected() -> None:
    with pytest.raises(RetryableRemoteError):
        Bench(Answer(200, {"administratieNaam": "Winkel"})).client.company_info()


@pytest.mark.parametrize(
    "call", [SnelStartClient.journals, SnelStartClient.countries, SnelStartClient.company_info, SnelStartClient.ledgers]
)
def test_trouble_on_a_read_may_be_tried_again(call: Callable[[SnelStartClient], Any]) -> None:
    with pytest.raises(RetryableRemoteError):
        call(Bench(Answer(503, b"")).client)
