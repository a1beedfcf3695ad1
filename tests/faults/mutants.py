"""Planted bugs: a harness that has never seen a bug proves nothing, so it is shown some.

A mutant is a few lines of the product written differently while a play lasts. Lines are replaced by their
text: a mutant whose line is no longer there fails instead of passing for caught.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from sqlalchemy.dialects import postgresql, sqlite

from tests.faults.building import WRITES
from tests.faults.exhaustive import ORDERS, points_of_trouble, strike_at, three_orders
from tests.faults.script import KINDS, SALES_ENTRY, SALES_ORDER, Event, Script, When
from tests.faults.simulation import Result, Simulation
from webshop.clients.http import HttpClient
from webshop.clients.snelstart import errors
from webshop.clients.snelstart.client import SnelStartClient
from webshop.domain import money
from webshop.exceptions import DuplicateError
from webshop.extensions import transaction
from webshop.services import audit, claims, documents, fetching, payments, posting, reconciling, runs
from webshop.services.articles import ArticleIndex
from webshop.services.customers import CustomerIndex
from webshop.services.leases import Lease
from webshop.services.totals import Changes
from webshop.services.write_window import WriteWindow

Planting = Callable[[], AbstractContextManager[Any]]
Scenarios = Callable[[Simulation], Iterator[Script]]
# The invariants, by the words with which their violations are told.
LOST, TWICE, MADE_TWICE = "every_order_is_booked_or_visible", "no_order_is_booked_twice", "nothing_is_made_twice"
KNOWN, SETTLED = "we_know_what_snelstart_has", "everything_is_settled"
BLIND, STOPPED = "no_write_is_repeated_without_a_look", "although posting was stopped"
WATERMARK, SECRETS = "the watermark", "no_secret_is_in_the_log"
AUDIT, TOTALS = "every_posting_is_audited", "totals_count_the_orders"


def rewritten(function: Any, *changes: tuple[str, str]) -> Planting:
    """Return how to let a function have other lines; whoever imported it gets them too."""

    @contextmanager
    def plant() -> Iterator[None]:
        source = textwrap.dedent(inspect.getsource(function))
        for old, new in changes:
            if source.count(old) != 1:
                raise AssertionError(f"{function.__qualname__} does not say {old!r} once")
            source = source.replace(old, new)
        names: dict[str, Any] = {}
        exec(compile(f"from __future__ import annotations\n{source}", "mutant", "exec"), function.__globals__, names)  # noqa: S102 - the product's own text
        real, function.__code__ = function.__code__, names[function.__name__].__code__
        try:
            yield
        finally:
            function.__code__ = real

    return plant


def replaced(target: Any, name: str, value: Any) -> Planting:
    return lambda: patch.object(target, name, value)


@dataclass(frozen=True)
class Mutant:
    """`breaks` says what is wrong with it, `expected` which violation should tell."""

    name: str
    breaks: str
    expected: str
    plantings: tuple[Planting, ...]
    scenarios: Scenarios | None = None
    """Plays of its own, for a bug that takes more coincidence than random plays have."""

    @contextmanager
    def planted(self) -> Iterator[None]:
        with ExitStack() as stack:
            for plant in self.plantings:
                stack.enter_context(plant())
            yield


@dataclass(frozen=True)
class Hunt:
    """What came of looking for a mutant; `where` is the play that caught it, None when none did."""

    mutant: Mutant
    plays: int
    where: str | None = None
    violations: tuple[str, ...] = ()

    @property
    def is_as_expected(self) -> bool:
        return any(self.mutant.expected in violation for violation in self.violations)

    def __str__(self) -> str:
        if self.where is None:
            return f"MISSED  {self.mutant.name}: {self.plays} plays, expected {self.mutant.expected}"
        others = "" if self.is_as_expected else f", expected {self.mutant.expected}"
        first = self.violations[0]
        for violation in self.violations:
            if self.mutant.expected in violation:
                first = violation
                break
        return f"caught  {self.mutant.name}: play {self.plays} ({self.where}){others}: {first}"


def hunt(simulation: Simulation, mutant: Mutant, *, runs: int, first: int = 1) -> Hunt:
    """Play seeds in their order until one catches the mutant, then its own scenarios."""
    plays = 0
    for seed in range(first, first + runs):
        plays += 1
        result = _play(simulation, mutant, simulation.build(seed))
        if result.violations:
            return Hunt(mutant, plays, f"seed {seed}", result.violations)
    for number, script in enumerate(mutant.scenarios(simulation) if mutant.scenarios else (), start=1):
        plays += 1
        result = _play(simulation, mutant, script)
        if result.violations:
            return Hunt(mutant, plays, f"its own scenario, play {number}", result.violations)
    return Hunt(mutant, plays)


def _play(simulation: Simulation, mutant: Mutant, script: Script) -> Result:
    with mutant.planted():
        return simulation.play(script)


# scenarios


def struck_at_every_point(strike: str) -> Scenarios:
    def scripts(simulation: Simulation) -> Iterator[Script]:
        for kind in KINDS:
            script = three_orders(kind)
            for point in range(1, points_of_trouble(simulation, script) + 1):
                yield strike_at(script, strike, point)

    return scripts


def frozen_at_every_point(simulation: Simulation) -> Iterator[Script]:
    """Lose the answer to the first document, and let a process stand still at each point after another."""
    for kind in (SALES_ORDER, *(kind for kind in KINDS if kind != SALES_ORDER)):
        operation = "POST /verkooporders" if kind == SALES_ORDER else "POST /verkoopboekingen"
        lost = Event("fault", When(minute=-1.0), _fault(operation, "drop"))
        quiet = three_orders(kind)
        troubled = quiet.with_events([lost])
        for script in (quiet, troubled):
            # From the end: documents are sent after everything else.
            for point in range(points_of_trouble(simulation, script), 0, -1):
                yield script.with_events((*script.events, *strike_at(script, "freeze", point).events))


def carried_out_late(simulation: Simulation) -> Iterator[Script]:
    """Let SnelStart carry out a document when it has been looked up in vain already."""
    for seconds in (140, 160, 200):
        for kind, operation in ((SALES_ORDER, "POST /verkooporders"), (SALES_ENTRY, "POST /verkoopboekingen")):
            late = _fault(operation, "delayed_commit", seconds=seconds)
            yield three_orders(kind).with_events([Event("fault", When(minute=-1.0), late)])


def answer_lost(simulation: Simulation) -> Iterator[Script]:
    """Lose the answer to each call that writes, one after the other; two of the orders are of one buyer."""
    for kind in KINDS:
        for operation in WRITES[kind]:
            for skip in range(len(ORDERS)):
                for fault in ("commit_then_reset", "without_id"):
                    lost = _fault(operation, fault, skip=skip)
                    yield three_orders(kind).with_events([Event("fault", When(minute=-1.0), lost)])


def _fault(operation: str, kind: str, *, skip: int = 0, **parameters: Any) -> dict[str, Any]:
    return {
        "remote": "snelstart",
        "operation": operation,
        "kind": kind,
        "times": 1,
        "skip": skip,
        "parameters": parameters,
    }


# plantings that are more than other lines


def _claims_without_condition() -> AbstractContextManager[Any]:
    plant = rewritten(claims._claim_with, ("where=and_(_postings.c.state.in_(_FREE), not_(_contested())),", ""))
    with plant():
        statements = {"sqlite": claims._claim_with(sqlite), "postgresql": claims._claim_with(postgresql)}
    return patch.dict(claims._CLAIM, statements)


def _send_believing(client: SnelStartClient, document: documents.Document) -> documents.Receipt:
    try:
        return documents.send(client, document)
    except DuplicateError:
        return documents.Receipt("00000000-0000-0000-0000-000000000000", None, document.total)


def _claim_and_say_nothing(*facts: Any) -> claims.Claim | None:
    claim = claims.claim_order(*facts)
    if claim is not None:
        with transaction():
            _free_at_once(claim.posting_id)
    return claim


def _free_at_once(posting_id: int, *_: object) -> None:
    claims.update_posting(posting_id, state="pending", lookup_at=None)


def _nothing(*_: object, **__: object) -> None:
    """Do nothing at all."""


_ANOTHER_HOLDS_THE_CLAIM = rewritten(
    claims.ensure_held, ('raise LeaseLostError(f"posting {posting_id} was taken over by another run")', "pass")
)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "no intent",
        "the row before the call does not say that something is being sent",
        BLIND,
        (
            rewritten(claims._values, ("PostingState.SENDING.value", "PostingState.PENDING.value")),
            _ANOTHER_HOLDS_THE_CLAIM,
        ),
    ),
    Mutant(
        "blind retry",
        "a document without an answer counts as not sent",
        BLIND,
        (
            rewritten(
                posting._Poster._send,
                (
                    "return self._wait_for_lookup("
                    'order, posting_id, trouble.code or "NO_ANSWER", clock.now() + LOOKUP_AFTER)',
                    "self._release(order, posting_id, trouble); return order.state",
                ),
            ),
        ),
    ),
    Mutant(
        "5xx is no",
        "a server's error counts as not carried out",
        BLIND,
        (rewritten(errors.error_of, ("if is_write:", "if False:")),),
    ),
    Mutant(
        "half an answer is no",
        "an answer that cannot be read counts as not carried out",
        BLIND,
        (rewritten(SnelStartClient._post, ("raise OutcomeUnknownError(", "raise RetryableRemoteError(")),),
        answer_lost,
    ),
    Mutant(
        "filter believed",
        "the first hit of a look-up is adopted without comparing it",
        KNOWN,
        (
            rewritten(
                documents._ours_first,
                ("[one for one in found if one.is_ours]", "[replace(one, is_ours=True) for one in found[:1]]"),
            ),
            rewritten(SnelStartClient.find_sales_invoices, ("if invoice.number == number", "")),
            rewritten(SnelStartClient.find_sales_orders, ("if order.payment_reference == order_number", "")),
            rewritten(
                SnelStartClient.find_ledger_mutations,
                ("if row.voucher == voucher and row.journal_id == journal_id.lower()", ""),
            ),
        ),
    ),
    Mutant("no unique claim", "a claim that somebody has is taken all the same", BLIND, (_claims_without_condition,)),
    Mutant(
        "no fencing",
        "a run that was overtaken goes on",
        KNOWN,
        (
            rewritten(Lease.confirm, ("if current_token != self.token or now >= self.until:", "if False:")),
            _ANOTHER_HOLDS_THE_CLAIM,
        ),
        frozen_at_every_point,
    ),
    Mutant(
        "no write window",
        "what was claimed is sent however long ago that was",
        TWICE,
        (rewritten(WriteWindow.check, ('if not operation.startswith("POST "):', "if True:")),),
        frozen_at_every_point,
    ),
    Mutant(
        "one look-up",
        "an order is free again after one look-up in vain",
        TWICE,
        (replaced(reconciling, "LOOKUPS_NEEDED", 1),),
        carried_out_late,
    ),
    Mutant(
        "abandoned claims",
        "nobody looks for the claims of runs that are gone",
        SETTLED,
        (replaced(runs, "find_abandoned", _nothing),),
    ),
    Mutant(
        "watermark with the first page",
        "the watermark moves before the last page is stored",
        WATERMARK,
        (
            rewritten(
                fetching._store_progress,
                ('values["page_watermark_at"] = page', 'values["page_watermark_at"] = values["watermark_at"] = page'),
            ),
        ),
    ),
    Mutant(
        "watermark before the orders",
        "the watermark is committed before the orders of its page",
        WATERMARK,
        (
            rewritten(
                fetching._store_page,
                (
                    "changed = store_orders(shop, page.orders)",
                    "db.session.commit(); changed = store_orders(shop, page.orders)",
                ),
            ),
        ),
        struck_at_every_point("kill"),
    ),
    Mutant(
        "watermark by our clock",
        "the watermark is our time and not Amazon's",
        WATERMARK,
        (
            rewritten(
                fetching._store_progress,
                ("page.last_updated_before if is_first else Schedule.page_watermark_at", "clock.now()"),
            ),
        ),
    ),
    Mutant(
        "news ignored",
        "an order that is known is never stored anew",
        WATERMARK,
        (
            rewritten(
                fetching.store_orders,
                (
                    "if before is not None and _stays(before, order, is_again=is_again):",
                    "if before is not None:",
                ),
            ),
        ),
    ),
    Mutant(
        "float money",
        "cents are counted by way of a float",
        LOST,
        (rewritten(money.to_cents, ("int(amount * 100)", "int(float(amount) * 100)")),),
    ),
    Mutant(
        "duplicate is an error",
        "an order is refused because it stands in SnelStart",
        LOST,
        (rewritten(posting._Poster._send, ("except DuplicateError:", "except ():")),),
        struck_at_every_point("book by hand"),
    ),
    Mutant(
        "duplicate is success",
        "a number that exists counts as ours without a look",
        KNOWN,
        (replaced(posting, "send", _send_believing),),
        struck_at_every_point("book by hand"),
    ),
    Mutant(
        "stop ignored",
        "a run goes on after posting was paused, switched off or disconnected",
        STOPPED,
        (
            rewritten(
                claims.check_stops,
                ("if not (guard.is_posting_automatic or is_asked_for):", "if False:"),
                ("if guard.paused_until is not None and guard.paused_until > clock.now():", "if False:"),
                ("if guard.connection_state != ConnectionState.ACTIVE.value:", "if False:"),
            ),
        ),
    ),
    Mutant(
        "other administration",
        "a run goes on in the administration that its shop has left, and orders booked elsewhere are booked again",
        STOPPED,
        (
            rewritten(
                claims.check_stops,
                ("if guard.account_id != administration_id:", "if False:"),
                ("return guard.elsewhere is None", "return True"),
            ),
        ),
    ),
    Mutant(
        "customers without claim",
        "a customer is made although somebody may be making it",
        MADE_TWICE,
        (rewritten(CustomerIndex._claim, ("if made:", "if True:")),),
        answer_lost,
    ),
    Mutant(
        "customers not looked up",
        "a customer is made without looking whether it is there",
        MADE_TWICE,
        (rewritten(CustomerIndex._links, ("return self._known[fingerprint]", "return []")),),
    ),
    Mutant(
        "articles made again",
        "an article without an answer is made again at once",
        BLIND,
        (rewritten(ArticleIndex.create, ("if new.code in self._unknown:", "if False:")),),
        answer_lost,
    ),
    Mutant(
        "payments without intent",
        "a payment is sent without a word before, whatever the balance says",
        TWICE,
        (
            replaced(payments, "claim_order", _claim_and_say_nothing),
            replaced(payments, "_is_certainly_open", lambda *_: True),
            _ANOTHER_HOLDS_THE_CLAIM,
        ),
    ),
    Mutant(
        "payments again",
        "a payment without an answer is sent again, whatever the balance says",
        TWICE,
        (
            rewritten(payments._pay, ("if not _is_certainly_open(due, restored_at):", "if False:")),
            replaced(payments, "note_unknown", _free_at_once),
        ),
    ),
    Mutant(
        "poison stops the run",
        "an order that crashes the translation takes the run with it",
        "crashed with",
        (rewritten(posting.post_due_orders, ("except BUGS as bug:", "except () as bug:")),),
    ),
    Mutant(
        "poison not parked",
        "an order that kills the process is tried for ever",
        LOST,
        (replaced(posting, "CRASHES_ALLOWED", 10**6),),
    ),
    Mutant("no audit", "nothing is recorded", AUDIT, (replaced(audit, "record", _nothing),)),
    Mutant("no totals", "the daily totals stay as they are", TOTALS, (replaced(Changes, "write", _nothing),)),
    Mutant(
        "secrets in the log",
        "the headers of every call are logged",
        SECRETS,
        (
            rewritten(
                HttpClient.send,
                ("started = self._monotonic()", 'started = self._monotonic(); log.info("%s", sent_headers)'),
            ),
        ),
    ),
)
BY_NAME = {mutant.name: mutant for mutant in MUTANTS}
