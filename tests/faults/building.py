"""Draw a script from a seed: shops, orders and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

from tests.faults import orders
from tests.faults.bench import POSTGRESQL, SQLITE
from tests.faults.script import KINDS, PAYMENTS, SALES_ENTRY, SALES_ORDER, Event, PlannedOrder, Script, When

STARTS = {
    datetime(2026, 11, 23, 9, 0, tzinfo=UTC): 6,
    datetime(2026, 10, 24, 23, 30, tzinfo=UTC): 2,  # the hour that comes twice
    datetime(2027, 3, 28, 0, 10, tzinfo=UTC): 2,  # the hour that is left out
    datetime(2026, 12, 31, 22, 20, tzinfo=UTC): 1,  # the day, the quarter and the year end
}
POSTGRESQL_SHARE = 0.1
WRITES = {
    SALES_ENTRY: ("POST /verkoopboekingen", "POST /relaties"),
    PAYMENTS: ("POST /verkoopboekingen", "POST /memoriaalboekingen", "POST /relaties"),
    SALES_ORDER: ("POST /verkooporders", "POST /artikelen", "POST /relaties"),
}
READS = {
    SALES_ENTRY: ("GET /relaties", "GET /verkoopfacturen"),
    PAYMENTS: ("GET /relaties", "GET /verkoopfacturen", "GET /grootboekmutaties"),
    SALES_ORDER: ("GET /relaties", "GET /artikelen", "GET /verkooporders"),
}
LOOK_UPS = {
    "POST /verkoopboekingen": "GET /verkoopfacturen",
    "POST /verkooporders": "GET /verkooporders",
    "POST /memoriaalboekingen": "GET /grootboekmutaties",
}
LYING_SHARE = 0.4
RESTORED_SHARE, BOOKED_AGAIN_SHARE, LATE_SHARE = 0.25, 0.25, 0.2
# fault -> its facts, as ranges or choices; what strikes a call that writes, one that reads, and one to Amazon
UNANSWERED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("drop", {}),
    ("commit_then_hang", {}),
    ("delayed_commit", {"seconds": 45}),
    ("delayed_commit", {"seconds": 100}),
    ("reset", {}),
    ("commit_then_reset", {}),
    ("commit_then_status", {"status": 502, "body": ""}),
    ("commit_then_status", {"status": 500, "body": "<html>"}),
    ("status", {"status": 503, "body": ""}),
    ("truncate", {"bytes": 40}),
    ("slow", {"seconds": 2}),
)
ON_WRITES = (
    *UNANSWERED,
    ("without_id", {}),
    ("throttle", {"seconds": 20}),
    ("quota", {"seconds": 600}),
    ("redirect", {}),
)
ON_READS = (
    *UNANSWERED,
    ("throttle", {"seconds": 20}),
    ("ignore_filter", {}),
    ("huge", {"bytes": 21_000_000}),
    ("redirect", {}),
)
ON_ACCESS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("token_expired", {}),
    ("token_revoked", {}),
    ("subscription_key", {}),
)
ON_TOKENS = (*UNANSWERED, ("token_revoked", {}))
ON_SEARCH = (
    *UNANSWERED,
    ("throttle", {}),
    ("repeat_orders", {"count": 2}),
    ("page_token_invalid", {}),
    ("token_expired", {}),
    ("token_revoked", {}),
    ("redirect", {}),
)
EVENT_WEIGHTS = {
    "kill": 7,
    "stop": 2,
    "interrupt": 2,
    "freeze": 4,
    "second worker": 2,
    "break commit": 4,
    "break database": 1,
    "fault": 14,
    "outage": 3,
    "jump clock": 2,
    "click process": 2,
    "fetch now": 2,
    "disconnect": 1,
    "switch administration": 1,
    "pause": 1,
    "switch posting off": 1,
    "switch kind": 2,
    "rotate keys": 1,
    "cancel": 2,
    "flip status": 2,
    "change amount": 1,
    "book by hand": 1,
}
MINUTES = 130


def build(seed: int) -> Script:
    """Return the script of a seed: always the same one."""
    random = Random(f"faults/{seed}")
    kind = random.choices(KINDS, (4, 3, 4))[0]
    shops = random.choices((1, 2), (6, 4))[0]
    planned = tuple(_orders(random, shops))
    script = Script(
        seed=seed,
        kind=kind,
        database=POSTGRESQL if random.random() < POSTGRESQL_SHARE else SQLITE,
        start=random.choices(list(STARTS), list(STARTS.values()))[0].isoformat(),
        orders=planned,
        shops=shops,
        is_administration_shared=shops > 1 and random.random() < 0.5,
        page_size=random.choice((2, 3, 100)),
        list_size=random.choice((3, 500)),
        minutes=MINUTES,
    )
    events = [_event(random, script) for _ in range(random.randint(3, 12))]
    writes = [event.facts["operation"] for event in events if event.facts.get("operation") in LOOK_UPS]
    if writes and random.random() < LYING_SHARE:
        events.append(_lying_look_up(random.choice(writes)))
    script = script.with_events(events)
    return script.with_events((*events, *_further_events(Random(f"faults/{seed}/further"), script)))


def _further_events(random: Random, script: Script) -> Iterator[Event]:
    """Draw what was added later, from numbers of its own: all else of a seed stays as it was."""
    if script.database == SQLITE and random.random() < RESTORED_SHARE:
        # The whole backup may be older than the first run.
        made_at = random.choice((-0.5, round(random.uniform(0, MINUTES - 30), 1)))
        restored_at = round(random.uniform(made_at + 1, MINUTES - 1), 1)
        facts: dict[str, Any] = {"is_time_known": random.random() < 0.7, "are_processes_left": random.random() < 0.5}
        backup = When(minute=made_at) if random.random() < 0.6 else _when(random, script.kind, "back up")
        yield Event("back up", backup)
        yield Event("restore", When(minute=restored_at), facts)
    if random.random() < BOOKED_AGAIN_SHARE:
        booked = [order.number for order in script.orders if order.recipe in orders.GOOD]
        for _ in range(random.randint(1, 3) if booked else 0):
            when = When(minute=round(random.uniform(5, MINUTES - 5), 1))
            if random.random() < 0.4:
                when = _when(random, script.kind, "book again")
            facts = {"order": random.choice(booked), "minutes": random.choice((0, 3, 40))}
            yield Event("book again", when, facts)
    if random.random() < LATE_SHARE and not any(event.kind == "jump clock" for event in script.events):
        # Later than the first look-up; a clock that jumps meanwhile may let both look-ups be too early.
        minute = -1.0 if random.random() < 0.5 else round(random.uniform(0, MINUTES), 1)
        facts = {
            "remote": "snelstart",
            "operation": random.choice(WRITES[script.kind]),
            "kind": "delayed_commit",
            "times": random.choice((1, 2, 3)),
            "skip": random.choice((0, 1)),
            "parameters": {"seconds": random.choice((150, 200))},
        }
        yield Event("fault", When(minute=minute), facts)
        if random.random() < 0.5:
            # Between the send and the retry.
            kind_at = When(minute=round(max(minute, 0) + random.uniform(0.5, 12), 1))
            yield Event("switch kind", kind_at, {"shop": random.randrange(script.shops)})


def _orders(random: Random, shops: int) -> list[PlannedOrder]:
    buyers = random.randint(1, 6)
    return [
        PlannedOrder(
            number=f"404-{number:07d}-{random.randrange(10**5):05d}{number:02d}",
            shop=random.randrange(shops),
            minute=round(random.uniform(-120, 0) if random.random() < 0.6 else random.uniform(0, 110), 1),
            recipe=random.choice(orders.GOOD) if random.random() < 0.8 else random.choice(orders.BAD),
            total=f"{random.randint(400, 20_000) / 100:.2f}",
            buyer=random.randrange(buyers) if random.random() < 0.85 else None,
            is_everywhere=shops > 1 and random.random() < 0.4,
        )
        for number in range(random.randint(3, 8))
    ]


def _event(random: Random, script: Script) -> Event:
    name = random.choices(list(EVENT_WEIGHTS), list(EVENT_WEIGHTS.values()))[0]
    facts: dict[str, Any] = {}
    if name in ("fault", "outage"):
        facts = _fault(random, script.kind)
        if name == "outage":
            facts |= {"times": None, "minutes": random.choice((10, 30, 75))}
        # Half of them before the first run, which has most of the work.
        minute = -1.0 if random.random() < 0.5 else round(random.uniform(0, MINUTES), 1)
        return Event("fault", When(minute=minute), facts)
    if name == "freeze":
        facts = {"minutes": random.choice((1, 6, 8, 15, 40))}
    elif name == "break database":
        facts = {"commits": random.choice((2, 5, 12))}
    elif name == "jump clock":
        seconds = random.choice((-3600, 3600, -300, 300, 2))
        return Event(name, When(minute=round(random.uniform(0, MINUTES), 1)), {"seconds": seconds})
    elif name in ("second worker", "fetch now", "switch administration", "switch kind"):
        facts = {"shop": random.randrange(script.shops)}
    elif name in ("pause", "switch posting off"):
        facts = {"shop": random.randrange(script.shops), "minutes": random.choice((5, 30, 90))}
    elif name == "disconnect":
        remote = random.choice(("amazon", "snelstart", "snelstart"))
        facts = {"shop": random.randrange(script.shops), "remote": remote, "minutes": random.choice((5, 30, 90))}
    elif name in ("cancel", "flip status", "change amount", "book by hand"):
        facts = {"order": random.choice(script.orders).number}
        if name == "flip status":
            facts["minutes"] = random.choice((10, 70))
        if name == "change amount":
            facts["total"] = f"{random.randint(400, 20_000) / 100:.2f}"
    return Event(name, _when(random, script.kind, name), facts)


def _lying_look_up(operation: str) -> Event:
    """Let the look-up after a lost answer list everything, as if nobody had asked for one document."""
    facts: dict[str, Any] = {"remote": "snelstart", "operation": LOOK_UPS[operation], "kind": "ignore_filter"}
    return Event("fault", When(minute=-1.0), facts | {"times": None, "minutes": 90})


def _when(random: Random, kind: str, event: str) -> When:
    """Half of them anywhere, half around the calls that matter."""
    if random.random() < 0.45:
        return When(point=random.randint(1, 200))
    side = random.choice(("before", "after"))
    if event == "break commit" or random.random() < 0.2:
        return When(operation="commit", side=side, nth=random.randint(1, 120))
    operation = random.choice((*WRITES[kind], *WRITES[kind], *READS[kind], "searchOrders", "token snelstart"))
    return When(operation=operation, side=side, nth=random.randint(1, 4))


def _fault(random: Random, kind: str) -> dict[str, Any]:
    where = random.choices(("write", "read", "access", "token", "amazon"), (8, 4, 1, 1, 3))[0]
    remote = "amazon" if where == "amazon" else "snelstart"
    if where == "write":
        operation, (name, parameters) = random.choice(WRITES[kind]), random.choice(ON_WRITES)
    elif where == "read":
        operation, (name, parameters) = random.choice(READS[kind]), random.choice(ON_READS)
    elif where == "access":
        operation, (name, parameters) = random.choice((*WRITES[kind], *READS[kind])), random.choice(ON_ACCESS)
    elif where == "token":
        remote = random.choice(("amazon", "snelstart"))
        operation, (name, parameters) = "token", random.choice(ON_TOKENS)
    else:
        operation, (name, parameters) = "searchOrders", random.choice(ON_SEARCH)
    return {
        "remote": remote,
        "operation": operation,
        "kind": name,
        "times": random.choice((1, 1, 2, 3)),
        "skip": random.choice((0, 0, 1, 2)),
        "parameters": dict(parameters),
    }
