"""Every state, in Swedish: nothing is wrong with it, everything fits and is reached.

In `make test` the page of each state is read as it is sent (``tests.browser.markup``), and each
page once in English too. Chromium opens one when it has a template or a kind of element that no
page before had (``tests.browser.kinds``), and looks at it in one way: wide in the light, or narrow
in the dark; axe is asked for new elements. The styleguide, which has all pieces, is looked at in
every way; the long form does so with every state. That what is looked for would be found is shown
in ``test_accessibility``, ``test_layout`` and ``test_markup``; that what is new is opened, in
``test_kinds``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page

from tests import cast as casting
from tests.browser import axe
from tests.browser.every_state.test_accessibility import (
    IN_ENGLISH,
    WAYS,
    in_every_light,
    lay_out,
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


@dataclass(frozen=True)
class Opened:
    """A state to be opened in a language; axe is asked when it has elements of a new kind."""

    state: State
    language: str
    ask_axe: bool


def to_open(sent: Iterable[Sent], kinds: Kinds) -> list[Opened]:
    """Return the states that must be opened.

    One that the page's script brings about is opened in any case; in English, what a form does was
    done by the visit to the Swedish page.
    """
    pages = [each for each in sent if each.language == "sv" or leaves_all_as_it_was(each.state)]
    new = kinds.to_open({f"{each.state.name}-{each.language}": each.kinds for each in pages})
    opened = []
    for each in pages:
        by_script = bool(each.state.then and each.language == "sv")
        fresh = new.get(f"{each.state.name}-{each.language}", set())
        if by_script or fresh:
            ask_axe = by_script or not fresh <= each.templates
            opened.append(Opened(each.state, each.language, ask_axe))
    return opened


def wrong_with(opened: Opened, page: Page, letters: CDPSession) -> Iterator[str]:
    """Yield what is wrong with the state that is shown, in one way or in every."""
    if opened.state.name in IN_EVERY_WAY:
        yield from (f"{where}: {each}" for where, each in in_every_light(page))
        yield from complaints(page, letters)
        return
    lay_out(page, *WAYS[way_of(opened.state.name)])
    if opened.ask_axe:
        yield from map(str, axe.violations(page))
    yield from as_it_is(page)


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_every_page_is_sound_and_each_kind_is_looked_at(
    group: Group, window: Window, letters: CDPSession, kinds: Kinds
) -> None:
    places = group.situation(casting.assemble())
    sent = [*pages_sent(group.states, places, "sv"), *pages_sent(in_english(group), places, "en")]
    assert not [f"{each.state.name}: {fault}" for each in sent for fault in each.faults()]
    found: list[str] = []
    for each in to_open(sent, kinds):
        window.show(each.state, places, each.language)
        wrong = wrong_with(each, window.page, letters)
        found += [f"{each.state.name}, {way_of(each.state.name)}: {fault}" for fault in wrong]
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
