"""SnelStart's documents in our words, as far as we use them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class CompanyInfo:
    """The administration behind the key; `foreign_vat_ranges` are SnelStart's own (from, to) numbers."""

    administration_id: str
    name: str
    company_name: str
    article_code_kind: str
    article_code_max_length: int
    is_foreign_vat_invoiced: bool
    foreign_vat_ranges: tuple[tuple[int, int], ...]
    foreign_vat_ledger_id: str | None
    is_small_business_scheme: bool
    book_year: int | None
    price_decimals: int
    is_article_price_excl_vat: bool
    vat_number: str | None = None
    """The seller's own, with which VIES gives a proof of its answer."""


@dataclass(frozen=True)
class Country:
    country_id: str
    code: str
    code3: str
    name: str


@dataclass(frozen=True)
class LedgerAccount:
    """`function` is SnelStart's number (12 = revenue at the high rate), 0 for one we do not know."""

    ledger_id: str
    number: int
    name: str
    function: int
    is_active: bool
    is_cost_centre_required: bool
    rate_code: str | None
    vat_kinds: tuple[str, ...]


@dataclass(frozen=True)
class VatRate:
    """A Dutch percentage; both dates are inclusive.

    `kind` is HIGH, LOW, OTHER or NONE.
    """

    kind: str
    percentage: Decimal
    valid_from: date
    valid_until: date


@dataclass(frozen=True)
class Journal:
    journal_id: str
    number: int
    name: str
    kind: str
    is_active: bool


@dataclass(frozen=True)
class CostCentre:
    cost_centre_id: str
    number: int
    name: str
    is_active: bool


@dataclass(frozen=True)
class Relation:
    """A customer or supplier; the addresses in `emails` are normalised."""

    relation_id: str
    code: int | None
    emails: tuple[str, ...] = field(repr=False)
    country_id: str | None
    is_active: bool
    is_customer: bool
    has_vat_number: bool
    modified_at: datetime | None
    name: str = field(repr=False)
    vat_number: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class SalesInvoice:
    """What SnelStart makes of a sales entry by itself; `entry_id` is the entry behind it."""

    invoice_id: str
    number: str
    entry_id: str | None
    relation_id: str | None
    total: Decimal | None
    open_balance: Decimal | None
    booked_on: date | None


@dataclass(frozen=True)
class CreatedEntry:
    entry_id: str
    number: str
    total: Decimal | None


@dataclass(frozen=True)
class SalesEntryDocument:
    entry_id: str
    number: str
    relation_id: str | None
    total: Decimal | None
    booked_on: date | None
