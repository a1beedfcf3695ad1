"""An administration in the look-alike of SnelStart, reached as the product reaches it: client and payloads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from webshop.clients.http import HttpClient
from webshop.clients.snelstart.auth import SnelStartAuth
from webshop.clients.snelstart.client import Article, CreatedOrder, SnelStartClient
from webshop.clients.snelstart.payloads import (
    DeliveryAddress,
    article_payload,
    journal_entry_payload,
    relation_payload,
    sales_entry_payload,
    sales_order_payload,
)
from webshop.clients.transport import build_session
from webshop.domain.booking import (
    ArticleFacts,
    CustomerWish,
    DomesticRate,
    ForeignRate,
    Ledger,
    MappingRow,
    NewArticle,
    PaymentEntry,
    SalesEntry,
    SalesOrder,
    Scope,
    ShopRules,
    Translation,
    VatKind,
)
from webshop.domain.orders import Status
from webshop.domain.proposals import propose_rows
from webshop.sandbox import SandboxAdapter, create_sandbox
from webshop.sandbox.snelstart.service import SUBSCRIPTION_KEY

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PERCENTAGES = {VatKind.HIGH: Decimal(21), VatKind.LOW: Decimal(9), VatKind.NONE: Decimal(0)}
NUMBERS = {
    "DE": "DE136695976",
    "BE": "BE0428759497",
    "FR": "FR83404833048",
    "AT": "ATU13585627",
    "XI": "XI366303068",
}


@dataclass
class Clock:
    """A clock that goes on a little with every call, so that the limits of SnelStart are kept."""

    now: datetime = NOW
    pace: timedelta = timedelta(seconds=1)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class SnelStartBooks:
    foreign_vat: bool = False
    small_business_scheme: bool = False
    articles: dict[str, ArticleFacts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.sandbox = create_sandbox(clock=self.clock)
        self.key = self.sandbox.snelstart.create_administration(
            name="Winkel",
            foreign_vat=self.foreign_vat,
            small_business_scheme=self.small_business_scheme,
            article_code_kind="Alfanumeriek",
            article_code_length=25,
        ).key
        self.http = HttpClient(
            remote="snelstart", session=build_session(adapter=SandboxAdapter(self.sandbox.wsgi)), user_agent="test"
        )
        self.token = self._mint()
        self.client = SnelStartClient(
            http=self.http,
            base_url="http://sandbox/snelstart/api/v2",
            subscription_key=SUBSCRIPTION_KEY,
            tokens=self,
            take=self._take,
        )
        countries = self.client.countries()
        self.country_ids = {country.code: country.country_id for country in countries}
        self.groups = {
            kind: min(group.number for group in self.client.revenue_groups() if group.kind == kind.value)
            for kind in PERCENTAGES
        }
        self.group_ids = {group.number: group.group_id for group in self.client.revenue_groups()}
        self.journal_id = next(one.journal_id for one in self.client.journals() if one.kind == "GENERAL")
        self.clearing_ledger_id = next(one.ledger_id for one in self.client.ledgers() if one.number == 1240)
        self._customers: dict[CustomerWish, str] = {}

    # tokens and budget, as the services give them

    def get(self) -> str:
        return self.token

    def renew(self, rejected: str) -> str:
        self.token = self._mint()
        return self.token

    def _mint(self) -> str:
        auth = SnelStartAuth(http=self.http, token_url="http://sandbox/snelstart/auth/b2b/token", clock=self.clock)
        return auth.token(self.key).access_token

    def _take(self, operation: str) -> None:
        self.clock.now += self.clock.pace

    # what the core has to know

    def rules(self, **changes: Any) -> ShopRules:
        """Give the rules of a shop on this administration, from what SnelStart itself says."""
        company = self.client.company_info()
        ledgers = {
            one.ledger_id: Ledger(
                one.ledger_id,
                one.number,
                one.name,
                one.function,
                one.is_active,
                one.is_cost_centre_required,
                one.rate_code,
            )
            for one in self.client.ledgers()
        }
        domestic = tuple(
            DomesticRate(VatKind(one.kind), one.percentage, one.valid_from, one.valid_until)
            for one in self.client.domestic_vat_rates()
        )
        foreign = tuple(
            ForeignRate(one.country, one.rate_code, one.percentage, one.valid_from)
            for one in self.client.foreign_vat_rates()
        )
        is_oss = bool(changes.get("is_oss_registered"))
        rows = propose_rows(ledgers, domestic, foreign, is_oss_registered=is_oss, on=NOW.date())
        values: dict[str, Any] = {
            "marketplace_id": "A1805IZSGTT6HS",
            "statuses": frozenset({Status.SHIPPED}),
            "dispatch_country": "NL",
            "fba_dispatch_country": "NL",
            "is_oss_registered": is_oss,
            "vat_source": "calculated",
            "is_vcs_active": False,
            "mapping": (*rows, *_further_rows(ledgers, foreign if is_oss else ())),
            "ledgers": ledgers,
            "domestic_rates": domestic,
            "foreign_rates": foreign,
            "foreign_vat_ledger_id": company.foreign_vat_ledger_id,
            "is_foreign_vat_invoiced": company.is_foreign_vat_invoiced,
            "is_small_business_scheme": company.is_small_business_scheme,
            "countries": frozenset(self.country_ids),
            "article_code_max_length": company.article_code_max_length,
            "is_article_code_numeric": company.article_code_kind == "NUMERIC",
        }
        return ShopRules(**{**values, **changes})

    # documents

    def customer(self, wish: CustomerWish) -> str:
        if wish not in self._customers:
            payload = relation_payload(
                name=f"Amazon consument {wish.country}",
                email=None,
                postal_code=None,
                city=None,
                country_id=self.country_ids[wish.country],
                vat_number=NUMBERS[wish.country] if wish.needs_vat_number else None,
            )
            self._customers[wish] = self.client.create_relation(payload).relation_id
        return self._customers[wish]

    def make_article(self, code: str, kind: VatKind, *, is_active: bool = True) -> Article:
        payload = article_payload(
            NewArticle(code, f"Artikel {code}", kind), revenue_group_id=self.group_ids[self.groups[kind]]
        )
        article = self.client.create_article({**payload, "isNonActief": not is_active})
        self.articles[code] = ArticleFacts(article.article_id, kind, PERCENTAGES[kind], is_active)
        return article

    def book_entry(self, entry: SalesEntry, translation: Translation) -> str:
        assert translation.customer is not None
        payload = sales_entry_payload(entry, customer_id=self.customer(translation.customer))
        created = self.client.create_sales_entry(payload)
        assert created.total == entry.total_incl_vat
        return created.entry_id

    def book_order(self, order: SalesOrder) -> CreatedOrder:
        """Book a sales order with the articles it needs; give what SnelStart made of it."""
        for article in order.new_articles:
            self.make_article(article.code, article.revenue_kind)
        payload = sales_order_payload(
            order,
            customer_id=self.customer(order.customer),
            article_ids={code: article.article_id for code, article in self.articles.items()},
            delivery_address=DeliveryAddress("1234 AB", "Stad", self.country_ids[order.customer.country]),
        )
        return self.client.create_sales_order(payload)

    def pay(self, payment: PaymentEntry) -> None:
        """Book a payment and see that nothing is left open."""
        self.client.create_journal_entry(journal_entry_payload(payment))
        (invoice,) = self.client.find_sales_invoices(payment.voucher)
        assert invoice.open_balance == 0


def _further_rows(ledgers: dict[str, Ledger], foreign: tuple[ForeignRate, ...]) -> list[MappingRow]:
    """Give the rows a shop adds itself: reduced rates abroad, and no VAT for the small business scheme."""
    by_code = {ledger.rate_code: ledger.ledger_id for ledger in ledgers.values() if ledger.function == 84}
    untaxed = min((one for one in ledgers.values() if one.function == 10), key=lambda one: one.number)
    rows = [
        MappingRow(
            Scope.EU, rate.country, rate.percentage, rate.valid_from, VatKind.NONE, by_code.get(rate.rate_code, "")
        )
        for rate in foreign
        if rate.rate_code != "SR" and rate.percentage
    ]
    start = NOW.date().replace(year=2000)
    return [*rows, MappingRow(Scope.NL, "NL", Decimal(0), start, VatKind.NONE, untaxed.ledger_id)]
