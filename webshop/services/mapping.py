"""A shop's VAT table: propose it from the administration, and gather the rules an order is booked by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select

from webshop.domain.booking import Ledger, MappingRow, Scope, ShopRules, VatKind
from webshop.domain.orders import Status
from webshop.domain.territories import VAT_AREAS
from webshop.extensions import db
from webshop.models import CachedList, Shop, VatMapping
from webshop.services import reference_lists

EU_COUNTRIES = tuple(sorted(VAT_AREAS - {"XI"}))
# SnelStart's ledger functions for Dutch revenue: 12 = high rate, 11 = low rate.
REVENUE_HIGH, REVENUE_LOW = 12, 11
FROM_THE_BEGINNING = date(2019, 1, 1)
"""The Dutch rates of 21 and 9 per cent are both valid from this day on."""


@dataclass(frozen=True)
class Rulebook:
    """What a run needs to translate and to make customers, loaded once."""

    rules: ShopRules
    country_ids: dict[str, str]
    country_names: dict[str, str]


def propose_mapping(shop_id: int, administration_id: str) -> None:
    """Fill an empty VAT table with the Dutch rates: for NL and, right below the threshold, for the EU.

    Takes the first active ledger of the fitting function; without one the row stays open for the user.
    """
    ledgers = reference_lists.ledgers(reference_lists.load(administration_id))
    high, low = _first_with(ledgers, REVENUE_HIGH), _first_with(ledgers, REVENUE_LOW)
    db.session.execute(delete(VatMapping).where(VatMapping.shop_id == shop_id))
    places = [(Scope.NL, "NL")] + [(Scope.EU, country) for country in EU_COUNTRIES if country != "NL"]
    for scope, country in places:
        for percentage, kind, ledger in (
            (Decimal(21), VatKind.HIGH, high),
            (Decimal(9), VatKind.LOW, low),
        ):
            db.session.add(
                VatMapping(
                    shop_id=shop_id,
                    scope=scope.value,
                    country=country,
                    percentage=percentage,
                    valid_from=FROM_THE_BEGINNING,
                    vat_kind=kind.value,
                    ledger_id=ledger,
                    is_default=kind is VatKind.HIGH,
                )
            )


def _first_with(ledgers: dict[str, Ledger], function: int) -> str | None:
    fitting = [ledger for ledger in ledgers.values() if ledger.function == function and ledger.is_active]
    return min(fitting, key=lambda ledger: ledger.number).ledger_id if fitting else None


def load_rulebook(shop: Shop, administration_id: str) -> Rulebook:
    """Gather the shop's settings, its VAT table and the administration's lists."""
    lists = reference_lists.load(administration_id)
    rows = db.session.scalars(select(VatMapping).where(VatMapping.shop_id == shop.id).order_by(VatMapping.id))
    company = _company(lists)
    country_ids = reference_lists.country_ids(lists)
    rules = ShopRules(
        marketplace_id=shop.marketplace_id,
        statuses=frozenset(Status(status) for status in shop.statuses),
        dispatch_country=shop.dispatch_country,
        fba_dispatch_country=shop.fba_dispatch_country,
        is_oss_registered=shop.is_oss_registered,
        vat_source=shop.vat_source,
        is_vcs_active=shop.is_vcs_active,
        mapping=tuple(_mapping_row(row) for row in rows if row.ledger_id),
        ledgers=reference_lists.ledgers(lists),
        domestic_rates=reference_lists.domestic_rates(lists),
        countries=frozenset(country_ids),
        is_line_per_item=shop.is_line_per_item,
        is_foreign_vat_invoiced=bool(company.get("is_foreign_vat_invoiced")),
        is_small_business_scheme=bool(company.get("is_small_business_scheme")),
        is_collective_debtor_used=shop.is_collective_debtor_used,
        start_on=shop.start_on,
    )
    return Rulebook(rules, country_ids, reference_lists.country_names(lists))


def _company(lists: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    rows = lists[CachedList.COMPANY.value]
    return rows[0] if rows else {}


def _mapping_row(row: VatMapping) -> MappingRow:
    return MappingRow(
        scope=Scope(row.scope),
        country=row.country,
        percentage=row.percentage,
        valid_from=row.valid_from,
        vat_kind=VatKind(row.vat_kind),
        ledger_id=row.ledger_id or "",
        cost_centre_id=row.cost_centre_id,
        rate_code=row.rate_code,
        is_default=row.is_default,
    )
