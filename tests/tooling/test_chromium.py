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


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_only_ci_fails_without_one(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ci: str,
    code: int,
) -> None:
    monkeypatch.setenv("CI", ci)
    assert chromium.main(["--ensure"]) == code
    assert capsys.readouterr().err == f"{chromium.HINT}\n"


def test_ensure_installs_only_as_root(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt = Path(put(path, "apt-get"))
    apt.write_text(f'#!/bin/sh\necho "$@" >>{path}/calls\n', encoding="utf-8")
    calls = path / "calls"
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    chromium.ensure()
    assert not calls.exists()
    monkeypatch.setattr("os.geteuid", lambda: 0)
    chromium.ensure()
    update = "--quiet update"
    install = "--quiet install --yes --no-install-recommends chromium"
    wanted = [update, f"{install}-headless-shell", update, install]
    assert calls.read_text(encoding="utf-8").splitlines() == wanted


def test_the_shell_is_added_to_another_but_not_to_a_chosen_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(chromium, "install", asked.append)
    chosen = put(path, "chromium")
    assert chromium.ensure() == 0
    monkeypatch.setenv("CHROMIUM", chosen)
    assert chromium.ensure() == 0
    assert asked == [chromium.SHELL]
