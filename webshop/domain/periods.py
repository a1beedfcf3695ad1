"""When a shop's next run is due, what it asks for and on which date an order counts.

Everything but the dates reckons in UTC, so the clock changes of spring and autumn cannot skip
or double a run.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def next_slot(previous_slot: datetime, interval: timedelta, now: datetime) -> datetime:
    """Give the time of the run after the one of `previous_slot`, start to start.

    After a gap the slots that were missed become one: the latest that is not in the future. A
    previous slot further ahead than one interval means that the clock was wrong when it was made;
    waiting for it would stop the shop, so the next run is due now.
    """
    _check_aware(previous_slot, now)
    if interval <= timedelta(0):
        raise ValueError("the interval must be longer than nothing")
    if previous_slot > now + interval:
        return now
    elapsed = max((now - previous_slot) // interval, 1)
    return previous_slot.astimezone(UTC) + elapsed * interval


def search_window(watermark: datetime, now: datetime, overlap: timedelta) -> datetime:
    """Give the lastUpdatedAfter of a search: the watermark, or now when that is earlier, less the overlap."""
    _check_aware(watermark, now)
    return min(watermark, now) - overlap


def local_date(at: datetime) -> date:
    """Give the date in the Netherlands at a moment: the date on which an order is booked."""
    _check_aware(at)
    return at.astimezone(_AMSTERDAM).date()


def read_from(start_on: date | None) -> datetime:
    """Give since when documents are read for a shop: a day before its start date, whatever its time zone.

    Without a start date everything is read.
    """
    if start_on is None:
        return datetime(2000, 1, 1, tzinfo=UTC)
    return datetime(start_on.year, start_on.month, start_on.day, tzinfo=UTC) - timedelta(days=1)


def earliest(start_on: date | None, *others: date | None) -> date | None:
    """Give the earliest of a start date and other days, those that are not there left out; without a start date None.

    A shop without one has no bound at all, and no other day gives it one.
    """
    return None if start_on is None else min(start_on, *(day for day in others if day is not None), start_on)


def start_of_day(day: date) -> datetime:
    """Give the moment at which a day begins in the Netherlands."""
    return datetime.combine(day, time.min, _AMSTERDAM).astimezone(UTC)


def is_past(last_day: date | None, at: datetime) -> bool:
    """Say whether a last day, which itself still counts, has gone by in the Netherlands; None never does."""
    return last_day is not None and local_date(at) > last_day


def year_from(first_day: date) -> date:
    """Give the last day of a year that begins on a day."""
    leap_day_gone = first_day.month == 2 and first_day.day == 29
    next_year = date(first_day.year + 1, 3, 1) if leap_day_gone else first_day.replace(year=first_day.year + 1)
    return next_year - timedelta(days=1)


def local_hour(at: datetime) -> int:
    """Give the hour of the day in the Netherlands at a moment."""
    _check_aware(at)
    return at.astimezone(_AMSTERDAM).hour


def _check_aware(*moments: datetime) -> None:
    if any(moment.utcoffset() is None for moment in moments):
        raise ValueError("a time without a time zone")
