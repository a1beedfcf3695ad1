"""0 % VAT needs a number that can exist: a typing error must not cost the seller the VAT."""

from __future__ import annotations

import pytest

from webshop.domain.vat_numbers import VatNumberStatus, compact
from webshop.services.vat_numbers import check_vat_number

VALID, FORMAT, DIGIT = VatNumberStatus.VALID_FORMAT, VatNumberStatus.INVALID_FORMAT, VatNumberStatus.BAD_CHECKDIGIT


@pytest.mark.parametrize(
    ("text", "country", "status"),
    [
        ("DE136695976", "DE", VALID),
        (" de 136.695-976 ", "DE", VALID),
        ("NL004495445B01", "NL", VALID),
        ("BE 0428.759.497", "BE", VALID),
        ("FR83404833048", "FR", VALID),
        ("ATU13585627", "AT", VALID),
        ("EL094259216", "GR", VALID),
        ("GR094259216", "GR", VALID),
        ("XI366303068", "XI", VALID),
        ("DE123456789", "DE", DIGIT),
        ("NL004495446B01", "NL", DIGIT),
        ("DE12", "DE", FORMAT),
        ("DE13669597X", "DE", FORMAT),
        ("EU372000041", "", FORMAT),
        ("IM3720000414", "", FORMAT),
        ("GB980780684", "", FORMAT),
        ("CHE107787577IVA", "", FORMAT),
        ("136695976", "", FORMAT),
        ("", "", FORMAT),
        ("DE" + "1" * 5_000, "DE", FORMAT),
        ("DE١٣٦٦٩٥٩٧٦", "DE", FORMAT),
    ],
)
def test_a_number_is_judged_by_form_and_check_digit(text: str, country: str, status: VatNumberStatus) -> None:
    check = check_vat_number(text)

    assert (check.country, check.status) == (country, status)


def test_a_check_never_shows_the_number() -> None:
    assert check_vat_number("DE136695976").masked == "DE*****976"
    assert check_vat_number("DE12").masked == "DE*****"
    assert check_vat_number("jan@example.nl").masked == "??*****"
    assert "136695976" not in repr(check_vat_number("DE136695976"))


def test_greece_is_written_as_snelstart_and_vies_write_it() -> None:
    assert compact("gr 094 259 216") == "EL094259216"
