"""The last look at an entry: what the arithmetic must never let through."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.domain.builders import RULES, make_order
from webshop.domain.booking import DocumentVatKind, VatKind, VatLine
from webshop.domain.checks import check_entry
from webshop.domain.issues import issue
from webshop.domain.translate import translate
from webshop.exceptions import TranslationError

ENTRY = translate(make_order(), RULES).entry
assert ENTRY is not None
LINE = ENTRY.lines[0]
ZERO = replace(LINE, amount_excl_vat=Decimal("0.00"))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"total_incl_vat": Decimal("25.00")}, "do not add up"),
        ({"total_incl_vat": Decimal("NaN")}, "whole number of cents"),
        ({"lines": (LINE, ZERO)}, "a line of 0.00"),
        ({"lines": (), "total_incl_vat": Decimal("4.34")}, "no lines"),
        ({"lines": (replace(LINE, vat_kind=VatKind.LOW),)}, "has no row"),
        ({"vat": (*ENTRY.vat, VatLine(DocumentVatKind.SALES_HIGH, Decimal(0)))}, "two VAT rows"),
        ({"invoice_number": "1" * 26}, "invoice number"),
        ({"invoice_number": ""}, "invoice number"),
        ({"description": "x" * 251}, "description"),
        ({"lines": (replace(LINE, description="x" * 251),)}, "description"),
    ],
)
def test_a_wrong_entry_is_never_handed_over(change: dict[str, Any], fault: str) -> None:
    assert ENTRY is not None

    with pytest.raises(TranslationError, match=fault):
        check_entry(replace(ENTRY, **change))


def test_a_right_entry_passes() -> None:
    assert ENTRY is not None

    check_entry(ENTRY)


def test_an_issue_that_is_not_in_the_vocabulary_is_a_bug() -> None:
    with pytest.raises(TranslationError, match="SPELLING_MISTEAK"):
        issue("SPELLING_MISTEAK")
