"""What ends `make faults`, and what doesn't: plays of a moment, where nothing is broken."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.faults import __main__ as faults
from tests.faults.judging.history import Verdict
from tests.faults.scenarios import Run
from tests.faults.world import World, Worlds

QUIET = faults.Plan("short", busy=False, as_it_is=False)
BUSY = replace(QUIET, busy=True)
WELL: dict[str, Any] = dict.fromkeys(("lost", "aside", "twice", "unknown", "unresolved", "bare"), 0)
WELL |= {"calls": 9, "numbers": 9, "next_number": 0.1, "longest": 0.1, "live": 0.01}


class Nowhere(Worlds):
    def __init__(self) -> None:
        super().__init__("sqlite", Path(), None)

    @contextmanager
    def world(self, *, on_a_small_disk: bool = False) -> Iterator[World]:
        yield cast("World", on_a_small_disk)


def scenario(*verdicts: dict[str, Any], **more: Any) -> faults.Scenario:
    """Return one whose runs end with these, in turn; the last one again."""
    left = list(verdicts)

    def play(_world: World, _run: Run) -> Verdict:
        return Verdict(**WELL | (left.pop(0) if len(left) > 1 else left[0]))

    return faults.Scenario("it rains", play, bare_on=("sqlite",), **more)


def found(plan: faults.Plan, one: faults.Scenario) -> list[str]:
    return list(plan.faults(one, Nowhere()))


def broken(_world: World, _run: Run) -> Verdict:
    raise RuntimeError("no server")


def endless(_world: World, _run: Run) -> Verdict:
    time.sleep(60)
    raise AssertionError


SLOW, LOST, TWICE = {"longest": 5.1}, {"lost": 1}, {"twice": 2}


def test_what_is_slow_once_is_played_again() -> None:
    assert found(QUIET, scenario(SLOW, {})) == []
    assert found(QUIET, scenario(SLOW)) == ["it rains on sqlite: waited 5.1 s"]


def test_what_is_wrong_once_is_wrong() -> None:
    assert found(QUIET, scenario(LOST, {})) == ["it rains on sqlite: 1 lost"]


def test_a_busy_machine_fails_by_what_is_counted_alone() -> None:
    assert found(BUSY, scenario(SLOW)) == []
    assert found(BUSY, scenario(SLOW | LOST)) == ["it rains on sqlite: 1 lost"]


@pytest.mark.parametrize("plan", [QUIET, BUSY])
def test_a_protection_without_which_nothing_is_lost_protects_nothing(plan: faults.Plan) -> None:
    one = scenario({}, SLOW, without="the form's key")
    assert found(plan, one) == ["it rains on sqlite, without the form's key: no worse"]


def test_a_protection_may_show_at_the_second_try() -> None:
    assert found(QUIET, scenario({}, {}, TWICE, without="the form's key")) == []


def test_what_only_times_show_is_not_taken_away_on_a_busy_machine() -> None:
    one = scenario({}, without="limits of waits")
    assert found(QUIET, one) == ["it rains on sqlite, without limits of waits: no worse"]
    assert found(BUSY, one) == []


@pytest.mark.parametrize("plan", [QUIET, BUSY])
def test_one_that_breaks_is_named_and_the_next_is_played(plan: faults.Plan) -> None:
    named = "it rains on sqlite: broke: RuntimeError: no server"
    assert found(plan, faults.Scenario("it rains", broken)) == [named]
    assert found(plan, scenario({})) == []


def test_one_that_does_not_end_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "LIMIT", 0.05)
    monkeypatch.setattr(faults, "LIMIT_OF_A_ROUND", 0)
    assert "not ended after 0 s" in found(QUIET, faults.Scenario("it rains", endless))[0]
