"""From an order to the booking it must become: the types everything else talks about.

`translate` (translate.py) is the one way in. It is pure: the same order and the same rules give the
same translation, to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from webshop.domain.orders import Status


class Outcome(StrEnum):
    """Where every order ends: exactly one of these."""

    READY = "READY"
    READY_WITH_WARNING = "READY_WITH_WARNING"
    BLOCKED = "BLOCKED"
    DEFERRED = "DEFERRED"
    SKIPPED = "SKIPPED"


class Treatment(StrEnum):
    NL_DOMESTIC = "NL_DOMESTIC"
    EU_B2C_BELOW_THRESHOLD = "EU_B2C_BELOW_THRESHOLD"
    EU_B2C_OSS = "EU_B2C_OSS"
    EU_B2C_OSS_FROM_FOREIGN_STOCK = "EU_B2C_OSS_FROM_FOREIGN_STOCK"
    ICP = "ICP"
    EXPORT = "EXPORT"
    EXPORT_AMAZON_COLLECTS_DESTINATION_VAT = "EXPORT_AMAZON_COLLECTS_DESTINATION_VAT"
    LOCAL_FOREIGN = "LOCAL_FOREIGN"
    NONE = "NONE"
    UNKNOWN = "UNKNOWN"


class VatKind(StrEnum):
    """SnelStart's kinds of VAT on a line, in our words."""

    NONE = "NONE"
    LOW = "LOW"
    HIGH = "HIGH"
    OTHER = "OTHER"


class DocumentVatKind(StrEnum):
    """SnelStart's kinds of VAT on the document, in our words."""

    SALES_LOW = "SALES_LOW"
    SALES_HIGH = "SALES_HIGH"
    SALES_OTHER = "SALES_OTHER"
    SALES_REVERSE_CHARGED = "SALES_REVERSE_CHARGED"


class PostingKind(StrEnum):
    """What an order becomes in SnelStart: a sales entry (verkoopboeking) or a sales order (bestelling)."""

    SALES_ENTRY = "sales_entry"
    SALES_ORDER = "sales_order"


class PriceModel(StrEnum):
    """Whether the unit prices of a sales order include VAT."""

    EXCLUSIVE = "EXCLUSIVE"
    INCLUSIVE = "INCLUSIVE"


class BookingDate(StrEnum):
    """On which day a sale is booked: that of the order, or of the shipment."""

    ORDER = "order"
    SHIP = "ship"


class Scope(StrEnum):
    """The groups of rows of the VAT table in Configuratie."""

    NL = "NL"
    EU = "EU"
    ICP = "ICP"
    INTERNATIONAL = "INTERNATIONAL"


@dataclass(frozen=True)
class Issue:
    """One reason why an order waits, stops or deserves a look: a code and the facts of its text.

    Facts never hold an e-mail address, a postal code or a full VAT number.
    """

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ledger:
    """A ledger account of the administration; `function` is SnelStart's own number (12 = high rate)."""

    ledger_id: str
    number: int
    name: str
    function: int
    is_active: bool = True
    is_cost_centre_required: bool = False
    rate_code: str | None = None


@dataclass(frozen=True)
class MappingRow:
    """One row of the VAT table: what this percentage for this country is booked on."""

    scope: Scope
    country: str
    percentage: Decimal
    valid_from: date
    vat_kind: VatKind
    ledger_id: str
    cost_centre_id: str | None = None
    rate_code: str | None = None
    is_default: bool = False
    """The rate that counts for this country when nothing says which of several it is."""


@dataclass(frozen=True)
class DomesticRate:
    """A Dutch VAT percentage as SnelStart knows it; both dates are inclusive."""

    vat_kind: VatKind
    percentage: Decimal
    valid_from: date
    valid_until: date


@dataclass(frozen=True)
class ForeignRate:
    """A percentage of another country as SnelStart knows it, in force until the next of its rate code.

    A percentage of 0 ends the rate code. `rate_code` is SR, RRH, RRL, SRR or PR.
    """

    country: str
    rate_code: str
    percentage: Decimal
    valid_from: date


@dataclass(frozen=True)
class ArticleFacts:
    """An article of the administration: what its revenue group says about Dutch VAT."""

    article_id: str
    revenue_kind: VatKind
    percentage: Decimal | None
    is_active: bool = True


@dataclass(frozen=True)
class Gap:
    """A time without a subscription, until `ends_at`; its orders are not booked until the owner says so."""

    starts_at: datetime
    ends_at: datetime
    is_decided: bool
    """Whether the owner said that they are not booked; what may be booked is no gap."""

    def holds(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True)
class ShopRules:
    """Everything of a shop and its administration that decides how an order is booked."""

    marketplace_id: str
    statuses: frozenset[Status]
    dispatch_country: str
    fba_dispatch_country: str | None
    is_oss_registered: bool
    vat_source: str
    """"calculated" (default) or "amazon"."""
    is_vcs_active: bool
    mapping: tuple[MappingRow, ...]
    ledgers: Mapping[str, Ledger]
    domestic_rates: tuple[DomesticRate, ...]
    countries: frozenset[str]
    """Two-letter codes of the countries the administration knows."""
    sku_rates: Mapping[str, Decimal] = field(default_factory=dict)
    sku_country_rates: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    """Rates by (SKU, country whose VAT is due); they go before `sku_rates`."""
    booking_date: BookingDate = BookingDate.ORDER
    is_line_per_item: bool = False
    is_foreign_vat_invoiced: bool = False
    foreign_vat_periods: tuple[tuple[date, date], ...] = ()
    """When foreign VAT is invoiced, both dates inclusive; without any it is so on every date."""
    foreign_vat_ledger_id: str | None = None
    foreign_rates: tuple[ForeignRate, ...] = ()
    cost_centre_ids: frozenset[str] | None = None
    """The active cost centres; None when the list was not read."""
    is_small_business_scheme: bool = False
    is_collective_debtor_used: bool = True
    is_vies_used: bool = False
    """Whether a VAT number has to be confirmed by VIES before a sale without VAT is booked."""
    payment_days: int = 14
    currency: str = "EUR"
    start_on: date | None = None
    gaps: tuple[Gap, ...] = ()
    posting_kind: PostingKind = PostingKind.SALES_ENTRY
    price_model: PriceModel = PriceModel.EXCLUSIVE
    template_id: str | None = None
    order_cost_centre_id: str | None = None
    articles: Mapping[str, ArticleFacts] = field(default_factory=dict)
    """The articles that exist, by code, as far as they were looked up for these orders."""
    is_article_code_numeric: bool = False
    article_code_max_length: int = 25


@dataclass(frozen=True)
class CustomerWish:
    """What the customer of a booking must be like in SnelStart, which judges the VAT by the relation.

    `is_country_binding` says that a relation in another country gives other VAT; with `needs_vat_number`
    only the buyer's own relation will do, with `forbids_vat_number` only one without a VAT number.
    """

    country: str
    is_country_binding: bool
    needs_vat_number: bool
    forbids_vat_number: bool


@dataclass(frozen=True)
class EntryLine:
    """Revenue on one ledger, without VAT; or, when `is_vat`, foreign VAT on its own ledger."""

    description: str
    ledger_id: str
    ledger_number: int
    cost_centre_id: str | None
    vat_kind: VatKind
    amount_excl_vat: Decimal
    is_vat: bool = False


@dataclass(frozen=True)
class VatLine:
    kind: DocumentVatKind
    amount: Decimal


@dataclass(frozen=True)
class SalesEntry:
    """A sales entry (verkoopboeking) as it will be sent, but for the customer's id."""

    invoice_number: str
    booked_on: date
    description: str
    payment_days: int
    total_incl_vat: Decimal
    lines: tuple[EntryLine, ...]
    vat: tuple[VatLine, ...]


@dataclass(frozen=True)
class NewArticle:
    """An article that has to be made before the order; its revenue group must be of `revenue_kind`."""

    code: str
    description: str
    revenue_kind: VatKind


@dataclass(frozen=True)
class SalesOrderLine:
    """Pieces of one article; the unit price is never negative, the quantity of a discount is.

    `percentage` is what SnelStart will charge on it.
    """

    article_code: str
    description: str
    quantity: int
    unit_price: Decimal
    percentage: Decimal


@dataclass(frozen=True)
class SalesOrder:
    """A sales order (bestelling) as it will be sent, but for the ids of customer and articles.

    `predicted_incl_vat` is the total that SnelStart will make of the lines; it equals `total_incl_vat`.
    """

    customer: CustomerWish
    payment_reference: str
    booked_on: date
    description: str
    price_model: PriceModel
    template_id: str | None
    cost_centre_id: str | None
    lines: tuple[SalesOrderLine, ...]
    total_incl_vat: Decimal
    predicted_incl_vat: Decimal
    new_articles: tuple[NewArticle, ...] = ()


@dataclass(frozen=True)
class PaymentEntry:
    """A journal entry (memoriaalboeking) that settles one sales entry against the clearing ledger."""

    journal_id: str
    booked_on: date
    voucher: str
    description: str
    sales_entry_id: str
    clearing_ledger_id: str
    amount: Decimal


@dataclass(frozen=True)
class RateGroup:
    """The calculation of one rate, as shown in the preview: gross = net + vat."""

    country: str
    percentage: Decimal
    gross: Decimal
    net: Decimal
    vat: Decimal
    rate_source: str
    """Which of the sources of the rate answered: amazon, sku, article, only_row, default.

    "treatment" is for what has no VAT whatever is sold: ICP, export, small business scheme. Items of
    one rate whose rates come from several sources: those words, joined with "+".
    """


@dataclass(frozen=True)
class Translation:
    outcome: Outcome
    treatment: Treatment
    issues: tuple[Issue, ...] = ()
    groups: tuple[RateGroup, ...] = ()
    entry: SalesEntry | None = None
    sales_order: SalesOrder | None = None
    """What will be sent: one of the two when the order is ready, neither otherwise."""
    customer: CustomerWish | None = None
    vat_country: str | None = None
    """The country whose VAT is due; for an export to a special territory the code of that territory."""

    @property
    def customer_country(self) -> str | None:
        """The country in which the customer must be in SnelStart."""
        return None if self.customer is None else self.customer.country

    @property
    def is_ready(self) -> bool:
        return self.outcome in (Outcome.READY, Outcome.READY_WITH_WARNING)
