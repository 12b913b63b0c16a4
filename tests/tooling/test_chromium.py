"""Which browser the tests drive, and what happens where there is none."""

from pathlib import Path

import pytest

from tests.browser import chromium


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH with nothing on it: what is put there is all there is."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("CHROMIUM", "CI"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def put(folder: Path, name: str) -> str:
    program = folder / name
    program.touch(mode=0o755)
    return str(program)


def test_finds_the_first_known_name(path: Path) -> None:
    put(path, "google-chrome")
    earlier = put(path, "chromium")
    assert chromium.find() == earlier
    shell = put(path, "chromium-headless-shell")
    assert chromium.find() == shell


def test_the_chosen_one_comes_first(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path, "chromium")
    chosen = put(tmp_path, "mine")
    monkeypatch.setenv("CHROMIUM", chosen)
    assert chromium.require() == chosen


def test_a_wrong_choice_is_not_passed_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(path, "chromium")
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    assert chromium.find() is None


def test_without_one_says_what_to_install(path: Path) -> None:
    with pytest.raises(chromium.Unavailable, match="package chromium-headless-shell or chromium"):
        chromium.require()
