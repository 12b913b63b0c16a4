"""A whole run opens every page on its database and does every act; otherwise it fails.

It also fails for an act that wrote no change to the log: boards learn from there that it was done.

Markers tell what runs on which database (``tests.where``). So that none of them takes a page or an
act away from a database, each process notes which addresses it has opened and which acts it has
done. A run of some tests alone isn't asked, nor one with failures.
"""

import inspect
import sys
from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import get_resolver

from befreg_reserv.acts.act import IS_ACT
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from tests.addresses import walk

OURS = ("befreg_reserv.", "custody.", "outage.", "tests.")
REGISTERS = "admin/"  # what they refuse is theirs to say: any answer shows that they were asked
# Behind an act's name: it has written a change to the log, by which a board learns of it.
IN_LOG = ", in the log"
NOTES = "opened"  # under this name the notes of a worker come to the process that started it


class Opened:
    """A plugin of pytest that notes what there is, and what of it was opened or done."""

    def __init__(self) -> None:
        self.there_is: set[str] = set()
        self.seen: set[str] = set()
        self._changes = 0

    def pytest_collection_finish(self) -> None:
        """Begin to note; by now every module is imported."""
        self.watch(pytest.MonkeyPatch())

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Note from now on what is opened and done, until ``patch`` is undone."""
        routes = walk(get_resolver().url_patterns, registers=True)
        self.there_is |= {_plain(route) for route, _view in routes}
        sign_in = resolve_url(settings.LOGIN_URL)
        watched = self._watched(BaseHandler.get_response, f"{sign_in}?")
        patch.setattr(BaseHandler, "get_response", watched)
        patch.setattr(trail, "write", self._counted(trail.write))
        patch.setattr(LogEntry, "save", self._counted(LogEntry.save))
        for act in _acts():
            # Inside of the act: whoever compares acts still finds the same one everywhere.
            inner = act.__closure__[act.__code__.co_freevars.index("function")]  # type: ignore[index]
            patch.setattr(inner, "cell_contents", self._noted(inner.cell_contents))

    def _watched(self, get_response: Callable[..., Any], sign_in: str) -> Callable[..., Any]:
        @wraps(get_response)
        def watched(handler: BaseHandler, request: HttpRequest) -> Any:
            response = get_response(handler, request)
            route = _plain(request.resolver_match.route) if request.resolver_match else ""
            to_sign_in = response.get("Location", "").startswith(sign_in)
            if (response.status_code < 400 and not to_sign_in) or route.startswith(REGISTERS):
                self.seen.add(route)
            return response

        return watched

    def _noted(self, act: Callable[..., Any]) -> Callable[..., Any]:
        named = f"{act.__module__}.{act.__qualname__}"
        if not named.startswith("tests."):
            self.there_is |= {named, f"{named}{IN_LOG}"}

        @wraps(act)
        def noted(*args: Any, **kwargs: Any) -> Any:
            changes = self._changes
            done = act(*args, **kwargs)
            self.seen.add(named)
            if self._changes > changes:
                self.seen.add(f"{named}{IN_LOG}")
            return done

        return noted

    def _counted(self, write: Callable[..., None]) -> Callable[..., None]:
        @wraps(write)
        def counted(*entries: LogEntry, **options: Any) -> None:
            self._changes += sum(entry.action != LogEntry.Action.ACCESS for entry in entries)
            write(*entries, **options)

        return counted

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the notes on, or judge them."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[NOTES] = [sorted(self.there_is), sorted(self.seen)]
        elif _whole(session) and self.lacking:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the notes of a worker."""
        there_is, seen = getattr(node, "workeroutput", {}).get(NOTES, ([], []))
        self.there_is.update(there_is)
        self.seen.update(seen)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Name what was left out."""
        if _whole(terminalreporter._session) and self.lacking:
            terminalreporter.section("not opened or not done on this database", red=True)
            terminalreporter.write_line("\n".join(self.lacking))

    @property
    def lacking(self) -> list[str]:
        """The addresses that weren't opened and the acts that weren't done."""
        return sorted(self.there_is - self.seen)


def _plain(route: str) -> str:
    return route.replace("^", "")  # an included address may keep it or not


def _acts() -> set[FunctionType]:
    """Return every act, once."""
    modules = [module for name, module in sys.modules.items() if name.startswith(OURS)]
    return {
        each
        for module in modules
        for each in list(vars(module).values())
        if inspect.isfunction(each) and hasattr(each, IS_ACT)
    }


def _whole(session: pytest.Session) -> bool:
    """Tell whether every test of `make test` was run, and none failed."""
    config = session.config
    named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    chosen = config.option.keyword or config.option.markexpr != "not long"
    incomplete = config.option.collectonly or session.testsfailed or session.shouldstop
    return not (named or chosen or incomplete)
