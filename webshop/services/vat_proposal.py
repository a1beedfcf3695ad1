"""The VAT table as the setup shows it: what was proposed, and whether SnelStart will take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select

from webshop.domain.booking import Scope
from webshop.domain.mapping import check_mapping_row
from webshop.domain.periods import local_date
from webshop.extensions import clock, db
from webshop.models import Connection, Order, Shop
from webshop.services.issue_catalogue import IssueText, describe
from webshop.services.mapping import load_rulebook

ORDERS_LOOKED_AT = 500


@dataclass(frozen=True)
class ProposedRow:
    scope: str
    country: str
    percentage: Decimal
    ledger: str
    """Number and name, "" when none fits."""
    problem: IssueText | None


@dataclass(frozen=True)
class Proposal:
    """`first` holds what the shop certainly needs: home, where it sold, and sales outside the EU's consumers."""

    first: Sequence[ProposedRow]
    others: Sequence[ProposedRow]
    sold_to: Sequence[tuple[str, int]]
    """Countries of the latest orders with their numbers, most first."""


def load_proposal(shop: Shop, connection: Connection | None) -> Proposal:
    """Return the table, with the countries of the shop's own orders on top."""
    if connection is None:
        return Proposal((), (), ())
    rules = load_rulebook(shop, connection.account_id).rules
    sold_to = _countries(shop.id)
    wanted = {country for country, _ in sold_to}
    today = local_date(clock.now())
    first: list[ProposedRow] = []
    others: list[ProposedRow] = []
    for row in rules.mapping:
        ledger = rules.ledgers.get(row.ledger_id)
        issues = check_mapping_row(row, rules, max(today, row.valid_from))
        shown = ProposedRow(
            row.scope.value,
            row.country,
            row.percentage,
            f"{ledger.number} {ledger.name}" if ledger else "",
            describe(issues[0]) if issues else None,
        )
        (others if row.scope is Scope.EU and row.country not in wanted else first).append(shown)
    order = {scope.value: number for number, scope in enumerate(Scope)}
    first.sort(key=lambda row: (order[row.scope], -dict(sold_to).get(row.country, 0), row.country, -row.percentage))
    return Proposal(first, others, sold_to)


def _countries(shop_id: int) -> list[tuple[str, int]]:
    latest = (
        select(Order.country)
        .where(Order.shop_id == shop_id, Order.country.is_not(None))
        .order_by(Order.id.desc())
        .limit(ORDERS_LOOKED_AT)
        .subquery()
    )
    rows = db.session.execute(
        select(latest.c.country, func.count()).group_by(latest.c.country).order_by(func.count().desc())
    )
    return [(country, number) for country, number in rows]
