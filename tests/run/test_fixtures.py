"""pytest looks for fixtures once, and finds what it found before."""

from collections.abc import Callable
from typing import Any

import pytest
from _pytest import fixtures

from tests.run.fixtures import look_once


def nothing() -> None:
    pass


def both(a: int, b: int = 0) -> None:
    pass


def any_of(*some: int, more: int) -> None:
    pass


class Held:
    def method(self, a: int) -> None:
        pass


@pytest.mark.parametrize(
    ("function", "names"),
    [(nothing, ()), (both, ("a",)), (any_of, ("more",)), (Held().method, ("a",)), (Held, ())],
)
def test_a_function_is_asked_for_what_it_must_be_given(
    function: Callable[..., Any], names: tuple[str, ...]
) -> None:
    assert vars(fixtures)["getfuncargnames"](function) == names


def test_what_was_found_is_looked_for_no_more_and_given_to_each_anew(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def closure(_manager: Any, parentnode: Any, initialnames: Any, ignore_args: Any) -> Any:
        looked.append("closure")
        return ["first", *initialnames], {"first": [1]}

    def definitions(_manager: Any, argname: str, node: Any) -> Any:
        looked.append(argname)
        return [argname]

    manager: Any = request._fixturemanager
    monkeypatch.setattr(fixtures.FixtureManager, "getfixtureclosure", closure)
    monkeypatch.setattr(fixtures.FixtureManager, "getfixturedefs", definitions)
    look_once(monkeypatch)
    asked = {"parentnode": request.node, "initialnames": ("db",), "ignore_args": set()}
    names, found = manager.getfixtureclosure(**asked)
    names.append("ours")
    found.clear()
    assert manager.getfixtureclosure(**asked) == (["first", "db"], {"first": [1]})
    assert manager.getfixturedefs("db", request.node) == ["db"]
    assert manager.getfixturedefs("db", request.node) == ["db"]
    assert looked == ["closure", "db"]
