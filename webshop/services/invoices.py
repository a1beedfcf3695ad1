"""Our invoices."""

from __future__ import annotations

from webshop.models import Checkout


def issue(checkout: Checkout) -> None:
    """Make the invoice of a paid checkout, in the caller's transaction; once per checkout."""
