"""Which tests run on which database. `make test-list` prints how many.

SQLite's run has every test. PostgreSQL's leaves out what another database can't change: tests that
ask for no database, and tests that look at pages in a browser. A browser test that goes through the
whole application runs on both; it says so with the marker ``both_databases``.
"""

import os
import subprocess
import sys
from collections import Counter

import pytest

KINDS = {
    "alone": "without a database",
    "rolled back": "in a transaction that is rolled back",
    "committed": "with commits: servers, threads and processes",
    "browser": "in a browser",
    "long": "long forms, with `make test-long` alone",
}
BROWSER = {"browser"}
COMMITTING = {"transactional_db", "live_server"}
DATABASE = {"db", "django_db_setup"}
MARKER = "both_databases"
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
    return "rolled back" if marker or fixtures & DATABASE else "alone"


def runs_on(item: pytest.Item, vendor: str) -> bool:
    """Tell whether a test runs on this database."""
    if vendor == "sqlite" or item.get_closest_marker(MARKER):
        return True
    return kind(item) in {"rolled back", "committed"}


class _Counter:
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        run_here = [item for item in session.items if not _passed_over(item)]
        counts = Counter(
            "long" if item.get_closest_marker(LONG) else kind(item) for item in run_here
        )
        print(COUNTED + " ".join(str(counts[name]) for name in KINDS))


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
