"""Describe JSON models and read a request's body strictly against one.

A member is refused when its name is unknown, misspelt or read-only: SnelStart itself ignores such
members, but a client that sends them believes that something happened which did not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from webshop.sandbox.snelstart.calls import business_error, model_state

MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(\.\d{1,6})?)?")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Member:
    """One JSON member; `kind` is text, integer, number, boolean, guid, moment, choice, object or list."""

    kind: str
    required: bool = False
    read_only: bool = False
    choices: frozenset[str] = frozenset()
    model: Model | None = None
    item: Member | None = None
    longest: int | None = None
    between: tuple[int, int] | None = None


@dataclass(frozen=True)
class Model:
    """A named JSON object; the name is the one that SnelStart's own errors show."""

    name: str
    members: dict[str, Member]


def text(longest: int | None = None, *, required: bool = False, read_only: bool = False) -> Member:
    return Member("text", required, read_only, longest=longest)


def integer(low: int | None = None, high: int | None = None, *, read_only: bool = False) -> Member:
    return Member("integer", read_only=read_only, between=None if low is None or high is None else (low, high))


def number(*, required: bool = False, read_only: bool = False) -> Member:
    return Member("number", required, read_only)


def boolean(*, read_only: bool = False) -> Member:
    return Member("boolean", read_only=read_only)


def moment(*, required: bool = False, read_only: bool = False) -> Member:
    return Member("moment", required, read_only)


def choice(*values: str) -> Member:
    return Member("choice", choices=frozenset(values))


def nested(model: Model, *, required: bool = False, read_only: bool = False) -> Member:
    return Member("object", required, read_only, model=model)


def many(item: Member, *, required: bool = False, read_only: bool = False) -> Member:
    return Member("list", required, read_only, item=item)


REFERENCE = Model("IdentifierModel", {"id": Member("guid"), "uri": text(read_only=True)})


def reference(*, required: bool = False, read_only: bool = False) -> Member:
    return nested(REFERENCE, required=required, read_only=read_only)


class _UnreadableError(ValueError):
    """The value does not fit the member; the text goes into the ModelState."""


def _no_constant(name: str) -> Any:
    raise ValueError(f"Unexpected token {name}.")


def parse_body(body: bytes, prefix: str) -> dict[str, Any]:
    """Return the JSON object of a request; numbers with a point become Decimal."""
    if not body.strip():
        raise business_error("ALG-0106", "Er zijn geen gegevens meegestuurd.")
    try:
        parsed = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except ValueError as error:
        raise model_state({prefix: [f"The JSON cannot be read: {error}"]}) from None
    if not isinstance(parsed, dict):
        raise model_state({prefix: ["An object is expected."]})
    return parsed


def read(model: Model, body: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Return the body with every writable member present (None when absent or null)."""
    errors: dict[str, list[str]] = {}
    values = _read_object(model, body, prefix, errors)
    if errors:
        raise model_state(errors)
    return values


def _read_object(model: Model, body: dict[str, Any], path: str, errors: dict[str, list[str]]) -> dict[str, Any]:
    for name in body:
        member = model.members.get(name)
        if member is None:
            errors.setdefault(f"{path}.{name}", []).append(f"Unknown member '{name}'.")
        elif member.read_only and model is not REFERENCE:
            errors.setdefault(f"{path}.{name}", []).append(f"Member '{name}' is read-only.")
    values: dict[str, Any] = {}
    for name, member in model.members.items():
        if member.read_only:
            continue
        value = body.get(name)
        values[name] = None if value is None else _read_value(member, value, f"{path}.{name}", errors)
        if values[name] is None and member.required and f"{path}.{name}" not in errors:
            errors[f"{path}.{name}"] = [f"The {name} field is required."]
    return values


def _read_value(member: Member, value: Any, path: str, errors: dict[str, list[str]]) -> Any:
    if member.kind == "object" and member.model is not None:
        if isinstance(value, dict):
            values = _read_object(member.model, value, path, errors)
            # A reference without an id refers to nothing.
            return None if values == {"id": None} else values
    elif member.kind == "list" and member.item is not None:
        if isinstance(value, list):
            return [_read_value(member.item, each, f"{path}[{index}]", errors) for index, each in enumerate(value)]
    else:
        try:
            return READERS[member.kind](member, value)
        except _UnreadableError as error:
            errors.setdefault(path, []).append(str(error))
            return None
    errors.setdefault(path, []).append(f"Error converting value to {member.kind}.")
    return None


def _text(member: Member, value: Any) -> str:
    if not isinstance(value, str):
        raise _UnreadableError("Error converting value to text.")
    if member.longest is not None and len(value) > member.longest:
        raise _UnreadableError(f"The field must be a text with a maximum length of {member.longest}.")
    return value


def _integer(member: Member, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _UnreadableError(f"Error converting value {value!s} to an integer.")
    if member.between is not None and not member.between[0] <= value <= member.between[1]:
        raise _UnreadableError(f"The field must be between {member.between[0]} and {member.between[1]}.")
    return value


def _number(member: Member, value: Any) -> Decimal:
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise _UnreadableError(f"Error converting value {value!s} to a number.")
    return Decimal(value)


def _boolean(member: Member, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _UnreadableError("Error converting value to boolean.")
    return value


def _guid(member: Member, value: Any) -> str:
    try:
        identifier = str(UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise _UnreadableError("Error converting value to Guid.") from None
    if len(value) != len(identifier):
        raise _UnreadableError("Error converting value to Guid.")
    return identifier


def _moment(member: Member, value: Any) -> str:
    """Return the moment as SnelStart writes it; a zone is refused because SnelStart knows none."""
    match = MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _UnreadableError(f"Could not convert string to DateTime: {value!s}.")
    day, clock, fraction = match.groups()
    written = f"{day}T{clock or '00:00:00'}{fraction or ''}"
    try:
        datetime.fromisoformat(written)
    except ValueError:
        raise _UnreadableError(f"Could not convert string to DateTime: {value}.") from None
    return written


def _choice(member: Member, value: Any) -> str:
    if not isinstance(value, str) or value not in member.choices:
        raise _UnreadableError(f"Error converting value '{value!s}' to one of {', '.join(sorted(member.choices))}.")
    return value


READERS: dict[str, Callable[[Member, Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "guid": _guid,
    "moment": _moment,
    "choice": _choice,
}


def storable(value: Any) -> Any:
    """Return the value as JSON can hold it without loss: a Decimal becomes its digits."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {name: storable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [storable(each) for each in value]
    return value


def render(model: Model, document: dict[str, Any], as_number: Callable[[str], Any] = float) -> dict[str, Any]:
    """Return a stored document as the API shows it.

    A float has the very digits of the stored amount (they are far fewer than 15), so it is used for
    writing JSON only; nothing is calculated with it.
    """
    return {name: _render_value(member, document.get(name), as_number) for name, member in model.members.items()}


def _render_value(member: Member, value: Any, as_number: Callable[[str], Any]) -> Any:
    if value is None:
        return [] if member.kind == "list" else None
    if member.kind == "number":
        return as_number(value)
    if member.kind == "object" and member.model is not None:
        return render(member.model, value, as_number)
    if member.kind == "list" and member.item is not None and member.item.kind == "object":
        return [_render_value(member.item, each, as_number) for each in value]
    return value


def amount(digits: str | None) -> Decimal:
    """Return a stored number for calculation; absent is nought."""
    return Decimal(digits) if digits else Decimal(0)
