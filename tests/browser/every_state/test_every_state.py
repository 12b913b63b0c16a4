"""One visit to every state, in Swedish: nothing is wrong with it, everything fits and is reached.

Before it each page is looked at in English, once; see ``test_accessibility``.

In `make test` colours, large letters and the focus, which take longest, are looked at where a state
shows elements of a new kind. The long form looks at all of each.
That what is looked for would be found is shown in ``test_accessibility`` and ``test_layout``.
"""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, CDPSession

from tests import cast as casting
from tests.browser import axe
from tests.browser.every_state.test_accessibility import (
    BEFORE,
    WideAndNarrow,
    in_every_light,
    report,
    wrong_in_english,
)
from tests.browser.every_state.test_layout import SOURCE, Thorough, complaints
from tests.browser.kinds import Kinds
from tests.browser.states import GROUPS, Group
from tests.browser.visit import Window
from tests.browser.watch import Watch


@pytest.fixture(autouse=True, scope="module")
def _with_sources(window_context: tuple[BrowserContext, Watch]) -> None:
    axe.install(window_context[0])
    window_context[0].add_init_script(path=SOURCE)


@pytest.fixture(scope="session")
def kinds(folder_of_run: Path) -> Kinds:
    return Kinds(folder_of_run / "kinds")


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_nothing_is_wrong_and_everything_fits(
    group: Group, window: Window, letters: CDPSession, kinds: Kinds, *, whole: bool
) -> None:
    twice = WideAndNarrow()
    places = group.situation(casting.assemble())
    wrong: dict[str, list[str]] = {}
    unfit: dict[str, list[str]] = {}
    in_english = "" if whole else wrong_in_english(BEFORE.get(str(group), ()), places, window)
    for state in group.states:
        window.show(state, places)
        new = set() if whole else kinds.new(window.page)
        found = in_every_light(window.page) if whole else twice.fresh(window.page, new)
        for where, violation in found:
            wrong.setdefault(str(violation), []).append(f"{state.name} ({where})")
        thorough: Thorough = "all" if whole else "fresh" if new else ""
        for each in dict.fromkeys(complaints(window.page, letters, thorough)):
            unfit.setdefault(each, []).append(state.name)
    assert not in_english, in_english
    assert not wrong, report(wrong)
    assert not unfit, "\n".join(f"{each}  [{', '.join(states)}]" for each, states in unfit.items())
