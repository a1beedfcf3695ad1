"""JSON in which an amount stays exactly the decimal that was written.

The standard library writes Decimals only by way of floats, hence the small writer of our own.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def read_json(body: bytes) -> Any:
    """Return the document with Decimals for fractions; raise ValueError when it is no usable JSON.

    NaN and the infinities become None; a member that is there twice makes the document unusable.
    """
    try:
        return json.loads(
            body, parse_float=Decimal, parse_constant=_nothing, object_pairs_hook=_object_without_duplicates
        )
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None
    except ValueError:
        # The error of the json module carries the whole document.
        raise ValueError("not valid JSON") from None


def write_json(value: Any) -> bytes:
    """Return the value as JSON; raise TypeError for a float and ValueError for NaN."""
    return _write(value).encode("utf-8")


def _nothing(_constant: str) -> None:
    return None


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _write(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, Decimal):
        return _write_decimal(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_write(member)}" for name, member in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_write, value)) + "]"
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    raise TypeError(f"{type(value).__name__} has no exact form in JSON")


def _write_decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError("the amount is not a number")
    text = format(value, "f")
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<2}"
