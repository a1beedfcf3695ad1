"""Show exactly what will be sent for an order, and what was sent for a posted one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from webshop.clients.snelstart.payloads import sales_entry_payload
from webshop.domain.booking import Translation
from webshop.extensions import db
from webshop.models import Order, Posting, Purpose, Remote, Shop
from webshop.services.connections import find_connection
from webshop.services.mapping import load_rulebook
from webshop.services.translation import translate_row

CUSTOMER_PLACEHOLDER = "00000000-0000-0000-0000-000000000000"
"""Stands for the customer, who is found or made at the moment of posting."""


@dataclass(frozen=True)
class Preview:
    """What an order becomes; `translation` is None while SnelStart is not connected."""

    translation: Translation | None
    payload: Mapping[str, Any] | None
    """As it will be sent; None when the order cannot be posted as things stand."""
    posting: Posting | None
    """What was or is being sent, when there was ever a claim."""

    @property
    def difference(self) -> Decimal | None:
        """Lines plus VAT minus total of what will be sent: 0.00, or something is very wrong."""
        entry = self.translation.entry if self.translation else None
        if entry is None:
            return None
        booked = sum((line.amount_excl_vat for line in entry.lines), Decimal(0))
        booked += sum((line.amount for line in entry.vat), Decimal(0))
        return booked - entry.total_incl_vat


def preview_order(order: Order) -> Preview:
    """Translate the order as the next run would, without sending anything."""
    posting = db.session.scalars(
        select(Posting).where(Posting.order_id == order.id, Posting.purpose == Purpose.SALE.value)
    ).first()
    connection = find_connection(order.shop_id, Remote.SNELSTART)
    if connection is None or not order.content:
        return Preview(None, None, posting)
    rulebook = load_rulebook(db.session.get_one(Shop, order.shop_id), connection.account_id)
    translation = translate_row(order, rulebook.rules)
    customer_id = (posting.customer_id if posting else None) or CUSTOMER_PLACEHOLDER
    entry = translation.entry if translation.is_ready else None
    return Preview(translation, sales_entry_payload(entry, customer_id=customer_id) if entry else None, posting)
