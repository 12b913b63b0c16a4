"""Every state, in Swedish: nothing is wrong with it, everything fits and is reached.

In `make test` the page of each state is taken as it is sent, and each page once in English too; one
is opened when something of it is new (``tests.browser.kinds``), and what takes longest is looked at
where elements are of a new kind: colours, large letters and the focus. The long form opens all.
That what is looked for would be found is shown in ``test_accessibility`` and ``test_layout``, and
that what is new is opened, in ``test_kinds``.
"""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, CDPSession

from tests import cast as casting
from tests.browser import axe
from tests.browser.every_state.test_accessibility import (
    AFTER,
    WideAndNarrow,
    in_every_light,
    report,
)
from tests.browser.every_state.test_layout import SOURCE, Thorough, complaints
from tests.browser.kinds import Kinds, of_markup
from tests.browser.situations import Places
from tests.browser.states import GROUPS, Group, State
from tests.browser.visit import Window, leaves_all_as_it_was
from tests.browser.watch import Watch


@pytest.fixture(autouse=True, scope="module")
def _with_sources(window_context: tuple[BrowserContext, Watch]) -> None:
    axe.install(window_context[0])
    window_context[0].add_init_script(path=SOURCE)


@pytest.fixture(scope="session")
def kinds(folder_of_run: Path) -> Kinds:
    return Kinds(folder_of_run / "kinds")


@pytest.fixture(scope="session")
def sent_kinds(folder_of_run: Path) -> Kinds:
    return Kinds(folder_of_run / "sent-kinds")


def to_open(group: Group, places: Places, window: Window, sent: Kinds) -> list[tuple[State, str]]:
    """Return the states that must be opened, each with the language in which something is new.

    One that a form or the page's script brings about is opened in any case.
    """
    chosen: list[tuple[State, str]] = []
    for language, states in {"sv": group.states, "en": AFTER.get(str(group), ())}.items():
        still = [each for each in states if leaves_all_as_it_was(each) and not each.then]
        pages = dict(window.markup(still, places, language))
        new = sent.to_open(of_markup(window.page, pages))
        opened = [each for each in states if each.name in new or each.name not in pages]
        chosen += [(state, language) for state in opened]
    return chosen


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_nothing_is_wrong_and_everything_fits(
    group: Group,
    window: Window,
    letters: CDPSession,
    kinds: Kinds,
    sent_kinds: Kinds,
    *,
    whole: bool,
) -> None:
    twice = WideAndNarrow()
    places = group.situation(casting.assemble())
    wrong: dict[str, list[str]] = {}
    unfit: dict[str, list[str]] = {}
    every = [(state, "sv") for state in group.states]
    opened = every if whole else to_open(group, places, window, sent_kinds)
    for state, language in opened:
        window.show(state, places, language)
        new = set() if whole else kinds.new(window.page)
        found = in_every_light(window.page) if whole else twice.fresh(window.page, new)
        for where, violation in found:
            wrong.setdefault(str(violation), []).append(f"{state.name} ({where})")
        thorough: Thorough = "all" if whole else "fresh" if new else ""
        for each in dict.fromkeys(complaints(window.page, letters, thorough)):
            unfit.setdefault(each, []).append(state.name)
    assert not wrong, report(wrong)
    assert not unfit, "\n".join(f"{each}  [{', '.join(states)}]" for each, states in unfit.items())
