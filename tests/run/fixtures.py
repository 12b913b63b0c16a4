"""pytest looks once for what it looks for with each test: which fixtures are meant by which names.

It asks each function for its arguments, also one of its own for each fixture that asks for
``request``, some twenty a test. And for each test function it looks for every fixture that it may
need, through all folders above it; here the functions of a file or class with the same arguments
share what was found.
"""

from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest
from _pytest import compat, fixtures

Names = tuple[str, ...]


def look_once(patch: pytest.MonkeyPatch) -> None:
    """Let it be so until ``patch`` is undone."""
    manager = fixtures.FixtureManager
    patch.setattr(manager, "getfixturedefs", _found_once(manager.getfixturedefs))
    patch.setattr(manager, "getfixtureclosure", _closed_once(manager.getfixtureclosure))
    patch.setattr(fixtures, "getfuncargnames", _asked_only_if_any(compat.getfuncargnames))


def _found_once(find: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what a name means to the tests of one file or class."""
    found: dict[tuple[Any, str, Any], Any] = {}

    def getfixturedefs(manager: Any, argname: str, node: Any) -> Any:
        key = (manager, argname, node.parent)
        if not found.get(key):
            found[key] = find(manager, argname, node)
        return found[key]

    return getfixturedefs


def _closed_once(close: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what their arguments lead to; each gets a list and a dictionary of its own."""
    found: dict[tuple[Any, Any, Names, frozenset[str]], Any] = {}

    def getfixtureclosure(
        manager: Any, parentnode: Any, initialnames: Names, ignore_args: Any
    ) -> Any:
        key = (manager, parentnode.parent, initialnames, frozenset(ignore_args))
        if key not in found:
            found[key] = close(manager, parentnode, initialnames, ignore_args)
        names, definitions = found[key]
        return [*names], {**definitions}

    return getfixtureclosure


def _asked_only_if_any(ask: Callable[..., Names]) -> Callable[..., Names]:
    """Answer at once for a plain function that takes nothing."""

    def getfuncargnames(function: Any, *, name: str = "", cls: type | None = None) -> Names:
        plain = type(function) is FunctionType and cls is None and not vars(function)
        if plain and not function.__code__.co_argcount + function.__code__.co_kwonlyargcount:
            return ()
        return ask(function, name=name, cls=cls)

    return getfuncargnames
