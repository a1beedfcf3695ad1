"""Every column that can hold words says what may stand there and when it goes."""

from __future__ import annotations

from sqlalchemy import JSON, Column, String
from sqlalchemy.types import TypeDecorator

from webshop.extensions import db
from webshop.services.retention import INVENTORY, Goes


def holds_words(column: Column[object]) -> bool:
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return isinstance(kind, String | JSON)


def test_a_new_column_of_text_says_when_it_is_emptied() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in db.metadata.tables.values()
        for column in table.columns
        if holds_words(column)
    }
    listed = {f"{table}.{column}" for table, lines in INVENTORY.items() for column in lines}
    assert len(columns) > 150
    assert sorted(columns ^ listed) == []
    assert sorted(db.metadata.tables.keys() ^ INVENTORY.keys()) == []


def test_what_is_sealed_never_stays_by_itself() -> None:
    """The key of the fingerprints is the one exception: it is of no person, and rows point at it."""
    staying = [
        f"{table}.{column}"
        for table, lines in INVENTORY.items()
        for column, goes in lines.items()
        if column.startswith("sealed_") and goes is Goes.NEVER
    ]
    assert staying == ["administrations.sealed_fingerprint_key"]
