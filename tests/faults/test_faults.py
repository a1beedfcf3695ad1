"""A short set of the simulation for every test run; `make faults` plays thousands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from tests.faults.bench import SQLITE
from tests.faults.command import main
from tests.faults.exhaustive import KILL, gaps, points_of_trouble, single_strikes, strike_at, three_orders
from tests.faults.mutants import BY_NAME, MUTANTS, hunt, rewritten
from tests.faults.naive import compare
from tests.faults.outage import HIGHEST_FACTOR, measure_outages
from tests.faults.script import SALES_ENTRY, SALES_ORDER, Event, Script, When
from tests.faults.simulation import Simulation
from tests.support.postgresql import find_binaries
from webshop.extensions import db
from webshop.models import Order
from webshop.services.write_window import WriteWindow

SEEDS = range(1, 31)


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    with Simulation() as simulation:
        yield simulation


def playable(script: Script) -> Script:
    """Return the script, on SQLite where there is no PostgreSQL."""
    return script if find_binaries() else replace(script, database=SQLITE)


@pytest.mark.parametrize("first", range(SEEDS.start, SEEDS.stop, 10))
def test_no_order_is_lost_doubled_or_silent_under_faults(simulation: Simulation, first: int) -> None:
    for seed in range(first, first + 10):
        result = simulation.play(playable(simulation.build(seed)))
        assert not result.violations, f"{result.script}\n{result.violations}"


def test_death_at_any_point_neither_doubles_nor_loses(simulation: Simulation) -> None:
    for struck in single_strikes(simulation, SALES_ENTRY, KILL):
        assert not struck.result.violations, f"at {struck.points}: {struck.result.violations}"
        assert struck.result.counts["killed"] == 1


def test_the_same_seed_is_the_same_play(simulation: Simulation) -> None:
    scripts = [simulation.build(seed) for seed in (3, 11, 19)]
    first = [simulation.play(script) for script in scripts]
    with Simulation() as other:
        second = [other.play(other.build(script.seed)) for script in scripts]
    for one, again in zip(first, second, strict=True):
        assert one.log == again.log
    assert len({result.digest for result in first}) == len(first)


def test_what_is_lost_or_doubled_is_found_and_shrunk(monkeypatch: pytest.MonkeyPatch, simulation: Simulation) -> None:
    """A harness that sees nothing proves nothing: without the claim's time limit, frozen processes send twice."""
    monkeypatch.setattr(WriteWindow, "check", lambda self, operation: None)
    script = three_orders(SALES_ORDER)
    points = points_of_trouble(simulation, script)
    found: Script | None = None
    for point in range(points - 50, points):
        noisy = strike_at(script, "freeze", point)
        noisy = noisy.with_events((Event("rotate keys", When(point=5)), *noisy.events))
        if any("stands 2 times" in violation for violation in simulation.play(noisy).violations):
            found = noisy
            break
    assert found is not None
    smaller = simulation.shrink(found)
    assert [event.kind for event in smaller.events] == ["freeze"]
    assert len(smaller.orders) < len(script.orders)


def test_a_restored_backup_holds_what_was_stored_then(simulation: Simulation, tmp_path: Path) -> None:
    result = simulation.play(three_orders(SALES_ENTRY))
    stage = simulation.stage
    stage.back_up(tmp_path / "backup.sqlite")
    with stage.app.app_context():
        db.session.execute(db.update(Order).values(state="error"))
        db.session.commit()
    stage.restore(tmp_path / "backup.sqlite")
    with stage.app.app_context():
        states = set(db.session.scalars(db.select(Order.state)))
    assert (result.counts["order posted"], states) == (3, {"posted"})


def test_results_are_kept_and_seeds_in_them_are_not_played_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results.jsonl"
    results.write_text('{"seed": 1, "kind": "x", "database": "y", "script": "", "digest": "", "violations": ["bad"],')
    assert main(["run", "--runs", "1", "--results", str(results)]) == 0
    assert main(["run", "--runs", "1", "--results", str(results)]) == 0
    assert "0 played now" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "seed"), [("blind retry", 1), ("filter believed", 58), ("stop ignored", 1)])
def test_a_planted_bug_is_caught_by_the_invariant_meant_for_it(simulation: Simulation, name: str, seed: int) -> None:
    """Three, each with a seed that catches it; `make faults-mutants` hunts all of them."""
    found = hunt(simulation, BY_NAME[name], runs=1, first=seed)
    assert found.is_as_expected, str(found)


def test_nothing_is_left_of_a_planted_bug(simulation: Simulation) -> None:
    for mutant in MUTANTS:
        with mutant.planted():
            pass
    result = simulation.play(three_orders(SALES_ENTRY))
    assert not result.violations


def test_a_bug_whose_line_is_gone_does_not_pass_for_planted() -> None:
    with (
        pytest.raises(AssertionError, match="does not say"),
        rewritten(WriteWindow.check, ("a line that is not there", "pass"))(),
    ):
        pass


def test_our_code_and_the_naive_loop_are_asked_to_book_the_same() -> None:
    ours, theirs = compare(range(1, 2))
    assert ours["orders that should be booked"] == theirs["orders that should be booked"] > 0
    assert not ours["lost"]


def test_pairs_of_deaths_leave_no_gap_between_two_calls_out() -> None:
    with Simulation() as simulation:
        script = three_orders(SALES_ENTRY)
        points = gaps(simulation, script)
        sides = dict(re.findall(r"#(\d+) (before|after) ", "\n".join(simulation.play(script).log)))
    assert {sides[str(point)] for point in points} == {"after"}
    assert {sides[str(point - 1)] for point in points} == {"before"}


def test_a_remote_that_is_down_is_not_hammered() -> None:
    for outage in islice(measure_outages(), 2):  # from the start, and in the middle of a run
        assert not outage.violations
        assert 1 < outage.factor <= HIGHEST_FACTOR
