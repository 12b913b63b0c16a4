"""The lock file takes packages from the public index alone."""

from pathlib import Path

import pytest

from tests.tooling.lock_sources import foreign_sources, main

LOCK = Path(__file__).parents[2] / "uv.lock"


def test_ours_is_clean() -> None:
    assert foreign_sources(LOCK.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        'source = { registry = "https://mirror.example/simple" }',
        'source = { registry = "http://pypi.org/simple" }',
        'source = { registry = "/opt/wheels" }',
        'source = { git = "https://git.example/django?rev=1" }',
        'source = { path = "../django" }',
        '    { url = "https://files.pythonhosted.org.example/packages/a.whl" },',
        'sdist = { url = "file:///opt/wheels/a.tar.gz", hash = "sha256:0" }',
    ],
)
def test_names_each_foreign_source(line: str) -> None:
    assert foreign_sources(f'version = 1\n\n{line}\nname = "a"')[0].startswith("line 3: ")


def test_exit_code_tells(tmp_path: Path) -> None:
    bad = tmp_path / "uv.lock"
    bad.write_text('source = { path = "../django" }', encoding="utf-8")
    assert (main([str(LOCK)]), main([str(bad)])) == (0, 1)
