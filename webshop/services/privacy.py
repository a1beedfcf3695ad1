"""Remove what is over: buyers' data, old orders' lines, and what belongs to nobody any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from webshop.extensions import transaction
from webshop.services import audit, pending, vies
from webshop.services.purge_steps import OF_A_SHOP, OF_NO_SHOP, due_of, shops_behind


def purge(is_stopping: Callable[[], bool] = lambda: False) -> Counter[str]:
    """Remove everything whose time is over; return how many rows each step had.

    Works in small pieces and goes on the next time where it was stopped or cut off.
    """
    counts: Counter[str] = Counter()
    pending.forget_expired()
    vies.forget_old_answers()
    last = 0
    while not is_stopping() and (shops := shops_behind(last)):
        for shop in shops:
            due = due_of(shop)
            for step in OF_A_SHOP:
                counts[step.__name__] += _finish(partial(step, due), is_stopping)
        last = shops[-1].id
    for last_step in OF_NO_SHOP:
        counts[last_step.__name__] += _finish(last_step, is_stopping)
    removed = +counts
    if removed:
        with transaction():
            audit.record("buyer_data_purged", facts={**removed})
    return removed


def _finish(step: Callable[[], int], is_stopping: Callable[[], bool]) -> int:
    """Call a step until it finds nothing more."""
    total = 0
    while not is_stopping() and (done := step()):
        total += done
    return total
