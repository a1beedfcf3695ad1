"""The faults, each a function that harms a shop's run once; everything in it is drawn from the seed.

A fault returns what it did, for the results. It leaves the servers up and the processes to whoever calls it.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from tests.faults.processes.clicks import click_at_once, make_errors
from tests.faults.processes.gate import AFTER, ANSWERED, BEFORE, Hold, wait_for
from tests.faults.processes.shop import FaultShop
from tests.faults.processes.stand import StuckError
from webshop.extensions import db, settings
from webshop.models import Run, Schedule

Facts = dict[str, Any]
Fault = Callable[[FaultShop, Random], Facts]

DOCUMENTS = r"POST .*/(verkoopboekingen|verkooporders|memoriaalboekingen)$"
WRITES = r"POST .*/(relaties|artikelen|verkoopboekingen|verkooporders|memoriaalboekingen)$"
PARTS = r"POST .*/(relaties|artikelen)$"
ANY = r" /(amazon|snelstart)/"
PATIENCE_SECONDS = 15
EXIT_SECONDS = 25
"""Heroku kills after 30 seconds; we promise to be gone before this."""
RUN_SECONDS = 0.4
"""About how long a run of a handful of orders takes: random moments lie inside it."""


def draw_hold(random: Random) -> Hold | None:
    """Choose the request at which the harm is done, mostly around a document; None is any moment at all."""
    pattern = random.choices((DOCUMENTS, WRITES, ANY, None), (50, 15, 15, 20))[0]
    if pattern is None:
        return None
    number = random.randint(1, 12 if pattern == ANY else 4)
    moment = random.choices((AFTER, ANSWERED, BEFORE), (45, 30, 25))[0]
    return Hold(pattern, number, moment, is_dropped=moment == BEFORE and random.random() < 0.5)


def start_run(shop: FaultShop, random: Random, hold: Hold | None) -> tuple[int, int | None]:
    """Start a worker on the shop and come back at the chosen moment with the worker and its work-horse.

    There is no work-horse when the run was over before that moment came.
    """
    stand = shop.stand
    if hold is not None:
        stand.sandbox.hold(hold)
    worker = stand.start_worker()
    stand.ring_sweep()
    if hold is None:
        stand.wait_for_horse(worker, PATIENCE_SECONDS)
        time.sleep(random.uniform(0, RUN_SECONDS))
    else:
        _wait_for_gate(shop, worker)
        if hold.moment == ANSWERED:
            # Between an answer and its commit lie a few milliseconds.
            time.sleep(random.uniform(0, 0.006))
    horses = stand.horses_of(worker)
    return worker, horses[0] if horses else None


def _wait_for_gate(shop: FaultShop, worker: int) -> None:
    """Wait until the held request is there, or the worker has run out of work without it."""
    stand = shop.stand
    deadline = time.monotonic() + PATIENCE_SECONDS
    idle_since: float | None = None
    while not stand.sandbox.has_rung(0.02):
        now = time.monotonic()
        if not stand.is_quiet(worker):
            idle_since = None
        elif idle_since is None:
            idle_since = now
        elif now - idle_since > 0.15:
            return
        if now > deadline:
            raise StuckError("the run neither ends nor comes to the chosen request")


def kill(shop: FaultShop, random: Random) -> Facts:
    """kill -9 of the work-horse, of worker and work-horse, or of the worker alone, once or twice."""
    rounds = [_kill_once(shop, random)]
    if random.random() < 0.25:
        shop.stand.clock.advance(timedelta(minutes=random.choice((1, 6))))
        rounds.append(_kill_once(shop, random))
    return {"rounds": rounds}


def _kill_once(shop: FaultShop, random: Random) -> Facts:
    stand = shop.stand
    hold = draw_hold(random)
    victims = random.choices(("horse", "worker and horse", "worker"), (45, 45, 10))[0]
    worker, horse = start_run(shop, random, hold)
    if horse is not None and victims != "worker":
        stand.children.send(signal.SIGKILL, horse)
    if victims != "horse":
        stand.children.send(signal.SIGKILL, worker)
    if hold is not None:
        stand.sandbox.release()
    if victims == "worker" and horse is not None:
        # The work-horse goes on alone, while a new worker starts on the same shop.
        stand.ring_shop(shop.shop_id, "again")
        stand.work_until_empty()
        wait_for(lambda: stand.children.is_gone(horse), PATIENCE_SECONDS)
    stand.end_workers()
    return {"victims": victims, "at": _words(hold), "hit": horse is not None}


def terminate(shop: FaultShop, random: Random) -> Facts:
    """SIGTERM to worker and work-horse at once, as Heroku does it; sometimes twice, sometimes in a hanging call."""
    stand = shop.stand
    hold = draw_hold(random)
    hangs = hold is not None and hold.moment != ANSWERED and random.random() < 0.05
    second = random.choice((None, None, 0.1, 1.3))
    slowness = random.choice((0.0, 0.2, 1.5))
    worker, horse = start_run(shop, random, hold)
    everyone = [pid for pid in (horse, worker) if pid is not None]
    started_at = time.monotonic()
    stand.children.send(signal.SIGTERM, *everyone)
    if second is not None:
        time.sleep(second)
        stand.children.send(signal.SIGTERM, *everyone)
    if hold is not None and not hangs:
        time.sleep(max(slowness - (second or 0), 0))
        stand.sandbox.release()
    has_ended = wait_for(lambda: all(stand.children.is_gone(pid) for pid in everyone), EXIT_SECONDS + 5)
    exit_seconds = round(time.monotonic() - started_at, 2)
    stand.sandbox.release()
    stand.end_workers()
    if not has_ended:
        raise StuckError(f"worker and work-horse were still there {exit_seconds} s after SIGTERM")
    return {
        "at": _words(hold),
        "hit": horse is not None,
        "second_after": second,
        "hangs": hangs,
        "exit_seconds": exit_seconds,
    }


def freeze(shop: FaultShop, random: Random) -> Facts:
    """SIGSTOP of the work-horse past its lease; another worker takes over, then the frozen one goes on."""
    stand = shop.stand
    hold = draw_hold(random)
    if random.random() < 0.4:
        # While it makes a customer or an article: what comes next is the claim on the order.
        hold = Hold(PARTS, random.randint(1, 3), random.choice((AFTER, ANSWERED)))
    worker, horse = start_run(shop, random, hold)
    if horse is not None:
        stand.children.send(signal.SIGSTOP, horse)
    if hold is not None:
        stand.sandbox.release()
    _let_lease_pass(shop)
    # Sometimes the second run is over before the first one wakes up, sometimes they meet.
    meets, is_overrun = random.random() < 0.5, False
    if meets:
        stand.sandbox.hold(random.choice((Hold(DOCUMENTS, 1, AFTER), Hold(ANY, 1, BEFORE))))
    stand.ring_sweep()
    other = stand.start_worker(is_burst=True)
    if meets:
        # Before it has claimed anything, or with one document in hand: the frozen one has something left to send.
        wait_for(lambda: stand.sandbox.has_rung(0.02) or stand.children.has_ended(other), PATIENCE_SECONDS)
    elif is_overrun := not stand.children.wait(other, 6):
        # Frozen in the middle of a batch of statements, where PostgreSQL's time for idle transactions does not
        # run: what is left is the worker, which kills a work-horse a minute after its job's time.
        stand.children.send(signal.SIGKILL, *stand.horses_of(worker))
        if not stand.children.wait(other, PATIENCE_SECONDS):
            raise StuckError("nobody can take over from a work-horse that was frozen and killed")
    elif random.random() < 0.5:
        stand.clock.advance(timedelta(minutes=3))
        stand.ring_sweep()
        stand.work_until_empty()
    if horse is not None:
        stand.children.send(signal.SIGCONT, horse)
    if meets:
        time.sleep(random.uniform(0, RUN_SECONDS))
        stand.sandbox.release()
    if not wait_for(lambda: stand.is_quiet(worker), PATIENCE_SECONDS):
        raise StuckError("the frozen work-horse does not come to an end")
    if not stand.children.wait(other, PATIENCE_SECONDS):
        raise StuckError("the worker that took over does not come to an end")
    stand.end_workers()
    return {"at": _words(hold), "hit": horse is not None, "meets": meets, "overrun": is_overrun}


def _let_lease_pass(shop: FaultShop) -> None:
    with shop.stand.app.app_context():
        lease = timedelta(seconds=settings().lease_seconds)
    shop.stand.clock.advance(lease + timedelta(seconds=1))


def flush(shop: FaultShop, random: Random) -> Facts:
    """FLUSHALL before, during or after a run; one sweep has to bring everything back."""
    stand = shop.stand
    hold = draw_hold(random)
    worker, horse = start_run(shop, random, hold)
    stand.valkey.command("FLUSHALL")
    if hold is not None:
        stand.sandbox.release()
    if random.random() < 0.5 and horse is not None:
        stand.children.send(signal.SIGKILL, horse)
    _end_run(shop, worker, horse)
    _let_lease_pass(shop)
    _make_due(shop, random)
    stand.ring_sweep()
    stand.valkey.command("FLUSHALL")
    tokens = _lease_token(shop)
    stand.ring_sweep()
    stand.work_until_empty()
    if _lease_token(shop) == tokens:
        raise StuckError("a sweep after FLUSHALL did not ring for a shop that is due")
    return {"at": _words(hold), "hit": horse is not None}


def restart_valkey(shop: FaultShop, random: Random) -> Facts:
    """Kill Valkey during a run and start it again, with or without what it knew."""
    stand = shop.stand
    hold = draw_hold(random)
    worker, horse = start_run(shop, random, hold)
    stand.valkey.kill()
    if hold is not None:
        stand.sandbox.release()
    time.sleep(random.uniform(0, RUN_SECONDS))
    if random.random() < 0.5:
        stand.clock.advance(timedelta(minutes=30))
    _look_at_pages_without_redis(shop)
    stand.valkey.start()
    forgets = random.random() < 0.5
    if forgets:
        stand.valkey.command("FLUSHALL")
    _end_run(shop, worker, horse)
    return {"at": _words(hold), "hit": horse is not None, "forgets": forgets}


def _look_at_pages_without_redis(shop: FaultShop) -> None:
    """Reading, clicking and the health page do without Redis."""
    app = shop.stand.app
    health = app.test_client().get("/healthz")
    with app.app_context():
        is_rung = app.extensions["ring_shop"](shop.shop_id)
    if health.status_code >= 500 or is_rung:
        raise StuckError(f"without Redis /healthz says {health.status_code} and a click rings: {is_rung}")


def fill_valkey(shop: FaultShop, random: Random) -> Facts:
    """Valkey is full: it refuses every write, or throws away what it likes."""
    stand = shop.stand
    policy = random.choice(("noeviction", "allkeys-random"))
    hold = draw_hold(random)
    worker, horse = start_run(shop, random, hold)
    room = 1 if policy == "noeviction" else stand.valkey.used_bytes()
    stand.valkey.command("CONFIG", "SET", "maxmemory-policy", policy)
    stand.valkey.command("CONFIG", "SET", "maxmemory", str(room))
    try:
        if hold is not None:
            stand.sandbox.release()
        stand.ring_sweep()
        _make_due(shop, random)
        with stand.app.app_context():
            # What a click does: it must not fail because nobody can be rung.
            stand.app.extensions["ring_shop"](shop.shop_id)
        _end_run(shop, worker, horse)
    finally:
        stand.valkey.command("CONFIG", "SET", "maxmemory", "0")
        stand.valkey.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
    return {"at": _words(hold), "hit": horse is not None, "policy": policy}


def break_connections(shop: FaultShop, random: Random) -> Facts:
    """The database breaks every connection in the middle of a run, once or several times."""
    stand = shop.stand
    hold = draw_hold(random)
    worker, horse = start_run(shop, random, hold)
    stand.terminate_connections()
    if hold is not None:
        stand.sandbox.release()
    for _ in range(random.randrange(3)):
        time.sleep(random.uniform(0, 0.1))
        stand.terminate_connections()
    _end_run(shop, worker, horse)
    return {"at": _words(hold), "hit": horse is not None}


def restart_database(shop: FaultShop, random: Random) -> Facts:
    """PostgreSQL crashes or is restarted in the middle of a run."""
    stand = shop.stand
    mode = random.choice(("immediate", "fast"))
    hold = draw_hold(random)
    worker, horse = start_run(shop, random, hold)
    stand.let_go()
    is_early = random.random() < 0.5
    if hold is not None and is_early:
        stand.sandbox.release()
    stand.cluster.restart(mode)
    if hold is not None and not is_early:
        stand.sandbox.release()
    _end_run(shop, worker, horse)
    return {"at": _words(hold), "hit": horse is not None, "mode": mode}


def refuse_writes(shop: FaultShop, random: Random) -> Facts:
    """The database only reads for a while: nothing may be sent without a stored intent."""
    stand = shop.stand
    hold = draw_hold(random)
    worker, horse = start_run(shop, random, hold)
    stand.set_read_only(True)
    booked = sum(shop.booked().values())
    try:
        if hold is not None:
            stand.sandbox.release()
        _end_run(shop, worker, horse)
        _let_lease_pass(shop)
        stand.ring_sweep()
        stand.work_until_empty()
    finally:
        stand.set_read_only(False)
    # The request that was held may still be carried out, one more may have been claimed before.
    sent = sum(shop.booked().values()) - booked
    if sent > 1:
        raise StuckError(f"{sent} documents were booked while no intent could be stored")
    return {"at": _words(hold), "hit": horse is not None}


def two_clocks(shop: FaultShop, random: Random) -> Facts:
    """Two clock processes and two workers; the sweep is due for both clocks."""
    stand = shop.stand
    clocks = [stand.start_clock() for _ in range(2)]
    workers = [stand.start_worker() for _ in range(2)]
    first = _lease_token(shop)
    is_rung = wait_for(lambda: _hurry_clocks(shop) or _lease_token(shop) > first, PATIENCE_SECONDS, pause=0.1)
    wait_for(lambda: all(stand.is_quiet(worker) for worker in workers), PATIENCE_SECONDS)
    runs = _lease_token(shop) - first
    if random.random() < 0.5:
        stand.children.send(signal.SIGKILL, *clocks)
    else:
        stand.children.send(signal.SIGTERM, *clocks)
        if not all(stand.children.wait(pid, EXIT_SECONDS) for pid in clocks):
            raise StuckError("a clock does not stop")
    stand.end_workers()
    if not is_rung:
        raise StuckError("two clocks together rang for nobody")
    if runs > 1:
        raise StuckError(f"two clocks made {runs} runs of one slot")
    return {"runs": runs}


def _hurry_clocks(shop: FaultShop) -> bool:
    """Let the sweep's minute come now: rq-scheduler counts in real time."""
    shop.stand.valkey.command("ZADD", "rq:scheduler:scheduled_jobs", "XX", "1", "clock-sweep")
    return False


def deliver_twice(shop: FaultShop, random: Random) -> Facts:
    """The same job comes twice, or two sweeps run at once, with two workers to do them."""
    stand = shop.stand
    what = random.choice(("two jobs", "two sweeps", "four of both"))
    for number in range(2):
        if what != "two sweeps":
            stand.ring_shop(shop.shop_id, f"twice-{number}")
        if what != "two jobs":
            stand.ring_sweep()
    workers = [stand.start_worker(is_burst=True) for _ in range(2)]
    if not all(stand.children.wait(worker, PATIENCE_SECONDS) for worker in workers):
        raise StuckError("two workers on one shop do not come to an end")
    stand.end_workers()
    return {"what": what}


def two_shops(shop: FaultShop, random: Random) -> Facts:
    """Two shops on one administration, with buyers and articles in common, run at the same time; one may be killed."""
    stand = shop.stand
    shop.connect()
    shop.add_orders(random.randint(4, 8), random)
    hold = draw_hold(random)
    worker, horse = start_run(shop, random, hold)
    other = stand.start_worker(is_burst=True)
    if hold is not None:
        # The other shop overtakes the one whose request is held.
        time.sleep(random.uniform(0, RUN_SECONDS))
    is_killed = horse is not None and random.random() < 0.3
    if is_killed and horse is not None:
        stand.children.send(signal.SIGKILL, horse)
    if hold is not None:
        stand.sandbox.release()
    if not stand.children.wait(other, PATIENCE_SECONDS):
        raise StuckError("the worker of the other shop does not come to an end")
    _end_run(shop, worker, horse)
    _expect_no_crash(shop)
    return {"at": _words(hold), "hit": horse is not None, "killed": is_killed}


def _expect_no_crash(shop: FaultShop) -> None:
    """Two runs that meet may wait for each other; neither may fall over the other's rows."""
    with shop.stand.app.app_context():
        crashed = db.session.scalars(
            select(Run.id).where(Run.shop_id.in_(shop.shop_ids), Run.error_code == "CRASHED")
        ).all()
    if crashed:
        raise StuckError(f"runs that crashed on each other: {crashed}")


def deploy(shop: FaultShop, random: Random) -> Facts:
    """A release in the middle of a run: old and new workers side by side, jobs that the old one does not know."""
    stand = shop.stand
    hold = draw_hold(random)
    old, horse = start_run(shop, random, hold)
    stand.ring_unknown(shop.shop_id)
    new = stand.start_worker()
    everyone = [pid for pid in (horse, old) if pid is not None]
    started_at = time.monotonic()
    stand.children.send(signal.SIGTERM, *everyone)
    if hold is not None:
        stand.sandbox.release()
    if not wait_for(lambda: all(stand.children.is_gone(pid) for pid in everyone), EXIT_SECONDS + 5):
        raise StuckError("the old worker does not make room")
    exit_seconds = round(time.monotonic() - started_at, 2)
    if not wait_for(lambda: stand.is_quiet(new), PATIENCE_SECONDS):
        raise StuckError("the new worker does not come to an end")
    stand.end_workers()
    return {"at": _words(hold), "hit": horse is not None, "exit_seconds": exit_seconds}


def click(shop: FaultShop, random: Random) -> Facts:
    """Five clicks on "Verwerk" for each order in error, while a run posts."""
    stand = shop.stand
    in_error = make_errors(shop, random.randint(1, 3))
    shop.add_orders(random.randint(2, 4), random)
    shop.stand.clock.advance(timedelta(minutes=61))
    hold = draw_hold(random)
    worker, horse = start_run(shop, random, hold)
    if hold is not None:
        stand.sandbox.release()
    worked = click_at_once(shop, in_error, 5)
    _end_run(shop, worker, horse)
    return {"at": _words(hold), "hit": horse is not None, "in_error": len(in_error), "clicks": worked}


def _end_run(shop: FaultShop, worker: int, horse: int | None) -> None:
    """Let the run go as far as it can, then end the worker, as the platform does when it starts it anew."""
    stand = shop.stand

    def is_over() -> bool:
        return (horse is None or stand.children.is_gone(horse)) and not stand.horses_of(worker)

    if not wait_for(is_over, PATIENCE_SECONDS):
        raise StuckError("the run does not come to an end")
    stand.end_workers()


def _make_due(shop: FaultShop, random: Random) -> None:
    """Bring new orders and the hour in which they are fetched."""
    shop.add_orders(random.randint(1, 2), random)
    shop.stand.clock.advance(timedelta(minutes=61))


def _lease_token(shop: FaultShop) -> int:
    """Return how many runs the shop has had."""
    with shop.stand.app.app_context():
        return db.session.scalars(select(Schedule.lease_token).where(Schedule.shop_id == shop.shop_id)).one()


def _words(hold: Hold | None) -> str:
    if hold is None:
        return "a random moment"
    what = {DOCUMENTS: "document", WRITES: "write", PARTS: "customer or article", ANY: "request"}[hold.pattern]
    return f"{hold.moment} {what} {hold.number}" + (", dropped" if hold.is_dropped else "")


KILL, TERM = "kill", "term"
OTHERS: dict[str, Fault] = {
    "freeze": freeze,
    "flush": flush,
    "valkey-restart": restart_valkey,
    "valkey-full": fill_valkey,
    "connections": break_connections,
    "database-restart": restart_database,
    "read-only": refuse_writes,
    "two-clocks": two_clocks,
    "twice": deliver_twice,
    "two-shops": two_shops,
    "deploy": deploy,
    "clicks": click,
}
FAULTS: dict[str, Fault] = {KILL: kill, TERM: terminate, **OTHERS}
