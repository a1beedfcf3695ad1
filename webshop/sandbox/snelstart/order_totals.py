"""What SnelStart computes for a verkooporder: line totals, and VAT by revenue group and country."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from webshop.sandbox.snelstart.booking_vat import foreign_vat_applies
from webshop.sandbox.snelstart.books import Books, Document
from webshop.sandbox.snelstart.countries import EU_FOR_GOODS, countries
from webshop.sandbox.snelstart.vat_table import dutch_rate, foreign_rate

CENT = Decimal("0.01")
# The rate codes that a revenue group of this kind means in another country, first one that exists.
FOREIGN_CODES = {"Hoog": ("SR",), "Laag": ("RRL", "RRH", "SR")}


def to_cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def line_total(line: dict[str, Any]) -> Decimal:
    """Return the total that was given, else price times quantity less discount."""
    given: Decimal | None = line["totaal"]
    if given is not None:
        return given
    discount = 1 - (line["kortingsPercentage"] or Decimal(0)) / 100
    return to_cents(line["stuksprijs"] * line["aantal"] * discount)


def vat_rate(books: Books, day: date, country: str, customer: Document, group: Document) -> Decimal:
    """Return the percentage for a revenue group delivered to a country."""
    kind = group["verkoopNederlandBtwSoort"]
    if kind == "Geen" or country not in EU_FOR_GOODS or (country != "NL" and customer.get("btwNummer")):
        return Decimal(0)
    if foreign_vat_applies(books, day, country, customer):
        alpha3 = countries()[country][1]
        rates = (foreign_rate(alpha3, code, day) for code in FOREIGN_CODES.get(kind, ("SR",)))
        return next((rate for rate in rates if rate is not None), Decimal(0))
    return dutch_rate(kind, day) or Decimal(0)


def order_totals(by_rate: dict[Decimal, Decimal], *, inclusive: bool, discount: Decimal) -> tuple[Decimal, Decimal]:
    """Return (exclusive, inclusive) of the line totals per VAT percentage."""
    without = including = Decimal(0)
    for rate, total in by_rate.items():
        charged = to_cents(total * (1 - discount / 100))
        vat = to_cents(charged * rate / (100 + rate) if inclusive else charged * rate / 100)
        without += charged - vat if inclusive else charged
        including += charged if inclusive else charged + vat
    return without, including
