"""A new ward nurse's way costs what ``docs/trial.md`` says: with less, the document gets better."""

import re

import pytest

from custody.models import Handout
from custody.models.states import State
from outage import lifecycle
from tests import cast as casting
from tests import scenes
from tests.browser.conftest import PASSWORD, Sit, give_password
from tests.browser.trial import Case, Cost, Hand, walk
from tests.cast import Cast
from tests.served import ROOT

CASE = Case("wilma", PASSWORD, "Anestesikliniken / IVA", scenes.REAL_WOMAN)
# Part, pages, clicks and keys with the mouse, keys by keyboard alone.
ROW = re.compile(r"^\| ([^|*]+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
WRITTEN = ROW.findall((ROOT / "docs" / "trial.md").read_text("utf-8"))
MOUSE = {part: Cost(*map(int, figures[:3])) for part, *figures in WRITTEN}
KEYBOARD = {
    part: Cost(int(pages), 0, int(keys)) for part, pages, _clicks, _with_mouse, keys in WRITTEN
}


@pytest.fixture
def people(transactional_db: None) -> Cast:
    people = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.begin(people.tilda)
    give_password(people.wilma)
    return people


@pytest.mark.long
@pytest.mark.parametrize(
    ("mouse", "width", "written"),
    [(True, 1366, MOUSE), (False, 390, KEYBOARD)],
    ids=["mouse", "keyboard, 390 px"],
)
def test_from_befreg_down_to_nothing_left(
    people: Cast, sit_down: Sit, mouse: bool, width: int, written: dict[str, Cost]
) -> None:
    nurse = Hand(sit_down(None, width=width), mouse=mouse)
    till = Hand(sit_down(people.tilda), mouse=False)

    def restart() -> None:
        lifecycle.end(Handout.objects.get().outage, scenes.now(people.tilda))

    costs = walk(nurse, till, CASE, restart, lambda _page, _name: None)
    assert Handout.objects.get().state == State.CLOSED
    assert costs == written
