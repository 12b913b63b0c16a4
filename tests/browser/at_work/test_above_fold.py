"""The board of a bad night: what matters stands above the fold."""

import pytest

from custody.calls import taking
from tests import scenes
from tests.browser.conftest import Sit
from tests.cast import Cast
from tests.scenes import now

LONG = "Ortopedi- och kirurgkliniken / Akutvårdsavdelning 57 med övervakningsplatser"


def bad_night(cast: Cast) -> None:
    """Three wait and two numbers weren't read back, all of a ward with a long name."""
    scenes.lay_in("Pärm AKM", ["20000101K064", "20000101M078", "20000101X803"], training=False)
    scenes.begin(cast.tilda)
    cast.iva.clinic.name, _slash, cast.iva.name = LONG.partition(" / ")  # type: ignore[union-attr]
    cast.iva.clinic.save()  # type: ignore[union-attr]
    cast.iva.save()
    for sex in "KMKMK":
        taking.take(scenes.call(cast, sex=sex), now(cast.tilda))


EVERYWHERE = {
    "state": ".strip[data-outage] .row",
    "next call": ".call-button",
    "left": ".left",
    "first who waits": ".owed-row",
    "to call back": ".owed-row [href^=tel]",
    "to serve": "[data-key=s]",
}
# On a telephone the numbers that weren't read back lie below, and a link in sight leads there.
SHOWN = {
    1366: EVERYWHERE | {"all that is owed": ".owing"},
    390: EVERYWHERE | {"unread": "[href='#unread']"},
}


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_it_is_above_the_fold(cast: Cast, sit_down: Sit, width: int, height: int) -> None:
    bad_night(cast)
    page = sit_down(cast.tilda, width=width, height=height)
    boxes = {name: page.locator(each).first.bounding_box() for name, each in SHOWN[width].items()}
    ends = {name: box["y"] + box["height"] if box else None for name, box in boxes.items()}
    assert {name: end for name, end in ends.items() if end is None or end > height} == {}
    assert page.locator(".left > li").count() == len("KMX")
