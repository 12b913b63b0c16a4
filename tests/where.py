"""Which tests run on which database. `make test-list` prints how many.

SQLite's run has every test. PostgreSQL's leaves out what another database can't change: tests that
ask for no database, tests that look at pages, in a browser or by Django's client, and those that
are marked with what they look at instead: ``one_database("words")``, a key of ONE. What a page's
act writes and what its search finds is tested on both below the page, where the rules are.

What is marked with a key of LONG_ON_POSTGRESQL is a long form there: `make test-long` runs it.

A test by Django's client and one in a marked file run on both all the same if they name the
database itself, unless they are marked too: no constraint and no lock is lost to the marker of a
file. So does a test marked ``both_databases``: through a page, but about what the database finds,
sorts or refuses. A whole run fails unless it has opened each page and done each act
(``tests.run.opened``).
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

import pytest

KINDS = {
    "alone": "without a database",
    "rolled back": "in a transaction that is rolled back",
    "pages": "the same, through pages",
    "committed": "with commits: servers, threads and processes",
    "browser": "in a browser",
    "long": "long forms, with `make test-long` alone",
    "long, browser": "the same, in a browser",
}
BROWSER = {"browser"}
CLIENT = {"client", "sign_in"}
COMMITTING = {"transactional_db", "live_server"}
DATABASE = {"db", "django_db_setup"}
BOTH = "both_databases"
ONE_DATABASE = "one_database"
# What no database changes, once the page has been opened there.
ONE = {
    "words": "what a page says, its markup, which field is at fault, where an answer leads",
    "sign-in": "the pages of sign-in, lock and passwords",
    "layout": "what is drawn, printed or saved as a file, from figures that other tests hold",
    "network": "sockets, headers and time limits, before or beside the database",
    "methods": "what a view does with a method, seen above the database",
    "statements": "how many a page takes, which the ORM writes; those of a handout count on both",
    "rights": "who is let in by which right, and a form's token, before a view asks the database",
    "decisions": "what Python decides on rows that it has read, and writes by acts that others do",
    "files": "journals and backups: what stands in files, and what is read from them",
}
# These write and read rows as well: `make test-long` has them on PostgreSQL too.
LONG_ON_POSTGRESQL = {"decisions", "files"}
# A test that names one of these looks at the database itself.
THE_DATABASE = {
    *("connection", "connections", "transaction", "cursor", "execute", "atomic", "explain"),
    *("DatabaseError", "IntegrityError", "OperationalError", "DataError", "InternalError"),
    *("CaptureQueriesContext", "captured_queries", "execute_wrapper", "select_for_update"),
    *("django_assert_num_queries", "django_assert_max_num_queries"),
}
LONG = "long"
COUNTED = "counted: "  # begins the line in which a run prints its figures
URLS = {"SQLite": "", "PostgreSQL": "postgres:///never-opened"}


def kind(item: pytest.Item) -> str:
    """Return what a test needs, by its fixtures and markers, as a key of KINDS."""
    fixtures = set(getattr(item, "fixturenames", ()))
    marker = item.get_closest_marker("django_db")
    if fixtures & BROWSER:
        return "browser"
    if fixtures & COMMITTING or (marker and marker.kwargs.get("transaction")):
        return "committed"
    if not (marker or fixtures & DATABASE):
        return "alone"
    return "pages" if fixtures & CLIENT else "rolled back"


def is_rolled_back(item: pytest.Item) -> bool:
    """Tell whether a test runs in a transaction that is rolled back."""
    return kind(item) in {"rolled back", "pages"}


def runs_on(item: pytest.Item, vendor: str) -> bool:
    """Tell whether a test runs on this database."""
    if vendor == "sqlite" or item.get_closest_marker(BOTH):
        return True
    needs = kind(item)
    if needs in {"alone", "browser"}:
        return False
    if not looks_at(item) and needs != "pages":
        return True
    return _about_the_database(item)


def is_long_on(item: pytest.Item, vendor: str) -> bool:
    """Tell whether a test that the other database has in `make test` is for test-long on this."""
    what = looks_at(item)  # on both, so that neither run takes a key that isn't there
    if vendor == "sqlite" or item.get_closest_marker(BOTH):
        return False
    left = what in LONG_ON_POSTGRESQL and kind(item) not in {"alone", "browser"}
    return left and not _about_the_database(item)


def _about_the_database(item: pytest.Item) -> bool:
    """Tell whether a test that its kind or its file leaves out names the database itself."""
    marked_itself = any(mark.name == ONE_DATABASE for mark in item.own_markers)
    return not marked_itself and not THE_DATABASE.isdisjoint(_named(item))


def looks_at(item: pytest.Item) -> str:
    """Return the key of ONE that a test or its file is marked with, or nothing.

    Raises UsageError for a key that isn't there.
    """
    marker = item.get_closest_marker(ONE_DATABASE)
    if marker and (marker.kwargs or len(marker.args) != 1 or marker.args[0] not in ONE):
        raise pytest.UsageError(f"{item.nodeid}: {ONE_DATABASE} takes one of {', '.join(ONE)}.")
    return marker.args[0] if marker else ""


def _named(item: pytest.Item) -> set[str]:
    """Return what a test names, with its fixtures and the functions of its own file."""
    function: FunctionType = getattr(item, "function")  # noqa: B009
    fixtures = getattr(item, "fixturenames", ())
    known: Any = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009
    ours = [each.func for name in fixtures for each in known.get(name, ())]
    open_ = [each for each in (function, *ours) if each.__module__ == function.__module__]
    named = set(fixtures)
    while open_:
        fresh = set(_names_in(open_.pop().__code__)) - named
        named |= fresh
        found = (function.__globals__.get(name) for name in fresh)
        open_ += [
            each
            for each in found
            if isinstance(each, FunctionType) and each.__module__ == function.__module__
        ]
    return named


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names_in(inner)


class _Counter:
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        run_here = [item for item in session.items if not _passed_over(item)]
        counts = Counter(map(_counted_as, run_here))
        print(COUNTED + " ".join(str(counts[name]) for name in KINDS))


def _counted_as(item: pytest.Item) -> str:
    """Return the key of KINDS under which a test is counted."""
    needs = kind(item)
    if not item.get_closest_marker(LONG):
        return needs
    return "long, browser" if needs == "browser" else "long"


def _passed_over(item: pytest.Item) -> bool:
    """Tell whether a test of the other database alone would be skipped."""
    return any(mark.args[:1] == (True,) for mark in item.iter_markers("skipif"))


def _counted(url: str) -> list[int]:
    """Return how many tests of each kind run on a database."""
    environment = {**os.environ, "DATABASE_URL": url}
    command = [sys.executable, "-m", "tests.where", "--count"]
    run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    lines = [line for line in run.stdout.splitlines() if line.startswith(COUNTED)]
    return [int(word) for word in lines[0].removeprefix(COUNTED).split()]


def table() -> str:
    """Return how many tests run where, as a table for docs/house.md."""
    columns = [[*counts, sum(counts)] for counts in (_counted(url) for url in URLS.values())]
    head = ["Tests", *URLS]
    rows = [
        [what, *map(str, counts)]
        for what, *counts in zip([*KINDS.values(), "all"], *columns, strict=True)
    ]
    lines = [head, ["---", *["---:" for _ in URLS]], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    if sys.argv[1:] == ["--count"]:
        every = ["--collect-only", "--quiet", "-m", "", "-p", "no:cacheprovider"]
        sys.exit(pytest.main(every, [_Counter()]))
    print(table())
