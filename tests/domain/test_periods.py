"""Runs keep their rhythm over the clock changes and over a clock that jumps; dates are Dutch."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from webshop.domain.periods import local_date, next_slot, search_window

HOUR = timedelta(hours=1)
START = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("2026-03-28T22:00:05", "2026-03-28T23:00:00", id="start to start, however short the run"),
        pytest.param("2026-03-28T22:59:59", "2026-03-28T23:00:00", id="a run of nearly an hour"),
        pytest.param("2026-03-28T23:00:00", "2026-03-28T23:00:00", id="exactly due"),
        pytest.param("2026-03-28T23:40:00", "2026-03-28T23:00:00", id="late, but in the same slot"),
        pytest.param("2026-03-29T07:30:00", "2026-03-29T07:00:00", id="one run after a long gap"),
        pytest.param("2026-03-28T21:10:00", "2026-03-28T23:00:00", id="the clock went back: no slot twice"),
    ],
)
def test_next_slot(now: str, expected: str) -> None:
    assert next_slot(START, HOUR, at(now)) == at(expected)


@pytest.mark.parametrize("first", ["2026-03-28T22:00:00", "2026-10-24T22:00:00"], ids=["spring", "autumn"])
def test_the_clock_change_neither_skips_nor_doubles_a_run(first: str) -> None:
    slot = at(first).astimezone(ZoneInfo("Europe/Amsterdam"))
    slots = []
    for _ in range(12):
        slot = next_slot(slot, HOUR, slot + timedelta(minutes=1))
        slots.append(slot)

    assert slots == [at(first) + HOUR * number for number in range(1, 13)]


def test_a_gap_gives_one_run_and_then_the_rhythm_goes_on() -> None:
    now = at("2026-03-29T07:30:00")

    caught_up = next_slot(START, HOUR, now)

    assert caught_up <= now
    assert next_slot(caught_up, HOUR, now) == at("2026-03-29T08:00:00")


def test_a_slot_from_a_clock_that_was_far_ahead_does_not_stop_the_shop() -> None:
    now = at("2026-03-28T22:00:00")

    assert next_slot(now + timedelta(days=365), HOUR, now) == now


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="interval"):
        next_slot(START, timedelta(0), START)


def test_the_search_overlaps_and_never_starts_in_the_future() -> None:
    assert search_window(START, START + HOUR, HOUR) == START - HOUR
    assert search_window(START + 5 * HOUR, START, HOUR) == START - HOUR


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-12-31T22:59:59", date(2026, 12, 31)),
        ("2026-12-31T23:00:00", date(2027, 1, 1)),
        ("2026-06-30T21:59:59", date(2026, 6, 30)),
        ("2026-06-30T22:00:00", date(2026, 7, 1)),
    ],
)
def test_the_date_of_an_order_is_dutch(moment: str, expected: date) -> None:
    assert local_date(at(moment)) == expected


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        local_date(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the case
