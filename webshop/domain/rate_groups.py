"""The VAT of an order: reckoned once per percentage over the gross amount, so that nothing is rounded twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from webshop.domain.booking import RateGroup
from webshop.domain.money import from_cents, largest_remainder, vat_included
from webshop.domain.rates import RatedItem


@dataclass(frozen=True)
class Group:
    """The items of one percentage with the net amount of each, in cents."""

    percentage: Decimal
    items: tuple[RatedItem, ...]
    gross: int
    vat: int
    nets: tuple[int, ...]

    @property
    def net(self) -> int:
        return self.gross - self.vat


def group_items(rated: Sequence[RatedItem], *, is_from_amazon: bool) -> Iterator[Group]:
    """Put the items together by percentage; `is_from_amazon` takes over the VAT that Amazon stated."""
    by_percentage: dict[Decimal, list[RatedItem]] = {}
    for item in rated:
        by_percentage.setdefault(item.percentage, []).append(item)
    for percentage, items in by_percentage.items():
        gross = [item.priced.gross for item in items]
        if is_from_amazon:
            taxes = [sum(component.tax for component in item.priced.components) for item in items]
            nets = [amount - tax for amount, tax in zip(gross, taxes, strict=True)]
            vat = sum(taxes)
        else:
            vat = vat_included(sum(gross), percentage)
            nets = divide_net(gross, sum(gross) - vat, percentage)
        yield Group(percentage, tuple(items), sum(gross), vat, tuple(nets))


def divide_net(gross: Sequence[int], net: int, percentage: Decimal) -> list[int]:
    """Divide the net amount of a group over its gross amounts, each less than a cent off its own."""
    rate = Fraction(percentage)
    return largest_remainder(net, [amount * 100 / (100 + rate) for amount in gross])


def show_group(group: Group, country: str) -> RateGroup:
    return RateGroup(
        country=country,
        percentage=group.percentage,
        gross=from_cents(group.gross),
        net=from_cents(group.net),
        vat=from_cents(group.vat),
        rate_source="+".join(sorted({item.source for item in group.items})),
    )
