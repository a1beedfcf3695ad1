"""How amounts, times, countries and percentages are written; as Jinja filters, in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from flask import Flask
from flask_babel import get_locale

from webshop.extensions import clock

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOTHING = "–"


def init_app(app: Flask) -> None:
    for function in (money, moment, clock_time, day, month, country, percentage, count):
        app.add_template_filter(function)


def money(amount: Decimal | None, currency: str | None = "EUR") -> str:
    """Write an amount such as € 1.234,50."""
    if amount is None:
        return NOTHING
    return format_currency(amount, currency or "EUR", locale=get_locale())


def moment(at: datetime | None) -> str:
    """Write a time such as "ma 23 nov 14:03", with the year when it is another one than now."""
    if at is None:
        return NOTHING
    local = at.astimezone(AMSTERDAM)
    is_this_year = local.year == clock.now().astimezone(AMSTERDAM).year
    pattern = "EEE d MMM HH:mm" if is_this_year else "EEE d MMM y HH:mm"
    return format_datetime(local.replace(tzinfo=None), pattern, locale=get_locale())


def clock_time(at: datetime | None) -> str:
    """Write the time of the day for a moment of today, and the whole moment otherwise."""
    if at is None:
        return NOTHING
    local = at.astimezone(AMSTERDAM)
    if local.date() != clock.now().astimezone(AMSTERDAM).date():
        return moment(at)
    return f"{local:%H:%M}"


def day(on: date | None) -> str:
    """Write a date such as "23 nov 2026"."""
    return NOTHING if on is None else format_date(on, "d MMM y", locale=get_locale())


def month(on: date) -> str:
    """Write a month such as "november 2026"."""
    return format_date(on, "LLLL y", locale=get_locale())


def country(code: str | None) -> str:
    """Write a country's name; a code that is none stays as it is."""
    if not code:
        return NOTHING
    return str(get_locale().territories.get(code, code))


def percentage(rate: Decimal) -> str:
    """Write a rate such as 21% or 5,5%."""
    return f"{format_decimal(rate.normalize(), locale=get_locale())}%"


def count(number: int) -> str:
    """Write a number of things such as 1.234."""
    return format_decimal(number, locale=get_locale())
