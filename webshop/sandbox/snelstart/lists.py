"""Answer the list GETs: $filter, $skip, $top and $select as each resource has them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from webshop.sandbox.snelstart.books import INDEXED, Books, Document
from webshop.sandbox.snelstart.calls import Answer, Call, query_error
from webshop.sandbox.snelstart.members import Model, render
from webshop.sandbox.snelstart.odata import Filter, compile_filter

MOST_ROWS = 500


def everything(model: Model, rows: list[Document]) -> Answer:
    """Answer all rows: the resources without OData ignore every query option."""
    return Answer(200, [render(model, row) for row in rows])


def filtered(books: Books, call: Call, collection: str, model: Model, *, most: int = MOST_ROWS) -> Answer:
    """Answer the page of a collection that the query asks for."""
    allow_options(call, "$filter", "$skip", "$top", "$select")
    condition = filter_of(call, model)
    rows = books.all(collection) if condition is None else matching(books, collection, condition)
    return page(call, model, rows, most=most)


def allow_options(call: Call, *names: str) -> None:
    for name in call.query:
        if name not in (*names, "subscription-key"):
            raise query_error(f"The query parameter '{name}' is not supported.")


def filter_of(call: Call, model: Model) -> Filter | None:
    source = call.query.get("$filter")
    return None if source is None else compile_filter(model, source)


def matching(books: Books, collection: str, condition: Filter) -> list[Document]:
    """Return the rows of a collection that fit, by its indexes when the filter allows that."""
    return [
        row for row in candidates(books, collection, condition, INDEXED.get(collection, ())) if condition.accepts(row)
    ]


def candidates(books: Books, collection: str, condition: Filter, usable: tuple[str, ...]) -> list[Document]:
    """Return every document that can fit: those an index of the `usable` members names, else all."""
    for lookup in condition.lookups:
        if all(member in usable for member, _ in lookup):
            # Numbers are compared as Decimal and indexed as int; both hash alike.
            rows = [row for member, value in lookup for row in books.find(collection, member, value)]
            return list({row["id"]: row for row in rows}.values())
    return books.all(collection)


def page(call: Call, model: Model, rows: list[Document], *, most: int = MOST_ROWS) -> Answer:
    skip = _whole_number(call, "$skip", 0)
    top = _whole_number(call, "$top", most)
    if top > most:
        raise query_error(
            f"The query specified in the URI is not valid. The limit of '{most}' for Top query has been exceeded. "
            f"The value from the incoming request is '{top}'."
        )
    shown = [render(model, row) for row in rows[skip : skip + top]]
    return Answer(200, _selected(call, model, shown))


def _selected(call: Call, model: Model, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if "$select" not in call.query:
        return rows
    names = []
    for name in call.query["$select"].split(","):
        json_name = name.strip()[:1].lower() + name.strip()[1:]
        if json_name not in model.members or json_name == name.strip():
            raise query_error(f"Could not find a property named '{name.strip()}' on type '{model.name}'.")
        names.append(json_name)
    return [{name: row[name] for name in names} for row in rows]


def _whole_number(call: Call, name: str, default: int) -> int:
    written = call.query.get(name)
    if written is None:
        return default
    if not written.isdecimal() or (name == "$top" and Decimal(written) < 1):
        raise query_error(f"Invalid value '{written}' for {name} query option found.")
    return int(written)
