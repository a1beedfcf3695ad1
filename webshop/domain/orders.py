"""What an order is to us: Amazon's facts without Amazon's field names and without buyer data.

Amounts are Decimal in the order's currency, exactly as Amazon gave them; whether a part includes VAT
is decided by `components` (the sum test of the order's own figures), never assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from webshop.domain.vat_numbers import VatNumberCheck


class Status(StrEnum):
    """An order's fulfilment status at Amazon; UNKNOWN is any word we have not met."""

    PENDING_AVAILABILITY = "PENDING_AVAILABILITY"
    PENDING = "PENDING"
    UNSHIPPED = "UNSHIPPED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    CANCELLED = "CANCELLED"
    UNFULFILLABLE = "UNFULFILLABLE"
    UNKNOWN = "UNKNOWN"


class FulfilledBy(StrEnum):
    AMAZON = "AMAZON"
    MERCHANT = "MERCHANT"
    UNKNOWN = "UNKNOWN"


class Part(StrEnum):
    """What an amount is for. The discounts are positive amounts that are taken off."""

    ITEM = "ITEM"
    SHIPPING = "SHIPPING"
    GIFT_WRAP = "GIFT_WRAP"
    COD_FEE = "COD_FEE"
    OTHER = "OTHER"
    DISCOUNT = "DISCOUNT"
    SHIPPING_DISCOUNT = "SHIPPING_DISCOUNT"


DISCOUNTS = frozenset({Part.DISCOUNT, Part.SHIPPING_DISCOUNT})


@dataclass(frozen=True)
class Item:
    """One order line.

    `amounts` holds what Amazon stated per part (discounts as positive amounts), `taxes` the tax it
    stated per part, `tax_total` its total tax (0 when it states none) and `total` what the line
    brings in. `total` is None when Amazon gave no amount.
    """

    item_id: str
    sku: str | None
    asin: str | None
    title: str
    quantity: int
    amounts: Mapping[Part, Decimal]
    taxes: Mapping[Part, Decimal]
    tax_total: Decimal
    total: Decimal | None
    collected_by_amazon: bool = False
    reporting_scheme: str | None = None

    @property
    def code(self) -> str:
        """What a person knows the line by, cut to a readable length."""
        return (self.sku or self.asin or self.item_id)[:40]


@dataclass(frozen=True)
class Destination:
    """Where the goods go, as far as VAT needs to know.

    `country` is the ISO code Amazon gave (None when absent), `territory` the code of a special
    territory of territories.py (None: mainland), `is_undecided` says that the country has special
    territories and neither postal code nor city could tell.
    """

    country: str | None
    territory: str | None = None
    is_undecided: bool = False


@dataclass(frozen=True)
class Order:
    amazon_order_id: str
    marketplace_id: str
    is_amazon_sale: bool
    purchased_at: datetime
    status: Status
    fulfilled_by: FulfilledBy
    currency: str | None
    grand_total: Decimal | None
    items: tuple[Item, ...]
    destination: Destination
    delivery_tip: Decimal = Decimal(0)
    shared_amounts: Mapping[Part, Decimal] = field(default_factory=dict)
    """What is stated for the order as a whole and stands in no item, with VAT; discounts positive."""
    is_migrated: bool = False
    """Whether a paid migration brings it in, so that the start date does not hold it back."""
    is_business: bool = False
    is_replacement: bool = False
    is_invoiced_by_amazon: bool = False
    has_buyer_email: bool = False
    buyer_vat_number: str | None = None
    vat_number_check: VatNumberCheck | None = None
    """What a check of the buyer's VAT number gave, whether Amazon gave the number or a person did."""
    ship_from_country: str | None = None
    shipped_at: datetime | None = None
    """When the last package left; None when Amazon does not say, as always with stock at Amazon."""
    payment_method: str | None = None
    problems: tuple[str, ...] = field(default=())
    """What the parser could not read (field names, never values)."""
