"""What runs on which database: fixtures and markers tell, and no list of files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.where import MARKER, kind, runs_on


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


def test_in_a_browser_once(
    request: pytest.FixtureRequest, transactional_db: None, browser: None
) -> None:
    assert kind(request.node) == "browser"
    assert not runs_on(request.node, "postgresql")


@pytest.mark.both_databases
def test_unless_it_goes_through_everything(request: pytest.FixtureRequest, browser: None) -> None:
    assert request.node.get_closest_marker(MARKER)
    assert runs_on(request.node, "postgresql")


@pytest.mark.parametrize(("url", "collected"), [("", "8"), ("postgres:///unopened", "4/8")])
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
