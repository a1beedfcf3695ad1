"""The comparison: the loop most connectors are, under the same scripts as ours.

Once an hour it fetches what changed, looks whether an order's number stands in SnelStart, posts it, and
tries again when that goes wrong. It keeps nothing between two runs, as the one in tests/bench/naive.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from flask import current_app
from sqlalchemy import update

from tests.bench.naive import HOST, Naive
from tests.faults.evidence import Evidence
from tests.faults.invariants import amounts_are_right_to_the_cent, no_order_is_booked_twice, nothing_is_made_twice
from tests.faults.script import SALES_ORDER
from tests.faults.simulation import Simulation
from tests.faults.virtual_time import VirtualTime
from webshop.extensions import clock, transaction
from webshop.models import RunState, Schedule
from webshop.services.runs import RunResult

TRIES = 3
WAIT = 2.0
INTERVAL = timedelta(minutes=60)
LOOK_BACK = timedelta(hours=24)
COLLECTIVE = "consument@example.nl"


@dataclass
class _Clock:
    """The time of the play, with the words of the clock that the loop knows."""

    time: VirtualTime

    def now(self) -> datetime:
        return self.time.ours()

    def advance(self, *, seconds: float) -> None:
        self.time.wait(seconds)


@dataclass
class _Loop(Naive):
    """The loop, with sales orders, and with trying again."""

    has_orders: bool = False

    def amazon(self, path: str, token: str, **params: str) -> Any:
        def call() -> Any:
            headers = {"x-amz-access-token": token, "user-agent": "naive/1"}
            answer = self.session.get(f"{HOST}/amazon/api{path}", params=params, headers=headers, timeout=30)
            answer.raise_for_status()
            return answer.json()

        return self._try_again(call)

    def snelstart(self, method: str, path: str, token: str, **facts: Any) -> Any:
        return self._try_again(lambda: super(_Loop, self).snelstart(method, path, token, **facts))

    def _try_again(self, call: Callable[[], Any]) -> Any:
        for _ in range(TRIES - 1):
            try:
                return call()
            except (requests.RequestException, ValueError):
                self.clock.advance(seconds=WAIT)
        return call()

    def customer(self, order: Any, token: str) -> str:
        if "buyer" not in order:
            order = {**order, "buyer": {"buyerEmail": COLLECTIVE}}
        return super().customer(order, token)

    def post(self, order_id: str, amazon_token: str, snelstart_token: str, ledger: str) -> None:
        try:
            if self.has_orders:
                self._post_order(order_id, amazon_token, snelstart_token)
            else:
                super().post(order_id, amazon_token, snelstart_token, ledger)
        except (requests.RequestException, LookupError, TypeError, ValueError):
            # The next order; this one is in the window of the next run once more.
            return

    def _post_order(self, order_id: str, amazon_token: str, token: str) -> None:
        order = self.fetch(order_id, amazon_token)
        wanted = {"$filter": f"Betalingskenmerk eq '{order_id}'"}
        if self.snelstart("GET", "/verkooporders", token, params=wanted):
            return
        customer = self.customer(order, token)
        (item,) = order["orderItems"]
        total = float(order["proceeds"]["grandTotal"]["amount"])
        line = {"artikel": {"id": self._article(item, token)}, "aantal": 1, "stuksprijs": total}
        self.snelstart(
            "POST",
            "/verkooporders",
            token,
            json={
                "relatie": {"id": customer},
                "datum": order["createdTime"][:19],
                "betalingskenmerk": order_id,
                "omschrijving": order_id,
                "verkooporderBtwIngaveModel": "Inclusief",
                "regels": [line],
            },
        )

    def _article(self, item: dict[str, Any], token: str) -> str:
        code = item["product"]["sellerSku"]
        found = self.snelstart("GET", "/artikelen", token, params={"$filter": f"Artikelcode eq '{code}'"})
        if not found:
            body = {"artikelcode": code, "omschrijving": code, "artikelOmzetgroep": {"id": self._group(token)}}
            found = [self.snelstart("POST", "/artikelen", token, json=body)]
        return str(found[0]["id"])

    def _group(self, token: str) -> str:
        groups = self.snelstart("GET", "/artikelomzetgroepen", token)
        return str(next(row["id"] for row in groups if row["verkoopNederlandBtwSoort"] == "Hoog"))


class NaiveWorker:
    """Run the loop for a shop in the place of a worker's job, once an hour."""

    def __init__(self) -> None:
        self.simulation: Simulation
        self.has_orders = False
        """Whether the play at hand has sales orders; there are no payments in such a loop."""

    def __call__(self, shop_id: int, is_stopping: Callable[[], bool]) -> RunResult:
        stage = self.simulation.stage
        scenario = next(one for one in stage.shops if one.shop_id == shop_id)
        with transaction() as session:
            due_at = clock.now() + INTERVAL
            session.execute(update(Schedule).where(Schedule.shop_id == shop_id).values(due_at=due_at, slot_at=due_at))
        administration = stage.sandbox.snelstart.administration(scenario.administration_id)
        loop = _Loop(
            stage.sandbox,
            _Clock(stage.time),
            current_app.extensions["remote_session"],
            scenario.seller_id,
            stage.sandbox.amazon.authorise(scenario.seller_id),
            administration.key,
            LOOK_BACK,
            has_orders=self.has_orders,
        )
        try:
            return RunResult(RunState.FINISHED, fetched=loop.run())
        except (requests.RequestException, LookupError, TypeError, ValueError):
            return RunResult(RunState.FAILED)


FIGURES = (
    "orders that should be booked",
    "not booked at the end",
    "of those, shown with a reason",
    "lost",
    "booked twice",
    "in a wrong administration",
    "with a wrong amount",
    "customers and articles made twice",
)


def compare(seeds: range) -> tuple[Counter[str], Counter[str]]:
    """Return the figures of our code and of the loop, over the same scripts."""
    worker = NaiveWorker()
    ours, theirs = Counter[str](), Counter[str]()
    with Simulation() as simulation:
        for seed in seeds:
            simulation.play(simulation.build(seed))
            ours += count(simulation.evidence)
    with Simulation(worker=worker) as simulation:
        worker.simulation = simulation
        for seed in seeds:
            script = simulation.build(seed)
            worker.has_orders = script.kind == SALES_ORDER
            simulation.play(script)
            theirs += count(simulation.evidence)
    return ours, theirs


def count(evidence: Evidence) -> Counter[str]:
    """Count by the books of SnelStart alone; our tables only say what is shown."""
    play, counts = evidence.play, Counter[str]()
    shown = {(order.shop_id, order.amazon_order_id) for order in evidence.orders if order.issues}
    for index, scenario in enumerate(play.stage.shops):
        had = play.administrations[index]
        for document in play.stage.sandbox.amazon.orders(scenario.seller_id):
            number = document["orderId"]
            is_left_alone = number in play.cancelled or number in play.booked_by_hand
            if evidence.recipe(number).state != "posted" or is_left_alone:
                continue
            counts["orders that should be booked"] += 1
            if not any(number in evidence.sale_documents(identifier) for identifier in had):
                is_shown = (scenario.shop_id, number) in shown
                counts["not booked at the end"] += 1
                counts["of those, shown with a reason" if is_shown else "lost"] += 1
    counts["booked twice"] = len(list(no_order_is_booked_twice(evidence)))
    counts["in a wrong administration"] = _count_strays(evidence)
    wrong = {violation.split(maxsplit=1)[0].rstrip(":") for violation in amounts_are_right_to_the_cent(evidence)}
    counts["with a wrong amount"] = len(wrong)
    counts["customers and articles made twice"] = len(list(nothing_is_made_twice(evidence)))
    return counts


def _count_strays(evidence: Evidence) -> int:
    had = evidence.play.administrations
    homes = {
        number: set().union(*had.values()) if order.is_everywhere else had[order.shop]
        for number, order in evidence.planned.items()
    }
    return sum(
        identifier not in homes.get(number, set())
        for identifier in evidence.books
        for number in evidence.sale_documents(identifier)
    )
