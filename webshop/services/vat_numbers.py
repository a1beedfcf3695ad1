"""Check the VAT number of a business buyer by its form and its check digit.

That a number exists and belongs to the buyer is for VIES to say, or for the seller's own records.
"""

from __future__ import annotations

from datetime import date

from stdnum.eu import vat
from stdnum.exceptions import InvalidChecksum, ValidationError

from webshop.domain.vat_numbers import VatNumberCheck, VatNumberStatus, compact, country_of, mask


def check_vat_number(text: str, *, on: date | None = None) -> VatNumberCheck:
    """Check a number with its country prefix; those of the OSS and IOSS schemes are none of a buyer."""
    return VatNumberCheck(country=country_of(text), status=_status(text), masked=mask(text), checked_on=on)


def _status(text: str) -> VatNumberStatus:
    # The library also knows EU and IM, the prefixes of schemes for sellers from elsewhere.
    if not country_of(text):
        return VatNumberStatus.INVALID_FORMAT
    try:
        vat.validate(compact(text))
    except InvalidChecksum:
        return VatNumberStatus.BAD_CHECKDIGIT
    except ValidationError:
        return VatNumberStatus.INVALID_FORMAT
    return VatNumberStatus.VALID_FORMAT
