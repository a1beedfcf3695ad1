"""Build a sales order (bestelling): articles, quantities and unit prices, of which SnelStart makes the VAT.

SnelStart takes the VAT of a line from the article's revenue group and the country of delivery. So an
order is only sent when the articles give the intended percentages, and when the total that SnelStart
will reckon is that of Amazon to the cent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from webshop.domain.articles import KIND_SUFFIXES, NO_VAT, article_code, check_code, extra_article
from webshop.domain.booking import (
    CustomerWish,
    Issue,
    NewArticle,
    PriceModel,
    SalesOrder,
    SalesOrderLine,
    Scope,
    ShopRules,
    VatKind,
)
from webshop.domain.checks import check_sales_order
from webshop.domain.foreign_vat import REDUCED, STANDARD, rates_in_force
from webshop.domain.issues import issue
from webshop.domain.mapping import ZERO, VatPlace, percentage_text, rows_in_force
from webshop.domain.money import from_cents, half_up, split_units, to_cents, vat_included, without_negative_price
from webshop.domain.orders import Order, Part
from webshop.domain.rate_groups import Group, divide_net
from webshop.domain.rates import RatedItem, find_rate
from webshop.domain.texts import LONGEST_ORDER_DESCRIPTION, fitted, heading, is_cut
from webshop.domain.vat import HOME


@dataclass(frozen=True)
class _Piece:
    """One article of the order: `gross` is its amount in cents with VAT, `kind` what its group must be."""

    code: str
    description: str
    quantity: int
    gross: int
    percentage: Decimal
    kind: VatKind


def build_order(
    order: Order, rules: ShopRules, place: VatPlace, groups: Sequence[Group], customer: CustomerWish
) -> tuple[SalesOrder | None, tuple[Issue, ...]]:
    """Give the sales order, or why there is none."""
    pieces, issues = _pieces(rules, place, groups)
    if issues:
        return None, issues
    issues = (
        *(found for piece in pieces for found in _check_article(piece, rules, place)),
        *_check_kinds(pieces, rules),
    )
    if issues:
        return None, issues
    wanted = {group.percentage: group.gross for group in groups if group.gross}
    models = dict.fromkeys((rules.price_model, PriceModel.INCLUSIVE))
    for model in models:
        lines = tuple(_lines(pieces, model))
        if not lines:
            return None, (issue("LINES_CANCEL_OUT"),)
        predicted = predict_totals(lines, model)
        if {percentage: cents for percentage, cents in predicted.items() if cents} == wanted:
            break
    else:
        return None, (issue("ORDER_TOTAL_UNREACHABLE", total=str(from_cents(sum(wanted.values())))),)
    text = heading(order)
    notices = []
    if model is not rules.price_model:
        notices.append(issue("PRICES_SENT_INCLUDING_VAT"))
    if is_cut(text, LONGEST_ORDER_DESCRIPTION):
        notices.append(issue("DESCRIPTION_TRUNCATED", longest=str(LONGEST_ORDER_DESCRIPTION)))
    made = SalesOrder(
        customer=customer,
        payment_reference=order.amazon_order_id,
        booked_on=place.on,
        description=fitted(text, LONGEST_ORDER_DESCRIPTION),
        price_model=model,
        template_id=rules.template_id,
        cost_centre_id=rules.order_cost_centre_id,
        lines=lines,
        total_incl_vat=from_cents(sum(wanted.values())),
        predicted_incl_vat=from_cents(sum(predicted.values())),
        new_articles=tuple(_new_articles(pieces, rules)),
    )
    check_sales_order(made)
    return made, tuple(notices)


def predict_totals(lines: Sequence[SalesOrderLine], model: PriceModel) -> Mapping[Decimal, int]:
    """Give what SnelStart will make of the lines: cents with VAT per percentage, its VAT rounded once for each."""
    totals: dict[Decimal, int] = {}
    for line in lines:
        totals[line.percentage] = totals.get(line.percentage, 0) + line.quantity * to_cents(line.unit_price)
    if model is PriceModel.INCLUSIVE:
        return totals
    return {percentage: net + half_up(net * Fraction(percentage) / 100) for percentage, net in totals.items()}


def charged_percentage(rules: ShopRules, place: VatPlace, kind: VatKind) -> Decimal | None:
    """Give what SnelStart charges on articles of a kind of group delivered there; None when it can't be told."""
    if _is_without_vat(place) or kind is VatKind.NONE:
        return ZERO
    if place.is_foreign:
        code = _foreign_code(rules, place, kind)
        return None if code is None else rates_in_force(rules.foreign_rates, place.vat_country, place.on)[code]
    found = [
        rate.percentage
        for rate in rules.domestic_rates
        if rate.vat_kind is kind and rate.valid_from <= place.on <= rate.valid_until
    ]
    return found[0] if found else None


def _is_without_vat(place: VatPlace) -> bool:
    """Whether the customer or the destination takes off the VAT, whatever the article."""
    return place.scope in (Scope.ICP, Scope.INTERNATIONAL)


def _foreign_code(rules: ShopRules, place: VatPlace, kind: VatKind) -> str | None:
    """Give the rate code that a group of this kind means abroad; of two reduced rates nobody can tell which."""
    codes = rates_in_force(rules.foreign_rates, place.vat_country, place.on).keys()
    if kind is VatKind.HIGH:
        return STANDARD if STANDARD in codes else None
    reduced = sorted(codes & REDUCED)
    return reduced[0] if kind is VatKind.LOW and len(reduced) == 1 else None


def _kind_charging(rules: ShopRules, place: VatPlace, percentage: Decimal) -> VatKind | None:
    for kind in (VatKind.HIGH, VatKind.LOW, VatKind.NONE, VatKind.OTHER):
        if charged_percentage(rules, place, kind) == percentage:
            return kind
    return None


def _pieces(rules: ShopRules, place: VatPlace, groups: Sequence[Group]) -> tuple[tuple[_Piece, ...], tuple[Issue, ...]]:
    pieces: list[_Piece] = []
    issues: list[Issue] = []
    for group in groups:
        kind = VatKind.NONE if _is_without_vat(place) else _kind_charging(rules, place, group.percentage)
        if kind is None:
            issues.append(_not_chargeable(place, group.percentage))
            continue
        for item in group.items:
            own = _home_kind(item, rules, place) if _is_without_vat(place) else kind
            if isinstance(own, Issue):
                issues.append(own)
            else:
                pieces.extend(_item_pieces(item, group.percentage, own))
        suffix = _suffix(rules, place, kind)
        pieces.extend(_extra_pieces(group, kind, suffix))
    return tuple(pieces), tuple(issues)


def _not_chargeable(place: VatPlace, percentage: Decimal) -> Issue:
    shown = percentage_text(percentage)
    if place.is_foreign:
        return issue("SALES_ORDER_RATE_NOT_POSSIBLE", country=place.vat_country, percentage=shown)
    return issue("VAT_RATE_NOT_IN_SNELSTART", percentage=shown, date=place.on.isoformat())


def _home_kind(item: RatedItem, rules: ShopRules, place: VatPlace) -> VatKind | Issue:
    """Give the kind a new article needs for its sales in the Netherlands, when this sale has no VAT."""
    if rules.is_small_business_scheme or article_code(item.priced.item) in rules.articles:
        return VatKind.NONE
    home = VatPlace(Scope.NL, HOME, HOME, place.on)
    found = find_rate(item.priced, rules, home, rows_in_force(rules, home), is_from_amazon=False)
    if isinstance(found, Issue):
        return found
    return _kind_charging(rules, home, found.percentage) or _not_chargeable(home, found.percentage)


def _item_pieces(item: RatedItem, percentage: Decimal, kind: VatKind) -> Iterator[_Piece]:
    ordered = item.priced.item
    gross = sum(component.gross for component in item.priced.components if component.part is Part.ITEM)
    if gross:
        code = article_code(ordered)
        yield _Piece(code, fitted(ordered.title) or code, ordered.quantity, gross, percentage, kind)


def _extra_pieces(group: Group, kind: VatKind, suffix: str) -> Iterator[_Piece]:
    """Give one piece for the shipping of all items of a percentage, one for the discounts, one for the rest."""
    totals: dict[tuple[str, str], int] = {}
    for item in group.items:
        for component in item.priced.components:
            if component.part is not Part.ITEM:
                article = extra_article(component.part, suffix)
                totals[article] = totals.get(article, 0) + component.gross
    for (code, description), gross in totals.items():
        if gross:
            yield _Piece(code, description, 1, gross, group.percentage, kind)


def _suffix(rules: ShopRules, place: VatPlace, kind: VatKind) -> str:
    if place.is_zero_rated:
        return NO_VAT
    code = _foreign_code(rules, place, kind) if place.is_foreign else None
    return code or KIND_SUFFIXES[kind]


def _lines(pieces: Sequence[_Piece], model: PriceModel) -> Iterator[SalesOrderLine]:
    for piece, amount in zip(pieces, _amounts(pieces, model), strict=True):
        if not amount:
            continue
        for quantity, price in split_units(amount, piece.quantity):
            quantity, price = without_negative_price(quantity, price)
            yield SalesOrderLine(piece.code, piece.description, quantity, from_cents(price), piece.percentage)


def _amounts(pieces: Sequence[_Piece], model: PriceModel) -> list[int]:
    """Give the amount of each piece in cents, with or without its VAT."""
    amounts = [piece.gross for piece in pieces]
    if model is PriceModel.INCLUSIVE:
        return amounts
    for percentage in {piece.percentage for piece in pieces}:
        indexes = [index for index, piece in enumerate(pieces) if piece.percentage == percentage]
        gross = [pieces[index].gross for index in indexes]
        net = sum(gross) - vat_included(sum(gross), percentage)
        for index, amount in zip(indexes, divide_net(gross, net, percentage), strict=True):
            amounts[index] = amount
    return amounts


def _check_article(piece: _Piece, rules: ShopRules, place: VatPlace) -> Iterator[Issue]:
    """Find why the article of a piece cannot be used, or not be made."""
    known = rules.articles.get(piece.code)
    if known is None:
        yield from check_code(piece.code, rules)
        return
    shown = piece.code[:40]
    if not known.is_active:
        yield issue("ARTICLE_INACTIVE", sku=shown)
    charged = charged_percentage(rules, place, known.revenue_kind)
    if charged != piece.percentage:
        facts = {"percentage": percentage_text(piece.percentage)}
        facts["article_percentage"] = "?" if charged is None else percentage_text(charged)
        yield issue("ARTICLE_REVENUE_GROUP_MISMATCH", sku=shown, **facts)


def _check_kinds(pieces: Sequence[_Piece], rules: ShopRules) -> Iterator[Issue]:
    """Find new articles that would have to be of two groups at once."""
    kinds: dict[str, _Piece] = {}
    for piece in pieces:
        first = kinds.setdefault(piece.code, piece)
        if piece.code not in rules.articles and piece.kind is not first.kind:
            facts = {"article_percentage": percentage_text(first.percentage)}
            shown = percentage_text(piece.percentage)
            yield issue("ARTICLE_REVENUE_GROUP_MISMATCH", sku=piece.code[:40], percentage=shown, **facts)


def _new_articles(pieces: Sequence[_Piece], rules: ShopRules) -> Iterator[NewArticle]:
    unknown = {piece.code: piece for piece in reversed(pieces) if piece.code not in rules.articles}
    for code in dict.fromkeys(piece.code for piece in pieces if piece.code in unknown):
        yield NewArticle(code, unknown[code].description, unknown[code].kind)
