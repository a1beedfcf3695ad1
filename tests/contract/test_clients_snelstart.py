"""Our requests fit SnelStart's own model, and the client gets along with the look-alike in good and bad times."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.clients.fakes import NOW, clock
from tests.contract.openapi import validate_request
from webshop.clients.http import HttpClient
from webshop.clients.snelstart.auth import SnelStartAuth
from webshop.clients.snelstart.client import CreatedEntry, Relation, SnelStartClient
from webshop.clients.snelstart.payloads import relation_payload, sales_entry_payload
from webshop.clients.transport import build_session
from webshop.domain.booking import DocumentVatKind, EntryLine, SalesEntry, VatKind, VatLine
from webshop.exceptions import (
    DuplicateError,
    NotFoundRemoteError,
    OutcomeUnknownError,
    PartnerAccessError,
    ReconnectRequiredError,
    RejectedError,
    RemoteError,
    RetryableRemoteError,
    ThrottledError,
)
from webshop.sandbox import Sandbox, SandboxAdapter, create_sandbox
from webshop.sandbox.core import Fault
from webshop.sandbox.snelstart.service import SUBSCRIPTION_KEY

MODEL = Path(__file__).parents[3] / "shared" / "reference" / "contracts" / "snelstart-b2b-v2.openapi.json"
NUMBER = "404-1234567-1234567"
EMAIL = "o'brien+x@marketplace.amazon.nl"
POST = "POST /verkoopboekingen"

pytestmark = pytest.mark.contract
needs_model = pytest.mark.skipif(not MODEL.exists(), reason="the vendor's model is not beside the repository")


class Bookkeeping:
    """An administration of the look-alike with one customer, and our client for it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.key = sandbox.snelstart.create_administration(name="Winkel", foreign_vat=True).key
        self.http = HttpClient(
            remote="snelstart",
            session=build_session(adapter=SandboxAdapter(sandbox.wsgi)),
            user_agent="Koppeling/test",
            max_bytes=5_000_000,
        )
        self.token = self.mint()
        self.client = self.client_with(SUBSCRIPTION_KEY)
        countries = {country.code: country.country_id for country in self.client.countries()}
        self.country_id = countries["NL"]
        self.customer = self.create_customer(EMAIL)
        self.ledger = next(ledger for ledger in self.client.ledgers() if ledger.function == 12)

    def client_with(self, subscription_key: str) -> SnelStartClient:
        return SnelStartClient(
            http=self.http,
            base_url="http://sandbox/snelstart/api/v2",
            subscription_key=subscription_key,
            tokens=self,
            take=lambda operation: None,
        )

    def mint(self) -> str:
        auth = SnelStartAuth(http=self.http, token_url="http://sandbox/snelstart/auth/b2b/token", clock=clock)
        return auth.token(self.key).access_token

    def get(self) -> str:
        return self.token

    def renew(self, rejected: str) -> str:
        self.token = self.mint()
        return self.token

    def create_customer(self, email: str | None) -> Relation:
        payload = relation_payload(
            name="Amazon-klant 1811 AB NL", email=email, postal_code="1811 AB", city=None, country_id=self.country_id
        )
        return self.client.create_relation(payload)

    def payload(self, total: str = "121.00", vat: str = "21.00") -> dict[str, Any]:
        net = Decimal(total) - Decimal(vat)
        line = EntryLine("2 × kan", self.ledger.ledger_id, self.ledger.number, None, VatKind.HIGH, net)
        entry = SalesEntry(
            invoice_number=NUMBER,
            booked_on=date(2026, 11, 20),
            description=f"Amazon {NUMBER}",
            payment_days=14,
            total_incl_vat=Decimal(total),
            lines=(line,),
            vat=(VatLine(DocumentVatKind.SALES_HIGH, Decimal(vat)),),
        )
        return sales_entry_payload(entry, customer_id=self.customer.relation_id)

    def post(self) -> CreatedEntry:
        return self.client.create_sales_entry(self.payload())

    def strike(self, kind: str, operation: str = POST, **parameters: Any) -> None:
        self.sandbox.world.faults.add(Fault("snelstart", operation, kind, parameters=parameters))

    @property
    def entry_count(self) -> int:
        return len(self.client.sales_invoices_page(modified_since=None, skip=0))


@pytest.fixture
def books() -> Iterator[Bookkeeping]:
    sandbox = create_sandbox(clock=clock)
    yield Bookkeeping(sandbox)
    sandbox.close()


# the model


@needs_model
def test_every_request_fits_the_model(books: Bookkeeping) -> None:
    spec = json.loads(MODEL.read_text(encoding="utf-8"))
    entry = books.post()
    books.client.get_sales_entry(entry.entry_id)
    books.client.company_info()
    books.client.domestic_vat_rates()
    books.client.journals()
    books.client.cost_centres()
    books.client.find_relations(EMAIL)
    books.client.find_relations_by_name("Amazon consument NL")
    books.client.find_sales_invoices(NUMBER)
    books.client.relations_page(modified_since=NOW - timedelta(days=1), skip=0)
    books.client.sales_invoices_page(modified_since=NOW - timedelta(days=1), skip=0)
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

    assert posted == {"/relaties", "/verkoopboekingen"}


# the look-alike


def test_an_entry_is_made_once_found_and_read_back(books: Bookkeeping) -> None:
    entry = books.post()
    (invoice,) = books.client.find_sales_invoices(NUMBER)
    document = books.client.get_sales_entry(entry.entry_id)

    assert entry == CreatedEntry(entry.entry_id, NUMBER, Decimal("121.00"))
    assert (invoice.entry_id, invoice.relation_id, invoice.total) == (
        entry.entry_id,
        books.customer.relation_id,
        Decimal(121),
    )
    assert (document.number, document.total, document.booked_on) == (NUMBER, Decimal(121), date(2026, 11, 20))
    with pytest.raises(DuplicateError):
        books.post()
    assert books.entry_count == 1


def test_a_cent_arrives_as_a_cent(books: Bookkeeping) -> None:
    entry = books.client.create_sales_entry(books.payload("0.12", "0.02"))

    assert entry.total == Decimal("0.12")


def test_a_customer_is_found_again_by_a_difficult_address(books: Bookkeeping) -> None:
    assert books.client.find_relations(EMAIL.upper()) == (books.customer,)
    assert books.client.find_relations("x' or 1 eq 1 or Email eq 'y@example.nl") == ()
    assert books.client.find_relations_by_name("x' or 1 eq 1 or Naam eq 'y") == ()


def test_a_customer_without_an_address_is_found_again_by_name(books: Bookkeeping) -> None:
    collective = books.create_customer(None)

    assert collective in books.client.find_relations_by_name("Amazon-klant 1811 AB NL")
    assert collective.emails == ()


def test_a_changed_customer_is_seen_since_the_moment_of_the_change(books: Bookkeeping) -> None:
    assert books.customer in books.client.relations_page(modified_since=NOW, skip=0)
    assert books.client.relations_page(modified_since=NOW + timedelta(hours=1), skip=0) == ()


@pytest.mark.parametrize("operation", ["GET /relaties", "GET /verkoopfacturen"])
def test_an_ignored_filter_gives_no_wrong_hit(books: Bookkeeping, operation: str) -> None:
    books.post()
    books.create_customer("an@example.nl")
    books.strike("ignore_filter", operation)

    if operation == "GET /relaties":
        assert books.client.find_relations("an@example.com") == ()
    else:
        assert books.client.find_sales_invoices("404-1234567-1234568") == ()


def test_the_administration_is_known(books: Bookkeeping) -> None:
    company = books.client.company_info()

    assert (company.name, company.is_foreign_vat_invoiced) == ("Winkel", True)
    assert company.foreign_vat_ledger_id in {ledger.ledger_id for ledger in books.client.ledgers()}
    assert {"HIGH", "LOW", "NONE"} <= {rate.kind for rate in books.client.domestic_vat_rates()}
    assert {"SALES", "GENERAL"} <= {journal.kind for journal in books.client.journals()}
    assert any(centre.is_active for centre in books.client.cost_centres())


def test_an_expired_token_costs_one_renewal_and_the_entry_is_made_once(books: Bookkeeping) -> None:
    before = books.token
    books.strike("token_expired")
    books.post()

    assert books.token != before
    assert books.entry_count == 1


def test_a_withdrawn_key_needs_the_owner(books: Bookkeeping) -> None:
    books.sandbox.snelstart.revoke_key(books.key)

    with pytest.raises(ReconnectRequiredError):
        books.mint()


def test_a_wrong_subscription_key_is_no_customers_fault(books: Bookkeeping) -> None:
    with pytest.raises(PartnerAccessError):
        books.client_with("wrong").company_info()


def test_an_unknown_id_is_not_found(books: Bookkeeping) -> None:
    with pytest.raises(NotFoundRemoteError):
        books.client.get_sales_entry("00000000-0000-4000-8000-000000000000")


def test_an_entry_that_does_not_add_up_is_refused_by_its_code(books: Bookkeeping) -> None:
    with pytest.raises(RejectedError) as caught:
        books.client.create_sales_entry({**books.payload(), "factuurbedrag": Decimal("121.01")})

    assert caught.value.code == "BOE-0039"


def test_a_word_the_model_does_not_know_is_refused_by_the_model_binder(books: Bookkeeping) -> None:
    with pytest.raises(RejectedError) as caught:
        books.client.create_sales_entry({**books.payload(), "factuurdatum": "gisteren"})

    assert caught.value.code == "MODEL_STATE"


# kind of fault, its parameters, what a POST ends in, whether the entry was made
TROUBLE = [
    ("drop", {}, OutcomeUnknownError, False),
    ("reset", {}, OutcomeUnknownError, False),
    ("commit_then_hang", {}, OutcomeUnknownError, True),
    ("commit_then_reset", {}, OutcomeUnknownError, True),
    ("delayed_commit", {"seconds": 45}, OutcomeUnknownError, False),
    ("truncate", {"bytes": 20}, OutcomeUnknownError, True),
    ("without_id", {}, OutcomeUnknownError, True),
    ("huge", {"bytes": 10_000_000}, OutcomeUnknownError, True),
    ("commit_then_status", {"status": 502, "body": ""}, OutcomeUnknownError, True),
    ("status", {"status": 500}, OutcomeUnknownError, False),
    ("status", {"status": 503}, OutcomeUnknownError, False),
    ("throttle", {}, ThrottledError, False),
    ("quota", {}, ThrottledError, False),
    ("subscription_key", {}, PartnerAccessError, False),
    ("redirect", {}, RejectedError, False),
]


@pytest.mark.parametrize(("kind", "parameters", "error_class", "is_made"), TROUBLE)
def test_trouble_with_a_post_means_what_it_should(
    books: Bookkeeping, kind: str, parameters: dict[str, Any], error_class: type[RemoteError], is_made: bool
) -> None:
    books.strike(kind, **parameters)

    with pytest.raises(error_class) as caught:
        books.post()

    assert type(caught.value) is error_class
    assert bool(books.client.find_sales_invoices(NUMBER)) == is_made


@pytest.mark.parametrize(
    ("kind", "parameters", "error_class"),
    [
        ("drop", {}, RetryableRemoteError),
        ("reset", {}, RetryableRemoteError),
        ("truncate", {"bytes": 1}, RetryableRemoteError),
        ("huge", {"bytes": 10_000_000}, RetryableRemoteError),
        ("status", {"status": 502}, RetryableRemoteError),
        ("redirect", {}, RetryableRemoteError),
        ("throttle", {}, ThrottledError),
        ("quota", {}, ThrottledError),
    ],
)
def test_trouble_with_a_look_up_is_never_taken_for_no_hit(
    books: Bookkeeping, kind: str, parameters: dict[str, Any], error_class: type[RemoteError]
) -> None:
    books.post()
    books.strike(kind, "GET /verkoopfacturen", **parameters)

    with pytest.raises(error_class) as caught:
        books.client.find_sales_invoices(NUMBER)

    assert type(caught.value) is error_class
