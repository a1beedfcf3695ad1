"""An order that kills the process each time is parked; the shop's other orders are posted."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from tests.services.test_posting import Killed
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.services import posting, runs

pytestmark = pytest.mark.database


def test_an_order_that_kills_the_process_keeps_no_other_from_being_posted(
    scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly = scenario.add_order(email="a@example.nl", minutes_ago=90)
    others = scenario.add_orders(2)
    real_translate, real_end = posting.translate_row, runs._end  # type: ignore[attr-defined]

    def translate(row: Any, rules: Any) -> Any:
        if row.amazon_order_id == deadly:
            # A killed process closes nothing behind itself.
            monkeypatch.setattr(runs, "_end", lambda *args, **kwargs: None)
            raise Killed
        return real_translate(row, rules)

    monkeypatch.setattr(posting, "translate_row", translate)
    for _ in range(6):
        monkeypatch.setattr(runs, "_end", real_end)
        with suppress(Killed):
            scenario.run()
        clock.advance(minutes=6)
    assert scenario.codes(deadly) == ["ORDER_CRASHED"]
    assert [scenario.order(number).state for number in others] == ["posted", "posted"]
    scenario.check_books()
