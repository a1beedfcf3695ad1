"""A shop's VAT table: propose it from the administration, and gather the rules an order is booked by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import delete, or_, select

from webshop.domain.booking import BookingDate, Gap, MappingRow, PostingKind, PriceModel, Scope, ShopRules, VatKind
from webshop.domain.orders import Status
from webshop.domain.periods import local_date
from webshop.domain.proposals import propose_rows
from webshop.domain.territories import VAT_AREAS
from webshop.extensions import clock, db, settings
from webshop.models import CachedList, GapChoice, Shop, SubscriptionGap, VatMapping
from webshop.services import reference_lists, sku_rates

NUMERIC = "NUMERIC"
EU_COUNTRIES = tuple(sorted(VAT_AREAS - {"XI"}))
_RANGE_DIGITS = 8


@dataclass(frozen=True)
class Rulebook:
    """What a run needs to translate and to make customers, loaded once."""

    rules: ShopRules
    country_ids: dict[str, str]
    country_names: dict[str, str]
    vat_number: str | None
    """The seller's own, as SnelStart knows it."""

    @cached_property
    def country_codes(self) -> dict[str, str]:
        """The two-letter code by SnelStart's id of the country."""
        return {country_id: code for code, country_id in self.country_ids.items()}


def propose_mapping(shop: Shop, administration_id: str) -> None:
    """Replace the VAT table by a proposal from the administration's own ledgers and rates.

    A row without a fitting ledger stays open for the user.
    """
    db.session.execute(delete(VatMapping).where(VatMapping.shop_id == shop.id))
    db.session.add_all(stored_row(shop.id, row) for row in proposed_rows(shop, reference_lists.load(administration_id)))


def proposed_rows(shop: Shop, lists: dict[str, list[dict[str, Any]]]) -> tuple[MappingRow, ...]:
    """Return the VAT table that the administration's own ledgers and rates suggest today."""
    return propose_rows(
        reference_lists.ledgers(lists),
        reference_lists.domestic_rates(lists),
        reference_lists.foreign_rates(lists),
        is_oss_registered=shop.is_oss_registered,
        on=local_date(clock.now()),
    )


def stored_row(shop_id: int, row: MappingRow) -> VatMapping:
    return VatMapping(
        shop_id=shop_id,
        scope=row.scope.value,
        country=row.country,
        percentage=row.percentage,
        valid_from=row.valid_from,
        vat_kind=row.vat_kind.value,
        ledger_id=row.ledger_id or None,
        cost_centre_id=row.cost_centre_id,
        rate_code=row.rate_code,
        is_default=row.is_default,
    )


def load_rulebook(shop: Shop, administration_id: str) -> Rulebook:
    """Gather the shop's settings, its VAT table and the administration's lists."""
    lists = reference_lists.load(administration_id)
    rows = db.session.scalars(select(VatMapping).where(VatMapping.shop_id == shop.id).order_by(VatMapping.id))
    rates = sku_rates.load(shop.id) if shop.has_sku_rates else sku_rates.SkuRates()
    rules = replace(make_rules(shop, lists, rows, rates), gaps=_gaps(shop.id) if shop.has_gaps else ())
    vat_number = _company(lists).get("vat_number")
    return Rulebook(rules, reference_lists.country_ids(lists), reference_lists.country_names(lists), vat_number)


def _gaps(shop_id: int) -> tuple[Gap, ...]:
    """Return the times whose orders are not booked, or not yet; a later change at Amazon does not free them."""
    is_held = or_(SubscriptionGap.choice.is_(None), SubscriptionGap.choice != GapChoice.POST.value)
    rows = db.session.scalars(select(SubscriptionGap).where(SubscriptionGap.shop_id == shop_id, is_held))
    return tuple(Gap(row.starts_at, row.ends_at, row.choice is not None) for row in rows)


def make_rules(
    shop: Shop, lists: dict[str, list[dict[str, Any]]], rows: Iterable[VatMapping], rates: sku_rates.SkuRates
) -> ShopRules:
    """Put together what decides how the shop's orders are booked; asks the database nothing."""
    company = _company(lists)
    return ShopRules(
        marketplace_id=shop.marketplace_id,
        statuses=frozenset(Status(status) for status in shop.statuses),
        dispatch_country=shop.dispatch_country,
        fba_dispatch_country=shop.fba_dispatch_country,
        is_oss_registered=shop.is_oss_registered,
        vat_source=shop.vat_source,
        is_vcs_active=shop.is_vcs_active,
        mapping=tuple(mapping_row(row) for row in rows if row.ledger_id),
        ledgers=reference_lists.ledgers(lists),
        domestic_rates=reference_lists.domestic_rates(lists),
        countries=frozenset(reference_lists.country_ids(lists)),
        sku_rates=rates.everywhere,
        sku_country_rates=rates.by_country,
        booking_date=BookingDate(shop.booking_date),
        is_line_per_item=shop.is_line_per_item,
        is_foreign_vat_invoiced=bool(company.get("is_foreign_vat_invoiced")),
        foreign_vat_periods=_periods(company.get("foreign_vat_ranges", [])),
        foreign_vat_ledger_id=company.get("foreign_vat_ledger_id"),
        foreign_rates=reference_lists.foreign_rates(lists),
        cost_centre_ids=reference_lists.active_cost_centres(lists),
        is_small_business_scheme=bool(company.get("is_small_business_scheme")),
        is_collective_debtor_used=shop.is_collective_debtor_used,
        is_vies_used=bool(settings().vies_url),
        start_on=shop.start_on,
        posting_kind=PostingKind(shop.posting_kind),
        price_model=PriceModel(shop.price_model),
        template_id=shop.template_id,
        order_cost_centre_id=shop.order_cost_centre_id,
        is_article_code_numeric=company.get("article_code_kind") == NUMERIC,
        article_code_max_length=int(company.get("article_code_max_length") or 25),
    )


def _periods(ranges: list[list[int]]) -> tuple[tuple[date, date], ...]:
    """Read the periods in which foreign VAT is invoiced; SnelStart writes days as numbers such as 20210701.

    A form we do not know gives no period, which means: on every date, as the switch itself says.
    """
    if not all(len(str(day)) == _RANGE_DIGITS for pair in ranges for day in pair):
        return ()
    try:
        return tuple((date.fromisoformat(str(first)), date.fromisoformat(str(last))) for first, last in ranges)
    except ValueError:
        return ()


def _company(lists: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    rows = lists[CachedList.COMPANY.value]
    return rows[0] if rows else {}


def mapping_row(row: VatMapping) -> MappingRow:
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
