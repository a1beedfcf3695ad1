"""Which VAT percentage each item has, and whether Amazon's own VAT agrees with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from webshop.domain.articles import article_code
from webshop.domain.booking import Issue, MappingRow, PostingKind, ShopRules, VatKind
from webshop.domain.components import Component, PricedItem
from webshop.domain.foreign_vat import STANDARD, rates_in_force
from webshop.domain.issues import issue
from webshop.domain.mapping import ZERO, VatPlace, find_row, missing_row, percentage_text, rows_in_force
from webshop.domain.money import half_up, vat_included
from webshop.domain.orders import Part
from webshop.domain.territories import legal_rates, standard_rate

AMAZON = "amazon"
"""The vat_source that books the VAT Amazon stated instead of calculating it."""

_ACCESSORY_ISSUES = {Part.SHIPPING: "SHIPPING_VAT_MISSING", Part.GIFT_WRAP: "GIFTWRAP_VAT_MISSING"}


@dataclass(frozen=True)
class RatedItem:
    """An item with its percentage and the source that gave it.

    `row` is the row it is booked on; None when the shop has none, which only a sales order can do without.
    """

    priced: PricedItem
    percentage: Decimal
    source: str
    row: MappingRow | None


@dataclass(frozen=True)
class FoundRate:
    percentage: Decimal
    source: str


def is_booked_from_amazon(items: Iterable[PricedItem], rules: ShopRules) -> bool:
    """Say whether the booking takes over Amazon's VAT; one booking never mixes the two sources."""
    return rules.vat_source == AMAZON and any(item.is_tax_stated for item in items)


def rate_items(
    items: Sequence[PricedItem], rules: ShopRules, place: VatPlace
) -> tuple[tuple[RatedItem, ...], tuple[Issue, ...]]:
    """Find the percentage and the row of every item that has an amount.

    The first source that answers decides: Amazon's VAT (when the shop books that), the shop's rate for
    the SKU, the article with that code in SnelStart, the only row of the country, the row marked as
    default. What is zero-rated needs none of them.
    """
    is_from_amazon = is_booked_from_amazon(items, rules)
    issues: list[Issue] = []
    is_tax_wanted = rules.vat_source == AMAZON and not place.is_zero_rated
    if is_tax_wanted and not is_from_amazon and not rules.is_vcs_active:
        issues.append(issue("AMAZON_TAX_ABSENT"))
    rows = rows_in_force(rules, place)
    rated: list[RatedItem] = []
    for item in items:
        if not item.gross:
            continue
        found = find_rate(item, rules, place, rows, is_from_amazon=is_from_amazon)
        if isinstance(found, Issue):
            issues.append(found)
            continue
        doubts = tuple(_check_amazon_tax(item, found.percentage, rules, place, is_from_amazon))
        issues.extend(doubts)
        if any(doubt.code == "VAT_RATE_MISMATCH" for doubt in doubts):
            # Which row counts, is only clear when the percentage is.
            continue
        row = find_row(rules, place, found.percentage)
        if row is None and rules.posting_kind is PostingKind.SALES_ENTRY:
            issues.append(_missing(item, rules, place, found))
        else:
            rated.append(RatedItem(item, found.percentage, found.source, row))
    return tuple(rated), tuple(issues)


def find_rate(
    item: PricedItem, rules: ShopRules, place: VatPlace, rows: tuple[MappingRow, ...], *, is_from_amazon: bool
) -> FoundRate | Issue:
    """Give the percentage of an item by the first source that answers, or why none does."""
    if place.is_zero_rated:
        return FoundRate(ZERO, "treatment")
    if is_from_amazon and item.is_tax_stated:
        return _rate_of_amazon(item, place, rows)
    of_shop = _rate_of_sku(item, rules, place)
    if of_shop is not None:
        return FoundRate(of_shop, "sku")
    of_article = _rate_of_article(item, rules, place, rows)
    if of_article is not None:
        return of_article
    if len(rows) == 1:
        return FoundRate(rows[0].percentage, "only_row")
    if not rows:
        return missing_row(place, standard_rate(place.vat_country, place.on))
    defaults = [row for row in rows if row.is_default]
    if defaults:
        return FoundRate(max(defaults, key=lambda row: row.valid_from).percentage, "default")
    return _undecided(item, place, rows)


def _missing(item: PricedItem, rules: ShopRules, place: VatPlace, found: FoundRate) -> Issue:
    """Give the issue of a rate without a row; a SKU's rate that exists in another country only is no rate."""
    legal = legal_rates(place.vat_country, place.on)
    if place.is_foreign and found.source == "sku" and legal and found.percentage not in legal:
        shown = percentage_text(found.percentage)
        return issue("SKU_RATE_UNKNOWN_IN_COUNTRY", sku=item.item.code, country=place.vat_country, percentage=shown)
    return missing_row(place, found.percentage)


def _undecided(item: PricedItem, place: VatPlace, rows: tuple[MappingRow, ...]) -> Issue:
    percentages = ", ".join(percentage_text(row.percentage) for row in rows)
    return issue("VAT_RATE_UNDECIDED", country=place.country, percentages=percentages, sku=item.item.code)


def _rate_of_sku(item: PricedItem, rules: ShopRules, place: VatPlace) -> Decimal | None:
    sku = item.item.sku
    if sku is None:
        return None
    return rules.sku_country_rates.get((sku, place.vat_country), rules.sku_rates.get(sku))


def _rate_of_article(
    item: PricedItem, rules: ShopRules, place: VatPlace, rows: tuple[MappingRow, ...]
) -> FoundRate | Issue | None:
    """Give what the revenue group of the article says; None when there is no article or it says nothing."""
    article = rules.articles.get(article_code(item.item))
    if article is None:
        return None
    if not place.is_foreign:
        return None if article.percentage is None else FoundRate(article.percentage, "article")
    standard = rates_in_force(rules.foreign_rates, place.vat_country, place.on).get(STANDARD)
    if article.revenue_kind is VatKind.HIGH and standard is not None:
        return FoundRate(standard, "article")
    if article.revenue_kind is not VatKind.LOW:
        return None
    # The group says that the rate is a reduced one; which of them it is, only a single row can tell.
    reduced = [row for row in rows if row.percentage and row.percentage != standard]
    if len(reduced) == 1:
        return FoundRate(reduced[0].percentage, "article")
    return _undecided(item, place, rows)


def _rate_of_amazon(item: PricedItem, place: VatPlace, rows: tuple[MappingRow, ...]) -> FoundRate | Issue:
    configured = [row.percentage for row in rows]
    for candidates in (configured, sorted(legal_rates(place.vat_country, place.on))):
        fitting = [percentage for percentage in candidates if _fits(item, percentage)]
        if fitting:
            return FoundRate(min(fitting, key=lambda percentage: _distance(item, percentage)), AMAZON)
    return _mismatch(item, standard_rate(place.vat_country, place.on), place)


def _check_amazon_tax(
    item: PricedItem, percentage: Decimal, rules: ShopRules, place: VatPlace, is_from_amazon: bool
) -> Iterator[Issue]:
    if place.is_zero_rated:
        return
    if not item.is_tax_stated:
        if (rules.is_vcs_active or is_from_amazon) and _lacks_tax(item, item.gross, percentage):
            yield issue("VAT_EXPECTED_BUT_ZERO", country=place.vat_country, percentage=percentage_text(percentage))
        return
    if not _fits(item, percentage):
        yield _mismatch(item, percentage, place)
    if is_from_amazon:
        yield from _check_untaxed_parts(item, percentage, place)


def _check_untaxed_parts(item: PricedItem, percentage: Decimal, place: VatPlace) -> Iterator[Issue]:
    for component in item.components:
        if component.tax or not _lacks_tax(item, component.gross, percentage):
            continue
        code = _ACCESSORY_ISSUES.get(component.part, "VAT_EXPECTED_BUT_ZERO")
        yield issue(code, country=place.vat_country, percentage=percentage_text(percentage))


def _fits(item: PricedItem, percentage: Decimal) -> bool:
    """Say whether every tax that Amazon stated is that percentage; Amazon may have rounded per piece."""
    return all(
        abs(component.tax - vat_included(component.gross, percentage)) <= _tolerance(item)
        for component in item.components
        if component.tax
    )


def _lacks_tax(item: PricedItem, gross: int, percentage: Decimal) -> bool:
    return abs(vat_included(gross, percentage)) > _tolerance(item)


def _tolerance(item: PricedItem) -> int:
    return max(1, (item.item.quantity + 1) // 2)


def _mismatch(item: PricedItem, percentage: Decimal | None, place: VatPlace) -> Issue:
    return issue(
        "VAT_RATE_MISMATCH",
        country=place.country,
        percentage="?" if percentage is None else percentage_text(percentage),
        amazon_percentage=_percentage_of_amazon(item, place),
        sku=item.item.code,
    )


def _percentage_of_amazon(item: PricedItem, place: VatPlace) -> str:
    """Name the legal percentage that Amazon's tax comes from, or what it works out to, to one decimal."""
    legal = [percentage for percentage in legal_rates(place.vat_country, place.on) if _fits(item, percentage)]
    destination = [percentage for percentage in legal_rates(place.country, place.on) if _fits(item, percentage)]
    known = legal or destination
    if known:
        return percentage_text(min(known, key=lambda percentage: (_distance(item, percentage), percentage)))
    stated = _stated(item)
    tenths = half_up(1000 * _ratio(stated))
    return percentage_text(Decimal(tenths).scaleb(-1))


def _distance(item: PricedItem, percentage: Decimal) -> Fraction:
    return abs(100 * _ratio(_stated(item)) - Fraction(percentage))


def _stated(item: PricedItem) -> tuple[Component, ...]:
    return tuple(component for component in item.components if component.tax)


def _ratio(components: tuple[Component, ...]) -> Fraction:
    tax = sum(component.tax for component in components)
    net = sum(component.gross for component in components) - tax
    return Fraction(tax, net) if net else Fraction(0)
