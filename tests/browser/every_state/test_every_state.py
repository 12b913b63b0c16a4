"""Every state, in Swedish: nothing is wrong with it, everything fits and is reached.

In `make test` the page of each state is read as it is sent (``tests.browser.markup``), and each
page once in English too. Chromium opens one when it has a template or a kind of element that no
page before had (``tests.browser.kinds``), and looks at it in one way: wide in the light, or narrow
in the dark. The styleguide, which has all pieces, is looked at in every way; the long form does so
with every state. That what is looked for would be found is shown in ``test_accessibility``,
``test_layout`` and ``test_markup``, and that what is new is opened, in ``test_kinds``.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, CDPSession

from tests import cast as casting
from tests.browser import axe
from tests.browser.every_state.test_accessibility import (
    IN_ENGLISH,
    in_every_light,
    in_one_light,
    report,
    way_of,
)
from tests.browser.every_state.test_layout import SOURCE, as_it_is, complaints
from tests.browser.kinds import Kinds
from tests.browser.states import GROUPS, Group, State
from tests.browser.visit import Sent, Window, leaves_all_as_it_was, pages_sent
from tests.browser.watch import Watch

IN_EVERY_WAY = {"styleguide"}


@pytest.fixture(autouse=True, scope="module")
def _with_sources(window_context: tuple[BrowserContext, Watch]) -> None:
    axe.install(window_context[0])
    window_context[0].add_init_script(path=SOURCE)


@pytest.fixture(scope="session")
def kinds(folder_of_run: Path) -> Kinds:
    return Kinds(folder_of_run / "kinds")


def to_open(sent: Iterable[Sent], kinds: Kinds) -> list[tuple[State, str]]:
    """Return the states that must be opened, each with the language in which something is new.

    One that the page's script brings about is opened in any case; in English, what a form does was
    done by the visit to the Swedish page.
    """
    pages = [each for each in sent if each.language == "sv" or leaves_all_as_it_was(each.state)]
    new = kinds.to_open({f"{each.state.name}-{each.language}": each.kinds for each in pages})
    return [
        (each.state, each.language)
        for each in pages
        if f"{each.state.name}-{each.language}" in new
        or (each.state.then and each.language == "sv")
    ]


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_every_page_is_sound_and_each_kind_is_looked_at(
    group: Group, window: Window, letters: CDPSession, kinds: Kinds
) -> None:
    places = group.situation(casting.assemble())
    sent = [*pages_sent(group.states, places, "sv"), *pages_sent(in_english(group), places, "en")]
    assert not [f"{each.state.name}: {fault}" for each in sent for fault in each.faults()]
    found = []
    for state, language in to_open(sent, kinds):
        window.show(state, places, language)
        if state.name in IN_EVERY_WAY:
            found += [f"{state.name} ({at}): {each}" for at, each in in_every_light(window.page)]
            found += [f"{state.name}: {each}" for each in complaints(window.page, letters)]
        else:
            found += [
                f"{state.name} ({at}): {each}"
                for at, each in in_one_light(window.page, way_of(state.name))
            ]
            found += [f"{state.name}: {each}" for each in as_it_is(window.page)]
    assert not found, "\n".join(found)


def in_english(group: Group) -> tuple[State, ...]:
    return IN_ENGLISH.get(str(group), ())


@pytest.mark.long
@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_nothing_is_wrong_and_everything_fits(
    group: Group, window: Window, letters: CDPSession
) -> None:
    places = group.situation(casting.assemble())
    wrong: dict[str, list[str]] = {}
    unfit: dict[str, list[str]] = {}
    for state in group.states:
        window.show(state, places)
        for where, violation in in_every_light(window.page):
            wrong.setdefault(str(violation), []).append(f"{state.name} ({where})")
        for each in dict.fromkeys(complaints(window.page, letters)):
            unfit.setdefault(each, []).append(state.name)
    assert not wrong, report(wrong)
    assert not unfit, "\n".join(f"{each}  [{', '.join(states)}]" for each, states in unfit.items())
