"""The administration's own lists (ledgers, countries, VAT rates): read seldom, cached for every order."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from webshop.clients.snelstart.client import SnelStartClient
from webshop.domain.booking import DomesticRate, ForeignRate, Ledger, VatKind
from webshop.extensions import clock, db, transaction
from webshop.models import CachedList, LedgerCache
from webshop.models.base import insert


def refresh(administration_id: str, client: SnelStartClient) -> None:
    """Read the lists from SnelStart and keep them."""
    company = client.company_info()
    lists: dict[CachedList, list[dict[str, Any]]] = {
        CachedList.COMPANY: [_plain(company)],
        CachedList.LEDGERS: [_plain(row) for row in client.ledgers()],
        CachedList.COUNTRIES: [_plain(row) for row in client.countries()],
        CachedList.VAT_RATES: [_plain(row) for row in client.domestic_vat_rates()],
        CachedList.JOURNALS: [_plain(row) for row in client.journals()],
        CachedList.COST_CENTRES: [_plain(row) for row in client.cost_centres()],
        CachedList.FOREIGN_VAT_RATES: [_plain(row) for row in client.foreign_vat_rates()],
        CachedList.REVENUE_GROUPS: [_plain(row) for row in client.revenue_groups()],
        CachedList.TEMPLATES: [_plain(row) for row in client.order_templates()],
    }
    with transaction() as session:
        for name, rows in lists.items():
            statement = insert(LedgerCache).values(
                administration_id=administration_id, name=name.value, rows=rows, fetched_at=clock.now()
            )
            session.execute(
                statement.on_conflict_do_update(
                    index_elements=["administration_id", "name"],
                    set_={"rows": statement.excluded.rows, "fetched_at": statement.excluded.fetched_at},
                )
            )


def load(administration_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return every cached list by name; a list that was never read is empty."""
    return load_dated(administration_id)[0]


def load_dated(administration_id: str) -> tuple[dict[str, list[dict[str, Any]]], datetime | None]:
    """Return every cached list by name, and when the oldest of them was read: None when none ever was."""
    found = db.session.execute(
        select(LedgerCache.name, LedgerCache.rows, LedgerCache.fetched_at).where(
            LedgerCache.administration_id == administration_id
        )
    ).all()
    lists: dict[str, list[dict[str, Any]]] = {name.value: [] for name in CachedList}
    lists.update((name, rows) for name, rows, _ in found)
    return lists, min((read_at for _, _, read_at in found), default=None)


def ledgers(lists: dict[str, list[dict[str, Any]]]) -> dict[str, Ledger]:
    return {
        row["ledger_id"]: Ledger(
            ledger_id=row["ledger_id"],
            number=row["number"],
            name=row["name"],
            function=row["function"],
            is_active=row["is_active"],
            is_cost_centre_required=row["is_cost_centre_required"],
            rate_code=row["rate_code"],
        )
        for row in lists[CachedList.LEDGERS.value]
    }


def domestic_rates(lists: dict[str, list[dict[str, Any]]]) -> tuple[DomesticRate, ...]:
    return tuple(
        DomesticRate(
            vat_kind=VatKind(row["kind"]),
            percentage=Decimal(row["percentage"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_until=date.fromisoformat(row["valid_until"]),
        )
        for row in lists[CachedList.VAT_RATES.value]
    )


def foreign_rates(lists: dict[str, list[dict[str, Any]]]) -> tuple[ForeignRate, ...]:
    return tuple(
        ForeignRate(
            country=row["country"],
            rate_code=row["rate_code"],
            percentage=Decimal(row["percentage"]),
            valid_from=date.fromisoformat(row["valid_from"]),
        )
        for row in lists[CachedList.FOREIGN_VAT_RATES.value]
    )


def active_cost_centres(lists: dict[str, list[dict[str, Any]]]) -> frozenset[str] | None:
    """Return the ids of the active cost centres; None when the list was never read."""
    rows = lists[CachedList.COST_CENTRES.value]
    return frozenset(row["cost_centre_id"] for row in rows if row["is_active"]) if rows else None


def country_ids(lists: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Return SnelStart's id of each country by its two-letter code."""
    return {row["code"]: row["country_id"] for row in lists[CachedList.COUNTRIES.value]}


def country_names(lists: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    return {row["code"]: row["name"] for row in lists[CachedList.COUNTRIES.value]}


def _plain(row: Any) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in asdict(row).items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, (Decimal, date)):
        return str(value)
    if isinstance(value, (tuple, frozenset, list)):
        return [_plain_value(inner) for inner in value]
    return value
