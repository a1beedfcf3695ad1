"""The administration's lists as a person chooses from them, with the words for what was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from webshop.domain.mapping import DOMESTIC_FUNCTIONS, OSS_FUNCTION, ZERO_RATED_FUNCTIONS
from webshop.exceptions import (
    BudgetEmptyError,
    RemoteError,
)
from webshop.extensions import db, transaction
from webshop.models import CachedList, Connection, Remote
from webshop.services import reference_lists, remote_troubles, scheduling
from webshop.services.connections import deadline, open_snelstart
from webshop.services.mapping import NUMERIC

SECONDS = 5
"""How long a person waits for SnelStart at most."""
GENERAL = "GENERAL"
ARTICLE_CODE_LENGTH = 25
"""How many characters every SKU fits in."""
_REVENUE = frozenset({*DOMESTIC_FUNCTIONS.values(), OSS_FUNCTION, *ZERO_RATED_FUNCTIONS.values()})
"""Functions of the ledgers on which a sale can be booked."""
_BALANCE_FUNCTION = 0
"""What SnelStart calls "Diversen": among them the clearing ledgers."""


@dataclass(frozen=True)
class Choice:
    value: str
    text: str


@dataclass(frozen=True)
class ArticleCodes:
    """What SnelStart allows in the code of an article: sales orders name articles by the seller's SKU."""

    is_numeric: bool
    length: int

    @property
    def fit_every_sku(self) -> bool:
        return not self.is_numeric and self.length >= ARTICLE_CODE_LENGTH


class AdministrationLists:
    """What can be chosen in an administration; empty before SnelStart is connected."""

    def __init__(self, rows: dict[str, list[dict[str, Any]]], read_at: datetime | None) -> None:
        self.rows = rows
        self.read_at = read_at

    @cached_property
    def journals(self) -> Sequence[Choice]:
        """The journals for sales and those for other entries, in the order of their numbers."""
        return _choices(self._journals("SALES", GENERAL), "journal_id")

    @cached_property
    def general_journals(self) -> Sequence[Choice]:
        return _choices(self._journals(GENERAL), "journal_id")

    @cached_property
    def clearing_ledgers(self) -> Sequence[Choice]:
        ledgers = [row for row in self._ledgers if row["function"] == _BALANCE_FUNCTION]
        return _choices(ledgers, "ledger_id")

    @cached_property
    def revenue_ledgers(self) -> Sequence[Choice]:
        return _choices([row for row in self._ledgers if row["function"] in _REVENUE], "ledger_id")

    @cached_property
    def cost_centres(self) -> Sequence[Choice]:
        return _choices(_active(self.rows[CachedList.COST_CENTRES.value]), "cost_centre_id")

    @cached_property
    def templates(self) -> Sequence[Choice]:
        rows = [row for row in _active(self.rows[CachedList.TEMPLATES.value]) if not row.get("is_order_blocked")]
        return [Choice(row["template_id"], row["name"]) for row in rows]

    def revenue_groups(self, kind: str) -> Sequence[Choice]:
        rows = [row for row in self.rows[CachedList.REVENUE_GROUPS.value] if row["kind"] == kind]
        return _choices(rows, "group_id")

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The words for everything that can be chosen or once was, by its id."""
        texts: dict[str, str] = {}
        for name, key in (
            (CachedList.LEDGERS, "ledger_id"),
            (CachedList.JOURNALS, "journal_id"),
            (CachedList.COST_CENTRES, "cost_centre_id"),
            (CachedList.REVENUE_GROUPS, "group_id"),
        ):
            texts |= {row[key]: f"{row['number']} {row['name']}" for row in self.rows[name.value]}
        return texts | {row["template_id"]: row["name"] for row in self.rows[CachedList.TEMPLATES.value]}

    @cached_property
    def article_codes(self) -> ArticleCodes | None:
        """The administration's setting; None before it was read."""
        for company in self.rows[CachedList.COMPANY.value]:
            length = int(company.get("article_code_max_length") or 0)
            if length:
                return ArticleCodes(company.get("article_code_kind") == NUMERIC, length)
        return None

    @property
    def _ledgers(self) -> list[dict[str, Any]]:
        return _active(self.rows[CachedList.LEDGERS.value])

    def _journals(self, *kinds: str) -> list[dict[str, Any]]:
        return [row for row in _active(self.rows[CachedList.JOURNALS.value]) if row["kind"] in kinds]


def load_lists(snelstart: Connection | None) -> AdministrationLists:
    """Return the lists of the connected administration as they were read last."""
    if snelstart is None:
        return AdministrationLists({name.value: [] for name in CachedList}, None)
    return AdministrationLists(*reference_lists.load_dated(snelstart.account_id))


def read_again(shop_id: int, snelstart: Connection | None) -> str | None:
    """Read the lists from SnelStart now; return the code of what went wrong, None when nothing did."""
    if snelstart is None or snelstart.sealed_secret is None:
        return "SNELSTART_RECONNECT"
    # No transaction is open during a call: on SQLite it would hold the one write lock.
    db.session.commit()
    try:
        _refresh(snelstart)
    except BudgetEmptyError:
        return "SNELSTART_THROTTLED"
    except RemoteError as trouble:
        return remote_troubles.code_of(trouble, Remote.SNELSTART)
    with transaction():
        # What SnelStart refused may have been put right there.
        scheduling.ask_review(shop_id)
    return None


def _refresh(snelstart: Connection) -> None:
    with deadline(SECONDS):
        access = open_snelstart(snelstart)
        try:
            reference_lists.refresh(snelstart.account_id, access.client)
        finally:
            access.purse.give_back()


def _active(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row.get("is_active", True)]


def _choices(rows: list[dict[str, Any]], key: str) -> list[Choice]:
    numbered = sorted(rows, key=lambda row: (int(row["number"]), row["name"]))
    return [Choice(row[key], f"{row['number']} {row['name']}") for row in numbered]
