"""A payment settles one sales entry in full, under the number by which it is found again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.domain.builders import ORDER_ID, RULES, make_order
from webshop.domain.booking import PaymentEntry, SalesEntry
from webshop.domain.payments import payment_of
from webshop.domain.translate import translate
from webshop.exceptions import TranslationError


def entry() -> SalesEntry:
    booked = translate(make_order(), RULES).entry
    assert booked is not None
    return booked


def test_a_payment_is_the_entry_the_other_way_round() -> None:
    payment = payment_of(entry(), sales_entry_id="entry", journal_id="journal", clearing_ledger_id="clearing")

    assert payment == PaymentEntry(
        journal_id="journal",
        booked_on=date(2026, 3, 2),
        voucher=ORDER_ID,
        description=f"Amazon {ORDER_ID} / CreditCard",
        sales_entry_id="entry",
        clearing_ledger_id="clearing",
        amount=Decimal("24.99"),
    )


@pytest.mark.parametrize("change", [{"total_incl_vat": Decimal(0)}, {"invoice_number": "x" * 26}])
def test_a_payment_that_snelstart_would_refuse_is_never_made(change: dict[str, object]) -> None:
    with pytest.raises(TranslationError):
        payment_of(replace(entry(), **change), sales_entry_id="e", journal_id="j", clearing_ledger_id="c")  # type: ignore[arg-type]
