"""What runs on which database: fixtures and markers tell, and no list of files."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.run.opened import Opened
from tests.where import BOTH, is_long_on, is_rolled_back, kind, looks_at, runs_on


@pytest.fixture
def browser() -> None:
    """Stand in by its name alone."""


def test_without_a_database_once(request: pytest.FixtureRequest) -> None:
    assert kind(request.node) == "alone"
    assert runs_on(request.node, "sqlite")
    assert not runs_on(request.node, "postgresql")


def test_rolled_back_on_both(request: pytest.FixtureRequest, db: None) -> None:
    assert kind(request.node) == "rolled back"
    assert runs_on(request.node, "postgresql")


@pytest.mark.django_db
def test_a_marker_tells_as_well(request: pytest.FixtureRequest) -> None:
    assert kind(request.node) == "rolled back"


@pytest.mark.django_db(transaction=True)
def test_with_commits_on_both(request: pytest.FixtureRequest) -> None:
    assert kind(request.node) == "committed"
    assert runs_on(request.node, "postgresql")


def test_through_pages_once(request: pytest.FixtureRequest, client: Client, db: None) -> None:
    assert kind(request.node) == "pages"
    assert is_rolled_back(request.node)
    assert not runs_on(request.node, "postgresql")


def test_unless_it_names_the_database(
    request: pytest.FixtureRequest, client: Client, db: None
) -> None:
    assert helper()
    assert runs_on(request.node, "postgresql")


def test_in_a_browser_once(
    request: pytest.FixtureRequest, transactional_db: None, browser: None
) -> None:
    assert kind(request.node) == "browser"
    assert not runs_on(request.node, "postgresql")


@pytest.mark.both_databases
def test_unless_it_goes_through_everything(request: pytest.FixtureRequest, browser: None) -> None:
    assert request.node.get_closest_marker(BOTH)
    assert runs_on(request.node, "postgresql")


class TestMarked:
    """A class stands for a file here: its marker is that of all its tests."""

    pytestmark = pytest.mark.one_database("words")

    def test_words_once(self, request: pytest.FixtureRequest, db: None) -> None:
        assert looks_at(request.node) == "words"
        assert runs_on(request.node, "sqlite")
        assert not runs_on(request.node, "postgresql")

    def test_what_names_the_database_on_both(
        self, request: pytest.FixtureRequest, db: None
    ) -> None:
        assert connection.vendor in {"sqlite", "postgresql"}
        assert runs_on(request.node, "postgresql")

    def test_by_way_of_a_helper_too(self, request: pytest.FixtureRequest, db: None) -> None:
        assert helper()
        assert runs_on(request.node, "postgresql")

    @pytest.mark.one_database("methods")
    def test_unless_it_is_marked_itself(self, request: pytest.FixtureRequest, db: None) -> None:
        assert helper()
        assert not runs_on(request.node, "postgresql")

    @pytest.mark.both_databases
    def test_unless_it_says_both(self, request: pytest.FixtureRequest, db: None) -> None:
        assert runs_on(request.node, "postgresql")


class TestLongOnPostgreSQL:
    """What Python decides, and what stands in files: in `make test-long` there."""

    pytestmark = pytest.mark.one_database("decisions")

    def test_decisions_later(self, request: pytest.FixtureRequest, db: None) -> None:
        assert is_long_on(request.node, "postgresql")
        assert not is_long_on(request.node, "sqlite")

    def test_what_names_the_database_at_once(
        self, request: pytest.FixtureRequest, db: None
    ) -> None:
        assert helper()
        assert not is_long_on(request.node, "postgresql")

    @pytest.mark.both_databases
    def test_and_what_says_both(self, request: pytest.FixtureRequest, db: None) -> None:
        assert not is_long_on(request.node, "postgresql")

    def test_without_a_database_never(self, request: pytest.FixtureRequest) -> None:
        assert not is_long_on(request.node, "postgresql")
        assert not runs_on(request.node, "postgresql")


def helper() -> str:
    return connection.vendor


def test_what_it_looks_at_is_one_of_few(request: pytest.FixtureRequest, db: None) -> None:
    request.node.add_marker(pytest.mark.one_database("whatever"))
    with pytest.raises(pytest.UsageError, match="takes one of words"):
        runs_on(request.node, "postgresql")


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Notes of our own; those of the run are made beside them."""
    with pytest.MonkeyPatch.context() as patch:
        notes = Opened()
        notes.watch(patch)
        yield notes


def test_a_page_that_nobody_comes_to_is_named(
    opened: Opened, cast: Cast, client: Client, sign_in: SignIn
) -> None:
    client.get("/till/")  # a stranger comes to the sign-in page
    sign_in(cast.tilda).get("/till/hand-out/")  # only forms do
    assert {"till/", "till/hand-out/"} <= set(opened.lacking)
    sign_in(cast.tilda).get("/till/")
    assert "till/" not in opened.lacking


def test_an_act_that_no_test_does_is_named(opened: Opened, cast: Cast) -> None:
    assert "outage.lifecycle.start" in opened.lacking
    scenes.begin(cast.tilda)
    assert "outage.lifecycle.start" not in opened.lacking
    assert "outage.lifecycle.end" in opened.lacking


def test_an_act_that_writes_no_change_to_the_log_is_named(opened: Opened, cast: Cast) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trail, "write", lambda *_entries: None)
        patch.setattr(LogEntry, "save", lambda *_arguments, **_options: None)
        scenes.begin(cast.tilda)
    assert "outage.lifecycle.start, in the log" in opened.lacking
    scenes.begin(cast.tilda, drill=True)
    assert "outage.lifecycle.start, in the log" not in opened.lacking


@pytest.mark.parametrize(("url", "collected"), [("", "23"), ("postgres:///unopened", "13/23")])
def test_what_is_left_out_is_counted(url: str, collected: str) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-qp", "no:cacheprovider", __file__],
        env={**os.environ, "DATABASE_URL": url},
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert f"{collected} tests collected" in asked.stdout
