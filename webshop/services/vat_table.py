"""The VAT table of a shop: show it with what SnelStart would say, change a row, propose and start again.

What was saved stays as it was saved: a changed rate or ledger at SnelStart only shows as a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, select, union_all, update

from webshop.domain.booking import MappingRow, Scope, ShopRules
from webshop.domain.mapping import check_mapping_row
from webshop.domain.periods import local_date
from webshop.domain.proposals import ABROAD
from webshop.domain.territories import VAT_AREAS, legal_rates
from webshop.domain.vat import HOME
from webshop.exceptions import NotFoundError
from webshop.extensions import clock, db, transaction
from webshop.models import Order, OrderState, Shop, User, VatMapping
from webshop.services.administration_lists import AdministrationLists
from webshop.services.configuration import (
    InvalidSettingError,
    Saved,
    latest_changes,
    lock_shop,
    mark_of,
    record_change,
)
from webshop.services.issue_catalogue import IssueText, describe
from webshop.services.mapping import make_rules, mapping_row, proposed_rows, stored_row
from webshop.services.sku_rates import SkuRates

COUNTED = 1000
"""Of how many orders of a state the countries are counted; a shop can have a million."""
GROUPS = (
    (Scope.NL, HOME),
    *((Scope.EU, country) for country in ABROAD),
    (Scope.ICP, ""),
    (Scope.INTERNATIONAL, ""),
)
FIELDS = ("percentage", "valid_from", "vat_kind", "ledger_id", "cost_centre_id", "rate_code", "is_default")
MOST_ROWS = 20
"""How many rows a country may have; its rates over the years are fewer."""
_HELD = (OrderState.OPEN.value, OrderState.ERROR.value)


@dataclass(frozen=True)
class VatRow:
    row: VatMapping
    problems: Sequence[IssueText]

    @property
    def is_empty(self) -> bool:
        return not self.row.ledger_id


@dataclass
class VatGroup:
    """The rows of one country, or of ICP or Internationaal."""

    scope: str
    country: str
    rows: list[VatRow] = field(default_factory=list)
    orders: int = 0
    held: int = 0

    @property
    def has_problems(self) -> bool:
        return any(row.problems for row in self.rows)


@dataclass(frozen=True)
class VatTable:
    """The groups that matter to the shop, and all others."""

    first: Sequence[VatGroup]
    others: Sequence[VatGroup]
    is_checked: bool
    """False while the administration's lists were never read: then nobody knows what fits."""

    def find_row(self, row_id: int) -> VatMapping:
        """Return a row of the table.

        :raise NotFoundError: when there is none with this number.
        """
        for group in (*self.first, *self.others):
            for vat in group.rows:
                if vat.row.id == row_id:
                    return vat.row
        raise NotFoundError("row of the VAT table")


@dataclass(frozen=True)
class Proposed:
    """What a proposal did: rows added, and empty rows that got a ledger."""

    added: int
    filled: int


def load_table(shop: Shop, lists: AdministrationLists) -> VatTable:
    """Return the whole table, countries of the shop's own orders on top."""
    rows = _rows(shop.id)
    groups = {(scope.value, country): VatGroup(scope.value, country) for scope, country in GROUPS}
    rules = _rules(shop, lists, rows)
    for row in rows:
        groups.setdefault((row.scope, row.country), VatGroup(row.scope, row.country)).rows.append(_checked(row, rules))
    for country, (orders, held) in count_countries(shop.id).items():
        group = groups[_group_of(country)]
        group.orders, group.held = group.orders + orders, group.held + held
    # A zero-rated group has rows of its own, though its orders cannot be told apart by their country.
    always = {(Scope.NL.value, HOME), (Scope.ICP.value, ""), (Scope.INTERNATIONAL.value, "")}
    first = [group for key, group in groups.items() if group.orders or key in always]
    first.sort(key=lambda group: (-group.orders, group.scope != Scope.NL.value))
    others = [group for group in groups.values() if group not in first]
    return VatTable(first, others, is_checked=lists.read_at is not None)


def load_group(shop: Shop, lists: AdministrationLists, scope: str, country: str) -> VatGroup:
    """Return one group with its rows and counts."""
    if (scope, country) not in {(one.value, name) for one, name in GROUPS}:
        raise NotFoundError("group of the VAT table")
    rows = _rows(shop.id)
    rules = _rules(shop, lists, rows)
    orders, held = count_countries(shop.id).get(country, (0, 0))
    checked = [_checked(row, rules) for row in rows if (row.scope, row.country) == (scope, country)]
    return VatGroup(scope, country, checked, orders, held)


def find_row(shop_id: int, row_id: int) -> VatMapping:
    row = db.session.scalars(select(VatMapping).where(VatMapping.shop_id == shop_id, VatMapping.id == row_id)).first()
    if row is None:
        raise NotFoundError("row of the VAT table")
    return row


def check_row(shop: Shop, lists: AdministrationLists, row: VatMapping) -> VatRow:
    return _checked(row, _rules(shop, lists, [row]))


def values_of(row: VatMapping) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}


def save_row(
    shop_id: int, row_id: int | None, group: tuple[str, str], values: Mapping[str, Any], *, user: User, seen: str
) -> tuple[VatMapping, Saved, bool]:
    """Add or change a row; also return what came of it and whether another row is no longer the default.

    :raise InvalidSettingError: when the group has this percentage from this date already, or too many rows.
    """
    with transaction() as session:
        lock_shop(shop_id)
        rows = [row for row in _rows(shop_id) if (row.scope, row.country) == group]
        if row_id is None:
            row, before = VatMapping(shop_id=shop_id, scope=group[0], country=group[1]), {}
            session.add(row)
        else:
            row = next((one for one in rows if one.id == row_id), None) or find_row(shop_id, row_id)
            before = values_of(row)
        with session.no_autoflush:
            _check(rows, row, values)
        changed = {name: value for name, value in values.items() if name not in before or before[name] != value}
        if not changed:
            return row, Saved(is_changed=False), False
        was_changed = row_id is not None and mark_of(before) != seen
        overwritten = latest_changes(shop_id).get("vat") if was_changed else None
        for name, value in changed.items():
            setattr(row, name, value)
        others = _undo_defaults(rows, row)
        place = {"scope": group[0], "country": group[1]}
        record_change(shop_id, "vat", {name: before.get(name) for name in changed}, {**place, **changed}, user)
        session.flush()
    return row, Saved(is_changed=True, overwritten=overwritten), others


def remove_row(shop_id: int, row_id: int, user: User) -> VatMapping:
    """Remove a row and return it as it was."""
    with transaction() as session:
        lock_shop(shop_id)
        row = find_row(shop_id, row_id)
        old = {"scope": row.scope, "country": row.country, **values_of(row)}
        record_change(shop_id, "vat", old, {"removed": True}, user)
        session.delete(row)
    return row


def propose(shop_id: int, lists: AdministrationLists, user: User) -> Proposed:
    """Add the rows that are missing and fill those without a ledger; leave all others as they are."""
    with transaction() as session:
        shop = lock_shop(shop_id)
        rows = _rows(shop_id)
        added, filled = [], 0
        for proposal in proposed_rows(shop, lists.rows):
            same = [row for row in rows if _is_same(row, proposal)]
            filled += sum(_fill(row, proposal) for row in same)
            if not same:
                added.append(stored_row(shop_id, proposal))
                added[-1].is_default = proposal.is_default and not _has_default(rows, proposal, shop)
        session.add_all(added)
        if added or filled:
            record_change(shop_id, "vat", {}, {"proposed": len(added), "filled": filled}, user)
    return Proposed(len(added), filled)


def reset(shop_id: int, lists: AdministrationLists, user: User) -> int:
    """Remove the whole table and start again from the defaults; return how many rows there were."""
    with transaction() as session:
        shop = lock_shop(shop_id)
        rows = _rows(shop_id)
        old = {f"{row.scope} {row.country} {row.percentage:f} {row.valid_from}": row.ledger_id for row in rows}
        session.execute(delete(VatMapping).where(VatMapping.shop_id == shop_id))
        session.add_all(stored_row(shop_id, row) for row in proposed_rows(shop, lists.rows))
        record_change(shop_id, "vat", old, {"reset": True}, user)
    return len(rows)


def count_countries(shop_id: int) -> dict[str, tuple[int, int]]:
    """Return by country how many of the shop's latest orders went there, and how many of those are not booked yet."""
    parts = []
    for state in (OrderState.POSTED.value, *_HELD):
        latest = (
            select(Order.country, Order.state)
            .where(Order.shop_id == shop_id, Order.state == state)
            .order_by(Order.purchased_at.desc(), Order.id.desc())
            .limit(COUNTED)
            .subquery()
        )
        parts.append(select(latest.c.country, latest.c.state))
    orders = union_all(*parts).subquery()
    counts: dict[str, tuple[int, int]] = {}
    for country, state, number in db.session.execute(
        select(orders.c.country, orders.c.state, func.count()).group_by(orders.c.country, orders.c.state)
    ):
        if country:
            total, held = counts.get(country, (0, 0))
            counts[country] = (total + number, held + (number if state in _HELD else 0))
    return counts


def _group_of(country: str) -> tuple[str, str]:
    if country == HOME:
        return Scope.NL.value, HOME
    return (Scope.EU.value, country) if country in VAT_AREAS else (Scope.INTERNATIONAL.value, "")


def _rows(shop_id: int) -> Sequence[VatMapping]:
    found = db.session.scalars(select(VatMapping).where(VatMapping.shop_id == shop_id))
    return sorted(found, key=lambda row: (-row.percentage, row.valid_from, row.id))


def _rules(shop: Shop, lists: AdministrationLists, rows: Iterable[VatMapping]) -> ShopRules | None:
    return make_rules(shop, lists.rows, rows, SkuRates()) if lists.read_at is not None else None


def _checked(row: VatMapping, rules: ShopRules | None) -> VatRow:
    if rules is None or not row.ledger_id:
        return VatRow(row, ())
    on = max(local_date(clock.now()), row.valid_from)
    return VatRow(row, [describe(issue) for issue in check_mapping_row(mapping_row(row), rules, on)])


def _check(rows: Iterable[VatMapping], row: VatMapping, values: Mapping[str, Any]) -> None:
    others = [one for one in rows if one is not row]
    if any((one.percentage, one.valid_from) == (values["percentage"], values["valid_from"]) for one in others):
        raise InvalidSettingError("percentage", "percentage_taken")
    if len(others) >= MOST_ROWS:
        raise InvalidSettingError("percentage", "too_many_rows")


def _undo_defaults(rows: Iterable[VatMapping], row: VatMapping) -> bool:
    """Make the row the only default of its group, when it is one."""
    others = [one.id for one in rows if one is not row and one.is_default]
    if not row.is_default or not others:
        return False
    db.session.execute(update(VatMapping).where(VatMapping.id.in_(others)).values(is_default=False))
    return True


def _is_same(row: VatMapping, proposal: MappingRow) -> bool:
    return (row.scope, row.country, row.percentage) == (proposal.scope.value, proposal.country, proposal.percentage)


def _fill(row: VatMapping, proposal: MappingRow) -> bool:
    if row.ledger_id or not proposal.ledger_id:
        return False
    row.ledger_id, row.vat_kind, row.rate_code = proposal.ledger_id, proposal.vat_kind.value, proposal.rate_code
    return True


def _has_default(rows: Iterable[VatMapping], proposal: MappingRow, shop: Shop) -> bool:
    """Say whether the group has a default that can still be charged there."""
    place = proposal.country if proposal.scope is Scope.EU and shop.is_oss_registered else HOME
    legal: frozenset[Decimal] = legal_rates(place, _today())
    return any(
        row.is_default and row.percentage in legal
        for row in rows
        if (row.scope, row.country) == (proposal.scope.value, proposal.country)
    )


def _today() -> date:
    return local_date(clock.now())
