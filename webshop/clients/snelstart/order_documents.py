"""SnelStart's documents around sales orders, articles and payments in our words, as far as we use them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class ForeignVatRate:
    """A percentage of another country from a day on; 0 ends the rate code there."""

    country: str
    rate_code: str
    percentage: Decimal
    valid_from: date


@dataclass(frozen=True)
class Article:
    article_id: str
    code: str
    description: str
    revenue_group_id: str | None
    is_active: bool


@dataclass(frozen=True)
class RevenueGroup:
    """What decides an article's VAT: `kind` is HIGH, LOW, OTHER or NONE, "" for one we do not know."""

    group_id: str
    number: int
    name: str
    kind: str
    ledger_id: str | None


@dataclass(frozen=True)
class OrderTemplate:
    template_id: str
    name: str
    is_active: bool
    is_price_excl_vat: bool
    is_order_blocked: bool


@dataclass(frozen=True)
class CreatedOrder:
    order_id: str
    number: int | None
    total_incl_vat: Decimal | None
    total_excl_vat: Decimal | None


@dataclass(frozen=True)
class SalesOrderRow:
    """A line of a sales order as SnelStart has it."""

    article_id: str | None
    quantity: Decimal | None
    unit_price: Decimal | None


@dataclass(frozen=True)
class SalesOrderDocument:
    order_id: str
    number: int | None
    payment_reference: str
    description: str
    relation_id: str | None
    booked_on: date | None
    total_incl_vat: Decimal | None
    total_excl_vat: Decimal | None
    lines: tuple[SalesOrderRow, ...]


@dataclass(frozen=True)
class CreatedJournalEntry:
    entry_id: str
    voucher: str


@dataclass(frozen=True)
class LedgerMutation:
    """One movement on a ledger; `invoice_number` is that of the invoice it settles."""

    mutation_id: str
    ledger_id: str | None
    journal_id: str | None
    voucher: str
    booked_on: date | None
    debit: Decimal | None
    credit: Decimal | None
    invoice_number: str
