"""Amounts travel exactly, and no document of a remote can bring a worker down."""

from __future__ import annotations

from decimal import Decimal

import pytest

from webshop.clients.jsontext import read_json, write_json


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("121", b"121.00"),
        ("21.0", b"21.00"),
        ("-0.1", b"-0.10"),
        ("0.07", b"0.07"),
        ("1E+3", b"1000.00"),
        ("0.0001", b"0.0001"),
        ("99999999999.99", b"99999999999.99"),
        ("0.30000000000000000001", b"0.30000000000000000001"),
    ],
)
def test_an_amount_is_written_to_the_cent_without_a_float(amount: str, text: bytes) -> None:
    assert write_json({"factuurbedrag": Decimal(amount)}) == b'{"factuurbedrag":' + text + b"}"


def test_what_was_written_is_read_back() -> None:
    document = {"a": [Decimal("1.10"), 7, True, None, 'é"\n\u2028😀'], "b": {}, "c": []}

    assert read_json(write_json(document)) == document


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity")])
def test_an_amount_that_is_no_number_is_never_sent(value: Decimal) -> None:
    with pytest.raises(ValueError, match="not a number"):
        write_json({"bedrag": value})


@pytest.mark.parametrize("value", [1.1, b"x", object()])
def test_a_float_is_never_sent(value: object) -> None:
    with pytest.raises(TypeError):
        write_json({"bedrag": value})


def test_a_fraction_is_read_as_it_was_written() -> None:
    amount = read_json(b"[917.6300]")[0]

    assert isinstance(amount, Decimal)
    assert str(amount) == "917.6300"


def test_a_number_that_is_none_is_read_as_nothing() -> None:
    assert read_json(b"[NaN, Infinity, -Infinity]") == [None, None, None]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"id": "1"',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"amount": "1.00", "amount": "9.00"}',
        b"\xff\xfe\x00",
        b'"\xc3"',
        b"9" * 5_000,
    ],
    ids=["empty", "html", "cut", "deep list", "deep object", "twice the same member", "utf-16", "latin", "huge number"],
)
def test_what_is_no_usable_json_is_one_clear_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        read_json(body)


def test_the_error_does_not_show_the_document() -> None:
    with pytest.raises(ValueError) as caught:
        read_json(b'{"email": "jan@example.nl"')

    assert "jan" not in f"{caught.value!r}"
