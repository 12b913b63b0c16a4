"""Templates fit a screen, and ask what a thing is instead of comparing its state with a word."""

import re
from collections.abc import Iterable, Iterator

import pytest

from custody.afterwards.sign_off import Duty
from custody.models.states import State
from tests.served import ROOT

LONGEST = 160
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())
COMPARED = re.compile(r"""(?:==|!=|\bin)\s*["'](\w*)["']|["'](\w*)["']\s*(?:==|!=)""")
# What is compared with a word and is no state.
NO_STATE = {
    "_field.html": "Django's name of a field's widget",
    "_messages.html": "Django's name of a message's level",
    "_top.html": "a language's code",
    "audit/_meant.html": "the name of the log's field that somebody filled in",
}


def too_long(text: str) -> list[int]:
    """Return the lines that don't fit a screen."""
    return [at for at, line in enumerate(text.splitlines(), 1) if len(line) > LONGEST]


def compared(text: str) -> Iterator[str]:
    """Yield the words with which a template's tags compare something."""
    for tag in re.findall(r"\{%\s*(?:if|elif)\b.*?%\}", text):
        yield from ("".join(found) for found in COMPARED.findall(tag))


def test_every_line_fits_a_screen() -> None:
    assert [path.name for path in TEMPLATES if too_long(path.read_text("utf-8"))] == []


def test_no_template_compares_a_state_with_a_word() -> None:
    found = {
        path.relative_to(ROOT / "templates").as_posix()
        for path in TEMPLATES
        if [*compared(path.read_text("utf-8"))]
    }
    assert found == NO_STATE.keys()


def test_a_line_that_does_not_fit_is_found() -> None:
    assert too_long(f"{'x' * LONGEST}\n{'x' * (LONGEST + 1)}") == [2]


@pytest.mark.parametrize(
    "condition",
    [
        'handout.state == "closed"',
        "number.outcome == 'closed'",
        'late or handout.state != "closed"',
        '"closed" == handout.state',
        'handout.state in "closed"',
    ],
)
def test_a_state_that_is_compared_is_found(condition: str) -> None:
    assert [*compared(f"{{% if {condition} %}}…")] == ["closed"]
    assert [*compared(f"{{% elif {condition} %}}…")] == ["closed"]


@pytest.mark.parametrize(("folder", "names"), [("handout", State), ("duties", Duty)])
def test_there_is_a_piece_for_each_and_no_other(folder: str, names: Iterable[str]) -> None:
    pieces = (ROOT / "templates/custody" / folder).glob("*.html")
    assert {piece.stem for piece in pieces} == {*map(str, names)}
