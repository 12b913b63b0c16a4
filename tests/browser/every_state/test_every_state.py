"""One visit to every state, in Swedish: nothing is wrong with it, everything fits and is reached.

In `make test` a state that shows elements of no new kind is spared what takes longest: narrow in
the dark, large letters and the focus. The long form spares none.
That what is looked for would be found is shown in ``test_accessibility`` and ``test_layout``.
"""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, CDPSession

from tests import cast as casting
from tests.browser import axe
from tests.browser.every_state.test_accessibility import (
    WideAndNarrow,
    in_every_light,
    report,
)
from tests.browser.every_state.test_layout import SOURCE, complaints
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
    for state in group.states:
        window.show(state, places)
        thorough = whole or bool(kinds.new(window.page))
        found = in_every_light(window.page) if whole else twice(window.page, narrow=thorough)
        for where, violation in found:
            wrong.setdefault(str(violation), []).append(f"{state.name} ({where})")
        for each in dict.fromkeys(complaints(window.page, letters, thorough=thorough)):
            unfit.setdefault(each, []).append(state.name)
    assert not wrong, report(wrong)
    assert not unfit, "\n".join(f"{each}  [{', '.join(states)}]" for each, states in unfit.items())
