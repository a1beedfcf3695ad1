"""Who we are on our own invoices: the company that sells the product."""

from __future__ import annotations

from dataclasses import dataclass

from stdnum import iban
from stdnum.nl import btw

from webshop.exceptions import SettingsError


@dataclass(frozen=True)
class Company:
    """A Dutch company with what must stand on its invoices.

    :raise SettingsError: when a number cannot be right; the message names the variable.
    """

    name: str
    address: str
    postal_code: str
    city: str
    kvk_number: str
    vat_number: str
    iban: str

    def __post_init__(self) -> None:
        if len(self.kvk_number) != 8 or not self.kvk_number.isascii() or not self.kvk_number.isdigit():
            raise SettingsError(f"COMPANY_KVK must be eight digits, not {self.kvk_number!r}")
        if not self.vat_number.startswith("NL") or not btw.is_valid(self.vat_number):
            raise SettingsError(
                f"COMPANY_VAT_NUMBER must be a Dutch VAT number such as NL000099998B57, not {self.vat_number!r}"
            )
        object.__setattr__(self, "iban", iban.compact(self.iban))
        if not iban.is_valid(self.iban):
            raise SettingsError(f"COMPANY_IBAN must be the number of a bank account, not {self.iban!r}")


SANDBOX = Company(
    name="Koppeling Zandbak B.V.",
    address="Voorbeeldstraat 1",
    postal_code="1234 AB",
    city="Voorbeeldstad",
    kvk_number="12345678",
    vat_number="NL000099998B57",
    iban="NL91ABNA0417164300",
)
"""For development: nobody is called this, and the numbers are the ones of examples."""

VARIABLES = {
    "name": "COMPANY_NAME",
    "address": "COMPANY_ADDRESS",
    "postal_code": "COMPANY_POSTAL_CODE",
    "city": "COMPANY_CITY",
    "kvk_number": "COMPANY_KVK",
    "vat_number": "COMPANY_VAT_NUMBER",
    "iban": "COMPANY_IBAN",
}
