"""The judge of `make faults`: what it calls lost, twice, unresolved and slow."""

import math
from typing import Any

import pytest

from tests.faults.judging.history import Held, History, Kind, Try, judge


def seen(*tries: Try, live: tuple[float, ...] = (0.01,), marks: tuple[float, ...] = ()) -> History:
    return History(list(tries), list(live), list(marks))


def asked(call: int, key: str, kind: Kind = Kind.NUMBER, **changes: Any) -> Try:
    fields: dict[str, Any] = {"began": 0.0, "seconds": 1.0}
    fields["number"] = f"K{call}" if kind is Kind.NUMBER else ""
    return Try(call, key, kind=kind, **(fields | changes))


def held(*numbers: tuple[str, str], set_aside: tuple[str, ...] = ()) -> Held:
    return Held(list(numbers), list(set_aside), [])


def test_what_a_client_was_shown_and_the_database_has_is_well() -> None:
    verdict = judge(seen(asked(1, "a")), held(("a", "K1")))
    assert (verdict.lost, verdict.twice, verdict.unresolved) == (0, 0, 0)


def test_a_number_that_the_database_does_not_have_is_lost() -> None:
    assert judge(seen(asked(1, "a")), held()).lost == 1
    assert judge(seen(asked(1, "a")), held(("another", "K1"))).lost == 1


def test_a_number_that_was_set_aside_is_not_lost() -> None:
    verdict = judge(seen(asked(1, "a")), held(set_aside=("K1",)))
    assert (verdict.lost, verdict.aside) == (0, 1)


def test_one_number_of_two_calls_is_twice() -> None:
    history = seen(asked(1, "a"), asked(2, "b", number="K1"))
    assert judge(history, held(("b", "K1"))).twice == 1


def test_one_number_on_two_rows_is_twice() -> None:
    assert judge(seen(), held(("a", "K1"), ("b", "K1"))).twice == 1


def test_a_call_that_got_two_numbers_is_twice_whoever_saw_them() -> None:
    history = seen(asked(1, "a", Kind.CUT), asked(1, "b"))
    assert judge(history, held(("a", "K7"), ("b", "K1"))).twice == 1


def test_a_call_of_which_nobody_knew_is_resolved_by_its_number() -> None:
    verdict = judge(seen(asked(1, "a", Kind.CUT), asked(1, "a")), held(("a", "K1")))
    assert (verdict.unknown, verdict.unresolved) == (1, 0)


def test_a_call_without_an_end_is_unresolved() -> None:
    history = seen(asked(1, "a", Kind.CUT), asked(2, "b", Kind.TAKEN))
    assert judge(history, held(("a", "K1"))).unresolved == 2


@pytest.mark.parametrize(("rows", "unresolved"), [([], 0), ([("a", "K1")], 1)])
def test_another_page_ends_a_call_unless_the_database_has_its_number(
    rows: list[tuple[str, str]], unresolved: int
) -> None:
    history = seen(asked(1, "a", Kind.CUT), asked(1, "a", Kind.ELSE))
    assert judge(history, held(*rows)).unresolved == unresolved


def test_a_page_that_is_not_ours_is_counted() -> None:
    assert judge(seen(asked(1, "a", Kind.BARE)), held()).bare == 1


def test_the_longest_wait_is_that_of_any_request() -> None:
    history = seen(asked(1, "a", Kind.NOTHING, seconds=7.0), asked(1, "a"), live=(0.1, 0.3))
    verdict = judge(history, held(("a", "K1")))
    assert (verdict.longest, verdict.live) == (7.0, 0.3)


def test_the_next_number_is_counted_from_the_worst_mark() -> None:
    history = seen(asked(1, "a", began=4.0), asked(2, "b", began=9.0), marks=(3.0, 6.0))
    assert judge(history, held()).next_number == 4.0


def test_without_a_next_number_it_is_never() -> None:
    assert judge(seen(asked(1, "a"), marks=(3.0,)), held()).next_number == math.inf
