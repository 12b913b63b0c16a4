"""One visit to every state, in Swedish: nothing is wrong with it, everything fits and is reached.

That what is looked for would be found is shown in ``test_accessibility`` and ``test_layout``.
"""

import pytest
from playwright.sync_api import BrowserContext, CDPSession

from tests import cast as casting
from tests.browser import axe
from tests.browser.every_state.test_accessibility import (
    WideAndNarrow,
    in_every_light,
    in_scheme,
    report,
)
from tests.browser.every_state.test_layout import SOURCE, complaints
from tests.browser.states import GROUPS, Group
from tests.browser.visit import Window
from tests.browser.watch import Watch


@pytest.fixture(autouse=True, scope="module")
def _with_sources(window_context: tuple[BrowserContext, Watch]) -> None:
    axe.install(window_context[0])
    window_context[0].add_init_script(path=SOURCE)


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_nothing_is_wrong_and_everything_fits(
    group: Group, window: Window, letters: CDPSession, *, whole: bool
) -> None:
    look = in_every_light if whole else WideAndNarrow()
    places = group.situation(casting.assemble())
    wrong: dict[str, list[str]] = {}
    unfit: dict[str, list[str]] = {}
    for state in group.states:
        window.show(state, places)
        for where, violation in look(window.page):
            wrong.setdefault(str(violation), []).append(f"{state.name} ({where})")
        in_scheme(window.page, "light")
        for each in dict.fromkeys(complaints(window.page, letters)):
            unfit.setdefault(each, []).append(state.name)
    assert not wrong, report(wrong)
    assert not unfit, "\n".join(f"{each}  [{', '.join(states)}]" for each, states in unfit.items())
