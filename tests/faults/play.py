"""Act one script out: the sweep finds shops that are due, workers run them, and the script interferes.

All processes share one thread: a process that is frozen waits, at its I/O point, while time passes and
others work. That makes a play the same every time.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from tests.faults import events, orders, repairs
from tests.faults.bench import Stage
from tests.faults.machine import InterruptedJobError, Killed, Point, Process
from tests.faults.script import Event, PlannedOrder, Script
from tests.faults.watching import watermark_violations
from tests.support.scenario import Scenario
from webshop.domain.booking import ShopRules, Translation
from webshop.extensions import db
from webshop.models import Connection, ConnectionState, Order, Remote, Schedule
from webshop.services import posting, scheduling
from webshop.services.runs import RunResult, run_shop

CYCLE = timedelta(minutes=60)
LOOK_UPS = timedelta(minutes=12)
"""How long two look-ups in vain, two minutes apart, and the run that sends again may take besides."""
RESTORING = timedelta(minutes=5)
"""How long a restore takes at least: by then SnelStart has carried out what it was sent before."""
MOST_FROZEN = 2
MOST_SWEEPS = 2_000
Worker = Callable[[int, Callable[[], bool]], RunResult]


def work_once(shop_id: int, is_stopping: Callable[[], bool]) -> RunResult:
    """Run a shop as a worker's job does."""
    return run_shop(shop_id, is_stopping=is_stopping)


@dataclass
class ShopProcess(Process):
    shop: int = 0
    writes_left: int | None = None
    """How many calls that write it may still make; None is any number. A stop leaves it the one it has claimed."""
    left_account: str | None = None
    """The administration that the limit is about, when the shop has left one; else it is about all."""


@dataclass(frozen=True)
class _Backup:
    """A copy of the database, and which shops were stopped when it was made."""

    file: Path
    made_at: datetime
    stopped: frozenset[int]


@dataclass
class Play:
    """One script under way; `log` tells everything that happened and nothing that is random."""

    stage: Stage
    script: Script
    worker: Worker = work_once
    captured: list[str] = field(default_factory=list)
    """What the product wrote to its log."""
    log: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    cancelled: set[str] = field(default_factory=set)
    """Orders that were cancelled at Amazon at some time."""
    changed: set[str] = field(default_factory=set)
    """Orders whose amounts changed at Amazon after they were placed."""
    booked_by_hand: set[str] = field(default_factory=set)
    """Numbers that the bookkeeper used for an entry of her own."""
    administrations: dict[int, set[str]] = field(default_factory=dict)
    """The administrations that each shop has had."""
    stopped: set[int] = field(default_factory=set)
    """Shops for which nothing may be posted at this moment."""
    deleted: dict[str, set[str]] = field(default_factory=dict)
    """Per order the ids of its documents that the bookkeeper deleted in SnelStart."""
    is_trouble_over: bool = False
    _backup: _Backup | None = None
    _pending: list[Event] = field(default_factory=list)
    _timers: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _reached: Counter[tuple[str, str]] = field(default_factory=Counter)

    def perform(self) -> None:
        """Play the script until its trouble is over and the first cycle after that."""
        self.stage.machine.on_point = self._on_point
        self._pending = list(self.script.events)
        self._set_up_shops()
        for order in self.script.orders:
            self._place(order)
        start = self.script.starts_at
        with _poisoned(self):
            for event in self.script.events:
                if event.when.minute is not None:
                    self.at(start + timedelta(minutes=event.when.minute), partial(self._fire, event))
            self.pass_time_until(start + timedelta(minutes=self.script.minutes))
            self._end_trouble()
            self.pass_time_until(self.now + CYCLE + LOOK_UPS)
        self.stage.sandbox.snelstart.run_due()

    def go_on(self) -> None:
        """Give what did not come right in the first cycle the second one."""
        with _poisoned(self):
            repairs.process_refused_orders(self)
            self.pass_time_until(self.now + CYCLE)

    # for the events

    @property
    def now(self) -> datetime:
        return self.stage.time.now

    def shop(self, index: int) -> Scenario:
        return self.stage.shops[index % len(self.stage.shops)]

    def at(self, moment: datetime, action: Callable[[], None]) -> None:
        """Do something when that moment comes."""
        self._timers.append((moment, len(self._timers), action))

    def after(self, minutes: float, action: Callable[[], None]) -> None:
        self.at(self.now + timedelta(minutes=minutes), action)

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Act as a user does, in a request of their own; no fault strikes them."""
        board = self.stage.sandbox.world.faults
        hidden = board.active()
        board.clear()
        try:
            app = self.stage.app
            # The outer context is its own: a request would share the session of the process that stands still.
            with self.stage.machine.run(None), app.app_context(), app.test_request_context(method="POST"):
                yield
        finally:
            for fault in hidden:
                board.add(fault)

    def stop_shop(self, index: int) -> None:
        """Note that nothing may be posted for a shop; a process at work may make the call it has claimed."""
        self.stopped.add(index)
        self.limit_writes(index)

    def limit_writes(self, index: int, *, left_account: str | None = None) -> None:
        for process in self._processes_of(index):
            process.writes_left = 1 if process.writes_left is None else min(process.writes_left, 1)
            process.left_account = left_account

    def resume_shop(self, index: int) -> None:
        self.stopped.discard(index)
        for process in self._processes_of(index):
            process.writes_left = None

    def _processes_of(self, index: int) -> list[ShopProcess]:
        return [one for one in self.stage.machine.processes if isinstance(one, ShopProcess) and one.shop == index]

    def freeze(self, minutes: float) -> None:
        """Let time pass, and others work, while the process that is running stands still."""
        if self._depth() <= MOST_FROZEN:
            self.counts["frozen"] += 1
            self.pass_time_until(self.now + timedelta(minutes=minutes))

    def _depth(self) -> int:
        return len([process for process in self.stage.machine.processes if process is not None])

    def back_up(self) -> None:
        """Keep the database as it is now."""
        path = self.stage.path
        if path is not None:
            file = path.with_name("backup.sqlite")
            self.stage.back_up(file)
            self._backup = _Backup(file, self.now, frozenset(self.stopped))

    def restore(self, *, are_processes_left: bool) -> datetime | None:
        """Put the latest backup back; return when it was made, None when there is none.

        The operator stops all processes first. That of another machine may be left, standing still as it does.
        """
        backup = self._backup
        if backup is None:
            return None
        if not are_processes_left:
            for process in self.stage.machine.processes:
                if process is not None:
                    process.is_dead = True
        self.stage.time.wait(RESTORING.total_seconds())
        self.stage.restore(backup.file)
        self.stopped = set(backup.stopped)
        self.counts["restored"] += 1
        return backup.made_at

    # time

    def pass_time_until(self, end: datetime) -> None:
        """Sweep whenever a shop is due, as the clock process does every minute."""
        for _ in range(MOST_SWEEPS):
            self._ring_timers()
            self._sweep()
            moment = self._next_moment(end)
            if moment > self.now:
                self.stage.time.now = moment
            if self.now >= end:
                self._ring_timers()
                return
        raise AssertionError("the play does not come to an end")

    def _ring_timers(self) -> None:
        while due := [timer for timer in self._timers if timer[0] <= self.now]:
            first = min(due, key=lambda timer: timer[:2])
            self._timers.remove(first)
            first[2]()

    def _next_moment(self, end: datetime) -> datetime:
        """Return the next full minute in which there can be something to do."""
        moments = [moment for moment, _, _ in self._timers]
        with self.stage.machine.run(None), self.stage.app.app_context():
            rows = db.session.execute(
                select(Schedule.due_at, Schedule.lease_until)
                .join(Connection, Connection.shop_id == Schedule.shop_id)
                .where(Connection.remote == Remote.AMAZON.value, Connection.state == ConnectionState.ACTIVE.value)
            ).all()
        for due_at, lease_until in rows:
            moments.append(max(due_at, lease_until or due_at) - self.stage.time.offset)
        if self.stage.time.offset or not moments:
            # What a wrong clock wrote may be due at any time.
            moments.append(self.now + timedelta(minutes=5))
        minute = timedelta(minutes=1)
        wait = max((min(moments) - self.now) / minute, 0.001)
        return min(end, self.now + math.ceil(wait) * minute)

    def _sweep(self) -> None:
        with self.stage.machine.run(None), self.stage.app.app_context():
            due = scheduling.due_shops(self.stage.time.ours())
        for index, scenario in enumerate(self.stage.shops):
            if scenario.shop_id in due:
                self.work(index)

    def work(self, index: int) -> None:
        """Let a worker run a shop, whatever happens to it."""
        self.counts["runs"] += 1
        number = self.counts["runs"]
        left = 0 if index in self.stopped else None
        process = ShopProcess(f"run {number} of shop {index}", shop=index, writes_left=left)
        self.note(f"{process.name} starts")
        try:
            with self.stage.machine.run(process), self.stage.app.app_context():
                outcome = _text(self.worker(self.shop(index).shop_id, lambda: process.is_stopping))
        except Killed:
            outcome = "killed"
            self.counts["killed"] += 1
        except (DBAPIError, InterruptedJobError) as error:
            outcome = f"failed with {type(error).__name__}"
            self.counts["failed"] += 1
        except Exception as error:
            outcome = f"crashed with {type(error).__name__}"
            self.violations.append(f"{process.name} crashed with {type(error).__name__}: {error}")
        self.note(f"{process.name}: {outcome}")
        with self.stage.machine.run(None), self.stage.app.app_context():
            self.violations += watermark_violations(self.shop(index))

    # the script

    def note(self, text: str) -> None:
        minutes = (self.now - self.script.starts_at) / timedelta(minutes=1)
        self.log.append(f"{minutes:8.2f} {'  ' * self._depth()}{text}")

    def _on_point(self, point: Point, process: Process, outcome: str) -> None:
        self.note(f"{point} {outcome}".rstrip())
        if isinstance(process, ShopProcess):
            self._count_write(point, process, outcome)
        self._reached[point.operation, point.side] += 1
        for event in list(self._pending):
            if event in self._pending and self._is_due(event, point):
                self._pending.remove(event)
                self._fire(event)

    def _count_write(self, point: Point, process: ShopProcess, outcome: str) -> None:
        if not point.operation.startswith("POST ") or point.side != "after" or outcome == "401":
            return
        if process.left_account is not None and process.left_account != self._account_of_latest_call():
            return
        if process.writes_left == 0:
            self.violations.append(f"{process.name} sent {point.operation} although posting was stopped")
        elif process.writes_left is not None:
            process.writes_left -= 1

    def _account_of_latest_call(self) -> str:
        return self.stage.sandbox.world.log.entries("snelstart")[-1].account

    def _is_due(self, event: Event, point: Point) -> bool:
        """Whether an event strikes at this point; what cannot happen right here happens at the next where it can."""
        when = event.when
        if when.point is not None:
            has_come = when.point <= point.number
        elif when.operation is not None:
            count = self._reached[point.operation, point.side]
            is_there = (when.operation, when.side) == (point.operation, point.side) and count >= when.nth
            has_come = is_there or self._reached[when.operation, when.side] > when.nth
        else:
            return False
        return has_come and events.can_happen(event, point)

    def _fire(self, event: Event) -> None:
        self.note(f"event {event}")
        self.counts["events"] += 1
        self.counts[f"event {event.kind}"] += 1
        events.happen(self, event)

    def _end_trouble(self) -> None:
        """Take every fault away; the user puts right what only a user can."""
        self.note("the trouble ends")
        self.is_trouble_over = True
        self.counts["points of trouble"] = self.stage.machine.points
        self._pending.clear()
        self._timers = [(min(at, self.now), number, action) for at, number, action in self._timers]
        self._ring_timers()
        self.stage.machine.failing_commits = 0
        self.stage.sandbox.world.faults.clear()
        self.stage.time.offset = timedelta(0)
        repairs.put_right(self)
        repairs.process_refused_orders(self)
        for number in list(self.deleted):
            repairs.ask_for_another(self, number)

    def _set_up_shops(self) -> None:
        with self.outside():
            for index, scenario in enumerate(self.stage.shops):
                self.administrations[index] = {scenario.administration_id}
                repairs.choose_kind(self, index)

    def _place(self, order: PlannedOrder) -> None:
        at = self.script.starts_at + timedelta(minutes=order.minute)
        document = orders.document_of(order, at)
        for index, scenario in enumerate(self.stage.shops):
            if order.is_everywhere or index == order.shop:
                self.stage.sandbox.amazon.add_order(scenario.seller_id, document)


def _text(result: RunResult) -> str:
    if result.state is None:
        return "nothing to do"
    counts = f"fetched {result.fetched}, posted {result.posted}, errors {result.errors}, unknown {result.unknown}"
    return f"{result.state.value}, {counts}, {result.error_code or 'no trouble'}"


@contextmanager
def _poisoned(play: Play) -> Iterator[None]:
    """Let some orders crash the code that translates them, or kill the process that does."""
    recipes = {order.number: order.recipe for order in play.script.orders}
    real = posting.translate_row  # type: ignore[attr-defined]

    def translate_row(row: Order, rules: ShopRules) -> Translation:
        recipe = recipes.get(row.amazon_order_id)
        if recipe == orders.POISON:
            raise LookupError("a mistake of ours")
        if recipe == orders.DEADLY:
            play.stage.machine.kill()
        translation: Translation = real(row, rules)
        return translation

    posting.translate_row = translate_row  # type: ignore[attr-defined]
    try:
        yield
    finally:
        posting.translate_row = real  # type: ignore[attr-defined]
