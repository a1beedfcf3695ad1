"""Seal everything anew with the newest key, so that an old one can be taken out of ENCRYPTION_KEYS.

Every sealed column has a line here that says what its text is bound to; a test fails for one that has
none. A row that was changed meanwhile is left alone: what was just written is sealed with the newest
key already. Cut off, it is simply started again: what is done is no longer found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, and_, func, select, tuple_, update

from webshop.extensions import db, transaction, vault
from webshop.models import Administration, Connection, Mail, Order, PendingConnection, Remote, User
from webshop.models.base import Model, table_of
from webshop.services import buyers, connections, fingerprints, notifications, pending, two_factor
from webshop.vault import SealBrokenError

BATCH = 500


@dataclass(frozen=True)
class Sealed:
    """A sealed column, and how to tell from its row what its text is bound to."""

    model: type[Model]
    column: str
    needs: tuple[str, ...]
    place: Callable[[Any], str]

    @property
    def table(self) -> Table:
        return table_of(self.model)

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column}"


def _of_order(field: str) -> Callable[[Any], str]:
    return lambda row: buyers.place_of(row.shop_id, row.amazon_order_id, field)


def _of_connection(field: str) -> Callable[[Any], str]:
    return lambda row: connections.place_of(row, field)


SEALED = (
    *(
        Sealed(Order, column, ("shop_id", "amazon_order_id"), _of_order(field))
        for field, column in buyers.COLUMNS.items()
    ),
    *(
        Sealed(Connection, f"sealed_{field}", ("shop_id", "remote"), _of_connection(field))
        for field in ("secret", "access_token")
    ),
    Sealed(Administration, "sealed_fingerprint_key", (), lambda row: fingerprints.place_of(row.administration_id)),
    Sealed(
        PendingConnection,
        "sealed_secret",
        ("shop_id", "remote"),
        lambda row: pending.place_of(row.shop_id, Remote(row.remote)),
    ),
    Sealed(Mail, "sealed_content", ("cause",), lambda row: notifications.place_of(row.cause)),
    Sealed(User, "sealed_totp_secret", (), lambda row: two_factor.place_of(row.id)),
)


@dataclass
class Outcome:
    """What became of one column."""

    resealed: int = 0
    broken: list[str] = field(default_factory=list)
    """Keys of the rows that no listed key opens; they stay as they are."""


def rotate() -> Mapping[str, Outcome]:
    """Seal every text anew that an older key sealed; return what came of it per column."""
    return {sealed.name: _rotate(sealed) for sealed in SEALED}


def left_to_do() -> dict[str, int]:
    """Return how many texts of each column an older key still seals; columns without any are left out."""
    counts = {
        sealed.name: db.session.scalar(select(func.count()).select_from(sealed.table).where(_is_old(sealed))) or 0
        for sealed in SEALED
    }
    return {name: count for name, count in counts.items() if count}


def _is_old(sealed: Sealed) -> Any:
    column = sealed.table.c[sealed.column]
    # An empty text was never sealed.
    return and_(column.is_not(None), column != "", ~column.startswith(vault().newest_prefix, autoescape=True))


def _rotate(sealed: Sealed) -> Outcome:
    outcome = Outcome()
    for rows in _batches(sealed):
        with transaction() as session:
            for row in rows:
                old = row._mapping[sealed.column]
                place = sealed.place(row)
                try:
                    new = vault().seal(vault().open(old, bound_to=place), bound_to=place)
                except SealBrokenError:
                    outcome.broken.append(", ".join(str(part) for part in _key(sealed, row)))
                    continue
                # Only what was read: whoever wrote meanwhile used the newest key.
                is_same = [column == row._mapping[column.name] for column in sealed.table.primary_key.columns]
                changed = session.execute(
                    update(sealed.table)
                    .where(*is_same, sealed.table.c[sealed.column] == old)
                    .values({sealed.column: new})
                )
                outcome.resealed += changed.rowcount  # type: ignore[attr-defined]
    return outcome


def _batches(sealed: Sealed) -> Iterator[Any]:
    """Yield the rows an older key sealed, in pieces, each behind the last row of the one before."""
    table = sealed.table
    keys = list(table.primary_key.columns)
    columns = [*keys, *(table.c[name] for name in sealed.needs), table.c[sealed.column]]
    behind: tuple[Any, ...] | None = None
    while True:
        query = select(*columns).where(_is_old(sealed)).order_by(*keys).limit(BATCH)
        if behind is not None:
            query = query.where(tuple_(*keys) > tuple_(*behind))
        with transaction() as session:
            rows = session.execute(query).all()
        if not rows:
            return
        yield rows
        behind = _key(sealed, rows[-1])


def _key(sealed: Sealed, row: Any) -> tuple[Any, ...]:
    return tuple(row._mapping[column.name] for column in sealed.table.primary_key.columns)
