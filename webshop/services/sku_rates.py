"""VAT percentages per product, and their import from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import select

from webshop.domain.money import parse_amount
from webshop.domain.territories import VAT_AREAS
from webshop.extensions import db
from webshop.models import Shop, SkuRate
from webshop.models.base import insert

LONGEST_FILE = 2_000_000
LONGEST_SKU = 100
MOST_ROWS = 20_000


@dataclass(frozen=True)
class SkuRates:
    everywhere: Mapping[str, Decimal] = field(default_factory=dict)
    by_country: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)


@dataclass
class Import:
    """What came of reading a file: how many rows count, and what is wrong with the others."""

    rates: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)
    """(line number, code): columns, sku, country, percentage, size."""


def load(shop_id: int) -> SkuRates:
    everywhere: dict[str, Decimal] = {}
    by_country: dict[tuple[str, str], Decimal] = {}
    for rate in db.session.scalars(select(SkuRate).where(SkuRate.shop_id == shop_id)):
        if rate.country:
            by_country[rate.sku, rate.country] = rate.percentage
        else:
            everywhere[rate.sku] = rate.percentage
    return SkuRates(everywhere, by_country)


def read_csv(data: bytes, *, delimiter: str | None = None) -> Import:
    """Read `sku;percentage` or `sku;country;percentage`, with or without a heading.

    Without a `delimiter` it is the comma or the semicolon, whichever there are more of.

    Nothing is stored; a line that cannot be read is named and the others count.
    """
    result = Import()
    if len(data) > LONGEST_FILE:
        result.problems.append((0, "size"))
        return result
    text = data.decode("utf-8-sig", errors="replace")
    delimiter = delimiter or (";" if text.count(";") >= text.count(",") else ",")
    # Line by line, so that one that is no CSV costs no other.
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            row = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            result.problems.append((number, "columns"))
            continue
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[0].lower() == "sku"):
            continue
        if len(result.rates) >= MOST_ROWS:
            result.problems.append((number, "size"))
            break
        _read_row(result, number, cells)
    return result


def _read_row(result: Import, number: int, cells: list[str]) -> None:
    if len(cells) not in (2, 3):
        result.problems.append((number, "columns"))
        return
    sku, country, text = cells[0], (cells[1].upper() if len(cells) == 3 else ""), cells[-1]
    percentage = parse_percentage(text)
    if not sku or len(sku) > LONGEST_SKU or "\x00" in sku:
        result.problems.append((number, "sku"))
    elif country and country not in VAT_AREAS:
        result.problems.append((number, "country"))
    elif percentage is None:
        result.problems.append((number, "percentage"))
    else:
        result.rates[sku, country] = percentage


def parse_percentage(text: str) -> Decimal | None:
    """Read a percentage as people write it ("21", "5,5", "9%"); None when it is none from 0 to 100."""
    try:
        percentage = parse_amount(text.removesuffix("%").strip().replace(",", "."))
    except ValueError:
        return None
    return percentage if percentage is not None and 0 <= percentage <= 100 else None


def store(shop_id: int, rates: Mapping[tuple[str, str], Decimal]) -> None:
    """Add or replace these rates; part of the caller's transaction."""
    if not rates:
        return
    db.session.get_one(Shop, shop_id).has_sku_rates = True
    statement = insert(SkuRate)
    statement = statement.on_conflict_do_update(
        index_elements=["shop_id", "sku", "country"], set_={"percentage": statement.excluded.percentage}
    )
    rows = [
        {"shop_id": shop_id, "sku": sku, "country": country, "percentage": percentage}
        for (sku, country), percentage in rates.items()
    ]
    db.session.execute(statement, rows)
