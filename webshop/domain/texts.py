"""The texts of a booking in SnelStart, made to fit: one line, printable, cut at a character."""

from __future__ import annotations

from decimal import Decimal

from webshop.domain.mapping import percentage_text
from webshop.domain.orders import Item, Order

LONGEST_DESCRIPTION = 250
LONGEST_ORDER_DESCRIPTION = 50


def heading(order: Order) -> str:
    """Give the description of a booking, whole: order number and payment method."""
    payment = f" / {order.payment_method}" if order.payment_method else ""
    return f"Amazon {order.amazon_order_id}{payment}"


def group_text(order: Order, percentage: Decimal, country: str) -> str:
    """Give the description of a line of one percentage; `country` is empty for Dutch VAT."""
    shown = percentage_text(percentage).replace(".", ",")
    return f"Amazon {order.amazon_order_id} btw {shown}% {country}".rstrip()


def item_text(item: Item) -> str:
    return fitted(f"{item.quantity} x {item.title or item.code}")


def fitted(text: str, longest: int = LONGEST_DESCRIPTION) -> str:
    return _printable(text)[:longest].rstrip()


def is_cut(text: str, longest: int) -> bool:
    """Say whether a text loses something that can be read when it is made to fit."""
    return len(_printable(text)) > longest


def _printable(text: str) -> str:
    words = " ".join(text[: 4 * LONGEST_DESCRIPTION].split())
    return "".join(character for character in words if character.isprintable())
