"""Amounts and times read as a Dutch bookkeeper writes them, and follow the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale

from webshop import formatting


@pytest.mark.parametrize(
    ("locale", "amount", "expected"),
    [
        ("nl", "1234.5", "€\xa01.234,50"),
        ("nl", "-1234.5", "€\xa0-1.234,50"),
        ("nl", "0", "€\xa00,00"),
        ("de", "1234.5", "1.234,50\xa0€"),
        ("en", "1234567.89", "€1,234,567.89"),
    ],
)
def test_an_amount_is_written_in_the_language_of_the_reader(
    app: Flask, locale: str, amount: str, expected: str
) -> None:
    with app.test_request_context(), force_locale(locale):
        assert formatting.money(Decimal(amount)) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 23, 13, 3, tzinfo=UTC), "ma 23 nov 14:03"),
        (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "do 2 jul 00:30"),
        (datetime(2025, 12, 31, 22, 59, tzinfo=UTC), "wo 31 dec 2025 23:59"),
        (datetime(2025, 12, 31, 23, 0, tzinfo=UTC), "do 1 jan 00:00"),
    ],
)
def test_a_moment_is_the_clock_in_amsterdam(app: Flask, at: datetime, expected: str) -> None:
    with app.test_request_context():
        assert formatting.moment(at) == expected


def test_only_today_goes_without_its_day(app: Flask) -> None:
    with app.test_request_context():
        assert formatting.clock_time(datetime(2026, 11, 23, 22, 59, tzinfo=UTC)) == "23:59"
        assert formatting.clock_time(datetime(2026, 11, 23, 23, 0, tzinfo=UTC)) == "di 24 nov 00:00"


@pytest.mark.parametrize(("code", "expected"), [("DE", "Duitsland"), ("ZZ9", "ZZ9"), (None, "–")])
def test_a_country_has_a_name(app: Flask, code: str | None, expected: str) -> None:
    with app.test_request_context():
        assert formatting.country(code) == expected


@pytest.mark.parametrize(("rate", "expected"), [("21", "21%"), ("21.00", "21%"), ("5.5", "5,5%"), ("100", "100%")])
def test_a_rate_has_no_needless_decimals(app: Flask, rate: str, expected: str) -> None:
    with app.test_request_context():
        assert formatting.percentage(Decimal(rate)) == expected


def test_what_is_unknown_is_a_dash(app: Flask) -> None:
    with app.test_request_context():
        assert {formatting.money(None), formatting.moment(None), formatting.clock_time(None), formatting.day(None)} == {
            "–"
        }


@pytest.mark.parametrize(("asked", "expected"), [("de-DE,de;q=0.9", "de"), ("en", "en"), ("ja", "nl"), ("", "nl")])
def test_a_visitor_gets_a_language_of_the_browser(app: Flask, asked: str, expected: str) -> None:
    page = app.test_client().get("/", headers={"Accept-Language": asked} if asked else {})
    assert f'<html lang="{expected}">' in page.text
