"""The VAT of other countries as SnelStart knows it: percentages per rate code and date, and its switch for OSS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from webshop.domain.booking import ForeignRate, ShopRules

STANDARD = "SR"
REDUCED = frozenset({"RRH", "RRL"})
OSS_STARTED_ON = date(2021, 7, 1)


def rates_in_force(rates: Iterable[ForeignRate], country: str, on: date) -> Mapping[str, Decimal]:
    """Give the percentage of each rate code of a country on a date."""
    latest: dict[str, ForeignRate] = {}
    for rate in rates:
        if rate.country == country and rate.valid_from <= on:
            known = latest.get(rate.rate_code)
            if known is None or known.valid_from <= rate.valid_from:
                latest[rate.rate_code] = rate
    return {code: rate.percentage for code, rate in latest.items() if rate.percentage}


def is_foreign_vat_invoiced(rules: ShopRules, on: date) -> bool:
    """Say whether SnelStart treats private customers in the EU by the rules of OSS on a date."""
    if not rules.is_foreign_vat_invoiced or on < OSS_STARTED_ON:
        return False
    periods = rules.foreign_vat_periods
    return not periods or any(first <= on <= last for first, last in periods)


def can_book_foreign_vat(rules: ShopRules, on: date) -> bool:
    """Say whether the administration is set up for OSS on a date, with a ledger for the VAT."""
    ledger = rules.ledgers.get(rules.foreign_vat_ledger_id or "")
    return is_foreign_vat_invoiced(rules, on) and ledger is not None and ledger.is_active
