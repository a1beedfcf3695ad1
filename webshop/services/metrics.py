"""What Prometheus reads: gauges from the tables, in its text format.

No shop, order or address stands in a label, and nothing is counted over all orders.
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from webshop.extensions import clock, db
from webshop.models import DailyTotal, OrderState
from webshop.models.daily_total import UNFINISHED
from webshop.services import support_operations

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Gauge:
    """One metric; `values` holds its value by the value of its label, which is "" when it has none."""

    name: str
    help: str
    values: Mapping[str, int]
    label: str = ""


def write_metrics(depths: Mapping[str, int] | None, workers: int | None) -> str:
    """Write all metrics; without depths or workers the queues' server did not answer, and theirs are left out."""
    return "".join(line for gauge in _gauges(depths, workers) for line in _lines(gauge))


def _gauges(depths: Mapping[str, int] | None, workers: int | None) -> Iterable[Gauge]:
    now = clock.now()
    yield Gauge(
        "koppeling_oldest_due_seconds",
        "How long the shop that waits longest is overdue.",
        {"": support_operations.oldest_due_seconds(now)},
    )
    yield Gauge("koppeling_due_shops", "Shops that are due, up to 1000.", {"": support_operations.count_due(now)})
    yield Gauge("koppeling_orders_state", "Orders that are not finished, by state.", _orders_by_state(), "state")
    yield Gauge(
        "koppeling_unknown_outcomes_total",
        "Bookings of which nobody knows whether they arrived, up to 1000.",
        {"": support_operations.count_unknown()},
    )
    yield Gauge("koppeling_mails_failed", "Mails given up, up to 1000.", {"": support_operations.count_failed_mails()})
    yield Gauge(
        "koppeling_recovery_epochs_open",
        "Administrations in which nothing is booked until they were read again.",
        {"": support_operations.count_open_epochs()},
    )
    clock_age = support_operations.clock_age_seconds(now)
    if clock_age is not None:
        yield Gauge("koppeling_clock_age_seconds", "Since the clock's last sign of life.", {"": clock_age})
    yield Gauge("koppeling_redis_up", "Whether the queues' server answers.", {"": int(depths is not None)})
    if depths is not None:
        yield Gauge("koppeling_queue_depth", "Jobs that wait, by queue.", depths, "queue")
    if workers is not None:
        yield Gauge("koppeling_workers", "Workers that live.", {"": workers})


def _orders_by_state() -> Mapping[str, int]:
    rows = db.session.execute(
        select(DailyTotal.state, func.sum(DailyTotal.orders)).where(UNFINISHED).group_by(DailyTotal.state)
    )
    found = {state: int(orders) for state, orders in rows}
    states = (OrderState.OPEN.value, OrderState.ERROR.value, OrderState.UNKNOWN.value)
    return {state: found.get(state, 0) for state in states}


def _lines(gauge: Gauge) -> Iterable[str]:
    yield f"# HELP {gauge.name} {gauge.help}\n# TYPE {gauge.name} gauge\n"
    for value_of_label, value in gauge.values.items():
        place = f'{{{gauge.label}="{value_of_label}"}}' if gauge.label else ""
        yield f"{gauge.name}{place} {value}\n"
