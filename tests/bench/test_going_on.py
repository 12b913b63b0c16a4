"""A part of the bench that breaks doesn't end the others, and isn't passed over in silence."""

import pytest

from tests.bench.__main__ import going_on


def test_a_part_that_breaks_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    def breaks() -> None:
        raise RuntimeError("python ended with 1:\n\nits last line")

    assert going_on("memory on sqlite", breaks) == ["memory on sqlite: not measured: its last line"]
    assert "NOT MEASURED" in capsys.readouterr().out


def test_one_that_measures_says_what_is_worse() -> None:
    assert going_on("trips", lambda: None) == []
    assert going_on("handouts", lambda: ["too slow"]) == ["too slow"]


def test_whoever_ends_it_ends_it() -> None:
    def ended() -> None:
        raise SystemExit(143)

    with pytest.raises(SystemExit):
        going_on("pages", ended)
