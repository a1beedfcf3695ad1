"""A short run of the random orders: what the core calls ready, SnelStart takes, and to the cent."""

from __future__ import annotations

from tests.domain import random_orders
from webshop.domain.booking import Outcome


def test_snelstart_takes_whatever_is_ready() -> None:
    counts = random_orders.run(300, seed=7)

    assert sum(counts[outcome.value] for outcome in Outcome) == 300
    assert counts["sales entry"] > 50
    assert counts["sales order"] > 40
    assert counts["payment"] > 20
    assert random_orders.check_texts(counts) > 10
